"""Counting numbers: exact cells, exact sums, the same from every path."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numbers_as_they_come import same, shapes

from leadline.profiles.counting import CHUNK, count, count_sorted
from leadline.profiles.distinct import Sampler
from leadline.profiles.numeric import CLIP, NumericAxis
from leadline.profiles.outcomes_cells import CellLookup

Floats = npt.NDArray[np.float64]

finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
moderate = st.floats(-1e6, 1e6, allow_nan=False)
samples = arrays(np.float64, st.integers(0, 60), elements=moderate)
hostile = arrays(np.float64, st.integers(0, 60), elements=finite)


@pytest.mark.parametrize("name", shapes(np.random.default_rng(0), 4))
@pytest.mark.parametrize("size", [3, 300, 2 * CHUNK + 17])
def test_cells_and_sums_agree_with_a_plain_search(name: str, size: int) -> None:
    """Cells equal `searchsorted`; mean and variance equal float64 to 1e-9 of the scale."""
    x = shapes(np.random.default_rng(1), size)[name]
    axis = NumericAxis.learn(np.sort(x))
    counted = count(axis, x)
    cell = np.searchsorted(axis.edges, x, side="right") - 1
    assert np.array_equal(counted.cells[0], np.bincount(cell, minlength=axis.cells))
    z = axis.standardise(x)
    assert abs((counted.sums[0] * axis.units).sum() / size - z.mean()) < 1e-9
    assert counted.minimum[0] == x.min()
    assert counted.maximum[0] == x.max()
    assert counted.clipped[0] == 0


@pytest.mark.parametrize("name", shapes(np.random.default_rng(0), 4))
def test_a_grid_of_other_data_still_counts_every_value(name: str) -> None:
    """Values anywhere on the line fall into exactly one cell of any grid."""
    rng = np.random.default_rng(2)
    axis = NumericAxis.learn(np.sort(rng.normal(size=5000)))
    x = shapes(rng, 5000)[name]
    counted = count(axis, x)
    cell = np.searchsorted(axis.edges, x, side="right") - 1
    assert np.array_equal(counted.cells[0], np.bincount(cell, minlength=axis.cells))
    assert counted.clipped[0] == np.count_nonzero(np.abs(axis.standardise(x)) > CLIP)


@pytest.mark.parametrize("name", shapes(np.random.default_rng(0), 4))
def test_values_are_sampled_while_they_are_counted(name: str) -> None:
    """Whether a chunk lies in atoms or not, in order or not, the sample is that of the values alone."""
    x = shapes(np.random.default_rng(13), CHUNK + 999)[name]
    axis, whole = NumericAxis.learn(np.sort(x)), Sampler()
    whole.add(x)
    expected = whole.result()
    dirty = np.concatenate([x, [np.nan, np.inf, 7.5]])
    valid = np.arange(len(dirty)) < len(dirty) - 1
    samplers = Sampler(), Sampler()
    count(axis, dirty, valid, sampler=samplers[0])
    count_sorted(axis, np.sort(x), samplers[1])
    for found in (sampler.result() for sampler in samplers):
        assert found.shift == expected.shift
        assert np.array_equal(found.hashes, expected.hashes)
        assert np.array_equal(found.rows, expected.rows)


@pytest.mark.parametrize("name", shapes(np.random.default_rng(0), 4))
def test_sorted_values_give_the_same_integers(name: str) -> None:
    """Cuts at the edges of sorted values agree with looking every value up, near and far."""
    rng = np.random.default_rng(6)
    x = np.sort(shapes(rng, 3 * CHUNK)[name])
    for axis in (NumericAxis.learn(x), NumericAxis.learn(np.sort(rng.normal(size=2000)))):
        assert same(count_sorted(axis, x), count(axis, x))
    empty = np.zeros(0)
    assert same(count_sorted(axis, empty), count(axis, empty))


@pytest.mark.parametrize("dtype", ["f4", "i8", "i4", "u1", "?"])
def test_every_number_type_is_counted_as_its_value(dtype: str) -> None:
    x = (np.random.default_rng(4).normal(size=1000) * 40).astype(dtype)
    axis = NumericAxis.learn(np.sort(x.astype(float)))
    assert same(count(axis, x), count(axis, x.astype(float)))


@given(samples, samples)
def test_counts_of_two_parts_add_up_to_the_counts_of_the_whole(a: Floats, b: Floats) -> None:
    axis = NumericAxis.learn(np.sort(a))
    assert same(count(axis, a).add(count(axis, b)), count(axis, np.concatenate([a, b])))


@given(hostile, st.randoms(use_true_random=False))
def test_order_does_not_matter(a: Floats, random: object) -> None:
    axis = NumericAxis.learn(np.sort(a))
    shuffled = a.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert same(count(axis, a), count(axis, shuffled))


@given(hostile, st.integers(1, 4))
def test_groups_are_counted_as_if_alone(a: Floats, groups: int) -> None:
    axis = NumericAxis.learn(np.sort(a))
    group = np.arange(len(a)) % groups
    together = count(axis, a, group=group, groups=groups)
    for g in range(groups):
        alone = count(axis, a[group == g])
        assert np.array_equal(together.cells[g], alone.cells[0])
        assert np.array_equal(together.sums[g], alone.sums[0])
        assert np.array_equal(together.squares[g], alone.squares[0])


@given(hostile)
def test_nulls_nan_and_infinities_are_not_counted(a: Floats) -> None:
    axis = NumericAxis.learn(np.sort(a))
    x = np.concatenate([a, [np.nan, np.inf, -np.inf, 1.0]])
    valid = np.arange(len(x)) < len(x) - 1
    assert count(axis, x, valid).cells.sum() == len(a)


@pytest.mark.parametrize("scale", [1.0, 5e-324, 1e-310, 1e-300, 1e300])
def test_cells_are_looked_up_as_a_search_finds_them(scale: float) -> None:
    """Edges crowded and wide, values on edges, beside them, beyond both ends and infinite."""
    rng = np.random.default_rng(6)
    edges = np.unique(
        np.concatenate([rng.normal(size=80), np.arange(-3, 4), [0.5, np.nextafter(0.5, 1)]]) * scale
    )
    low, high = float(edges[len(edges) // 20]), float(edges[-1 - len(edges) // 20])
    values = np.concatenate(
        [
            rng.normal(0, 3, 3_000) * scale,
            edges,
            np.nextafter(edges, -np.inf),
            [np.inf, -np.inf, 1e308, -1e308, 0],
        ]
    )
    found = CellLookup(edges, low, high).cells(values)
    np.testing.assert_array_equal(found, np.searchsorted(edges, values, side="right"))


@pytest.mark.parametrize("groups", [3, 200])
def test_large_and_small_groups_are_counted_as_if_alone(groups: int) -> None:
    """Above `FEW` values a group is sorted by itself, below all are counted side by side."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=20_000) * 10.0 ** rng.integers(-3, 12, 20_000)
    x[::50] = np.nan
    axis, group = NumericAxis.learn(np.sort(rng.normal(size=5_000))), np.sort(rng.integers(0, groups, len(x)))
    together = count(axis, x, group=group, groups=groups)
    assert together.clipped.sum() > 0
    for g in range(groups):
        alone = count(axis, x[group == g])
        for name in ("cells", "sums", "squares", "clipped", "minimum", "maximum"):
            assert np.array_equal(getattr(together, name)[g], getattr(alone, name)[0])
