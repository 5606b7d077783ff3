"""Findings in words: one plain sentence each."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from leadline.diagnosis.words import listed, named
from leadline.monitors.budget.channels import ALL_COLUMNS
from leadline.monitors.joint import Decision
from leadline.monitors.joint import Effect as DecidedEffect
from leadline.monitors.multivariate import SOURCE as INPUTS
from leadline.monitors.outcomes import Scored
from leadline.reports.moved import Moved, Share
from leadline.reports.record import (
    ColumnResult,
    MonitorResult,
    PerformanceValue,
    RuleResult,
    Task,
    TimelineAlert,
    Verdict,
)
from leadline.reports.words import amount, count, counted, number, whole
from leadline.schema import Role

_MODERATE, _MAJOR = 0.1, 0.2
"""Words for a Kolmogorov-Smirnov or total variation distance."""


def duration(seconds: float) -> str:
    """A length of time in its largest whole unit."""
    for unit, length in (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length and math.isclose(seconds % length, 0.0):
            return counted(round(seconds / length), unit)
    return counted(round(seconds), "second")


def headline(
    verdict: Verdict,
    columns: Sequence[ColumnResult],
    task: Task,
    channels: int,
    *,
    worst: str,
    rules: Sequence[RuleResult],
    monitors: Sequence[MonitorResult],
    others: Sequence[TimelineAlert],
    reference_rows: int,
    current_rows: int,
    unjudged: Sequence[str],
) -> str:
    """The verdict in one sentence: harm first, then what changed.

    Args:
        verdict: of the whole.
        columns: worst first.
        task: performance.
        channels: number of channels that shared the false-alarm rate.
        worst: the metric that lost most, as in "ROC AUC 0.871 to 0.843"; "" where only some windows lost.
        rules: declared rules.
        monitors: declared monitors.
        others: alerts of windows that name neither a column nor the performance.
        reference_rows, current_rows: rows of both tables.
        unjudged: titles of metrics of performance that have values, but too few rows for a verdict.
    """
    by = {v: [c.name for c in columns if c.verdict == v] for v in ("alert", "warning", "unknown")}
    if verdict in ("alert", "warning"):
        # A column that was added here is one of the table's only when it has something to say.
        total = sum(c.role != Role.DERIVED or c.verdict == verdict for c in columns)
        return _loud(verdict, by, total, task, worst, rules, monitors, others)
    if verdict == "unknown":
        return f"Nothing could be judged{_why(columns, reference_rows, current_rows)}."
    if columns and task.verdict == "unknown" and all(column.effect is None for column in columns):
        return "No rise of missing values; no column has values that can be compared."
    left = [counted(len(by["unknown"]), "column")] if by["unknown"] else []
    left += unjudged
    tail = f"; {_series(left)} could not be judged" if left else ""
    return f"All quiet: no change worth an alert in {counted(channels, 'channel')}{tail}."


def _series(parts: Sequence[str]) -> str:
    """`a`; `a and b`; `a, b and c`."""
    return " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _loud(
    verdict: Verdict,
    by: Mapping[str, Sequence[str]],
    total: int,
    task: Task,
    worst: str,
    rules: Sequence[RuleResult],
    monitors: Sequence[MonitorResult],
    others: Sequence[TimelineAlert],
) -> str:
    may = "may have " if verdict == "warning" else ""
    names = by[verdict]
    broken = sum(rule.verdict == "alert" for rule in rules) if verdict == "alert" else 0
    parts = []
    if task.verdict == verdict:
        parts.append(f"performance {may}got worse" + (f" ({worst})" if worst else " at times"))
    if broken:
        parts.append(f"{counted(broken, 'rule')} {'is' if broken == 1 else 'are'} broken")
    crossed = [monitor.name for monitor in monitors if monitor.verdict == verdict]
    if crossed:
        parts.append(f"{counted(len(crossed), 'limit')} {'is' if len(crossed) == 1 else 'are'} crossed")
    found = dict.fromkeys(alert.sources[0].source for alert in others if alert.tier == verdict)
    parts += [_together(source, may) for source in found]
    if names:
        parts.append(f"{len(names)} of {counted(total, 'column')} {may}changed: {listed(names)}")
    elif task.verdict == verdict and not by["warning"]:
        parts.append("no column changed")
    text = _series(parts)
    return text[:1].upper() + text[1:] + "."


def _together(source: str, may: str) -> str:
    """What an alert says that names neither a column nor the performance."""
    if source == INPUTS:
        return f"the inputs {may}moved together"
    return f"many columns {may}moved a little" if source == ALL_COLUMNS else f"{source} {may}got worse"


def _why(columns: Sequence[ColumnResult], reference_rows: int, current_rows: int) -> str:
    if not reference_rows or not current_rows:
        empty = "both tables have" if not reference_rows and not current_rows else ""
        return f": {empty or ('the current table has' if reference_rows else 'the reference has')} no rows"
    reasons = Counter(c.reason for c in columns if c.verdict == "unknown" and c.reason)
    return f": {reasons.most_common(1)[0][0]}" if reasons else ""


def summary(
    columns: Sequence[ColumnResult],
    task: Task,
    performance: Mapping[str, PerformanceValue],
    rules: Sequence[RuleResult] = (),
    monitors: Sequence[MonitorResult] = (),
    others: Sequence[TimelineAlert] = (),
    quality: Mapping[str, Any] | None = None,
) -> list[str]:
    """What follows from the verdict, worst first: performance, rules, monitors, columns; at most ten.

    Then what the quality of the current table as a whole says.
    """
    lines = []
    if task.sentence and task.verdict in ("alert", "warning"):
        lines.append(task.sentence)
    lines += [
        f"{named(rule.column)} breaks its rule ({rule.rule}) in {count(rule.broken)} of"
        f" {counted(rule.rows, 'row')}."
        for rule in rules
        if rule.verdict == "alert"
    ]
    lines += [monitor.sentence for monitor in monitors if monitor.verdict in ("alert", "warning")]
    lines += [alert.sentence for alert in others]
    lines += [c.sentence for c in columns if c.verdict in ("alert", "warning") and c.sentence]
    lines += whole(quality or {})
    if task.sentence and task.verdict == "ok" and performance:
        lines.append(task.sentence)
    more = len(lines) - 10
    if more > 0:
        lines = [*lines[:10], f"{counted(more, 'more finding')} below."]
    return lines


def finding(
    name: str,
    decision: Decision,
    direction: float | None,
    drift: Mapping[str, float | None],
    quality: Mapping[str, Any],
    values: Moved | None,
) -> str:
    """What happened to a column; "" when it is quiet.

    Args:
        name: of the column.
        decision: about it.
        direction: the mean-rank shift; None for columns without an order.
        drift, quality: its metrics by key.
        values: which of its values moved.
    """
    if decision.verdict not in ("alert", "warning"):
        return ""
    name = named(name)
    told = not (quality.get("constant") or quality.get("type_changed")) and decision.effect is not None
    if not decision.decided_by and not told:
        return f"{name}: {decision.reason}."
    may = "may have " if decision.verdict == "warning" else ""
    if decision.decided_by in _SHARES:
        return _share(name, decision, quality, may)
    values = values or Moved()
    if values.place is not None and decision.effect is not None:
        # A shift of everything says more than the one place that it fills.
        gain = values.place.now - values.place.before
        if gain < decision.effect.value / 2:
            values = replace(values, place=None)
    what = _change(name, direction, drift, quality, values, may)
    fixed = "" if decision.decided_by else f"; {decision.reason}"
    return f"{what}, {_sized(decision.effect)}{fixed}."


def _share(name: str, decision: Decision, quality: Mapping[str, Any], may: str) -> str:
    """A share that rose; shares of new values are compared with what chance brings."""
    by = decision.decided_by
    before, now = quality.get(by + "_reference"), quality.get(by)
    if by == "missing_share":
        was = f" from {amount(before, 'share')}" if before is not None else ""
        return f"{name}: missing values {'may have risen' if may else 'rose'}{was} to {amount(now, 'share')}."
    expected = None if decision.effect is None or now is None else now - decision.effect.value
    usual = (
        f" ({amount(expected, 'share')} was to be expected)"
        if expected is not None and expected >= 0.0005
        else ""
    )
    doubt = ", which may be chance" if may else ""
    return f"{name}: {amount(now, 'share')} of the values {_SHARES[by]}{usual}{doubt}."


def _change(
    name: str,
    direction: float | None,
    drift: Mapping[str, float | None],
    quality: Mapping[str, Any],
    values: Moved,
    may: str,
) -> str:
    """What happened to the values that are there, without its size."""
    if quality.get("constant_reference") and not quality.get("constant"):
        return f"{name} was constant and varies now"
    if values.only:
        return f"{name}: the share of {shares_said(values.values, may, numbers=True)}"
    if "maximum_mean_discrepancy" in drift:
        far = drift.get("frechet")
        size = f" by {number(far)} of their spread" if far else ""
        return f"the vectors of {name} {may}moved{size}"
    if direction is None:
        listed = f": {shares_said(values.values)}" if values.values else ""
        return f"{name} {may}changed its mix of values{listed}"
    if values.place is not None:
        place = values.place
        return (
            f"{name}: {amount(place.now, 'share')} of the values now lie {place.name}"
            f" ({amount(place.before, 'share')} before)"
        )
    if abs(direction) >= _SHIFT:
        return f"{name} {may}shifted {_shifted(direction, drift, quality)}"
    middle = values.middle
    if middle is not None and abs(middle.now - middle.before) >= _SPREAD:
        way = "moved towards its middle" if middle.now > middle.before else "spread away from its middle"
        if may:
            way = way.replace("spread", "may have spread").replace("moved", "may have moved")
        return (
            f"{name} {way} ({amount(middle.now, 'share')} of the values lie in the reference's middle half,"
            f" {amount(middle.before, 'share')} before)"
        )
    return f"{name} {may}changed its shape"


def _shifted(direction: float, drift: Mapping[str, float | None], quality: Mapping[str, Any]) -> str:
    """`up by 0.473 sd (median 23.1 to 31.4)`, as far as mean and median went the same way."""
    way = "up" if direction > 0 else "down"
    moved = drift.get("mean_change")
    far = (
        f" by {number(abs(moved))} sd"
        if moved is not None and moved * direction > 0.01 * abs(direction)
        else ""
    )
    before, now = quality.get("median_reference"), quality.get("median")
    if before is None or now is None or (now - before) * direction <= 0 or number(now) == number(before):
        return way + far
    return f"{way}{far} (median {number(before)} to {number(now)})"


def shares_said(values: Sequence[Share], may: str = "", numbers: bool = False) -> str:
    """`web rose from 40 % to 48 %, branch fell from 30 % to 21 %`; `numbers` may stand without quotes."""
    said = []
    for value in values:
        way = "rose" if value.now > value.before else "fell"
        if may:
            way = "may have risen" if value.now > value.before else "may have fallen"
        ends = f"from {amount(value.before, 'share')} to {amount(value.now, 'share')}"
        said.append(f"{value.name if value.described else _quoted(value.name, numbers)} {way} {ends}")
    return ", ".join(said)


_LONGEST = 30
"""Letters of a value that are shown."""


def _quoted(value: str, numbers: bool) -> str:
    """A value of the data within a sentence: quoted where it would not read as one."""
    short = value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "\u2026"
    plain = r"[\w.+\u2212-]+" if numbers else r"[^\W\d_][\w.+-]*"
    return short if re.fullmatch(plain, short) else f"\u201c{short}\u201d"


def _sized(effect: DecidedEffect | None) -> str:
    if effect is None or not math.isfinite(effect.value):
        return "a change"
    word = "minor" if effect.value < _MODERATE else "moderate" if effect.value < _MAJOR else "major"
    return f"a {word} change ({SHORT.get(effect.metric, effect.metric)} {number(effect.value)})"


_SHARES = {
    "missing_share": "are missing",
    "unseen_share": "were never seen in the reference",
    "out_of_range_share": "lie outside the reference's range",
}
SHORT = {
    "kolmogorov_smirnov": "KS",
    "total_variation": "TV",
    "maximum_mean_discrepancy": "MMD",
    "frechet": "Fréchet",
}
_SHIFT, _SPREAD = 0.02, 0.02
"""A mean-rank shift and a change of a share that are worth a word."""


def worst(scores: Mapping[str, Scored]) -> Scored | None:
    """The metric that decided about performance, else the first that votes."""
    voting = [s for s in scores.values() if s.decision is not None and math.isfinite(float(s.change.change))]
    rank = {"alert": 0, "warning": 1, "ok": 2, "unknown": 3}
    return min(voting, key=lambda s: rank[s.decision.verdict if s.decision else "unknown"], default=None)


def ends(scored: Scored | None) -> str:
    """`ROC AUC 0.871 to 0.843`; "" where all rows together do not say that it got worse."""
    if scored is None or not _lost(scored):
        return ""
    unit = "" if scored.metric.unit in ("share", "label") else scored.metric.unit
    return (
        f"{scored.metric.title} {amount(float(scored.reference.value), unit)} to"
        f" {amount(float(scored.current.value), unit)}"
    )


def performance(scores: Mapping[str, Scored]) -> str:
    """What happened to performance: the metric that decided, else the first that votes."""
    found = worst(scores)
    if found is None:
        return ""
    change = found.change
    verdict = found.decision.verdict if found.decision else "unknown"
    loss = found.metric.worse == ("higher" if float(change.change) > 0 else "lower")
    word = {"alert": "got worse", "warning": "may have got worse"}.get(verdict, "held")
    if verdict == "ok" and not loss and float(change.low) * float(change.high) > 0:
        word = "got better"
    elif verdict == "ok" and loss and _beyond(found):
        word = "is not clearly worse"
    where = ""
    if verdict in ("alert", "warning") and not _lost(found):
        word, where = f"{word} at times", "over all rows "
    unit = "" if found.metric.unit in ("share", "label") else found.metric.unit
    span = f"{_signed(float(change.low))} to {_signed(float(change.high))}"
    return (
        f"{found.metric.title} {word}: {where}{amount(float(found.reference.value), unit)} to "
        f"{amount(float(found.current.value), unit)}, a change of {_signed(float(change.change))} ({span})."
    )


def _lost(scored: Scored) -> bool:
    """The change is for the worse, and its interval, if any, leaves zero out."""
    change = scored.change
    loss = scored.metric.worse == ("higher" if float(change.change) > 0 else "lower")
    return loss and not float(change.low) <= 0 <= float(change.high)


def _beyond(scored: Scored) -> bool:
    """The change is as large as its floor, and its interval leaves zero out."""
    change = scored.change
    far = scored.floor is not None and abs(float(change.change)) >= scored.floor
    return far and float(change.low) * float(change.high) > 0


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number(value)
