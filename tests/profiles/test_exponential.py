"""Exponential histograms: what they promise of quantiles, and that they add up."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.profiles.exponential import (
    HIGHEST,
    LOWEST,
    RELATIVE_ERROR,
    ExponentialHistogram,
    cell_edges,
    cells_of,
    quantiles,
)
from leadline.stores.operations import _cell

amounts = st.floats(2**-19, 2**39)
values = st.lists(st.one_of(amounts, st.just(0.0)), min_size=1, max_size=60)


def test_the_promised_error_is_at_most_one_percent() -> None:
    assert RELATIVE_ERROR <= 0.01


@given(st.lists(amounts, min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_is_within_its_error_of_the_order_statistic(sample: list[float], q: float) -> None:
    """NumPy's `inverted_cdf` is the order statistic of rank ceil(q n)."""
    exact = float(np.quantile(sample, q, method="inverted_cdf"))
    found = ExponentialHistogram.of(sample).quantile(q)
    assert found is not None
    assert abs(found.value - exact) <= (RELATIVE_ERROR + 1e-9) * exact
    assert found.low <= exact * (1 + 1e-9)
    assert found.high >= exact * (1 - 1e-9)


@given(values, values, values)
def test_adding_is_counting_together_in_any_order(a: list[float], b: list[float], c: list[float]) -> None:
    together = ExponentialHistogram.of(a + b + c)
    parts = [ExponentialHistogram.of(part) for part in (a, b, c)]
    assert (parts[0] + parts[1]) + parts[2] == together
    assert parts[2] + (parts[0] + parts[1]) == together
    assert hash(parts[2] + (parts[0] + parts[1])) == hash(together)
    assert together - parts[1] == ExponentialHistogram.of(a + c)


@given(values)
def test_cells_come_back_as_they_were(sample: list[float]) -> None:
    found = ExponentialHistogram.of([*sample, -1.0, np.nan, np.inf, 1e300])
    assert ExponentialHistogram.of_cells(found.cells()) == found
    assert found.total == len(sample) + 2
    assert (found.invalid, found.above) == (2, 2)


def test_what_was_not_added_cannot_be_taken_back() -> None:
    with pytest.raises(DataError, match="not a count"):
        ExponentialHistogram.of([1.0]) - ExponentialHistogram.of([5.0])
    with pytest.raises(DataError, match="not a count"):
        ExponentialHistogram.of_cells({HIGHEST + 2: 1})


def test_of_nothing_there_is_no_quantile() -> None:
    assert ExponentialHistogram().quantile(0.5) is None
    assert ExponentialHistogram.of([-1.0, np.nan]).quantile(0.5) is None


@pytest.mark.parametrize(("sample", "value"), [([0.0, 0.0, 5.0], 0.0), ([1e300] * 3, 2.0**40)])
def test_zero_and_what_is_beyond_have_places_of_their_own(sample: list[float], value: float) -> None:
    found = ExponentialHistogram.of(sample).quantile(0.5)
    assert found is not None
    assert found.value == value


@given(st.lists(st.integers(LOWEST, HIGHEST + 1), min_size=1, max_size=30))
def test_cells_lie_side_by_side(cells: list[int]) -> None:
    low, high = cell_edges(np.array(cells, np.int64))
    assert (low < high).all()
    inside = np.array([cell for cell in cells if LOWEST < cell <= HIGHEST], np.int64)
    assert (cells_of(cell_edges(inside)[1] * (1 - 1e-9)) == inside).all()


@pytest.mark.parametrize(("q", "size"), [(0.5, 20), (0.5, 400), (0.95, 100), (0.95, 2_000), (0.99, 1_000)])
def test_intervals_hold_the_true_quantile_in_19_of_20_samples(q: float, size: int) -> None:
    """Of a log-normal distribution, whose quantiles SciPy gives; never fewer than 93 of 100."""
    scipy = pytest.importorskip("scipy.stats")
    truth = float(scipy.lognorm(0.5).ppf(q))
    generator = np.random.default_rng(5)
    samples = generator.lognormal(0, 0.5, (1_000, size))
    found = [ExponentialHistogram.of(sample).quantile(q) for sample in samples]
    held = np.mean([one is not None and one.low <= truth <= one.high for one in found])
    assert held >= 0.93


@given(st.lists(st.lists(st.one_of(values, st.just([-1.0])), max_size=3), min_size=1, max_size=5))
def test_several_histograms_at_once_are_each_its_own(groups: list[list[list[float]]]) -> None:
    histograms = [ExponentialHistogram.of([v for part in parts for v in part]) for parts in groups]
    rows = [(g, cell, count) for g, h in enumerate(histograms) for cell, count in h.cells().items()]
    group, cell, count = (np.array([row[i] for row in rows], np.int64) for i in range(3))
    found = quantiles(group, cell, count, len(groups), 0.9)
    for number, histogram in enumerate(histograms):
        alone = histogram.quantile(0.9)
        if alone is None:
            assert np.isnan(found.value[number])
        else:
            assert [part[number] for part in found.parts] == [alone.value, alone.low, alone.high]


@given(st.lists(st.floats(allow_nan=False, width=64), min_size=1, max_size=50))
def test_the_store_counts_into_the_same_cells(sample: list[float]) -> None:
    """Logarithms of NumPy and DuckDB may differ in the last digit: at an edge one cell is as right as the
    other."""
    statement = f"SELECT {_cell('x')} FROM (SELECT unnest($1::DOUBLE[]) AS x)"
    in_sql = np.array([row[0] for row in duckdb.execute(statement, [sample]).fetchall()])
    in_numpy = cells_of(np.array(sample))
    apart = in_sql != in_numpy
    edge = np.rint(np.log2(np.where(apart, sample, 1.0)) * 64) / 64
    assert np.allclose(np.where(apart, sample, 1.0), np.exp2(edge), rtol=1e-12)
