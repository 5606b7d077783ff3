"""What is drawn of a column: shares on few cells, with nothing made up at the ends."""

from __future__ import annotations

import numpy as np
import polars
import pytest

from leadline import comparison
from leadline.reports.record import ColumnResult


def column(reference: np.ndarray, current: np.ndarray) -> ColumnResult:
    """The only feature of a check of two columns of numbers."""
    tables = [polars.DataFrame({"x": values}) for values in (reference, current)]
    return comparison.check(*tables).record.columns[0]


def test_the_far_ends_of_a_heavy_tail_are_left_out_and_not_piled_up() -> None:
    """At most 0.2 % of a side at either end is missing, and the end cells are no higher than their neighbours
    make them."""
    rng = np.random.default_rng(1)
    found = column(rng.lognormal(0, 2, 40_000), rng.lognormal(0, 2, 40_000))
    drawn = found.distribution
    assert drawn is not None
    for side in (drawn.reference, drawn.current):
        assert 0.995 <= sum(side) <= 1
        assert side[-1] <= 2 * max(side[-4:-1]) + 1e-3


def test_a_pile_of_equal_values_at_the_end_is_in_the_picture() -> None:
    """A tenth of the values is exactly 0, below all others (prices, counts)."""
    rng = np.random.default_rng(2)
    values = np.where(rng.random(20_000) < 0.1, 0.0, rng.normal(100, 10, 20_000))
    drawn = column(values, values[::-1].copy()).distribution
    assert drawn is not None
    assert drawn.edges is not None
    assert drawn.edges[0] <= 0
    assert drawn.reference[0] == pytest.approx(np.mean(values == 0), abs=1e-4)


def test_a_sample_within_its_picture_is_there_in_full() -> None:
    rng = np.random.default_rng(3)
    drawn = column(rng.integers(0, 9, 5000), rng.integers(0, 9, 5000)).distribution
    assert drawn is not None
    assert sum(drawn.reference) == pytest.approx(1)
    assert sum(drawn.current) == pytest.approx(1)


@pytest.mark.parametrize("values", [[0, 1], [0.0, 0.5, 1.0], [-1, 1, 2, 3, 4, 5]])
def test_few_values_have_a_bar_each(values: list[float]) -> None:
    """As of labels and ratings; between them there is nothing."""
    rng = np.random.default_rng(4)
    sides = rng.choice(values, 3000), rng.choice(values, 3000, p=np.arange(1, len(values) + 1) / sum(
        range(1, len(values) + 1)
    ))  # fmt: skip
    drawn = column(*sides).distribution
    assert drawn is not None
    assert (drawn.edges, drawn.labels) == (None, [f"{value:g}" for value in values])
    for shares, side in zip((drawn.reference, drawn.current), sides, strict=True):
        assert shares == pytest.approx([np.mean(side == value) for value in values])
