"""Performance of both sides, and which of its metrics take part in the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.metrics import METRICS
from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Change, Estimate
from leadline.metrics.performance.estimate import compare as compare_estimates
from leadline.metrics.performance.views import view
from leadline.monitors.joint import Channel, Decision, Effect, performance_channel
from leadline.profiles import outcomes
from leadline.profiles.grid import PREFIX, Grid
from leadline.profiles.profile import Profile
from leadline.settings import Settings

VOTING = {
    "binary": ("roc_auc", "accuracy", "brier"),
    "multiclass": ("accuracy", "f1"),
    "regression": ("mae", "rmse"),
}
"""Metrics that take part in the verdict, by task; all others are shown."""

ROWS_MIN = 30
"""Labelled rows a side needs before a performance metric votes."""


@dataclass(frozen=True)
class Scored:
    """One performance metric on both sides."""

    metric: Metric
    reference: Estimate
    current: Estimate
    change: Change
    floor: float | None = None
    decision: Decision | None = None


@dataclass(frozen=True)
class Performance:
    """Performance of both sides.

    Attributes:
        task: "binary", "multiclass", "regression", or None.
        reason: why there is none, "" where there is.
        reference, current: decoded counts; None without a task.
        scores: by metric key.
        channels: those that vote, as channels; named "performance/<key>".
    """

    task: str | None
    reason: str
    reference: Any
    current: Any
    scores: Mapping[str, Scored]
    channels: Sequence[Channel]

    def decided(self, decisions: Sequence[Decision]) -> Performance:
        """The same with the decisions on its channels, in their order."""
        scores = dict(self.scores)
        for channel, decision in zip(self.channels, decisions, strict=True):
            key = channel.name.removeprefix(_NAME)
            scores[key] = replace(scores[key], decision=decision)
        return replace(self, scores=scores)


_NAME = "performance/"


def outcome_arrays(profile: Profile, place: tuple[int, ...] = (0, 0, 0)) -> dict[str, npt.NDArray[np.int64]]:
    """The outcome arrays of one bucket, version and segment, by their own names."""
    return {
        name.removeprefix(PREFIX): array[place]
        for name, array in profile.sums.items()
        if name.startswith(PREFIX)
    }


def outcome_view(
    grid: Grid, arrays: dict[str, npt.NDArray[np.int64]], settings: Settings, inflation: float = 1.0
) -> Any:
    """What performance metrics see of outcome arrays."""
    if grid.outcome.grid is None:
        raise ValueError("no outcomes were counted")
    gains = None
    if settings.business is not None:
        b = settings.business
        gains = [[b.true_negative, b.false_positive], [b.false_negative, b.true_positive]]
    return view(outcomes.decode(grid.outcome.grid, arrays), inflation, gains)


def judge_performance(
    baseline: Baseline, current: Profile, settings: Settings, seconds: float | None
) -> Performance:
    """Every performance metric of both sides, and the channels that vote.

    Args:
        current: profile with one bucket and version.
        seconds: how long the current table lasts, for the noise inflation.
    """
    grid = baseline.grid
    task = grid.outcome.task
    if task is None:
        return Performance(None, grid.outcome.reason, None, None, {}, ())
    ours, theirs = outcome_arrays(baseline.profile), outcome_arrays(current)
    inflation = baseline.outcome_inflation(seconds)
    before = outcome_view(grid, ours, settings, inflation)
    now = outcome_view(grid, theirs, settings, inflation)
    metrics = [m for m in METRICS.family("performance") if task in m.tasks]
    scores: dict[str, Scored] = {}
    channels = []
    for metric in metrics:
        a, b = metric.compute(before), metric.compute(now)
        if not (isinstance(a, Estimate) and isinstance(b, Estimate)) or a.value.shape != ():
            continue
        floor = _floor(metric, float(a.value), settings) if metric.key in VOTING[task] else None
        scored = Scored(metric, a, b, compare_estimates(a, b, metric.worse), floor)
        scores[metric.key] = scored
        if floor is not None:
            channels.append(_channel(scored, before, now, floor, settings))
    return Performance(task, "", before, now, scores, channels)


def _floor(metric: Metric, reference: float, settings: Settings) -> float:
    """Absolute for metrics on 0..1, relative to the reference's value for errors in the label's unit."""
    if np.isfinite(metric.range[1]):
        return settings.floors.performance
    return settings.floors.performance * abs(reference)


def _channel(scored: Scored, before: Any, now: Any, floor: float, settings: Settings) -> Channel:
    metric, change = scored.metric, scored.change
    loss = float(change.change) if metric.worse == "higher" else -float(change.change)
    ends = sorted((float(change.low), float(change.high)))
    low, high = ends if metric.worse == "higher" else (-ends[1], -ends[0])
    effect = Effect(metric.key, loss, low, high, floor, metric.unit)
    p = float(change.p_value)
    few = [float(np.sum(side)) < ROWS_MIN for side in (_labelled(before), _labelled(now))]
    reason = ""
    for side in (scored.reference, scored.current):
        if not np.isfinite(side.value) and side.reason is not None:
            reason = str(np.atleast_1d(side.reason)[0])
    if any(few):
        p, reason = float("nan"), f"fewer than {ROWS_MIN} labelled rows in the {_side(few)}"
    channel = performance_channel(_NAME + metric.key, p, effect, loss >= floor, reason)
    limit = settings.thresholds.get(metric.key)
    if limit is not None and np.isfinite(scored.current.value):
        value = float(scored.current.value)
        beyond = value > limit if metric.worse == "higher" else value < limit
        if beyond:
            channel = replace(
                channel, certain=(f"{metric.key} {value:.3g} is beyond the fixed limit {limit:g}",)
            )
    return channel


def _labelled(counts: Any) -> Any:
    return counts.labelled if hasattr(counts, "confusion_rows") else counts.rows


def _side(few: Sequence[bool]) -> str:
    return "reference" if few[0] else "current table"
