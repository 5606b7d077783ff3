"""The promise about false alarms, and what windows said, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadline.reports import versions, words
from leadline.reports.alerts import UNKNOWN_HARM
from leadline.reports.record import Budget, LabelDelay, Labels, ReportRecord, Timeline, TimelineAlert

_SHOWN = 8


def promise(record: ReportRecord) -> str:
    """How often a report like this alerts for nothing: a sentence without its full stop."""
    budget = None if record.timeline is None else record.timeline.budget
    if budget is not None and decided(record):
        return f"On average at most {rate(budget)}, over all columns and performance"
    share = words.declared(record.false_alarm_rate, "share")
    return f"At most {share} of checks without a change alert ({words.counted(record.channels, 'channel')})"


def decided(record: ReportRecord) -> bool:
    """Windows decided: of all rows together neither floor nor p-value counts for anything."""
    timeline = record.timeline
    return timeline is not None and timeline.budget is not None and timeline.budget.decides


def rate(budget: Budget) -> str:
    """ "1 false alert in 30 days", "0.5 false alerts in 30 days, its share of the fleet's 4"."""
    plural = "" if budget.alerts == 1 else "s"
    share = "" if budget.fleet is None else f", its share of the fleet's {words.declared(budget.fleet)}"
    return (
        f"{words.declared(_rounded(budget.alerts))} false alert{plural} in "
        f"{words.declared(budget.days)} day{'' if budget.days == 1 else 's'}{share}"
    )


def _rounded(alerts: float) -> float:
    """A share need not be a round number."""
    return float(f"{alerts:.3g}")


def lines(record: ReportRecord) -> Iterator[str]:
    """What windows said: the budget and the labels first, then the alerts, the latest last."""
    timeline = record.timeline
    if timeline is None:
        return
    said = versions.lines(timeline, record.false_alarm_rate) if timeline.versions else _judged(timeline)
    first, *rest = said
    yield f"{first} {labels(timeline)}".strip()
    yield from rest


def labels(timeline: Timeline) -> str:
    """How complete the labels are, in sentences; "" where none was missing."""
    found = timeline.labels
    if found is None:
        return ""
    estimated = sum(found.estimated)
    took_part = (
        f"Estimates of performance take part in {words.counted(estimated, 'window')}, as fewer than half of "
        "the labels had come."
        if estimated
        else ""
    )
    return f"{_missing(found, timeline)} {took_part}".strip()


def _missing(found: Labels, timeline: Timeline) -> str:
    if found.share is None:
        return ""
    waiting = sum(
        provisional
        for provisional, window in zip(found.provisional, timeline.windows, strict=True)
        if window.side == "current" and window.rows
    )
    if not waiting:
        return ""
    share = words.declared(round(found.share, 2), "share")
    verb = "is" if waiting == 1 else "are"
    said = (
        f"Labels: {share} of those expected have come; {words.counted(waiting, 'window')} {verb} provisional."
    )
    delays = [_delay(delay) for delay in found.delays if delay.half is not None and delay.most is not None]
    known = f" In the reference {'; '.join(delays)}." if delays else ""
    return f"{said}{known}" + (f" Early labels are not corrected: {found.reason}." if found.reason else "")


def _delay(delay: LabelDelay) -> str:
    """ "half of the labels 1 came within 2 days, 90 % within 7"."""
    half, most = (words.number(days or 0.0) for days in (delay.half, delay.most))
    which = f"labels {delay.name}" if delay.name else "labels"
    return f"half of the {which} came within {half} days, 90 % within {most}"


def _judged(timeline: Timeline) -> Iterator[str]:
    sides = [sum(window.side == side for window in timeline.windows) for side in ("reference", "current")]
    cut = f"Over time: windows of {timeline.window} ({sides[0]} in the reference, {sides[1]} current)"
    budget = timeline.budget
    if budget is None:
        yield f"{cut} are not judged: {timeline.reason}."
        return
    alerts = [alert for alert in timeline.alerts if alert.tier == "alert"]
    warnings = len(timeline.alerts) - len(alerts)
    seen = f"{words.counted(len(alerts), 'alert')}, {words.counted(warnings, 'warning')}"
    if timeline.first_weeks is not None:
        switched = timeline.first_weeks.switched
        alerts = [a for a in timeline.alerts if a.tier == "alert" or switched is None or a.opened < switched]
        yield f"{cut}: {seen}. {timeline.first_weeks.sentence}"
    elif not budget.supported:
        yield f"{cut}: {seen}, which do not decide, since {budget.reason}."
    elif budget.stated:
        expected = words.number(budget.expected)
        yield f"{cut}: {seen}. A budget of {rate(budget)} allows {expected} in this time."
    else:
        yield f"{cut}: {seen} at {rate(budget)}. State a `budget` to let windows decide."
    if len(alerts) > _SHOWN:
        yield f"{words.counted(len(alerts) - _SHOWN, 'earlier alert')} before these:"
    yield from _told(timeline, alerts[-_SHOWN:])


def _told(timeline: Timeline, alerts: Sequence[TimelineAlert]) -> Iterator[str]:
    """Each alert with its harm; that it is not known, for the same reason, is said once of all."""
    harms = {alert.harm for alert in alerts}
    alike = len(alerts) > 1 and len(harms) == 1 and alerts[0].harm.startswith(UNKNOWN_HARM)
    for alert in alerts:
        yield f"{_when(timeline, alert)}: {alert.sentence} {'' if alike else alert.harm}".rstrip()
    if alike:
        yield alerts[0].harm.replace("Its", "Their", 1)


def _when(timeline: Timeline, alert: TimelineAlert) -> str:
    first, last = (timeline.windows[at].start for at in (alert.opened, alert.last))
    if alert.closed is None:
        return f"{_day(first, timeline)}, still open"
    return _day(first, timeline) if first == last else f"{_day(first, timeline)} to {_day(last, timeline)}"


def _day(moment: str, timeline: Timeline) -> str:
    """The date, and the hour where windows are shorter than a day."""
    return moment[:16].replace("T", " ") if "hour" in timeline.window else moment[:10]
