"""The promise about false alarms, and what windows said, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from leadline.reports import words
from leadline.reports.record import Budget, ReportRecord, Timeline, TimelineAlert

_SHOWN = 8


def promise(record: ReportRecord) -> str:
    """How often a report like this alerts for nothing: a sentence without its full stop."""
    budget = None if record.timeline is None else record.timeline.budget
    if budget is not None and budget.decides:
        return f"At most {rate(budget)}, over all columns and performance"
    share = words.declared(record.false_alarm_rate, "share")
    return f"At most {share} of checks without a change alert ({words.counted(record.channels, 'channel')})"


def rate(budget: Budget) -> str:
    """ "1 false alert in 30 days"."""
    plural = "" if budget.alerts == 1 else "s"
    return (
        f"{words.declared(budget.alerts)} false alert{plural} in "
        f"{words.declared(budget.days)} day{'' if budget.days == 1 else 's'}"
    )


def lines(timeline: Timeline) -> Iterator[str]:
    """What windows said: the budget first, then the alerts, the latest last."""
    sides = [sum(window.side == side for window in timeline.windows) for side in ("reference", "current")]
    cut = f"Over time: windows of {timeline.window} ({sides[0]} in the reference, {sides[1]} current)"
    budget = timeline.budget
    if budget is None:
        yield f"{cut} are not judged: {timeline.reason}."
        return
    alerts = [alert for alert in timeline.alerts if alert.tier == "alert"]
    warnings = len(timeline.alerts) - len(alerts)
    seen = f"{words.counted(len(alerts), 'alert')}, {words.counted(warnings, 'warning')}"
    if not budget.supported:
        yield f"{cut}: {seen}, which do not decide, since {budget.reason}."
    elif budget.stated:
        expected = words.number(budget.expected)
        yield f"{cut}: {seen}. A budget of {rate(budget)} allows {expected} in this time."
    else:
        yield f"{cut}: {seen} at {rate(budget)}. State a `budget` to let windows decide."
    if len(alerts) > _SHOWN:
        yield f"{words.counted(len(alerts) - _SHOWN, 'earlier alert')} before these:"
    for alert in alerts[-_SHOWN:]:
        yield f"{_when(timeline, alert)}: {alert.sentence}"


def _when(timeline: Timeline, alert: TimelineAlert) -> str:
    first, last = (timeline.windows[at].start for at in (alert.opened, alert.last))
    if alert.closed is None:
        return f"{_day(first, timeline)}, still open"
    return _day(first, timeline) if first == last else f"{_day(first, timeline)} to {_day(last, timeline)}"


def _day(moment: str, timeline: Timeline) -> str:
    """The date, and the hour where windows are shorter than a day."""
    return moment[:16].replace("T", " ") if "hour" in timeline.window else moment[:10]
