"""The grid: what its cells promise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leadline.profiles.categorical import HASH_CELLS, VOCABULARY, CategoricalAxis
from leadline.profiles.grid import Grid, GridColumn
from leadline.profiles.numeric import CELLS, NumericAxis
from leadline.schema import ColumnSchema, Kind, Role

Floats = npt.NDArray[np.float64]
numbers = arrays(np.float64, st.integers(1, 80), elements=st.floats(-1e9, 1e9, allow_nan=False))


def counts(axis: NumericAxis, x: Floats) -> npt.NDArray[np.int64]:
    return np.bincount(np.searchsorted(axis.edges, x, side="right") - 1, minlength=axis.cells)


@given(numbers)
def test_edges_increase_and_cover_the_line(x: Floats) -> None:
    axis = NumericAxis.learn(np.sort(x))
    assert axis.edges[0] == -np.inf
    assert axis.edges[-1] == np.inf
    assert (np.diff(axis.edges) > 0).all()
    assert len(axis.edges) == axis.cells + 1


@given(numbers)
def test_a_value_of_the_reference_is_never_outside_and_others_beyond_it_are(x: Floats) -> None:
    axis = NumericAxis.learn(np.sort(x))
    assert counts(axis, x)[axis.outside].sum() == 0
    beyond = np.array([np.nextafter(x.max(), np.inf), np.nextafter(x.min(), -np.inf)])
    assert counts(axis, beyond)[axis.outside].sum() == 2


@given(numbers)
def test_outliers_are_the_values_beyond_the_fences(x: Floats) -> None:
    axis = NumericAxis.learn(np.sort(x))
    beyond = (x < axis.fence_low) | (x > axis.fence_high)
    assert counts(axis, x)[axis.outlying].sum() == beyond.sum()


@given(numbers)
def test_few_values_have_a_cell_each(x: Floats) -> None:
    axis = NumericAxis.learn(np.sort(x))
    found = counts(axis, x)
    assert np.count_nonzero(found) == len(np.unique(x))
    assert axis.atoms[found > 0].all()


@pytest.mark.parametrize("seed", range(4))
def test_cells_without_one_value_hold_at_most_half_a_percent(seed: int) -> None:
    """This bounds the error of a binned Kolmogorov-Smirnov distance."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(600, 60_000))
    for x in (
        rng.normal(size=size),
        rng.lognormal(0, 3, size),
        np.round(rng.normal(size=size), 2),
        rng.integers(0, 1500, size).astype(float),
        np.where(rng.random(size) < 0.5, 3.0, rng.normal(size=size)),
    ):
        axis = NumericAxis.learn(np.sort(x))
        mass = counts(axis, x) / size
        assert mass[~axis.atoms].max() <= 0.005
        assert axis.cells <= 4 * CELLS


def test_the_edges_are_order_statistics() -> None:
    x = np.sort(np.random.default_rng(5).normal(size=25_600))
    axis = NumericAxis.learn(x)
    inside = axis.edges[(axis.edges >= x[0]) & (axis.edges <= x[-1])]
    assert np.isin(x[np.arange(256) * 100], inside).all()


def test_an_empty_reference_has_one_cell() -> None:
    axis = NumericAxis.learn(np.zeros(0))
    assert axis.cells == 1
    assert not axis.outside.any()


def test_a_vocabulary_holds_the_most_frequent_values_first() -> None:
    axis = CategoricalAxis.learn(["b", "a", "c"], np.array([2, 5, 2]), b"k")
    assert axis.vocabulary == ("a", "b", "c")
    assert axis.assign(["c", "a", "new"]).tolist() == [2, 0, 3]
    assert axis.cells == 4


def test_a_long_vocabulary_is_cut_and_the_rest_is_hashed() -> None:
    """Rare and unknown values share 256 cells; the same value always falls into the same one."""
    values = [f"v{i}" for i in range(3 * VOCABULARY)]
    axis = CategoricalAxis.learn(values, np.arange(len(values))[::-1].astype(np.int64), b"k")
    assert not axis.complete
    assert axis.cells == VOCABULARY + HASH_CELLS
    cells = axis.assign([*values, "never seen", "\ud800 surrogate"])
    assert np.array_equal(cells[:VOCABULARY], np.arange(VOCABULARY))
    assert ((cells[VOCABULARY:] >= VOCABULARY) & (cells[VOCABULARY:] < axis.cells)).all()
    assert len(np.unique(cells[VOCABULARY:])) > 200
    assert np.array_equal(cells, axis.assign([*values, "never seen", "\ud800 surrogate"]))


def test_the_fingerprint_tells_grids_apart() -> None:
    def grid(x: Floats) -> Grid:
        schema = ColumnSchema("x", Role.FEATURE, Kind.NUMERIC)
        return Grid((GridColumn(schema, "float", NumericAxis.learn(np.sort(x))),))

    x = np.arange(100.0)
    assert grid(x).fingerprint == grid(x.copy()).fingerprint
    assert grid(x).fingerprint != grid(x + 1e-9).fingerprint
