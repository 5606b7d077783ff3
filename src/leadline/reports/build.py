"""From a comparison to the record of a report: numbers become fields, findings become sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from leadline.diagnosis import Cause, Explained, Pair
from leadline.engines.detectors import Detected
from leadline.metrics import METRICS
from leadline.metrics.declare import Measured
from leadline.monitors.compare import Comparison
from leadline.monitors.joint import Effect as DecidedEffect
from leadline.monitors.measurements import Measurements
from leadline.profiles.arrays import WHOLE_ROWS
from leadline.profiles.distinct import EMPTY
from leadline.profiles.profile import Profile
from leadline.reports import phrases, words
from leadline.reports.assumptions import assumptions_of
from leadline.reports.causes import cause_result
from leadline.reports.concept import concept_of, detectors_of
from leadline.reports.distributions import distribution
from leadline.reports.explained import in_own_days
from leadline.reports.moments import dates, moment
from leadline.reports.monitors import monitors_of
from leadline.reports.moved import moved
from leadline.reports.numbers import EXTREME, number, numbers
from leadline.reports.outcomes import performance_of, task_of
from leadline.reports.record import (
    ColumnResult,
    DriftValue,
    Effect,
    MetricInfo,
    PerformanceValue,
    ReportRecord,
    RuleResult,
    Side,
    Task,
    Timeline,
    Verdict,
    Vote,
)
from leadline.reports.segments import segments_of
from leadline.reports.timeline import beside, sentence_of, timeline_of
from leadline.schema import Role
from leadline.tables.events import Event
from leadline.tables.rules import RuleCount
from leadline.version import __version__

_ORDER: dict[str, int] = {"alert": 0, "warning": 1, "unknown": 2, "ok": 3}
_AUXILIARY = {
    Role.ID, Role.TIMESTAMP, Role.LABEL_TIMESTAMP, Role.ENTITY, Role.VERSION, Role.WEIGHT, Role.DERIVED,
}  # fmt: skip


# Values near the ends of the float range overflow when they are drawn; what is not finite is left out.
@np.errstate(all="ignore")
def build(
    comparison: Comparison,
    explained: Sequence[Explained] = (),
    detected: Sequence[Detected] = (),
    versions: Mapping[Pair, Sequence[Cause]] | None = None,
    events: Sequence[Event] = (),
) -> ReportRecord:
    """The record of a comparison.

    Args:
        explained: why it alerts, the worst first; none where nothing does.
        detected: what row-wise detectors said.
        versions: likely causes of what differs in versions that are windows.
        events: what people told of the model's surroundings.
    """
    baseline, current = comparison.baseline, comparison.current
    columns = [column for part in comparison.measurements for column in _columns(comparison, part)]
    grid = baseline.grid
    columns = in_own_days(columns, explained)
    columns.sort(key=lambda c: (*_harm(c), grid.index[c.name]))
    task, performance = task_of(comparison), performance_of(comparison)
    verdicts: list[Verdict] = [
        column.verdict
        for column in columns
        # That no id or time is missing does not judge a table.
        if column.role != Role.IGNORED.value and not (column.verdict == "ok" and column.role in _AUXILIARY)
    ]
    verdicts += [value.verdict for value in performance.values() if value.floor is not None]
    rules = [_rule(count) for count in current.rules]
    verdicts += [rule.verdict for rule in rules]
    monitors = monitors_of(comparison)
    verdicts += [monitor.verdict for monitor in monitors]
    over_time = timeline_of(comparison, explained, versions or {}, events)
    others = beside(over_time, grid)
    verdicts += [alert.tier for alert in others]
    verdict = _worst(verdicts)
    quality, quality_reasons = _table_quality(comparison)
    worst = explained[0] if explained else None
    changed = None if worst is None else worst.concept
    return ReportRecord(
        leadline_version=__version__,
        verdict=verdict,
        headline=phrases.headline(
            verdict,
            columns,
            task,
            comparison.channels,
            worst=phrases.ends(phrases.worst(comparison.performance.scores)),
            rules=rules,
            monitors=monitors,
            others=others,
            reference_rows=baseline.profile.rows,
            current_rows=current.rows,
            unjudged=_unjudged(performance),
        ),
        summary=phrases.summary(columns, task, performance, rules, monitors, others, quality),
        assumptions=[*assumptions_of(comparison), *_without_place(events, over_time)],
        false_alarm_rate=comparison.settings.false_alarm_rate,
        channels=comparison.channels,
        reference=_side(baseline.profile),
        current=_side(current),
        columns=columns,
        quality=quality,
        quality_reasons=quality_reasons,
        rules=rules,
        task=task,
        performance=performance,
        segments=segments_of(comparison),
        metrics=_metrics(comparison, columns, task),
        timeline=over_time,
        causes=[] if worst is None else [cause_result(cause) for cause in worst.causes],
        harm="" if worst is None else _said_harm(worst, over_time),
        explained="" if worst is None or worst.days is None else dates(worst.days),
        monitors=monitors,
        concept=concept_of(changed, comparison.performance.scores, comparison.performance.task),
        detectors=detectors_of(detected),
    )


def _said_harm(worst: Explained, over_time: Timeline | None) -> str:
    """What became of performance where it alerts; where no label tells, what the alerts say by estimates."""
    alerts = over_time.alerts if over_time is not None and not worst.harm_known else []
    return next((alerts[i].harm for i in worst.alerts if i < len(alerts) and alerts[i].harm), worst.harm)


def _without_place(events: Sequence[Event], over_time: Timeline | None) -> list[str]:
    """What is said of events that have no axis of time."""
    if not events or over_time is not None:
        return []
    return [
        f"{words.counted(len(events), 'event')} stated, but not used without times: name a timestamp column"
    ]


def _metrics(comparison: Comparison, columns: Sequence[ColumnResult], task: Task) -> dict[str, MetricInfo]:
    """The declarations of the metrics that appear, in their order."""
    used = {key for column in columns for key in (*column.drift, *column.quality)}
    used |= {vote.statistic for column in columns for vote in column.votes}
    used |= {key for values in task.per_class.values() for key in values}
    known = {key: metric for key, metric in METRICS.items() if key in used}
    known |= {key: scored.metric for key, scored in comparison.performance.scores.items()}
    return {
        key: MetricInfo(
            title=metric.title,
            family=metric.family,
            summary=metric.summary,
            unit=metric.unit,
            worse=metric.worse,
            range=[number(end) for end in metric.range],
            reference=metric.reference,
        )
        for key, metric in known.items()
    }


def _rule(count: RuleCount) -> RuleResult:
    """A declared rule: broken by one row is an alert."""
    verdict: Verdict = "unknown" if count.reason else "alert" if count.broken else "ok"
    return RuleResult(
        column=count.column,
        rule=count.rule,
        verdict=verdict,
        broken=count.broken,
        rows=count.rows,
        examples=list(count.examples),
        reason=count.reason,
    )


def _unjudged(performance: Mapping[str, PerformanceValue]) -> list[str]:
    """Titles of the metrics of performance that would decide, and have values, but no verdict."""
    return [
        METRICS[key].title if key in METRICS else key
        for key, value in performance.items()
        if value.floor is not None
        and value.verdict == "unknown"
        and value.current is not None
        and value.reference is not None
    ]


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict of the whole: unknown only where nothing at all could be judged."""
    if "alert" in verdicts:
        return "alert"
    if "warning" in verdicts:
        return "warning"
    return "ok" if "ok" in verdicts else "unknown"


def _harm(column: ColumnResult) -> tuple[int, float, float]:
    """Worst first: by verdict, then by how far the effect lies beyond its floor, then by evidence."""
    size = 0.0
    if column.effect is not None and column.effect.value is not None:
        size = column.effect.value / (column.effect.floor or 1.0)
    evidence = 1.0 if column.p_value_adjusted is None else column.p_value_adjusted
    return _ORDER[column.verdict], -size, evidence


def _side(profile: Profile) -> Side:
    return Side(
        name=profile.name,
        rows=profile.rows,
        start=_moment(profile.start),
        end=_moment(profile.end),
        fingerprint=profile.fingerprint,
        rows_left_out=profile.left_out,
        versions=profile.versions,
    )


def _moment(microseconds: int | None) -> str | None:
    return None if microseconds is None else moment(microseconds)


def _columns(comparison: Comparison, part: Measurements) -> list[ColumnResult]:
    """The columns that were measured side by side."""
    drift = {key: _drift(measured) for key, measured in part.drift.items()}
    quality = [
        (key + suffix, *_values(measured))
        for suffix, measures in (("", part.quality), ("_reference", part.quality_reference))
        for key, measured in measures.items()
    ]
    return [
        _column(
            comparison,
            part,
            row,
            {key: values[row] for key, values in drift.items()},
            {key: values[row] for key, values, _ in quality},
            {key: str(reasons[row]) for key, values, reasons in quality if values[row] is None},
        )
        for row in range(len(part.columns))
    ]


def _column(
    comparison: Comparison,
    part: Measurements,
    row: int,
    drift: dict[str, DriftValue],
    quality: dict[str, Any],
    reasons: dict[str, str],
) -> ColumnResult:
    grid = comparison.baseline.grid
    k = int(part.columns[row])
    column = grid.columns[k]
    decision = comparison.decisions[column.name]
    direction = part.drift.get("mean_rank_shift")
    effect, edges = _effect(decision.effect), part.pair.edges
    return ColumnResult(
        name=column.name,
        role=column.role.value,
        kind=column.kind.value,
        physical=column.physical,
        physical_current=(comparison.physical or {}).get(column.name),
        why=column.schema.why,
        verdict=decision.verdict,
        reason=decision.reason,
        sentence=sentence_of(comparison, column.name)
        or phrases.finding(
            column.name,
            decision,
            None if direction is None else float(direction.value[row]),
            {key: value.value for key, value in drift.items()},
            quality,
            moved(column.axis, None if edges is None else edges[row], *part.pair.shares_of(row))
            if decision.verdict in ("alert", "warning")
            else None,
        ),
        decided_by=decision.decided_by or None,
        effect=effect,
        p_value=number(decision.p_value),
        p_value_adjusted=number(decision.p_value_adjusted),
        detectable=number(decision.detectable),
        noise_inflation=number(float(comparison.inflation[k])),
        votes=[
            Vote(
                statistic=vote.statistic,
                p_value=number(vote.p_value),
                effect=_known(_effect(vote.effect)),
                beyond_floor=vote.beyond_floor,
            )
            for vote in decision.votes
        ],
        quality=quality,
        quality_reasons=reasons,
        drift=drift,
        distribution=distribution(column.axis, part, row),
    )


def _known(effect: Effect | None) -> Effect:
    if effect is None:
        raise ValueError("a vote has an effect")
    return effect


def _effect(effect: DecidedEffect | None) -> Effect | None:
    if effect is None:
        return None
    return Effect(
        metric=effect.metric,
        value=number(effect.value),
        low=number(effect.low),
        high=number(effect.high),
        floor=effect.floor,
        unit=effect.unit,
    )


def _values(measured: Measured) -> tuple[list[float | None], list[str | None]]:
    """Values of columns side by side, and what is said of each: a value that is none has a reason."""
    values = numbers(measured.value)
    said = [""] * len(values) if measured.reason is None else measured.reason.tolist()
    return values, [
        reason or (EXTREME if value is None else None) for value, reason in zip(values, said, strict=True)
    ]


def _drift(measured: Measured) -> list[DriftValue]:
    """A drift metric of columns side by side."""
    values, reasons = _values(measured)
    beside = (
        [None] * len(values) if side is None else numbers(side)
        for side in (measured.low, measured.high, measured.p_value, measured.bin_error)
    )
    return [DriftValue(*fields) for fields in zip(values, *beside, reasons, strict=True)]


def _table_quality(comparison: Comparison) -> tuple[dict[str, Any], dict[str, str]]:
    """Quality of the tables as wholes."""
    baseline, current = comparison.baseline, comparison.current
    physical = comparison.physical
    known = {column.name for column in baseline.schema}
    values: dict[str, Any] = {
        "rows": current.rows,
        "rows_reference": baseline.profile.rows,
        "columns_added": None if physical is None else ", ".join(n for n in physical if n not in known),
        "columns_missing": None
        if physical is None
        else ", ".join(c.name for c in baseline.grid.columns if c.name not in physical),
    }
    ids = [column.name for column in baseline.grid.columns if column.role is Role.ID]
    for key, name in [("duplicate_row_share", WHOLE_ROWS), *(("duplicate_id_share", name) for name in ids)]:
        for suffix, profile in (("", current), ("_reference", baseline.profile)):
            found = profile.distinct.get(name, EMPTY)
            low, high = found.repeated_interval()
            values[key + suffix] = number(found.repeated_share())
            values[f"{key}{suffix}_low"], values[f"{key}{suffix}_high"] = number(low), number(high)
    reasons = {
        key: "no rows, or no column that tells rows apart"
        for key in values
        if values[key] is None and "share" in key
    }
    if physical is None:
        for key in ("columns_added", "columns_missing"):
            reasons[key] = "a saved profile holds the baseline's columns only"
    return values, reasons
