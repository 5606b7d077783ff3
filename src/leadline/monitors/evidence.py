"""What windows say: the counts of buckets, folded and laid side by side for the alert budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.metrics.pair import FOLD, Pair
from leadline.monitors.budget import Evidence, Histograms
from leadline.monitors.series import (
    FAMILIES,
    Performed,
    SeriesChannel,
    gathered,
    performance,
    segments,
    shares,
)
from leadline.monitors.views import side
from leadline.monitors.windows import Windows
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.grid import Grid
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.outcomes_sums import WEIGHT_BITS
from leadline.profiles.profile import Profile
from leadline.profiles.sample import sampled_columns
from leadline.schedule import Zone, local_parts
from leadline.schema import Role
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]

NAMED = 50
"""Categories with a cell of their own; the rarer ones share one."""


@dataclass(frozen=True)
class Fold:
    """Columns that are judged over time, and the coarse cells on which their windows are compared.

    Attributes:
        columns: shape (K,): positions in the grid.
        starts: flat cells of the grid at which folded cells begin; a last one that is left out ends each
            column.
        keep: which of the cells between starts are folded cells.
        offsets: shape (K + 1,): column k's folded cells are [offsets[k], offsets[k + 1]).
    """

    columns: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    keep: npt.NDArray[np.bool_]
    offsets: npt.NDArray[np.int64]

    def apply(self, cells: npt.NDArray[Any]) -> Floats:
        """Fold counts (W, T) into (W, offsets[-1])."""
        if len(self.starts) == 0:
            return np.zeros((len(cells), 0))
        padded = np.concatenate([cells, np.zeros((len(cells), 1), cells.dtype)], axis=1)
        return np.add.reduceat(padded, self.starts, axis=1)[:, self.keep].astype(np.float64)


def fold(baseline: Baseline) -> Fold:
    """The fold that suits a baseline: cells of nearly equal mass; each frequent category."""
    grid, whole = baseline.grid, baseline.whole
    judged = [k for k in sampled_columns(grid) if grid.columns[k].role in FAMILIES]
    starts: list[int] = []
    keep: list[bool] = []
    offsets = [0]
    for k in judged:
        axis, first = grid.columns[k].axis, int(grid.offsets[k])
        if isinstance(axis, CategoricalAxis):
            named = min(len(axis.vocabulary), NAMED)
            # The rest of the vocabulary with its hash cells, or the unseen values: what has no name.
            inner = [*range(named), *sorted({named, len(axis.vocabulary)} - {axis.cells})]
        else:
            counts = side(whole, np.array([k])).counts
            to, _ = Pair(counts, counts, ordered=True).fold_map(FOLD)
            inner = np.flatnonzero(np.diff(to[0], prepend=-1)).tolist()
        starts += [first + cell for cell in inner] + [int(grid.offsets[k + 1])]
        keep += [True] * len(inner) + [False]
        offsets.append(offsets[-1] + len(inner))
    return Fold(np.array(judged, np.int64), np.array(starts, np.int64), np.array(keep), np.array(offsets))


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
    name, unit = ("cells_weight", 2.0**-WEIGHT_BITS) if grid.weight_unit else ("cells", 1.0)
    cells = windows.sums(profile.sums[name][:, 0, 0])
    counts = columns.apply(cells) * unit
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
                *shares(profile, windows, _judged(grid), settings),
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
