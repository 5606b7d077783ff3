"""What the reference says of itself: its season, how long windows remember, and whether it keeps moving."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from leadline.monitors.budget.evidence import Evidence, Floats, Integers
from leadline.monitors.budget.operators import Seasonal, leave_block_out
from leadline.monitors.budget.statistics import RARE, Cells, distances, proportions

NO_SEASON = "none"
WINDOWS_PER_SLOT = 4
"""Windows that each slot of a season needs on average."""

MOVING = 1.15
"""Growth of the distance between windows with time, above which a reference is not stationary."""

LAGS = 16
"""Lags at most that a mean distance is taken over; distances at neighbouring lags say much the same."""

REMEMBERED = 0.2
"""Autocorrelation below which windows count as far enough apart, at the 80th percentile of the columns."""


def one_hot(slots: Integers, seen: int) -> Floats:
    """Shape (W, seen + 1); slots from `seen` on share the last column."""
    return np.eye(seen + 1)[np.minimum(slots, seen)]


def candidates(evidence: Evidence) -> Mapping[str, Integers]:
    """The season slots that may be chosen: none at all, and those with enough windows for each slot."""
    chosen = {NO_SEASON: np.zeros(len(evidence), np.intp)}
    for name, slots in evidence.slot_candidates.items():
        used = len(np.unique(slots[evidence.rows > 0]))
        if used > 1 and (evidence.rows > 0).sum() >= WINDOWS_PER_SLOT * used:
            chosen[name] = np.asarray(slots, np.intp)
    return chosen


def squared_distances(counts: Floats, cells: Cells, mix: Floats) -> Floats:
    """Shape (W, K): chi-squared distance of each window to all others but the two beside it."""
    operator = Seasonal(leave_block_out(len(counts), 1, 1), mix, mix)
    parts = []
    for columns, span, block in cells.blocks(len(counts)):
        shares, known = proportions(counts[:, span], block)
        baseline = operator.averages(shares, known, block.column)
        even = np.ones((len(counts), columns.stop - columns.start))
        parts.append(distances(shares, baseline, known, even, block).chi_squared ** 3)
    return np.hstack(parts) if parts else np.empty((len(counts), 0))


def choose_season(
    slots: Mapping[str, Integers], counts: Floats, cells: Cells, series: Floats
) -> tuple[str, str]:
    """The slots whose baselines are nearest to windows that they have not seen, and the reason in words."""
    errors = {}
    for name, slot in slots.items():
        mix = one_hot(slot, int(slot.max(initial=0)) + 1)
        squared = squared_distances(counts, cells, mix)
        miss = _series_misses(series, mix)
        # Roots: a few stormy windows shall not choose the season for all others.
        errors[name] = float(known_mean(np.hstack([np.sqrt(squared), miss]).ravel()))
    best = min(errors, key=lambda name: (errors[name], name != NO_SEASON))
    if len(errors) == 1:
        return best, "no season has enough windows for each of its slots"
    rest = ", ".join(
        f"{name} {error:.3g}" for name, error in sorted(errors.items(), key=lambda item: item[1])
    )
    return best, f"windows are nearest to baselines of this season (mean distance: {rest})"


def _series_misses(series: Floats, mix: Floats) -> Floats:
    """Distances of single numbers to their baselines, in standard deviations; shape (W, C)."""
    known = np.isfinite(series)
    values = np.where(known, series, 0.0)
    centre = values.sum(0) / np.maximum(known.sum(0), 1)
    values = np.where(known, series - centre, 0.0)
    spread = np.sqrt((values**2).sum(0) / np.maximum(known.sum(0), 1))
    baseline = Seasonal(leave_block_out(len(series), 1, 1), mix, mix).averages(values, known)
    return np.where(
        known & (spread > 0), np.abs(values - baseline) / np.where(spread > 0, spread, 1.0), np.nan
    )


def without_season(values: Floats, mix: Floats) -> Floats:
    """Values less the means of their slots; NaN stays NaN."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    weight = mix.T @ known.astype(float)
    means = np.divide(mix.T @ filled, weight, out=np.zeros_like(weight), where=weight > 0)
    return values - mix @ means


def decorrelation_gap(series: Floats, mix: Floats) -> int:
    """Smallest lag at which windows hardly remember each other, at most an eighth of them.

    Args:
        series: shape (R, C): mean ranks of columns and single numbers; NaN unknown.
        mix: shape (R, G + 1): season slots.
    """
    longest = max(1, len(series) // 8)
    left = without_season(series, mix)
    left = np.where(np.isfinite(left), left - known_mean(left), 0.0)
    spread = (left**2).sum(0)
    left, spread = left[:, spread > 1e-18], spread[spread > 1e-18]
    if not spread.size:
        return 1
    for lag in range(1, longest):
        if np.quantile((left[lag:] * left[:-lag]).sum(0) / spread, 0.8) < REMEMBERED:
            return lag
    return longest


def lag_growth(counts: Floats, cells: Cells, mix: Floats) -> float:
    """Mean squared distance of windows far apart over that of windows near each other.

    About 1 for a stationary reference with short memory, larger where it keeps moving.

    Returns:
        The geometric mean of the columns' ratios; 1 where none is known.
    """
    windows = len(counts)
    near_from = max(3, windows // 12)
    near = _lags(near_from, near_from + max(1, windows // 8))
    far = _lags(windows // 2, max(windows // 2, 3 * windows // 4))
    parts = []
    for _, span, block in cells.blocks(windows):
        shares, known = proportions(counts[:, span], block)
        shares = np.where(known[:, block.column], shares, np.nan)
        left = without_season(shares, mix)
        left = np.where(np.isfinite(left), left, 0.0) / np.sqrt(known_mean(shares) + RARE)
        parts.append(_growth(left, block.offsets[:-1], near, far))
    growth = np.concatenate(parts) if parts else np.empty(0)
    ratios = growth[np.isfinite(growth) & (growth > 0)]
    return float(np.exp(np.log(ratios).mean())) if ratios.size else 1.0


def known_mean(values: Floats) -> Floats:
    """Means over the first axis of what is not NaN; 0 where nothing is."""
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(0) / np.maximum(known.sum(0), 1)


def _lags(first: int, last: int) -> Integers:
    return np.unique(np.linspace(first, last, LAGS).astype(np.intp))


def _growth(values: Floats, starts: Integers, near: Integers, far: Integers) -> Floats:
    def mean(lags: Integers) -> Floats:
        squares = [np.add.reduceat(((values[lag:] - values[:-lag]) ** 2).mean(0), starts) for lag in lags]
        return np.mean(squares, axis=0)

    base = mean(near)
    return np.divide(mean(far), base, out=np.full(base.shape, np.nan), where=base > 1e-15)
