"""Quantiles of the residual and of its absolute value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadline.metrics.declare import Z95, Metric
from leadline.metrics.performance.estimate import NO_PAIRS, Estimate, Floats, effective_size, estimate
from leadline.metrics.performance.views import RegressionCounts


def median_absolute_error(counts: RegressionCounts) -> Estimate:
    """Median of |prediction - label| in the unit of the label, >= 0; shape (...).

    Interpolated within its cell, whose width bounds `bin_error`; interval from the ranks.
    """
    return _quantile(counts, counts.absolute, counts.absolute_edges, 0.5)


def residual_quantile(percent: int) -> Callable[[RegressionCounts], Estimate]:
    """This quantile of prediction - label, in the unit of the label, as a function of counts."""

    def compute(counts: RegressionCounts) -> Estimate:
        return _quantile(counts, counts.residuals, counts.residual_edges, percent / 100)

    return compute


def _quantile(counts: RegressionCounts, cells: Floats, edges: Floats, level: float) -> Estimate:
    total = cells.sum(-1)
    size = effective_size(counts.labelled[..., 0], counts.labelled_squares[..., 0], counts.inflation)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = Z95 * np.sqrt(level * (1 - level) / size)
        row = 1 / size
    value = _at(cells, edges, np.full(total.shape, level))
    low = _at(cells, edges, np.clip(level - half, 0.0, 1.0))
    high = _at(cells, edges, np.clip(level + half, 0.0, 1.0))
    # NumPy's median lies between two order statistics, which may fall into neighbouring cells.
    below = _edge(cells, edges, np.clip(level - row, 0.0, 1.0), 0)
    above = _edge(cells, edges, np.clip(level + row, 0.0, 1.0), 1)
    bin_error = np.maximum(value - below, above - value)
    return estimate(
        value,
        (high - low) / (2 * Z95),
        size,
        [(counts.rows == 0, NO_PAIRS)],
        low=low,
        high=high,
        bin_error=bin_error,
    )


def _cell(cells: Floats, level: Floats) -> tuple[Floats, np.ndarray]:
    cumulated = np.cumsum(cells, -1)
    want = level * cumulated[..., -1]
    at = (cumulated < want[..., None] * (1 - 1e-12)).sum(-1)
    first = (cells > 0).argmax(-1)
    last = cells.shape[-1] - 1 - (cells > 0)[..., ::-1].argmax(-1)
    return want, np.clip(at, first, last)


def _at(cells: Floats, edges: Floats, level: Floats) -> Floats:
    """The quantile at `level`, linear within its cell; an unbounded cell counts as its finite edge."""
    want, at = _cell(cells, level)
    mass = np.take_along_axis(cells, at[..., None], -1)[..., 0]
    before = np.take_along_axis(np.cumsum(cells, -1), at[..., None], -1)[..., 0] - mass
    part = np.clip(np.where(mass > 0, (want - before) / np.where(mass > 0, mass, 1.0), 0.0), 0.0, 1.0)
    left, right = edges[at], edges[at + 1]
    left, right = np.where(np.isfinite(left), left, right), np.where(np.isfinite(right), right, left)
    return left + part * (right - left)


def _edge(cells: Floats, edges: Floats, level: Floats, side: int) -> Floats:
    return edges[_cell(cells, level)[1] + side]


def _metric(percent: int) -> Metric:
    return Metric(
        key=f"residual_p{percent:02d}",
        title=f"Residual, {percent} % quantile",
        family="performance",
        summary=f"{percent} % of the residuals (prediction - label) are at or below this.",
        tasks=frozenset({"regression"}),
        range=(-np.inf, np.inf),
        worse="either",
        unit="label",
        reference="Hyndman and Fan, Am. Stat. 50 (1996)",
        compute=residual_quantile(percent),
    )


MEDIAN_ABSOLUTE_ERROR = Metric(
    key="median_absolute_error",
    title="Median absolute error",
    family="performance",
    summary="Half of the predictions are closer to their label than this.",
    tasks=frozenset({"regression"}),
    range=(0.0, np.inf),
    worse="higher",
    unit="label",
    reference="Hyndman and Koehler, Int. J. Forecast. 22 (2006)",
    compute=median_absolute_error,
)

RESIDUALS = tuple(_metric(percent) for percent in (5, 50, 95))
