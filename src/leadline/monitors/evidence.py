"""What windows say: counts and numbers of each, laid side by side for the alert budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.monitors.budget import Evidence, Histograms
from leadline.monitors.folding import Fold, place_unseen
from leadline.monitors.series import (
    FAMILIES,
    Performed,
    SeriesChannel,
    gathered,
    performance,
    segments,
    shares,
)
from leadline.monitors.windows import Windows
from leadline.profiles.grid import Grid
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.outcomes_sums import WEIGHT_BITS
from leadline.profiles.profile import Profile
from leadline.schedule import Zone, local_parts
from leadline.schema import Role
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]


def evidence(
    baseline: Baseline,
    profile: Profile,
    windows: Windows,
    performed: Performed,
    columns: Fold,
    beside: Sequence[SeriesChannel],
    settings: Settings,
    place: Zone,
) -> Evidence:
    """What the windows of one table say.

    Args:
        baseline: whose grid the profile was counted on.
        profile: with time buckets.
        windows: of that profile.
        performed: the model's performance in these windows.
        columns: of the baseline.
        beside: what else is judged in these windows.
        settings: floors; gains and costs of outcomes.
        place: the calendar of seasons.
    """
    grid = profile.grid
    chosen = [grid.columns[k] for k in columns.columns]
    rows = windows.sums(profile.sums["cells"][:, 0, 0])
    weights = windows.sums(profile.sums["cells_weight"][:, 0, 0]) if grid.weight_unit else None
    place_unseen(rows, weights, baseline, profile is baseline.profile)
    counts = columns.apply(rows) if weights is None else columns.apply(weights) * 2.0**-WEIGHT_BITS
    for j in (j for j, column in enumerate(chosen) if column.role is Role.LABEL):
        # Which labels come early says nothing of how labels are distributed.
        counts[performed.maturity.provisional, columns.offsets[j] : columns.offsets[j + 1]] = 0
    return Evidence(
        histograms=Histograms(
            names=tuple(column.name for column in chosen),
            counts=counts,
            offsets=columns.offsets,
            ordered=np.array([isinstance(column.axis, NumericAxis) for column in chosen], bool),
            family=tuple(FAMILIES[column.role] for column in chosen),
        ),
        series=gathered(
            [
                *shares(
                    profile,
                    windows,
                    rows,
                    _judged(grid),
                    columns.columns[columns.changing],
                    settings,
                ),
                *performance(baseline, performed, settings),
                *segments(baseline, profile, windows, performed, settings),
                *beside,
            ],
            len(windows),
        ),
        slot_candidates=seasons(windows, place),
        # A window that the table cuts off tells of its hours only; it is neither judged nor learned from.
        rows=np.where(windows.partial, 0, windows.rows).astype(np.float64),
    )


def _judged(grid: Grid) -> npt.NDArray[np.int64]:
    """Positions of the columns whose values are judged over time."""
    found = [k for k, column in enumerate(grid.columns) if column.axis and column.role in FAMILIES]
    return np.array(found, np.int64)


def seasons(windows: Windows, place: Zone) -> Mapping[str, npt.NDArray[np.intp]]:
    """Places in the season of each window, by the season's name; only those that windows can tell apart."""
    none = np.zeros(len(windows), np.intp)
    found = {"none": none}
    lengths = windows.ends - windows.starts
    length = float(np.median(lengths)) / 3600e6 if len(lengths) else 0.0
    weekday, hour = (part.astype(np.intp) for part in local_parts(windows.starts, place))
    if 0 < length < 23:
        found["hour of day"] = hour
        found["hour of week"] = weekday * 24 + hour
    if 0 < length < 26:
        found["day of week"] = weekday
    return found
