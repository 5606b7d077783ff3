"""Functions of a K x K confusion matrix that depend on its diagonal and its margins only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from leadline.metrics.performance.estimate import (
    NO_PAIRS,
    Estimate,
    Floats,
    Problems,
    bounded_interval,
    effective_size,
    estimate,
    gradient,
    smoothed,
    spread_of,
    with_contrast,
)
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def hits(table: Floats, other: bool) -> Floats:
    """The diagonal, shape (..., K); with `other` its last place counts as wrong: unlike values meet there."""
    out = np.diagonal(table, axis1=-2, axis2=-1).copy()
    if other:
        out[..., -1] = 0.0
    return out


def of_margins(
    function: Callable[[Any, Any, Any], Any],
    counts: BinaryCounts | MulticlassCounts,
    problems: Problems = (),
    range_: tuple[float, float] = (0.0, 1.0),
) -> Estimate:
    """A scale-free function of (hits, label totals, prediction totals), each (..., K), with its interval."""
    table, squares = counts.table, counts.table_squares
    other = isinstance(counts, MulticlassCounts)
    k = table.shape[-1]
    seen = (table.sum(-1) > 0) | (table.sum(-2) > 0)
    absent = ~(seen[..., :, None] & seen[..., None, :])

    def stacked(matrix: Floats) -> Floats:
        return np.concatenate([hits(matrix, other), matrix.sum(-1), matrix.sum(-2)], -1)

    def call(x: Any) -> Any:
        return function(x[..., :k], x[..., k : 2 * k], x[..., 2 * k :])

    value = gradient(call, stacked(table))[0]
    flat = (*table.shape[:-2], k * k)
    moved, moved_squares = (
        x.reshape(table.shape) for x in smoothed(table.reshape(flat), squares.reshape(flat))
    )
    # Classes that do not occur stay away.
    moved, moved_squares = np.where(absent, 0.0, moved), np.where(absent, 0.0, moved_squares)
    slopes = gradient(call, stacked(moved))[1]
    slopes = np.where(np.isfinite(slopes), slopes, 0.0)
    slope = slopes[..., k : 2 * k, None] + slopes[..., None, 2 * k :]
    diagonal = np.arange(k - 1 if other else k)
    slope[..., diagonal, diagonal] += slopes[..., diagonal]
    error, skewness = spread_of(
        slope.reshape(flat), moved.reshape(flat), moved_squares.reshape(flat), counts.inflation
    )
    total = table.sum((-1, -2))
    size = effective_size(total, squares.sum((-1, -2)), counts.inflation)
    low, high = bounded_interval(value, error, size, *range_)
    found = [(total == 0, NO_PAIRS), *problems]
    done = estimate(value, error, size, found, low=low, high=high, skewness=skewness)
    return with_contrast(done, table.reshape(flat), moved.reshape(flat), slope.reshape(flat))


def over_present(values: Any, labels: Any, predictions: Any, weights: Any = None) -> Any:
    """Mean of per-class values over the classes that occur as label or prediction; a 0 / 0 counts as 0."""
    present = (np.real(labels) + np.real(predictions)) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(present & np.isfinite(values), values, 0.0)
        weights = present.astype(np.float64) if weights is None else weights
        return (values * weights).sum(-1) / weights.sum(-1)
