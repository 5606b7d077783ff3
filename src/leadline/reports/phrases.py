"""Findings in words: one plain sentence each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from leadline.monitors.joint import Decision
from leadline.monitors.outcomes import Scored
from leadline.reports.record import ColumnResult, PerformanceValue, Task, Verdict
from leadline.reports.words import amount, counted, number

_MINOR, _MODERATE, _MAJOR = 0.05, 0.1, 0.2
"""Words for a Kolmogorov-Smirnov or total variation distance."""


def duration(seconds: float) -> str:
    """A length of time in its largest whole unit."""
    for unit, length in (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length and math.isclose(seconds % length, 0.0):
            return counted(round(seconds / length), unit)
    return counted(round(seconds), "second")


def headline(verdict: Verdict, columns: Sequence[ColumnResult], task: Task, channels: int) -> str:
    """The verdict in one sentence."""
    by = {v: [c.name for c in columns if c.verdict == v] for v in ("alert", "warning", "unknown")}
    hurt = " and performance fell" if task.verdict == "alert" else ""
    if verdict == "alert":
        if not by["alert"]:
            return "Performance fell."
        return f"{_listed(by['alert'])} changed{hurt}."
    if verdict == "warning":
        names = by["warning"]
        return f"{_listed(names) if names else 'Performance'} may have changed."
    if verdict == "unknown":
        return "Nothing could be judged."
    return f"All quiet: no change worth an alert in {counted(channels, 'channel')}."


def _listed(names: Sequence[str], most: int = 3) -> str:
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {counted(len(names) - most, 'more column')}"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def summary(
    columns: Sequence[ColumnResult], task: Task, performance: Mapping[str, PerformanceValue]
) -> list[str]:
    """What follows from the verdict, worst first: performance, then columns; at most ten."""
    lines = []
    if task.sentence and task.verdict in ("alert", "warning"):
        lines.append(task.sentence)
    lines += [c.sentence for c in columns if c.verdict in ("alert", "warning") and c.sentence]
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
) -> str:
    """What happened to a column; "" when it is quiet."""
    if decision.verdict not in ("alert", "warning"):
        return ""
    if not decision.decided_by:
        return f"{name}: {decision.reason}."
    effect = decision.effect
    by = decision.decided_by
    may = " may have" if decision.verdict == "warning" else ""
    if by in _SHARES:
        before, now = quality.get(by + "_reference"), quality.get(by)
        rise = f" to {amount(now, 'share')}" if now is not None else ""
        was = f" from {amount(before, 'share')}" if before is not None else ""
        return f"{name}: {_SHARES[by]}{may or ''} rose{was}{rise}."
    size = _size(None if effect is None else effect.value)
    distance = (
        "" if effect is None else f" ({_TITLES.get(effect.metric, effect.metric)} {number(effect.value)})"
    )
    moved = drift.get("mean_change")
    if direction is not None and abs(direction) >= 0.02:
        way = "up" if direction > 0 else "down"
        far = f" by {number(abs(moved))} sd" if moved is not None and abs(moved) >= 0.01 else ""
        if moved is not None and moved * direction < 0:
            far = ""
        return f"{name}{may} shifted {way}{far}: a {size} change{distance}."
    if direction is not None:
        return f"{name}{may} changed its shape: a {size} change{distance}."
    return f"{name}{may} changed its mix of values: a {size} change{distance}."


_SHARES = {
    "missing_share": "missing values",
    "unseen_share": "values never seen before",
    "out_of_range_share": "values out of the reference's range",
}
_TITLES = {"kolmogorov_smirnov": "KS", "total_variation": "TV"}


def _size(distance: float | None) -> str:
    if distance is None or distance < _MODERATE:
        return "minor"
    return "moderate" if distance < _MAJOR else "major"


def performance(scores: Mapping[str, Scored]) -> str:
    """What happened to performance: the metric that decided, else the first that votes."""
    voting = [s for s in scores.values() if s.decision is not None and math.isfinite(float(s.change.change))]
    if not voting:
        return ""
    rank = {"alert": 0, "warning": 1, "ok": 2, "unknown": 3}
    worst = min(voting, key=lambda s: rank[s.decision.verdict if s.decision else "unknown"])
    change = worst.change
    verdict = worst.decision.verdict if worst.decision else "unknown"
    loss = worst.metric.worse == ("higher" if float(change.change) > 0 else "lower")
    word = {"alert": "got worse", "warning": "may have got worse"}.get(verdict, "held")
    if verdict == "ok" and not loss and float(change.low) * float(change.high) > 0:
        word = "got better"
    unit = "" if worst.metric.unit in ("share", "label") else worst.metric.unit
    span = f"{_signed(float(change.low))} to {_signed(float(change.high))}"
    return (
        f"{worst.metric.title} {word}: {amount(float(worst.reference.value), unit)} to "
        f"{amount(float(worst.current.value), unit)}, a change of {_signed(float(change.change))} ({span})."
    )


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + number(value)
