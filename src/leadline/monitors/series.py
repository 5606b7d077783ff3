"""Numbers by window that take part in the budget beside distributions: shares of values, performance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.estimators import Estimated
from leadline.metrics import METRICS
from leadline.metrics.performance.estimate import Estimate
from leadline.monitors.budget import Series
from leadline.monitors.labels import Maturity, realised
from leadline.monitors.outcomes import (
    ROWS_MIN,
    VOTING,
    counted,
    outcome_view,
    performance_floor,
    whole_outcomes,
)
from leadline.monitors.windows import Windows
from leadline.profiles.arrays import EMPTY_TEXT, MINUS_INFINITY, NAN, NULL, PLUS_INFINITY
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.grid import PREFIX, GridColumn
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile
from leadline.schema import Role
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

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

ESTIMATED_PERFORMANCE = "estimated performance"
"""The same as estimated without labels; their channels are "estimated performance/<metric key>"."""

SHARES = {
    "missing_share": "missing share",
    "unseen_share": "share of values never seen",
    "out_of_range_share": "share out of range",
}
"""Shares of rows that are judged over time, and how they are called."""

JUDGED = 0.5
"""Share of the expected labels from which the performance of a window is judged."""


@dataclass(frozen=True)
class Performed:
    """The model's performance in W windows; metrics by key.

    Attributes:
        maturity: how complete the labels are.
        realised: from the labels that have come, corrected for the bias of early ones.
        counted: as if no label were known, from counts alone: as in every window of the reference.
        estimated: the same, from rows where inputs moved.
        best: from labels where they have come and estimates where they have not.
        unbiased: outcomes of all windows, corrected; None where there is nothing to correct.
    """

    maturity: Maturity
    realised: Mapping[str, Estimate]
    counted: Mapping[str, Estimated]
    estimated: Mapping[str, Estimated]
    best: Mapping[str, Estimated]
    unbiased: Any = None

    @property
    def early(self) -> Booleans:
        """Shape (W,): too few of the labels to be expected, or none, have come to judge what is realised."""
        labels = self.maturity
        return (labels.provisional & (labels.share < JUDGED)) | (labels.labels == 0)


@dataclass(frozen=True)
class SeriesChannel:
    """One number by window that takes part in the budget.

    Attributes:
        name: different from all others, "<source>/<key>".
        source: what an alert names: a column, "performance", "estimated performance", "inputs", ...
        family: "feature", "prediction", "label", "performance", "segment" or "joint".
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


def gathered(channels: Sequence[SeriesChannel], windows: int) -> Series:
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
    profile: Profile, windows: Windows, cells: Ints, columns: Ints, changing: Ints, settings: Settings
) -> list[SeriesChannel]:
    """Missing, unseen and out-of-range shares of each column by window.

    Args:
        cells: shape (W, cells of the grid): rows, values that count as unseen in the cells of those.
        columns: positions in the grid.
        changing: positions of columns of which no value is judged for being new.
    """
    grid = profile.grid
    specials = windows.sums(profile.sums["specials"][:, 0, 0])
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
        elif isinstance(column.axis, CategoricalAxis) and column.axis.complete and k not in changing:
            parts["unseen_share"] = own[:, -1], own.sum(-1)
        out += [_share(column, key, *part, settings) for key, part in parts.items()]
    return out


def _share(column: GridColumn, key: str, hits: Ints, rows: Ints, settings: Settings) -> SeriesChannel:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(rows > 0, hits / rows, np.nan)
        # Of a share that was never above 0 the rows still tell how large it may be.
        likely = (hits + 0.5) / (rows + 1)
        variance = np.where(rows > 0, likely * (1 - likely) / rows, np.nan)
    family = FAMILIES[column.role]
    return SeriesChannel(
        f"{column.name}/{key}", column.name, family, share, variance, 1, settings.floors.share
    )


def performance(baseline: Baseline, found: Performed, settings: Settings) -> list[SeriesChannel]:
    """The metrics of the model's task that vote, by window, where half of the labels have come."""
    if not found.realised:
        return []
    reference = whole_outcomes(baseline.whole, settings)
    early = found.early
    out = []
    for key, estimate in found.realised.items():
        metric = METRICS[key]
        usual = float(metric.compute(reference).value)
        assert estimate.standard_error is not None
        value = np.where(early, np.nan, estimate.value)
        error = np.where(early, np.nan, estimate.standard_error)
        out.append(
            SeriesChannel(
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


SEGMENT_METRICS = {"binary": ("brier", "accuracy"), "multiclass": ("accuracy",), "regression": ("mae",)}
"""Of a segment one metric is judged: the first that is defined."""


def segments(
    baseline: Baseline, profile: Profile, windows: Windows, found: Performed, settings: Settings
) -> list[SeriesChannel]:
    """The performance within each segment by window, where all labels have come.

    Args:
        baseline: with its segments; one without an outcome has none of these channels.
        profile: of the table that is judged, in buckets and the same segments.
        windows: of that table.
        found: its performance as a whole, which says in which windows labels are still to come.
        settings: with the floors.

    Returns:
        One channel a segment: the first of `SEGMENT_METRICS` that the reference has a value of. NaN in
        windows of fewer than `ROWS_MIN` rows, and in those whose labels are provisional.
    """
    task = baseline.grid.outcome.task
    if task is None:
        return []
    out = []
    for place, segment in enumerate(baseline.profile.axes.segments):
        if segment is None:
            continue
        reference = whole_outcomes(baseline.whole, settings, segment=place)
        values = {key: float(METRICS[key].compute(reference).value) for key in SEGMENT_METRICS[task]}
        key = next((key for key, value in values.items() if np.isfinite(value)), None)
        if key is None:
            continue
        metric, now = METRICS[key], outcomes_of(profile, windows, settings, place)
        estimate = metric.compute(now)
        assert isinstance(estimate, Estimate)
        assert estimate.standard_error is not None
        enough = np.broadcast_to(estimate.size, estimate.value.shape) >= ROWS_MIN
        known = enough & ~found.maturity.provisional
        source = f"{segment[0]} = {segment[1]}"
        out.append(
            SeriesChannel(
                f"{source}/{metric.key}",
                source,
                "segment",
                np.where(known, estimate.value, np.nan),
                np.where(known, estimate.standard_error, np.nan) ** 2,
                1 if metric.worse == "higher" else -1,
                performance_floor(metric, values[key], settings),
            )
        )
    return out


def realised_metrics(task: str | None, outcomes: Any, maturity: Maturity) -> dict[str, Estimate]:
    """The metrics of a task that vote, by window, from the labels that have come; by key.

    Corrected for the bias of early labels in provisional windows; NaN where labels are too few.
    """
    out = {}
    for key in VOTING[task] if task is not None else ():
        estimate = realised(METRICS[key], outcomes, maturity)
        if not isinstance(estimate, Estimate) or estimate.standard_error is None:
            continue
        enough = np.broadcast_to(estimate.size, estimate.value.shape) >= ROWS_MIN
        parts = {
            name: np.where(enough, part, np.nan)
            for name in ("value", "standard_error", "low", "high")
            if (part := getattr(estimate, name)) is not None
        }
        out[key] = replace(estimate, **parts)
    return out


def outcomes_of(profile: Profile, windows: Windows, settings: Settings, segment: int = 0) -> Any:
    """What performance metrics see of one segment in each window; None where no outcomes are counted."""
    arrays = windows.each(counted(profile, PREFIX, segment))
    return outcome_view(profile.grid.outcome, arrays, settings)
