"""The compiled loops give the integers that NumPy gives, on every instruction set that this processor has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numbers_as_they_come import same
from numbers_as_they_come import shapes as usual

from leadline import kernels
from leadline.profiles import outcomes_binary, outcomes_cells, outcomes_labels, outcomes_sums
from leadline.profiles.compiled import CellTable, count, sample, tally
from leadline.profiles.counting import count as plain
from leadline.profiles.distinct import Distinct, Sampler, hash_numbers
from leadline.profiles.numeric import CLIP, NumericAxis
from leadline.profiles.orders import COMPILED_ROWS, SelectedValues, SortedValues, order_of

Floats = npt.NDArray[np.float64]

if not kernels.available():
    pytest.skip("the compiled loops were not built (see hatch_build.py)", allow_module_level=True)

LIBRARY, NEWEST = kernels._library() or (None, "")
SETS = kernels._SUFFIXES[: kernels._SUFFIXES.index(NEWEST) + 1] if NEWEST else ("",)


@pytest.fixture(autouse=True, params=SETS)
def instructions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test with each set of instructions."""
    monkeypatch.setattr(kernels, "_library", lambda: (LIBRARY, request.param))
    kernels.kernel.cache_clear()
    yield
    kernels.kernel.cache_clear()


def shapes(rng: np.random.Generator, size: int) -> dict[str, Floats]:
    """Columns as they come, and such as a table of slots could stumble over."""
    return usual(rng, size) | {
        "prices": np.round(rng.lognormal(3, 1, size), 2),
        "two scales": np.where(
            rng.random(size) < 0.5, 1e-9 * rng.normal(size=size), 1e9 + rng.normal(size=size)
        ),
        "one far out": np.where(np.arange(size) == size // 2, 1e300, rng.normal(size=size)),
        "minus zero": np.where(rng.random(size) < 0.5, -0.0, np.abs(rng.normal(size=size))),
    }


NAMES = list(shapes(np.random.default_rng(0), 4))
finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
moderate = st.floats(-2.0, 2.0)
hostile = arrays(np.float64, st.integers(0, 60), elements=st.floats(width=64))


def odd(x: Floats) -> Floats:
    """The values, with some that are not finite among them."""
    x = x.copy()
    x[::97], x[5::89], x[6::83] = np.nan, np.inf, -np.inf
    return x


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_those_of_numpy(name: str) -> None:
    """Inside and outside of the grid, with nulls and without, with groups in and out of order."""
    rng = np.random.default_rng(3)
    x = odd(shapes(rng, 20_000)[name])
    valid = rng.random(len(x)) < 0.9
    ordered, mixed = np.sort(rng.integers(0, 7, len(x))), rng.integers(0, 7, len(x))
    for axis in (
        NumericAxis.learn(np.sort(x[np.isfinite(x)])),
        NumericAxis.learn(np.sort(rng.normal(size=9999))),
        NumericAxis.learn(np.zeros(0)),
    ):
        table = CellTable(axis)
        for mask in (None, valid, np.zeros(len(x), bool)):
            assert same(plain(axis, x, mask), count(table, x, mask))
            for group in (ordered, mixed, np.full(len(x), 6)):
                expected = plain(axis, x, mask, group, 7)
                assert same(expected, count(table, x, mask, group, 7))
                if group is not mixed:
                    assert same(expected, count(table, x, mask, group, 7, ordered=True))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays(np.float64, st.integers(1, 60), elements=finite), hostile, st.integers(0, 9))
def test_any_grid_counts_any_values(learned: Floats, x: Floats, seed: int) -> None:
    axis = NumericAxis.learn(np.sort(learned))
    group = np.random.default_rng(seed).integers(0, 3, len(x))
    assert same(plain(axis, x), count(CellTable(axis), x))
    assert same(plain(axis, x, None, group, 3), count(CellTable(axis), x, None, group, 3))


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 3000])
@pytest.mark.parametrize(
    "dtype", ["f8", "f4", "f2", ">f8", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]
)
def test_every_number_type_and_length_is_counted(dtype: str, size: int) -> None:
    rng = np.random.default_rng(size)
    x = (rng.normal(size=2 * size)[::2] ** 2 * 20).astype(dtype)
    axis = NumericAxis.learn(np.sort(rng.normal(size=3000) ** 2 * 15))
    assert same(plain(axis, x), count(CellTable(axis), x))
    assert same(plain(axis, x[::-1]), count(CellTable(axis), x[::-1]))
    nothing_valid = np.zeros(size, bool)
    assert same(plain(axis, x, nothing_valid), count(CellTable(axis), x, nothing_valid))


@pytest.mark.parametrize("name", NAMES)
def test_values_at_the_edges_stay_apart(name: str) -> None:
    """Each edge, and its neighbours on both sides, are where a slot of the table could mistake the cell."""
    axis = NumericAxis.learn(np.sort(shapes(np.random.default_rng(12), 30_000)[name]))
    edges = axis.edges[1:-1]
    near = np.concatenate([np.nextafter(edges, -np.inf), edges, np.nextafter(edges, np.inf)])
    assert same(plain(axis, near), count(CellTable(axis), near))


def test_a_table_leaves_little_to_the_search() -> None:
    """Or counting would be right and slow."""
    for name, x in shapes(np.random.default_rng(1), 50_000).items():
        table = CellTable(NumericAxis.learn(np.sort(x)))
        hard = ("cauchy", "two scales", "one far out", "constant", "huge")
        assert name in hard or table.searched < table.axis.cells / 5, name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [100, 5_000, 70_000])
def test_samples_are_those_of_numpy(name: str, size: int) -> None:
    """Whatever the sample before left out, in any order of rows; minus zero is zero."""
    x = odd(shapes(np.random.default_rng(size), size)[name])
    valid = np.random.default_rng(1).random(size) < 0.9
    for mask in (None, valid):
        expected = Distinct.of(hash_numbers(x[np.isfinite(x) & (True if mask is None else mask)]))
        assert equal(sample(x, mask), expected)
    sampler, halves = Sampler(), np.array_split(x, 2)
    for half in halves:
        sampler.merge(sample(half, None, sampler.shift))
    assert equal(sampler.result(), Distinct.of(hash_numbers(x[np.isfinite(x)])))


def equal(a: Distinct, b: Distinct) -> bool:
    return a.shift == b.shift and np.array_equal(a.hashes, b.hashes) and np.array_equal(a.rows, b.rows)


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"])
def test_codes_are_tallied(dtype: str) -> None:
    rng = np.random.default_rng(2)
    codes, valid = rng.integers(0, 100, 10_000).astype(dtype), rng.random(10_000) < 0.5
    assert np.array_equal(tally(codes, None, 201), np.bincount(codes, minlength=201))
    assert np.array_equal(tally(codes, valid, 201), np.bincount(codes[valid], minlength=201))
    codes[7] = 120
    with pytest.raises(ValueError, match="row 7 has code 120 of 120"):
        tally(codes, None, 120)
    if dtype[0] == "i":
        codes[7] = -1
        with pytest.raises(ValueError, match="row 7 has code -1 of 201"):
            tally(codes, None, 201)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [COMPILED_ROWS, 50_000])
def test_an_axis_is_that_of_sorted_values(name: str, size: int) -> None:
    """The same edges and atoms; mean and deviation to the last digits but few."""
    rng = np.random.default_rng(size)
    x = odd(shapes(rng, 2 * size)[name])
    valid = rng.random(len(x)) < 0.9
    kept = np.sort(x[np.isfinite(x) & valid])
    order = order_of(x, valid)
    assert order is not None
    assert not order.in_order or not np.isfinite(order.high - order.low)
    found, expected = NumericAxis.learn(order), NumericAxis.learn(SortedValues(kept))
    assert len(found.edges) == len(expected.edges)
    assert np.allclose(found.edges, expected.edges, rtol=1e-9, atol=1e-9 * expected.scale)
    assert np.array_equal(found.atoms, expected.atoms)
    for fact in ("low", "high", "fence_low", "fence_high"):
        assert getattr(found, fact) == getattr(expected, fact)
    assert found.centre == pytest.approx(expected.centre, rel=1e-9, abs=1e-9 * expected.scale)
    assert found.scale == pytest.approx(expected.scale, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_an_axis_does_not_depend_on_the_order_of_rows(name: str) -> None:
    rng = np.random.default_rng(8)
    x = shapes(rng, 20_000)[name]
    axes = [NumericAxis.learn(order) for y in (x, x[::-1], rng.permutation(x)) if (order := order_of(y))]
    assert len(axes) == 3
    for axis in axes[1:]:
        assert axis.centre == axes[0].centre
        assert axis.scale == axes[0].scale
        assert np.array_equal(axis.edges, axes[0].edges)
        assert np.array_equal(axis.atoms, axes[0].atoms)


@pytest.mark.parametrize("name", NAMES)
def test_order_statistics_and_ties_are_exact(name: str) -> None:
    x = shapes(np.random.default_rng(9), 30_000)[name]
    if not np.isfinite(x.max() - x.min()):
        pytest.skip("such values are sorted")
    selected, expected = SelectedValues(x, x.min(), x.max()), SortedValues(np.sort(x))
    few, wanted = selected.few(256), expected.few(256)
    assert (few is None) == (wanted is None)
    if few is not None:
        assert np.array_equal(few, wanted)
    ranks = np.unique(np.random.default_rng(1).integers(0, len(x), 300))
    ranks[0], ranks[-1] = 0, len(x) - 1
    values = selected.at(ranks)
    assert np.array_equal(values, expected.at(ranks))
    assert np.array_equal(selected.ties(values), expected.ties(values))
    middle = float(np.median(x))
    spread = abs(x - middle).max()
    with np.errstate(over="ignore", invalid="ignore"):
        found, plainly = selected.moments(middle), expected.moments(middle)
    if not np.isfinite(plainly).all():
        return
    assert found[0] == pytest.approx(plainly[0], rel=1e-9, abs=1e-9 * spread)
    assert found[1] == pytest.approx(plainly[1], rel=1e-6, abs=1e-12 * spread**2)


def test_a_clipped_value_is_counted_as_one() -> None:
    axis = NumericAxis.learn(np.sort(np.random.default_rng(0).normal(size=1000)))
    far = np.array([CLIP * 2, -CLIP * 3, 1e308, -1e308, 1.0])
    assert count(CellTable(axis), far).clipped[0] == 4


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays(np.float64, st.integers(0, 60), elements=st.floats(allow_nan=False)))
def test_exact_sums_are_those_of_numpy(values: Floats) -> None:
    found = outcomes_sums.wide_sum(values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcomes_sums, "available", lambda: False)
        assert found == outcomes_sums.wide_sum(values)


@pytest.mark.parametrize("size", [0, 1, 5000])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e7, 1e16, 1e30])
def test_exact_sums_of_many_values(scale: float, size: int) -> None:
    values = np.random.default_rng(size).normal(size=size) * scale
    found = outcomes_sums.wide_sum(values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcomes_sums, "available", lambda: False)
        assert found == outcomes_sums.wide_sum(values)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1) | st.sampled_from([-0.0, 5e-324, 1 - 2**-53, 1 + 2**-52, -3.0, np.nan, np.inf]),
            st.sampled_from([0, 1, outcomes_labels.MISSING, outcomes_labels.UNKNOWN]),
        ),
        max_size=60,
    ),
    st.integers(1, 60),
)
def test_outcomes_of_scores_are_those_of_numpy(rows: list[tuple[float, int]], often: int) -> None:
    """Whatever the scores are, and whichever of the labels have come."""
    scores = np.tile(np.array([score for score, _ in rows], np.float64), often)
    labels = np.tile(np.array([label for _, label in rows], np.int16), often)
    grid = outcomes_binary.learn_binary(("no", "yes"), scores[: len(rows)], None, labels[: len(rows)])
    found = outcomes_binary.count_binary(grid, labels, None, scores)
    with pytest.MonkeyPatch.context() as patch:
        for module in (outcomes_binary, outcomes_sums, outcomes_cells):
            patch.setattr(module, "available", lambda: False)
        expected = outcomes_binary.count_binary(grid, labels, None, scores)
    assert found.keys() == expected.keys()
    for name, counts in expected.items():
        assert np.array_equal(found[name], counts), name


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(moderate, max_size=40), arrays(np.float64, 30, elements=st.floats(allow_nan=False)))
def test_cells_of_scores_are_those_of_a_search(edges: list[float], values: Floats) -> None:
    """Edges as near to each other as floats are, and values on them."""
    inner = np.unique([*edges, *np.linspace(0.2, 0.2001, 20)])
    near = np.concatenate([values, inner, np.nextafter(inner, np.inf), np.nextafter(inner, -np.inf)])
    lookup = outcomes_cells.CellLookup(inner)
    assert np.array_equal(lookup.cells(near), np.searchsorted(inner, near, side="right"))


@pytest.mark.parametrize("dtype", ["i8", "u8"])
@pytest.mark.parametrize("first", [2**60, 2**53 - 500, 2**63 - 3_000, -(2**63)])
def test_whole_numbers_that_no_float_holds_are_told_apart(dtype: str, first: int) -> None:
    """As ids of 64 bits are; those that a float holds are the same as that float."""
    if dtype == "u8" and first < 0:
        pytest.skip("no such numbers")
    x = (first + np.arange(900)).astype(dtype)
    found = sample(x)
    assert equal(found, Distinct.of(hash_numbers(x)))
    assert len(found.hashes) == 900
    exact = x[x.astype(np.float64).astype(object) == x.astype(object)]
    assert np.isin(hash_numbers(exact.astype(np.float64)), found.hashes).all()


def test_there_is_one_zero() -> None:
    zeros = np.where(np.random.default_rng(0).random(20_000) < 0.5, 0.0, -0.0)
    axes = [NumericAxis.learn(order) for x in (zeros, zeros[::-1], np.abs(zeros)) if (order := order_of(x))]
    for axis in axes:
        assert axis.edges.tobytes() == axes[0].edges.tobytes()
        assert np.float64(axis.low).tobytes() == np.float64(0.0).tobytes()
        for counts in (count(CellTable(axis), zeros), plain(axis, zeros)):
            assert not np.signbit(counts.minimum).any()
            assert not np.signbit(counts.maximum).any()
