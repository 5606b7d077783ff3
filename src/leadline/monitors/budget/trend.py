"""Whether the spread of columns grows or shrinks steadily over the reference.

Distances between windows hardly tell it: it moves rows outwards on both sides, a little in every cell. On the
spread itself, one number a window, a trend stands out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.metrics.special import f_sf
from leadline.monitors.budget.evidence import Booleans, Floats
from leadline.monitors.budget.pooling import Pooled
from leadline.monitors.budget.season import MOVING, known_mean, without_season
from leadline.monitors.budget.statistics import Cells, proportions

CHANCE = 1e-3
"""Rate at which steady references may be taken for ones with a trend, over all columns."""

FEWEST_KNOWN = 10
"""Windows without which a column has no trend."""

FAR = 0.5
"""Part of the reference that distant windows are apart."""


@dataclass(frozen=True)
class SpreadTrend:
    """What the spreads do over the reference.

    Attributes:
        column: position of the column with the surest trend; -1: all columns together; None: no trend.
        rises: the spread grows.
    """

    column: int | None = None
    rises: bool = False


def spread_trend(pooled: Pooled, cells: Cells, gap: int) -> SpreadTrend:
    """The surest trend of a spread that is no chance, and large beside how windows differ; else none.

    The spread of a column in a window is the variance of its ranks, less what follows from their mean: where
    many rows share one value, a column that moves is wider or narrower, too. The straight line over time is
    tested with a variance that counts the memory of windows (Newey and West 1987), in each column and in the
    mean of all. It is large where it sets distant windows farther apart than those of a steady reference.

    Args:
        pooled: the windows of the reference.
        cells: of the columns; only ordered ones have a spread.
        gap: windows that remember each other.
    """
    spreads, means = (without_season(part, pooled.mix) for part in _spreads(pooled, cells))
    for covariate in (means, means**2):
        spreads = _without(spreads, covariate)
    deviation = np.sqrt(known_mean(spreads**2))
    usable = np.flatnonzero((np.isfinite(spreads).sum(0) >= FEWEST_KNOWN) & (deviation > 1e-12))
    if not len(usable):
        return SpreadTrend()
    scaled = spreads[:, usable] / deviation[usable]
    known = np.isfinite(scaled)
    together = np.where(known, scaled, 0.0).sum(1) / np.maximum(known.sum(1), 1)
    series = np.column_stack([scaled, np.where(known.any(1), together, np.nan)])
    tail, slope, far = _tested(series, gap)
    sure = (tail * series.shape[1] < CHANCE) & (far > MOVING)
    if not sure.any():
        return SpreadTrend()
    best = int(np.argmin(np.where(sure, tail, np.inf)))
    return SpreadTrend(int(usable[best]) if best < len(usable) else -1, bool(slope[best] > 0))


def _spreads(pooled: Pooled, cells: Cells) -> tuple[Floats, Floats]:
    """Variances and means of the ranks of columns, shape (R, K) each, NaN unknown."""
    parts, means = [np.empty((len(pooled.rows), 0))], [np.empty((len(pooled.rows), 0))]
    for _, span, block in cells.blocks(len(pooled.rows)):
        shares, known = proportions(pooled.counts[:, span], block)
        starts = block.offsets[:-1]
        mean = np.add.reduceat(shares * block.rank, starts, axis=1)
        square = np.add.reduceat(shares * block.rank**2, starts, axis=1)
        parts.append(np.where(known & block.ordered, square - mean**2, np.nan))
        means.append(np.where(known & block.ordered, mean, np.nan))
    return np.hstack(parts), np.hstack(means)


def _without(values: Floats, covariate: Floats) -> Floats:
    """What of the values a straight line in the covariate does not tell; columns on their own."""
    values, covariate = values - known_mean(values), covariate - known_mean(covariate)
    length = known_mean(covariate**2)
    slope = np.divide(
        known_mean(values * covariate), length, out=np.zeros(length.shape), where=length > 1e-15
    )
    return values - slope * covariate


def _tested(series: Floats, gap: int) -> tuple[Floats, Floats, Floats]:
    """Tail probability of each straight line, its slope, how much farther apart it sets distant windows."""
    known: Booleans = np.isfinite(series)
    count = known.sum(0)
    time = np.where(known, np.linspace(-0.5, 0.5, len(series))[:, None], 0.0)
    time = np.where(known, time - time.sum(0) / count, 0.0)
    values = np.where(known, series, 0.0)
    values = np.where(known, values - values.sum(0) / count, 0.0)
    length = (time**2).sum(0)
    slope = (time * values).sum(0) / length
    left = np.where(known, values - time * slope, 0.0)
    variance = (left**2).sum(0) / np.maximum(count - 2, 1)
    pulls = time * left
    noise = (pulls**2).sum(0)
    for lag in range(1, gap + 1):
        noise = noise + 2 * (1 - lag / (gap + 1)) * (pulls[lag:] * pulls[:-lag]).sum(0)
    # Of few windows the memory is known badly: it never makes a line surer than independent windows would.
    noise = np.maximum(noise / length**2, variance / length)
    ratio = np.divide(slope**2, noise, out=np.full(noise.shape, np.inf), where=noise > 0)
    far = 1 + np.divide(
        (FAR * slope) ** 2, 2 * variance, out=np.full(noise.shape, np.inf), where=variance > 0
    )
    return f_sf(ratio, 1.0, np.maximum(count - 2, 1).astype(float)), slope, far
