"""From a comparison to the record of a report: numbers become fields, findings become sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

import leadline
from leadline.metrics import METRICS
from leadline.metrics.declare import Measured
from leadline.metrics.performance.curves import BINARY_CURVES, REGRESSION_CURVES
from leadline.metrics.performance.estimate import compare as compare_estimates
from leadline.metrics.performance.per_class import PER_CLASS, per_class
from leadline.metrics.performance.views import MulticlassCounts
from leadline.monitors.compare import Comparison, Measurements
from leadline.monitors.joint import Decision
from leadline.monitors.joint import Effect as DecidedEffect
from leadline.monitors.outcomes import Scored
from leadline.profiles.distinct import EMPTY
from leadline.profiles.grid import CategoricalAxis, NumericAxis
from leadline.profiles.profile import WHOLE_ROWS, Profile
from leadline.reports import phrases
from leadline.reports.moved import moved
from leadline.reports.record import (
    ColumnResult,
    Confusion,
    Curve,
    Distribution,
    DriftValue,
    Effect,
    MetricInfo,
    PerformanceValue,
    ReportRecord,
    RuleResult,
    SegmentResult,
    Side,
    Task,
    Verdict,
    Vote,
)
from leadline.schema import ColumnSchema, Kind, Role
from leadline.tables.rules import RuleCount

DRAWN_CELLS = 40
"""Most cells of a drawn distribution."""

_CURVES = {"binary": BINARY_CURVES, "regression": REGRESSION_CURVES}
_ORDER: dict[str, int] = {"alert": 0, "warning": 1, "unknown": 2, "ok": 3}
_AUXILIARY = {Role.ID, Role.TIMESTAMP, Role.ENTITY, Role.VERSION, Role.WEIGHT, Role.DERIVED}
_FAR = np.finfo(np.float64).max / 4
"""Drawn values lie within this, so that their differences are finite, too."""
_EXTREME = "no finite number at values as extreme as these"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# Values near the ends of the float range overflow when they are drawn; what is not finite is left out.
@np.errstate(all="ignore")
def build(comparison: Comparison) -> ReportRecord:
    """The record of a comparison."""
    baseline, current = comparison.baseline, comparison.current
    columns = [
        _column(comparison, part, row) for part in comparison.measurements for row in range(len(part.columns))
    ]
    grid = baseline.grid
    columns.sort(key=lambda c: (*_harm(c), grid.index[c.name]))
    task, performance = _task(comparison), _performance(comparison)
    verdicts: list[Verdict] = [
        column.verdict
        for column in columns
        # That no id or time is missing does not judge a table.
        if column.role != Role.IGNORED.value and not (column.verdict == "ok" and column.role in _AUXILIARY)
    ]
    verdicts += [value.verdict for value in performance.values() if value.floor is not None]
    rules = [_rule(count) for count in current.rules]
    verdicts += [rule.verdict for rule in rules]
    verdict = _worst(verdicts)
    quality, quality_reasons = _table_quality(comparison)
    return ReportRecord(
        leadline_version=leadline.__version__,
        verdict=verdict,
        headline=phrases.headline(
            verdict,
            columns,
            task,
            comparison.channels,
            worst=phrases.ends(phrases.worst(comparison.performance.scores)),
            rules=rules,
            reference_rows=baseline.profile.rows,
            current_rows=current.rows,
        ),
        summary=phrases.summary(columns, task, performance, rules),
        assumptions=_assumptions(comparison),
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
        segments=_segments(comparison),
        metrics=_metrics(comparison, columns, task),
    )


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
            range=[_number(end) for end in metric.range],
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


def _segments(comparison: Comparison) -> list[SegmentResult]:
    """The segments, the largest first within each column."""
    columns = comparison.baseline.grid.columns
    totals = max(comparison.baseline.profile.rows, 1), max(comparison.current.rows, 1)
    return [
        SegmentResult(
            column=found.segment[0],
            value=found.segment[1],
            rows_reference=found.rows_reference,
            rows_current=found.rows_current,
            share_reference=found.rows_reference / totals[0],
            share_current=found.rows_current / totals[1],
            performance={key: _score(scored) for key, scored in found.scores.items()},
            largest=None if found.largest is None else columns[found.largest].name,
            largest_effect=None
            if found.largest is None
            else Effect(metric=found.metric, value=_number(found.value)),
        )
        for found in comparison.segments
        if found.rows_reference + found.rows_current
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
    )


def _moment(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
    except OverflowError:  # years beyond 1..9999
        return f"{np.datetime64(microseconds, 'us')}Z"


def _column(comparison: Comparison, part: Measurements, row: int) -> ColumnResult:
    grid = comparison.baseline.grid
    k = int(part.columns[row])
    column = grid.columns[k]
    decision = comparison.decisions[column.name]
    drift = {key: _drift(measured, row) for key, measured in part.drift.items()}
    quality, reasons = _quality(part, row)
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
        sentence=phrases.finding(
            column.name,
            decision,
            None if direction is None else float(direction.value[row]),
            {key: value.value for key, value in drift.items()},
            quality,
            moved(column.axis, None if edges is None else edges[row], part.pair.p[row], part.pair.q[row])
            if decision.verdict in ("alert", "warning")
            else None,
        ),
        decided_by=decision.decided_by or None,
        effect=effect,
        p_value=_number(decision.p_value),
        p_value_adjusted=_number(decision.p_value_adjusted),
        detectable=_number(decision.detectable),
        noise_inflation=_number(float(comparison.inflation[k])),
        votes=[
            Vote(
                statistic=vote.statistic,
                p_value=_number(vote.p_value),
                effect=_known(_effect(vote.effect)),
                beyond_floor=vote.beyond_floor,
            )
            for vote in decision.votes
        ],
        quality=quality,
        quality_reasons=reasons,
        drift=drift,
        distribution=_distribution(column.axis, part, row),
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
        value=_number(effect.value),
        low=_number(effect.low),
        high=_number(effect.high),
        floor=effect.floor,
        unit=effect.unit,
    )


def _drift(measured: Measured, row: int) -> DriftValue:
    def at(values: npt.NDArray[np.float64] | None) -> float | None:
        return None if values is None else _number(float(values[row]))

    value = at(measured.value)
    reason = "" if measured.reason is None else str(measured.reason[row])
    if value is None and not reason:
        reason = _EXTREME
    return DriftValue(
        value=value,
        low=at(measured.low),
        high=at(measured.high),
        p_value=at(measured.p_value),
        bin_error=at(measured.bin_error),
        reason=reason or None,
    )


def _quality(part: Measurements, row: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Quality values of both sides, and why some are missing."""
    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for suffix, measures in (("", part.quality), ("_reference", part.quality_reference)):
        for key, measured in measures.items():
            value = _number(float(measured.value[row]))
            values[key + suffix] = value
            if value is None:
                said = "" if measured.reason is None else str(measured.reason[row])
                reasons[key + suffix] = said or _EXTREME
    return values, reasons


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
            values[key + suffix] = _number(profile.distinct.get(name, EMPTY).repeated_share())
    reasons = {
        key: "no rows, or no column that tells rows apart"
        for key in values
        if values[key] is None and "share" in key
    }
    if physical is None:
        for key in ("columns_added", "columns_missing"):
            reasons[key] = "a saved profile holds the baseline's columns only"
    return values, reasons


def _distribution(axis: object, part: Measurements, row: int) -> Distribution | None:
    """Shares of both sides on few cells: equal-mass cells joined, or the largest categories."""
    reference, current = part.pair.p[row], part.pair.q[row]
    if not (reference.any() or current.any()):
        return None
    if isinstance(axis, CategoricalAxis):
        return _categories(axis, reference, current)
    if isinstance(axis, NumericAxis) and part.pair.edges is not None:
        drawn = _histogram(axis, part.pair.edges[row], reference, current)
        numbers = [*(drawn.edges or []), *drawn.reference, *drawn.current]
        return drawn if np.isfinite(numbers).all() else None
    return None


def _categories(
    axis: CategoricalAxis, reference: npt.NDArray[np.float64], current: npt.NDArray[np.float64]
) -> Distribution:
    reference, current = reference[: axis.cells], current[: axis.cells]
    named = len(axis.vocabulary)
    moved = np.abs(reference[:named] - current[:named])
    weight = reference[:named] + current[:named] + moved
    chosen = np.sort(np.argsort(-weight, kind="stable")[: DRAWN_CELLS - 2])
    labels = [axis.vocabulary[i] for i in chosen]
    rest = np.ones(named, bool)
    rest[chosen] = False
    shares = [list(map(float, side[chosen])) for side in (reference, current)]
    tail = "(unseen)" if axis.complete else "(other)"
    others = [(("(other)"), np.flatnonzero(rest))] if axis.complete else []
    last = np.arange(named, axis.cells) if axis.complete else np.r_[np.flatnonzero(rest), named : axis.cells]
    for label, cells in [*others, (tail, last)]:
        if reference[cells].sum() + current[cells].sum() > 0:
            labels.append(label)
            for out, side in zip(shares, (reference, current), strict=True):
                out.append(float(side[cells].sum()))
    return Distribution(edges=None, labels=labels, reference=shares[0], current=shares[1])


def _histogram(
    axis: NumericAxis,
    standardised: npt.NDArray[np.float64],
    reference: npt.NDArray[np.float64],
    current: npt.NDArray[np.float64],
) -> Distribution:
    """Equal-width cells over the middle of both sides.

    What lies beyond, at most 0.2 % of a side at either end, is in no cell.

    Mass is spread evenly within a cell of the grid.
    """
    edges = standardised[: axis.cells + 1] * axis.scale + axis.centre
    edges = np.maximum.accumulate(np.clip(np.nan_to_num(edges, nan=axis.centre), -_FAR, _FAR))
    sides = [side[: axis.cells] for side in (reference, current)]
    cumulative = [np.concatenate([[0.0], np.cumsum(side)]) for side in sides]
    low = min(_end(edges, c, axis.atoms, 0.002) for c in cumulative if c[-1] > 0)
    high = max(_end(edges, c, axis.atoms, 0.998) for c in cumulative if c[-1] > 0)
    atoms = edges[:-1][axis.atoms & ((reference + current)[: axis.cells] > 0)]
    filled = np.count_nonzero((reference + current)[: axis.cells])
    if len(atoms) == filled and len(atoms) <= DRAWN_CELLS and len(atoms) > 0:
        return _few_values(axis, atoms, sides)
    if not high > low:
        high = low + max(abs(low) * 1e-9, 1e-9)
    cuts = np.linspace(low, high, DRAWN_CELLS + 1)
    shares = []
    for c in cumulative:
        at = np.interp(cuts, edges, c)
        # Where the picture ends at the data, all of it is in.
        at[0] = 0.0 if low <= edges[0] else at[0]
        at[-1] = c[-1] if high >= edges[-1] else at[-1]
        shares.append([float(x) for x in np.maximum(np.diff(at), 0.0)])
    return Distribution(edges=[float(x) for x in cuts], labels=None, reference=shares[0], current=shares[1])


def _few_values(
    axis: NumericAxis, atoms: npt.NDArray[np.float64], sides: Sequence[npt.NDArray[np.float64]]
) -> Distribution:
    """One cell around each value."""
    filled = (sides[0] + sides[1]) > 0
    middle = (atoms[1:] + atoms[:-1]) / 2
    step = float(np.min(np.diff(atoms))) if len(atoms) > 1 else max(abs(float(atoms[0])), 1.0)
    edges = [float(atoms[0] - step / 2), *map(float, middle), float(atoms[-1] + step / 2)]
    shares = [[float(x) for x in side[filled]] for side in sides]
    return Distribution(edges=edges, labels=None, reference=shares[0], current=shares[1])


def _end(
    edges: npt.NDArray[np.float64],
    cumulative: npt.NDArray[np.float64],
    atoms: npt.NDArray[np.bool_],
    q: float,
) -> float:
    """Where a picture ends: at a quantile, and never within an atom."""
    at = q * cumulative[-1]
    cell = min(int(np.searchsorted(cumulative, at, "right")) - 1, len(atoms) - 1)
    if atoms[cell]:
        return float(edges[cell] if q < 0.5 else edges[cell + 1])
    return float(np.interp(at, cumulative, edges))


def _performance(comparison: Comparison) -> dict[str, PerformanceValue]:
    return {key: _score(scored) for key, scored in comparison.performance.scores.items()}


def _score(scored: Scored) -> PerformanceValue:
    reference, current, change = scored.reference, scored.current, scored.change
    reasons = [
        str(np.atleast_1d(side.reason)[0])
        for side in (current, reference)
        if side.reason is not None and np.atleast_1d(side.reason)[0]
    ]
    decision: Decision | None = scored.decision
    if not (math.isfinite(float(reference.value)) and math.isfinite(float(current.value))):
        reasons.append(_EXTREME)
    return PerformanceValue(
        reference=_number(float(reference.value)),
        current=_number(float(current.value)),
        low=_at(current.low),
        high=_at(current.high),
        change=_number(float(change.change)),
        change_low=_number(float(change.low)),
        change_high=_number(float(change.high)),
        p_value=None if decision is None else _number(decision.p_value),
        p_value_adjusted=None if decision is None else _number(decision.p_value_adjusted),
        verdict="ok" if decision is None else decision.verdict,
        floor=scored.floor,
        rows_reference=scored.rows[0],
        rows_current=scored.rows[1],
        bin_error=_at(current.bin_error),
        reason=reasons[0] if reasons else None,
    )


def _at(values: npt.NDArray[np.float64] | None, k: int | None = None) -> float | None:
    if values is None:
        return None
    return _number(float(values if k is None else values[k]))


def _task(comparison: Comparison) -> Task:
    performance = comparison.performance
    if performance.task is None:
        return Task(reason=performance.reason)
    grid: Any = comparison.baseline.grid.outcome.grid
    decided = [s.decision.verdict for s in performance.scores.values() if s.decision is not None]
    verdict: Verdict = (
        min(decided, key=lambda v: {"alert": 0, "warning": 1, "ok": 2, "unknown": 3}[v])
        if (decided)
        else "unknown"
    )
    reasons = [s.decision.reason for s in performance.scores.values() if s.decision is not None]
    classes = [str(name) for name in getattr(grid, "classes", ())]
    return Task(
        kind=performance.task,
        reason="" if verdict != "unknown" else next(iter(reasons), ""),
        positive=classes[1] if performance.task == "binary" else None,
        threshold=getattr(grid, "threshold", None),
        threshold_why=getattr(grid, "threshold_why", ""),
        classes=classes,
        confusion=_confusion(performance.reference, performance.current, classes),
        curves=_curves(performance.task, performance.reference, performance.current),
        per_class=_per_class(performance.reference, performance.current, classes),
        sentence=phrases.performance(performance.scores),
        verdict=verdict,
    )


def _per_class(reference: Any, current: Any, classes: list[str]) -> dict[str, dict[str, PerformanceValue]]:
    """Each class against all others, by class and metric key (several classes)."""
    if not isinstance(reference, MulticlassCounts):
        return {}
    before, now = per_class(reference), per_class(current)
    rows = int(reference.labelled), int(current.labelled)
    out: dict[str, dict[str, PerformanceValue]] = {name: {} for name in classes}
    for metric in PER_CLASS:
        a, b = before[metric.key], now[metric.key]
        change = compare_estimates(a, b, metric.worse)
        for k, name in enumerate(classes):
            out[name][metric.key] = PerformanceValue(
                reference=_at(a.value, k),
                current=_at(b.value, k),
                low=_at(b.low, k),
                high=_at(b.high, k),
                change=_at(change.change, k),
                change_low=_at(change.low, k),
                change_high=_at(change.high, k),
                rows_reference=rows[0],
                rows_current=rows[1],
                bin_error=_at(b.bin_error, k),
                reason=next((str(s.reason[k]) for s in (b, a) if s.reason is not None and s.reason[k]), None),
            )
    return out


def _curves(task: str, reference: Any, current: Any) -> list[Curve]:
    """Every curve that has points on some side."""
    out = []
    for kind in _CURVES.get(task, ()):
        sides = [
            [[float(x), float(y)] for x, y in kind.points(side) if math.isfinite(x) and math.isfinite(y)]
            for side in (reference, current)
        ]
        if any(sides):
            out.append(
                Curve(
                    key=kind.key, title=kind.title, x=kind.x, y=kind.y, reference=sides[0], current=sides[1]
                )
            )
    return out


def _confusion(reference: Any, current: Any, classes: list[str]) -> Confusion | None:
    if not hasattr(reference, "confusion_rows"):
        return None
    k = len(classes)
    sides = [
        [[int(x) for x in line[:k]] for line in side.confusion_rows[:k]] for side in (reference, current)
    ]
    return Confusion(classes=classes, reference=sides[0], current=sides[1])


def _assumptions(comparison: Comparison) -> list[str]:
    """What the verdict rests on."""
    baseline = comparison.baseline
    out = []
    roles: Mapping[Role, ColumnSchema] = {c.role: c for c in baseline.schema}
    if baseline.inflations:
        largest = float(np.max(comparison.inflation))
        sorts = [
            f"of {phrases.duration(part.seconds)}" if part.seconds else "of entities"
            for part in baseline.inflations[:1]
        ]
        out.append(
            f"rows resemble each other within blocks {sorts[0]}: sizes are divided by up to {largest:.3g}"
            if largest > 1
            else f"rows look independent: blocks {sorts[0]} differ no more than chance"
        )
    elif Role.TIMESTAMP in roles or Role.ENTITY in roles:
        out.append("assumes independent rows (too few blocks in the reference to measure how rows depend)")
    else:
        out.append("assumes independent rows (name a timestamp or entity column to drop this)")
    when = roles.get(Role.TIMESTAMP)
    if when is not None and when.kind is not Kind.DATETIME:
        out.append(f"the timestamp column {when.name} holds no times, and is not used as one")
    if baseline.grid.weight_unit:
        out.append("rows are weighted; tests are approximate")
        if not baseline.profile.rows or not comparison.current.rows:
            out.append("rows whose weight is negative or missing are left out, and on one side none is left")
    if baseline.sampled:
        out.append(f"{baseline.sampled:,} reference rows taught the grid and are not counted")
    found = [column for column in baseline.schema if column.role is not Role.DERIVED]
    inferred = sum(not column.stated for column in found)
    out.append(f"roles and kinds of {inferred} of {len(found)} columns are inferred")
    return out


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
