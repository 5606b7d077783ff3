"""Living alerts: what a report tells becomes the alerts that open, go on and are resolved.

Pure: a record and the alerts so far give the alerts that changed, and what is to be told of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from leadline.reports.record import ReportRecord
from leadline.reports.record.timeline import Timeline
from leadline.schedule import instant
from leadline.server.judging import moment
from leadline.stores.metadata.alerts import Alert, State
from leadline.stores.metadata.channels import Event
from leadline.stores.metadata.judgements import Judgement

Happened = Literal["opened", "reopened", "resolved"]

WINDOWS, TABLE, RULES = "windows", "table", "rules"
"""Names of the monitors that every model has: the budget over time, the table as a whole, declared rules."""

PERFORMANCE = "performance"


@dataclass(frozen=True)
class Told:
    """A problem as a report tells it.

    Attributes:
        monitor: what found it.
        opened, last: begin of the first window that shows it, end of the last one; microseconds.
        over: it is no longer there.
        sources: what it names.
        sentence, harm: in words.
    """

    monitor: str
    opened: int
    last: int
    over: bool
    sources: tuple[str, ...]
    sentence: str
    harm: str = ""


def told(record: ReportRecord) -> list[Told]:
    """The problems that a report tells: alerts of windows, of the table as a whole, of rules and monitors."""
    timeline = record.timeline
    found: list[Told] = []
    if timeline is not None:
        found += _of_windows(timeline)
        found += _of_monitors(record, timeline)
    start = instant(record.current.start) if record.current.start else 0
    end = instant(record.current.end) if record.current.end else 0
    # What windows have said is not said again.
    named = {source for one in found for source in one.sources}
    columns = [c for c in record.columns if c.verdict == "alert" and c.name not in named]
    sources = tuple(column.name for column in columns)
    sentences = [column.sentence or column.reason for column in columns]
    if record.task.verdict == "alert" and PERFORMANCE not in named:
        sources, sentences = (*sources, PERFORMANCE), [*sentences, record.task.sentence]
    if sources:
        found.append(Told(TABLE, start, end, False, sources, " ".join(sentences[:3]), record.harm))
    broken = [rule for rule in record.rules if rule.verdict == "alert"]
    if broken:
        text = "; ".join(f"{rule.column}: {rule.rule}, broken by {rule.broken:,} rows" for rule in broken[:3])
        names = tuple(dict.fromkeys(rule.column for rule in broken))
        found.append(Told(RULES, start, end, False, names, f"Rules are broken: {text}."))
    return found


def _of_windows(timeline: Timeline) -> list[Told]:
    if timeline.budget is None or not timeline.budget.decides:
        return []
    return [
        Told(
            WINDOWS,
            instant(timeline.windows[alert.opened].start),
            instant(timeline.windows[alert.last].end),
            alert.closed is not None,
            tuple(named.source for named in alert.sources),
            alert.sentence,
            alert.harm,
        )
        for alert in timeline.alerts
        if alert.tier == "alert"
    ]


def _of_monitors(record: ReportRecord, timeline: Timeline) -> list[Told]:
    return [
        Told(
            f"monitor {monitor.name}",
            instant(timeline.windows[alert.opened].start),
            instant(timeline.windows[alert.last].end),
            alert.closed is not None,
            (monitor.name,),
            alert.sentence,
        )
        for monitor in record.monitors
        if monitor.tier == "alert"
        for alert in monitor.alerts
    ]


def changed(
    known: Sequence[Alert], problems: Sequence[Told], judgement: Judgement
) -> list[tuple[Alert, Event | None]]:
    """The alerts that a judgement changes, each with what is to be told of it, if anything.

    A problem is that of a known alert if the same monitor names a common source at overlapping times: then
    the alert goes on, or is open again. An alert that is told no more is resolved.

    Args:
        known: all alerts of the model.
        problems: what its report tells.
        judgement: that made the report.
    """
    found: list[tuple[Alert, Event | None]] = []
    matched: set[int] = set()
    for problem in problems:
        old = next((a for a in known if a.id not in matched and _same(a, problem)), None)
        if old is None:
            new = _alert(problem, judgement)
            found.append((new, _event(new, "opened", judgement)))
            continue
        matched.add(old.id)
        found += _continued(old, problem, judgement)
    for old in known:
        if old.id not in matched and old.state != "resolved":
            found.append(_put(old, "resolved", judgement))
    return found


def _same(known: Alert, problem: Told) -> bool:
    if known.monitor != problem.monitor or not set(known.sources) & set(problem.sources):
        return False
    if problem.monitor in (TABLE, RULES):
        return known.state != "resolved"
    # An open alert may go on for as long as it is told of.
    until = known.last if known.state == "resolved" else max(known.last, problem.opened + 1)
    return problem.opened < until and known.opened < problem.last


def _alert(problem: Told, judgement: Judgement) -> Alert:
    return Alert(
        0,
        judgement.model,
        problem.monitor,
        "resolved" if problem.over else "open",
        problem.opened,
        problem.last,
        problem.sources,
        problem.sentence,
        problem.harm,
        judgement.judged_at,
        judgement.judged_at,
    )


def _continued(old: Alert, problem: Told, judgement: Judgement) -> list[tuple[Alert, Event | None]]:
    now = msgspec.structs.replace(
        old,
        opened=min(old.opened, problem.opened),
        last=max(old.last, problem.last),
        sources=problem.sources,
        sentence=problem.sentence,
        harm=problem.harm,
    )
    if problem.over and old.state != "resolved":
        return [_put(now, "resolved", judgement)]
    if not problem.over and old.state == "resolved":
        return [_put(now, "open", judgement)]
    return [] if now == old else [(now, None)]


def _put(alert: Alert, state: Literal["open", "resolved"], judgement: Judgement) -> tuple[Alert, Event]:
    now = msgspec.structs.replace(alert, state=state, changed_at=judgement.judged_at)
    return now, _event(now, "reopened" if state == "open" else "resolved", judgement)


def _event(alert: Alert, happened: Happened, judgement: Judgement) -> Event:
    key = f"{alert.model}/{alert.monitor}/{alert.opened}/{judgement.revision}/{happened}"
    body = {
        "event": happened,
        "key": key,
        "model": alert.model,
        "verdict": judgement.verdict,
        "headline": judgement.headline,
        "alert": plain(alert),
    }
    return Event(key, msgspec.json.encode(body))


class PlainAlert(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alert as others read it: `Alert` with times in ISO 8601, without a number before it is kept."""

    model: str
    monitor: str
    state: State
    opened: str
    last: str
    sources: tuple[str, ...]
    sentence: str
    harm: str
    first_at: str
    changed_at: str
    id: int = 0


def plain(alert: Alert) -> PlainAlert:
    """The alert as others read it."""
    values = msgspec.structs.asdict(alert)
    times = {name: moment(values[name]) for name in ("opened", "last", "first_at", "changed_at")}
    return PlainAlert(**(values | times))
