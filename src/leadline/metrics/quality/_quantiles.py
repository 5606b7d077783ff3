"""Quantiles from counts: the order statistics are bounded by their cells."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Z95, Floats, Measured, reasons
from leadline.metrics.quality._result import NO_VALUES, NOT_NUMERIC, absent
from leadline.metrics.summary import Summary


def quantile(summary: Summary, at: float) -> Measured:
    """The quantile, linear between order statistics (Hyndman & Fan 1996, type 7).

    An order statistic inside a cell that holds several values is taken as if they were spread evenly;
    `bin_error` is its distance to the farther end of the cell. The interval has the order statistics whose
    ranks a binomial count of 95 % allows, widened to the ends of their cells.
    """
    if summary.edges is None:
        return absent(summary.rows, NOT_NUMERIC)
    n = summary.values
    place = np.maximum(n - 1, 0.0) * at
    rank = np.floor(place)
    weight = place - rank
    first, first_low, first_high = _order_statistic(summary, rank)
    second, second_low, second_high = _order_statistic(summary, np.minimum(rank + 1, np.maximum(n - 1, 0)))
    value = first + weight * (second - first)
    low_end = first_low + weight * (second_low - first_low)
    high_end = first_high + weight * (second_high - first_high)
    reach = Z95 * np.sqrt(n * at * (1 - at))
    last = np.maximum(n - 1, 0.0)
    low = _order_statistic(summary, np.clip(np.floor(n * at - reach), 0.0, last))[1]
    high = _order_statistic(summary, np.clip(np.ceil(n * at + reach), 0.0, last))[2]
    none = n <= 0
    return Measured(
        value=np.where(none, np.nan, value),
        low=np.where(none, np.nan, low),
        high=np.where(none, np.nan, high),
        bin_error=np.where(none, np.nan, np.maximum(value - low_end, high_end - value)),
        reason=reasons(n.shape, none, NO_VALUES) if none.any() else None,
    )


def _order_statistic(summary: Summary, rank: Floats) -> tuple[Floats, Floats, Floats]:
    """The value of this rank (from 0), and the ends of its cell; shape (K,) each."""
    upto, edges = summary.upto, np.asarray(summary.edges, np.float64)
    cell = np.minimum((upto <= rank[:, None]).sum(-1), summary.counts.shape[-1] - 1)
    row = np.arange(len(cell))
    count = np.maximum(summary.counts[row, cell], 1e-300)
    inside = np.clip((rank - (upto[row, cell] - count) + 0.5) / count, 0.0, 1.0)
    low, high = _within(summary, edges[row, cell]), _within(summary, edges[row, cell + 1])
    if summary.atoms is not None:
        high = np.where(summary.atoms[row, cell], low, high)
    return low + inside * (high - low), low, high


def _within(summary: Summary, edges: Floats) -> Floats:
    """Edges within the extremes, where those are known."""
    if summary.minimum is None or summary.maximum is None:
        return edges
    low = np.where(np.isfinite(summary.minimum), summary.minimum, -np.inf)
    high = np.where(np.isfinite(summary.maximum), summary.maximum, np.inf)
    return np.clip(edges, low, high)
