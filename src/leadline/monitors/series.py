"""Numbers by window that take part in the budget beside distributions: shares of values, performance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.metrics import METRICS
from leadline.metrics.performance.estimate import Estimate
from leadline.monitors.budget import Series
from leadline.monitors.outcomes import ROWS_MIN, VOTING, outcome_view, performance_floor
from leadline.monitors.windows import Windows
from leadline.profiles.grid import PREFIX, CategoricalAxis, GridColumn, NumericAxis
from leadline.profiles.profile import (
    EMPTY_TEXT,
    MINUS_INFINITY,
    NAN,
    NULL,
    PLUS_INFINITY,
    Profile,
)
from leadline.schema import Role
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

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
class Channel:
    """One number by window that takes part in the budget.

    Attributes:
        name: different from all others, "<source>/<key>".
        source: what an alert names: a column, "performance", "inputs", ...
        family: "feature", "prediction", "label" or "performance".
        values: shape (W,); NaN: unknown in that window.
        variance: shape (W,): sampling variance of each value.
        direction: +1 only a rise is bad, -1 only a fall, 0 both.
        floor: smallest distance from the baseline worth an alert.
    """

    name: str
    source: str
    family: str
    values: Floats
    variance: Floats
    direction: int
    floor: float


def gathered(channels: Sequence[Channel], windows: int) -> Series:
    """The channels side by side."""
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


def shares(
    profile: Profile, windows: Windows, columns: npt.NDArray[np.int64], settings: Settings
) -> list[Channel]:
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


def _share(column: GridColumn, key: str, hits: Ints, rows: Ints, settings: Settings) -> Channel:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(rows > 0, hits / rows, np.nan)
        # Of a share that was never above 0 the rows still tell how large it may be.
        likely = (hits + 0.5) / (rows + 1)
        variance = np.where(rows > 0, likely * (1 - likely) / rows, np.nan)
    family = FAMILIES[column.role]
    return Channel(f"{column.name}/{key}", column.name, family, share, variance, 1, settings.floors.share)


def performance(baseline: Baseline, outcomes: Any, settings: Settings) -> list[Channel]:
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
            Channel(
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
