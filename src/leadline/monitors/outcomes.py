"""Performance of both sides, and which of its metrics take part in the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.baselines.noise import OutcomeNoise
from leadline.digits import number
from leadline.metrics import METRICS
from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Change, Estimate
from leadline.metrics.performance.estimate import compare as compare_estimates
from leadline.metrics.performance.ratio import ratio
from leadline.metrics.performance.views import view
from leadline.monitors.joint import Channel, Decision, Effect, performance_channel
from leadline.profiles import outcomes
from leadline.profiles.grid import PREFIX, RATIO_PREFIX, Outcome, RatioPlan
from leadline.profiles.profile import Profile
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Found = TypeVar("Found", Estimate, Change)

VOTING = {
    "binary": ("roc_auc", "accuracy", "brier"),
    "multiclass": ("accuracy", "brier"),
    "regression": ("mae", "rmse"),
}
"""Metrics that take part in the verdict, by task; all others are shown."""

ROWS_MIN = 30
"""Labelled rows a side needs before a performance metric votes."""


@dataclass(frozen=True)
class Scored:
    """One performance metric on both sides.

    Attributes:
        rows: labelled rows behind the values, reference and current.
        floor: smallest loss worth an alert; None: it takes no part in the verdict.
    """

    metric: Metric
    reference: Estimate
    current: Estimate
    change: Change
    rows: tuple[int, int]
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


def judge_performance(
    baseline: Baseline,
    current: Profile,
    settings: Settings,
    noise: tuple[OutcomeNoise, OutcomeNoise],
    corrected: Any = None,
) -> Performance:
    """Every performance metric of both sides, and the channels that vote.

    Args:
        current: profile with one bucket and version.
        noise: noise inflation of the model's outcomes, reference and current.
        corrected: current outcomes without the bias of early labels, for the metrics that vote; None: there
            is nothing to correct.
    """
    grid = baseline.grid
    before = whole_outcomes(baseline.whole, settings, noise[0].table)
    now = whole_outcomes(current, settings, noise[1].table)
    fair = None if corrected is None else replace(corrected, inflation=noise[1].table)
    scores = _scores(METRICS.family("performance"), grid.outcome.task, before, now, noise, settings, fair)
    scores |= _ratios(baseline, current, settings, noise)
    channels = [_channel(scored, settings) for scored in scores.values() if scored.floor is not None]
    reason = grid.outcome.reason
    return Performance(grid.outcome.task, reason, before, now, scores, channels)


def segment_scores(
    baseline: Baseline, current: Profile, settings: Settings, noise: tuple[OutcomeNoise, OutcomeNoise]
) -> Sequence[Mapping[str, Scored]]:
    """The performance metrics within each segment, without the first, which is all rows.

    They are shown and do not vote; arguments as of `judge_performance`.
    """
    task, some = baseline.grid.outcome.task, slice(1, None)
    found: list[dict[str, Scored]] = [{} for _ in current.axes.segments[some]]
    if task is None or not found:
        return found
    before = whole_outcomes(baseline.whole, settings, noise[0].table, some)
    now = whole_outcomes(current, settings, noise[1].table, some)
    rows = _labelled(before), _labelled(now)
    for metric, a, b in _measured(METRICS.family("performance"), task, before, now, noise):
        if a.value.ndim != 1:
            continue
        change = compare_estimates(a, b, metric.worse)
        for place, scores in enumerate(found):
            scores[metric.key] = Scored(
                metric,
                _at(a, place),
                _at(b, place),
                _at(change, place),
                (int(rows[0][place]), int(rows[1][place])),
                performance_floor(metric, float(a.value[place]), settings)
                if metric.key in VOTING[task]
                else None,
            )
    return found


def voting_scores(
    baseline: Baseline, current: Profile, settings: Settings, noise: tuple[OutcomeNoise, OutcomeNoise]
) -> Mapping[str, Scored]:
    """The performance metrics that take part in a verdict; arguments as of `judge_performance`."""
    before = whole_outcomes(baseline.whole, settings, noise[0].table)
    now = whole_outcomes(current, settings, noise[1].table)
    task = baseline.grid.outcome.task
    voting = [METRICS[key] for key in VOTING.get(task or "", ())]
    scores = _scores(voting, task, before, now, noise, settings)
    scores |= _ratios(baseline, current, settings, noise)
    return {key: scored for key, scored in scores.items() if scored.floor is not None}


def whole_outcomes(
    profile: Profile, settings: Settings, inflation: float = 1.0, segment: int | slice = 0
) -> Any:
    """What performance metrics see of one segment, or of some, of a profile with one bucket and version.

    None where no outcomes are counted.
    """
    arrays = {name: array[0] for name, array in counted(profile, PREFIX, segment).items()}
    return outcome_view(profile.grid.outcome, arrays, settings, inflation)


def outcome_view(
    outcome: Outcome,
    arrays: Mapping[str, Ints],
    settings: Settings,
    inflation: Floats | float = 1.0,
) -> Any:
    """What performance metrics see of counted outcomes; None where none are counted.

    Args:
        arrays: by name without prefix; leading axes (windows) are kept.
        inflation: noise inflation, shape of the leading axes or a number.
    """
    plan = outcome.grid
    if plan is None:
        return None
    gains = None
    if settings.business is not None:
        b = settings.business
        gains = [[b.true_negative, b.false_positive], [b.false_negative, b.true_positive]]
    return view(outcomes.decode(plan, dict(arrays)), inflation, gains)


def counted(profile: Profile, prefix: str, segment: int | slice = 0) -> dict[str, Ints]:
    """The arrays under a prefix, by name without it: of one or some segments of a profile with one version.

    Shape (B, ...), by bucket, or (B, S, ...), by bucket and segment.
    """
    return {
        name.removeprefix(prefix): array[:, 0, segment]
        for name, array in profile.sums.items()
        if name.startswith(prefix)
    }


def _scores(
    metrics: Iterable[Metric],
    task: str | None,
    before: Any,
    now: Any,
    noise: tuple[OutcomeNoise, OutcomeNoise],
    settings: Settings,
    corrected: Any = None,
) -> dict[str, Scored]:
    """Of some metrics those of the task that are one number on each side."""
    scores: dict[str, Scored] = {}
    if task is None:
        return scores
    rows = int(_labelled(before)), int(_labelled(now))
    for metric, a, b in _measured(metrics, task, before, now, noise, corrected):
        if a.value.shape != ():
            continue
        floor = performance_floor(metric, float(a.value), settings) if metric.key in VOTING[task] else None
        scores[metric.key] = Scored(metric, a, b, compare_estimates(a, b, metric.worse), rows, floor)
    return scores


def _measured(
    metrics: Iterable[Metric],
    task: str,
    before: Any,
    now: Any,
    noise: tuple[OutcomeNoise, OutcomeNoise],
    corrected: Any = None,
) -> Iterator[tuple[Metric, Estimate, Estimate]]:
    """Those of the task that have intervals, on both sides, each with its own noise."""
    for metric in metrics:
        if task in metric.tasks:
            seen = now if corrected is None or metric.key not in VOTING[task] else corrected
            a, b = (
                metric.compute(replace(side, inflation=known.of(metric.key)))
                for side, known in zip((before, seen), noise, strict=True)
            )
            if isinstance(a, Estimate) and isinstance(b, Estimate):
                yield metric, a, b


def _at(found: Found, place: int) -> Found:
    """What was found in one place of a leading axis."""
    parts = {part.name: getattr(found, part.name) for part in fields(found)}
    some: dict[str, Any] = {
        name: part[place, ...] for name, part in parts.items() if isinstance(part, np.ndarray)
    }
    if some.get("reason") == "":
        some["reason"] = None  # here is a value
    return replace(found, **some)


def _labelled(counts: Any) -> Floats:
    return np.asarray(counts.labelled if hasattr(counts, "confusion_rows") else counts.rows)


def _ratios(
    baseline: Baseline, current: Profile, settings: Settings, noise: tuple[OutcomeNoise, OutcomeNoise]
) -> dict[str, Scored]:
    """The metrics and proxies that users declared."""
    return {
        plan.name: _ratio(plan, place, baseline.whole, current, settings, noise)
        for place, plan in enumerate(baseline.grid.ratios)
    }


def _ratio(
    plan: RatioPlan,
    place: int,
    reference: Profile,
    current: Profile,
    settings: Settings,
    noise: tuple[OutcomeNoise, OutcomeNoise],
) -> Scored:
    """A user's metric or a proxy on both sides."""
    prefix = f"{RATIO_PREFIX}{place}/"
    before, now = (
        view(
            outcomes.decode(plan.grid, {name: array[0] for name, array in counted(side, prefix).items()}),
            known.of(plan.name),
        )
        for side, known in zip((reference, current), noise, strict=True)
    )
    a, b = ratio(before), ratio(now)
    sums = f"Sum of {plan.numerator} over sum of {plan.denominator}."
    metric = Metric(
        key=plan.name,
        title=plan.name.replace("_", " "),
        family="performance",
        summary=f"Mean of {plan.numerator}." if plan.denominator == "1" else sums,
        range=(-np.inf, np.inf),
        worse=plan.worse,
        reference="Cochran, Sampling Techniques, 3rd ed. (1977), section 2.11",
        compute=ratio,
    )
    floor = None if plan.worse == "either" else performance_floor(metric, float(a.value), settings)
    rows = int(_labelled(before)), int(_labelled(now))
    return Scored(metric, a, b, compare_estimates(a, b, plan.worse), rows, floor)


def performance_floor(metric: Metric, reference: float, settings: Settings) -> float:
    """Absolute for metrics on 0..1, relative to the reference's value for errors in the label's unit."""
    if np.isfinite(metric.range[1]):
        return settings.floors.performance
    return settings.floors.performance * abs(reference)


def _channel(scored: Scored, settings: Settings) -> Channel:
    metric, change = scored.metric, scored.change
    floor = scored.floor or 0.0
    loss = float(change.change) if metric.worse == "higher" else -float(change.change)
    ends = sorted((float(change.low), float(change.high)))
    low, high = ends if metric.worse == "higher" else (-ends[1], -ends[0])
    effect = Effect(metric.key, loss, low, high, floor, metric.unit)
    p = float(change.p_value)
    few = [float(np.sum(side.size)) < ROWS_MIN for side in (scored.reference, scored.current)]
    reason = ""
    for side in (scored.reference, scored.current):
        if not np.isfinite(side.value) and side.reason is not None:
            reason = str(np.atleast_1d(side.reason)[0])
    if any(few):
        p, reason = float("nan"), f"fewer than {ROWS_MIN} independent labelled rows in the {_side(few)}"
    channel = performance_channel(_NAME + metric.key, p, effect, loss >= floor, reason)
    limit = settings.thresholds.get(metric.key)
    if limit is not None and np.isfinite(scored.current.value):
        value = float(scored.current.value)
        beyond = value > limit if metric.worse == "higher" else value < limit
        if beyond:
            text = f"{metric.key} {number(value)} is beyond the fixed limit {number(limit)}"
            channel = replace(channel, certain=(text,))
    return channel


def _side(few: Sequence[bool]) -> str:
    return "reference" if few[0] else "current table"
