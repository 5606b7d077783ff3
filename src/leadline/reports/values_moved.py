"""Which values of a column moved in the windows that an alert names it for, in words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.words import named, number
from leadline.monitors.budget import Named
from leadline.monitors.compare import Comparison
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile
from leadline.reports.moved import moved
from leadline.reports.phrases import shares_said

Floats = npt.NDArray[np.float64]

_ONE_WAY = 0.35
"""A mean-rank shift of this part of the distance: half of what it is where all values move alike."""

_ALIKE = 1.25
"""Distances whose ratio is less are alike."""

_DISTANCES = ("kolmogorov_smirnov", "total_variation", "chi_squared", "mean_rank_shift")
"""Statistics whose effect is told as the distance of the values."""


def values_moved(comparison: Comparison, found: Named) -> str:
    """`distance_km fell from a median of 2.87 to 1.78`, `channel: app rose from 8 % to 31 %`.

    Args:
        comparison: whose windows say it.
        found: a source that an alert names.

    Returns:
        "" where the source is no column or has no values to name, where something else than their distance
        was measured, where they moved both ways, and where they are not as far from all of the reference as
        from its part that they were compared with (seasons, rolling baselines).
    """
    timeline, grid = comparison.timeline, comparison.baseline.grid
    if timeline is None:
        return ""
    if found.source not in grid.index or found.statistic not in _DISTANCES:
        return ""
    at = grid.index[found.source]
    axis, cells = grid.columns[at].axis, slice(int(grid.offsets[at]), int(grid.offsets[at + 1]))
    before = _counts(comparison.baseline.whole, cells).sum(axis=0)
    last = found.window - len(timeline.reference)
    if last < 0:
        return ""
    if timeline.versions:
        now = _counts(timeline.versions[last].profile, cells).sum(axis=0)
    else:
        windows = timeline.current.sums(_counts(comparison.current, cells))
        now = windows[max(0, last - found.scale + 1) : last + 1].sum(axis=0)
    if not before.sum() or not now.sum():
        return ""
    before, now = before / before.sum(), now / now.sum()
    if isinstance(axis, NumericAxis):
        alike = _alike(found.effect, float(np.abs(np.cumsum(now - before)).max()))
        if not alike:
            return ""
        two = moved(axis, axis.standardise(axis.edges), before, now)
        if two.only:
            return f"{named(found.source)}: the share of {shares_said(two.values, numbers=True)}"
        return _numbers(found, axis, before, now)
    if isinstance(axis, CategoricalAxis) and _alike(found.effect, float(np.abs(now - before).sum() / 2)):
        values = moved(axis, None, before, now).values
        return f"{named(found.source)}: {shares_said(values[:1])}" if values else ""
    return ""


def _alike(effect: float, whole: float) -> bool:
    """The windows are as far from all of the reference as from what they were compared with (of their season,
    of the last weeks): then its values say what moved."""
    return whole <= _ALIKE * abs(effect) and abs(effect) <= _ALIKE * whole


def _counts(profile: Profile, cells: slice) -> Floats:
    """Of a column by bucket, shape (B, C)."""
    name = "cells_weight" if profile.grid.weight_unit else "cells"
    return profile.sums[name][:, :, 0, cells].sum(axis=1).astype(np.float64)


def _numbers(found: Named, axis: NumericAxis, before: Floats, now: Floats) -> str:
    """Where most values moved one way: from which median to which."""
    below = np.cumsum(before) - before / 2
    shift = float(now @ below) - 0.5
    was, became = _median(axis, before), _median(axis, now)
    if (
        abs(shift) < _ONE_WAY * abs(found.effect)
        or (became - was) * shift <= 0
        or number(was) == number(became)
    ):
        return ""
    way = "rose" if shift > 0 else "fell"
    return f"{named(found.source)} {way} from a median of {number(was)} to {number(became)}"


def _median(axis: NumericAxis, shares: Floats) -> float:
    """Values lie evenly within a cell; in an open one at its finite edge."""
    below = np.cumsum(shares)
    cell = int(np.searchsorted(below, 0.5).clip(0, len(shares) - 1))
    low, high = float(axis.edges[cell]), float(axis.edges[cell + 1])
    if axis.atoms[cell] or not np.isfinite(high):
        return low if np.isfinite(low) else 0.0
    if not np.isfinite(low):
        return high
    part = (0.5 - (below[cell] - shares[cell])) / max(float(shares[cell]), 1e-300)
    return low + float(np.clip(part, 0.0, 1.0)) * (high - low)
