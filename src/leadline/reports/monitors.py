"""Declared monitors, as a part of the record and as lines of text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from leadline.monitors.compare import Comparison
from leadline.monitors.rules import Raised, Watched
from leadline.reports import words
from leadline.reports.moments import moment
from leadline.reports.numbers import number
from leadline.reports.record import MonitorAlert, MonitorResult, ReportRecord, Verdict


def monitors_of(comparison: Comparison) -> list[MonitorResult]:
    """The part of the record, in the order of declaration."""
    start = _starts(comparison)
    return [_result(watched, start) for watched in comparison.monitors]


def _starts(comparison: Comparison) -> Callable[[int], str]:
    """Words for the beginning of a current window; "" without times."""
    found = comparison.timeline
    if found is None or not len(found.current):
        return lambda at: ""
    if names := found.current.names:
        return lambda at: f"version {names[at]}"
    starts = found.current.starts.tolist()
    daily = found.calendar.window.hours % 24 == 0 and found.calendar.window.unit != "row"
    return lambda at: moment(starts[at])[: 10 if daily else 16].replace("T", " ")


def _result(watched: Watched, start: Callable[[int], str]) -> MonitorResult:
    monitor, measure, first = watched.monitor, watched.measure, len(watched.before)
    allowed = watched.allowed
    low, high, clear_low, clear_high = (
        (None,) * 4
        if allowed is None
        else map(number, (allowed.low, allowed.high, allowed.clear_low, allowed.clear_high))
    )
    rate = None
    if watched.replayed is not None and watched.days > 0:
        rate = round(30 * watched.replayed / watched.days, 3)
    alerts = [_alert(alert, watched, first, start) for alert in watched.alerts]
    return MonitorResult(
        name=monitor.title,
        metric=measure.key,
        title=measure.title,
        unit=measure.unit,
        column=monitor.column,
        segment=monitor.segment,
        condition=monitor.words,
        tier=monitor.tier,
        verdict=watched.verdict,
        reason=watched.reason,
        open=any(alert.closed is None for alert in alerts),
        reference=number(watched.usual),
        low=low,
        high=high,
        clear_low=clear_low,
        clear_high=clear_high,
        values=[number(value) for value in np.concatenate([watched.before, watched.now]).tolist()],
        alerts=alerts,
        replayed=watched.replayed,
        replayed_days=round(watched.days, 3) if watched.days > 0 else None,
        rate=rate,
        sentence=_sentence(watched, alerts),
        runbook=monitor.runbook,
    )


def _alert(alert: Raised, watched: Watched, first: int, start: Callable[[int], str]) -> MonitorAlert:
    return MonitorAlert(
        since=first + alert.since,
        opened=first + alert.opened,
        last=first + alert.last,
        closed=None if alert.closed is None else first + alert.closed,
        worst=first + alert.worst,
        value=number(alert.value),
        sentence=_happened(alert, watched, start),
    )


def _happened(alert: Raised, watched: Watched, start: Callable[[int], str]) -> str:
    """`Rows 12, below the limit of 100, since 2026-03-18, still open.`"""
    allowed = watched.allowed
    if allowed is None:
        raise ValueError("what has no limit cannot alert")
    unit = watched.measure.unit
    below = alert.value < allowed.low
    side, limit = ("below", allowed.low) if below else ("above", allowed.high)
    worst = "at worst " if alert.last > alert.since else ""
    parts = [
        f"{_subject(watched)} {worst}{_amount(alert.value, unit)}",
        f"{side} the limit of {_amount(limit, unit)}",
    ]
    if watched.monitor.condition not in ("below", "above"):
        parts[-1] += f" (reference {_amount(watched.usual, unit)})"
    if since := start(alert.since):
        parts.append(f"since {since}")
        parts.append("still open" if alert.closed is None else f"closed {start(alert.closed)}")
    return f"{', '.join(parts)}."


def _sentence(watched: Watched, alerts: list[MonitorAlert]) -> str:
    """The verdict in words: the open alert, else the latest one, else the latest value."""
    if alerts:
        more = f" {words.counted(len(alerts), 'alert')} in all." if len(alerts) > 1 else ""
        return f"{alerts[-1].sentence}{more}"
    if watched.reason:
        return f"{_subject(watched)} is not judged: {watched.reason}."
    known = watched.now[~np.isnan(watched.now)]
    return f"{_subject(watched)} {_amount(float(known[-1]), watched.measure.unit)}, within its limit."


def _subject(watched: Watched) -> str:
    monitor = watched.monitor
    of = f" of {monitor.column}" if monitor.column is not None else ""
    within = f" in {monitor.segment}" if monitor.segment is not None else ""
    return f"{watched.measure.title}{of}{within}"


_UNSAID = {"label", "value", "values", "rows", "windows", "yes or no"}
"""Units that say nothing beside the title."""


def _amount(value: float, unit: str) -> str:
    return words.amount(value, "" if unit in _UNSAID else unit)


def backtested(monitor: MonitorResult) -> str:
    """How often it would have alerted in the reference, without a full stop; "" where nobody knows."""
    if monitor.replayed is None or monitor.replayed_days is None or monitor.rate is None:
        return ""
    often, days = words.counted(monitor.replayed, "alert"), words.number(monitor.replayed_days)
    rate = f", {words.number(monitor.rate)} in 30 days" if monitor.replayed else ""
    return f"{often} in {days} {'day' if monitor.replayed_days == 1 else 'days'} of the reference{rate}"


def loud(record: ReportRecord) -> list[MonitorResult]:
    """What is worth a line: alerts first, then warnings, then what could not be judged."""
    return sorted(
        (monitor for monitor in record.monitors if monitor.verdict != "ok"),
        key=lambda monitor: words.SEVERITY[monitor.verdict],
    )


def lines(record: ReportRecord) -> Iterator[tuple[Verdict, str]]:
    """Each monitor that is not ok, with its verdict; then how many are."""
    for monitor in loud(record):
        rate = backtested(monitor)
        past = f" Backtested: {rate}." if rate else ""
        book = f" Runbook: {monitor.runbook}" if monitor.runbook and monitor.verdict != "unknown" else ""
        yield monitor.verdict, f"monitor {monitor.name}: {monitor.sentence}{past}{book}"
    quiet = sum(monitor.verdict == "ok" for monitor in record.monitors)
    if quiet:
        rates = [m.rate for m in record.monitors if m.verdict == "ok" and m.rate is not None]
        worst = max(rates, default=math.nan)
        past = f"; backtested at most {words.number(worst)} alerts in 30 days" if worst > 0 else ""
        yield "ok", f"{words.counted(quiet, 'monitor')} within limits{past}"
