"""What windows say: the counts of buckets, folded and laid side by side for the alert budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.metrics import METRICS
from leadline.metrics.pair import Pair
from leadline.metrics.performance.estimate import Estimate
from leadline.monitors.budget import Evidence, Histograms, Series
from leadline.monitors.outcomes import ROWS_MIN, VOTING, outcome_view, performance_floor
from leadline.monitors.views import side
from leadline.monitors.windows import Windows
from leadline.profiles.columns import WEIGHT_BITS
from leadline.profiles.grid import PREFIX, CategoricalAxis, GridColumn, NumericAxis
from leadline.profiles.profile import (
    EMPTY_TEXT,
    MINUS_INFINITY,
    NAN,
    NULL,
    PLUS_INFINITY,
    Profile,
)
from leadline.schedule import Zone, local_parts
from leadline.schema import Role
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLD = 20
"""Cells on which windows of a numeric column are compared."""

NAMED = 50
"""Categories with a cell of their own; the rarer ones share one."""

FAMILIES = {
    Role.FEATURE: "feature",
    Role.SEGMENT: "feature",
    Role.PREDICTION: "prediction",
    Role.SCORE: "prediction",
    Role.LABEL: "label",
}
"""Roles whose columns are judged over time, and the family of their channels."""

PERFORMANCE = "performance"
"""What an alert names when the model's metrics moved; their channels are "performance/<metric key>"."""

SHARES = {
    "missing_share": "missing share",
    "unseen_share": "share of values never seen",
    "out_of_range_share": "share out of range",
}
"""Shares of rows that are judged over time, and how they are called."""


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
    judged = [k for k, column in enumerate(grid.columns) if column.axis and column.role in FAMILIES]
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
    outcomes: Any,
    columns: Fold,
    settings: Settings,
    place: Zone,
) -> Evidence:
    """What the windows of one table say.

    Args:
        baseline: whose grid the profile was counted on.
        profile: with time buckets.
        windows: of that profile.
        outcomes: of these windows, see `outcomes_of`.
        columns: of the baseline.
        settings: floors; gains and costs of outcomes.
        place: the calendar of seasons.
    """
    grid = profile.grid
    chosen = [grid.columns[k] for k in columns.columns]
    name, unit = ("cells_weight", 2.0**-WEIGHT_BITS) if grid.weight_unit else ("cells", 1.0)
    cells = windows.sums(profile.sums[name][:, 0, 0])
    return Evidence(
        histograms=Histograms(
            names=tuple(column.name for column in chosen),
            counts=columns.apply(cells) * unit,
            offsets=columns.offsets,
            ordered=np.array([isinstance(column.axis, NumericAxis) for column in chosen], bool),
            family=tuple(FAMILIES[column.role] for column in chosen),
        ),
        series=_series(
            [
                *_shares(profile, windows, columns.columns, settings),
                *_performance(baseline, outcomes, settings),
            ],
            len(windows),
        ),
        slot_candidates=seasons(windows, place),
        # A window that the table cuts off tells of its hours only; it is neither judged nor learned from.
        rows=np.where(windows.partial, 0, windows.rows).astype(np.float64),
    )


def labelled(windows: Windows, outcomes: Any) -> Floats:
    """Shape (W,): share of the rows of each window with a label; NaN where labels are not counted."""
    if outcomes is None:
        return np.full(len(windows), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - outcomes.status["label_missing"] / np.where(windows.rows > 0, windows.rows, np.nan)


def outcomes_of(profile: Profile, windows: Windows, settings: Settings) -> Any:
    """What performance metrics see of each window; None where no outcomes are counted."""
    arrays = {
        name.removeprefix(PREFIX): windows.sums(array[:, 0, 0])
        for name, array in profile.sums.items()
        if name.startswith(PREFIX)
    }
    return outcome_view(profile.grid.outcome, arrays, settings)


def whole_outcomes(baseline: Baseline, settings: Settings) -> Any:
    """What performance metrics see of the whole reference."""
    arrays = {
        name.removeprefix(PREFIX): array[0, 0, 0]
        for name, array in baseline.whole.sums.items()
        if name.startswith(PREFIX)
    }
    return outcome_view(baseline.grid.outcome, arrays, settings)


def joined(earlier: Evidence, later: Evidence) -> Evidence:
    """The windows of two tables, one after the other."""

    def stacked(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([a, b])

    ours, theirs = earlier.series, later.series
    return Evidence(
        histograms=replace(
            earlier.histograms, counts=stacked(earlier.histograms.counts, later.histograms.counts)
        ),
        series=replace(
            ours,
            values=stacked(ours.values, theirs.values),
            variance=stacked(ours.variance, theirs.variance),
        ),
        slot_candidates={
            name: stacked(slots, later.slot_candidates[name])
            for name, slots in earlier.slot_candidates.items()
            if name in later.slot_candidates
        },
        rows=stacked(earlier.rows, later.rows),
    )


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


@dataclass(frozen=True)
class _Channel:
    """One series while they are gathered."""

    name: str
    source: str
    family: str
    values: Floats
    variance: Floats
    direction: int
    floor: float


def _series(channels: list[_Channel], windows: int) -> Series:
    if not channels:
        return Series.none(windows)
    return Series(
        names=tuple(c.name for c in channels),
        source=tuple(c.source for c in channels),
        values=np.stack([c.values for c in channels], -1),
        variance=np.stack([c.variance for c in channels], -1),
        direction=np.array([c.direction for c in channels], np.int8),
        floor=np.array([c.floor for c in channels], np.float64),
        family=tuple(c.family for c in channels),
    )


def _shares(
    profile: Profile, windows: Windows, columns: npt.NDArray[np.int64], settings: Settings
) -> list[_Channel]:
    """Missing, unseen and out-of-range shares of each column by window."""
    grid = profile.grid
    specials = windows.sums(profile.sums["specials"][:, 0, 0])
    cells = windows.sums(profile.sums["cells"][:, 0, 0])
    out = []
    for k in columns:
        column = grid.columns[k]
        own = cells[:, grid.offsets[k] : grid.offsets[k + 1]]
        infinite = specials[:, k, [MINUS_INFINITY, PLUS_INFINITY]].sum(-1)
        parts = {}
        if column.role is not Role.LABEL:
            missing = specials[:, k, [NULL, NAN, EMPTY_TEXT]].sum(-1)
            parts["missing_share"] = missing, windows.rows
        if isinstance(column.axis, NumericAxis):
            beyond = own[:, column.axis.outside].sum(-1) + infinite
            parts["out_of_range_share"] = beyond, own.sum(-1) + infinite
        elif isinstance(column.axis, CategoricalAxis) and column.axis.complete:
            parts["unseen_share"] = own[:, -1], own.sum(-1)
        out += [_share(column, key, *part, settings) for key, part in parts.items()]
    return out


def _share(column: GridColumn, key: str, hits: Ints, rows: Ints, settings: Settings) -> _Channel:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(rows > 0, hits / rows, np.nan)
        # Of a share that was never above 0 the rows still tell how large it may be.
        likely = (hits + 0.5) / (rows + 1)
        variance = np.where(rows > 0, likely * (1 - likely) / rows, np.nan)
    family = FAMILIES[column.role]
    return _Channel(f"{column.name}/{key}", column.name, family, share, variance, 1, settings.floors.share)


def _performance(baseline: Baseline, outcomes: Any, settings: Settings) -> list[_Channel]:
    """The metrics of the model's task that vote, by window, where labels are enough."""
    task = baseline.grid.outcome.task
    if task is None:
        return []
    reference = whole_outcomes(baseline, settings)
    out = []
    for key in VOTING[task]:
        metric = METRICS[key]
        found, usual = metric.compute(outcomes), float(metric.compute(reference).value)
        if not isinstance(found, Estimate) or found.standard_error is None:
            continue
        enough = np.broadcast_to(found.size, found.value.shape) >= ROWS_MIN
        value = np.where(enough, found.value, np.nan)
        error = np.where(enough, found.standard_error, np.nan)
        out.append(
            _Channel(
                f"{PERFORMANCE}/{key}",
                PERFORMANCE,
                "performance",
                value,
                error * error,
                1 if metric.worse == "higher" else -1,
                performance_floor(metric, usual, settings),
            )
        )
    return out
