"""What a report tells: the problems that become living alerts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypedDict

import msgspec

from leadline.diagnosis import COINCIDENCES
from leadline.reports.record import CauseResult, MonitorResult, NamedSource, ReportRecord
from leadline.reports.record.timeline import Labels, Timeline
from leadline.schedule import DAY, instant
from leadline.schema import Role
from leadline.server.alerting.findings import PERFORMANCE, Evidence, Told, causes_of
from leadline.server.alerting.lifecycle import same
from leadline.server.judging.judge import moment
from leadline.stores.metadata.alerts import Alert, State, Tier

WINDOWS, TABLE, RULES = "windows", "table", "rules"
"""Names of the monitors that every model has: the budget over time, the table as a whole, declared rules."""


def told(record: ReportRecord) -> list[Told]:
    """The problems that a report tells: alerts of windows, of the table as a whole, of rules and monitors."""
    timeline = record.timeline
    found: list[Told] = []
    if timeline is not None:
        found += _of_windows(record, timeline)
        found += _of_monitors(record, timeline)
    # What windows have said is not said again.
    named = {source for one in found if one.tier == "alert" for source in one.sources}
    found += [*_of_table(record, named), *_of_rules(record)]
    return [_caused(record, problem) for problem in found]


def _of_windows(record: ReportRecord, timeline: Timeline) -> list[Told]:
    if timeline.budget is None or not timeline.budget.decides:
        return []
    threshold = timeline.budget.threshold
    limit = _too_old(timeline.labels)
    causes = {version.window: tuple(version.baseline.causes) for version in timeline.versions}
    return [
        Told(
            monitor=WINDOWS,
            opened=instant(timeline.windows[alert.opened].start),
            last=instant(timeline.windows[alert.last].end),
            over=alert.closed is not None,
            sources=tuple(named.source for named in alert.sources),
            sentence=alert.sentence,
            harm=alert.harm,
            tier=alert.tier,
            causes=causes.get(alert.opened, tuple(alert.causes or ())),
            evidence=tuple(_of_source(named, threshold) for named in alert.sources),
            segments=None if alert.segments is None else tuple(alert.segments),
            late=instant(timeline.windows[alert.last].end) < limit and _follows_labels(alert.sources, record),
        )
        for alert in timeline.alerts
    ]


def _too_old(labels: Labels | None) -> int:
    """Windows that ended before it are older than the lateness limit of labels; microseconds."""
    if labels is None or labels.known_at is None or labels.lateness_days is None:
        return -(1 << 63)
    return instant(labels.known_at) - round(labels.lateness_days * DAY)


def _follows_labels(sources: Sequence[NamedSource], record: ReportRecord) -> bool:
    """What leads an alert is known from labels: performance, of all rows or of some, or the label itself."""
    roles = {column.name: column.role for column in record.columns}
    return any(
        named.channel in record.performance or roles.get(named.source) == Role.LABEL.value
        for named in sources[:1]
    )


def _of_source(named: NamedSource, threshold: float | None) -> Evidence:
    return Evidence(
        source=named.source, monitor=WINDOWS, sentence=named.sentence, metric=named.channel,
        value=named.effect, unit=named.unit, surprise=named.surprise, threshold=threshold,
    )  # fmt: skip


def _of_monitors(record: ReportRecord, timeline: Timeline) -> list[Told]:
    return [
        Told(
            monitor=f"monitor {monitor.name}",
            opened=instant(timeline.windows[alert.opened].start),
            last=instant(timeline.windows[alert.last].end),
            over=alert.closed is not None,
            sources=(_subject(record, monitor),),
            sentence=alert.sentence,
            tier=monitor.tier,
            evidence=(
                Evidence(
                    source=_subject(record, monitor),
                    monitor=f"monitor {monitor.name}",
                    sentence=alert.sentence,
                    metric=monitor.metric,
                    value=alert.value,
                    unit=monitor.unit,
                ),
            ),
            runbooks=(monitor.runbook,) if monitor.runbook else (),
        )
        for monitor in record.monitors
        for alert in monitor.alerts
    ]


def _subject(record: ReportRecord, monitor: MonitorResult) -> str:
    """What a declared monitor is about: its column, performance, or else itself."""
    if monitor.column is not None:
        return monitor.column
    return PERFORMANCE if monitor.metric in record.performance and monitor.segment is None else monitor.name


def _of_table(record: ReportRecord, named: set[str]) -> Iterator[Told]:
    columns = [c for c in record.columns if c.verdict == "alert" and c.name not in named]
    found = [(column.name, column.sentence or column.reason, "") for column in columns]
    if record.task.verdict == "alert" and PERFORMANCE not in named:
        lost = next((key for key, value in record.performance.items() if value.verdict == "alert"), "")
        found.append((PERFORMANCE, record.task.sentence, lost))
    if found:
        yield Told(
            monitor=TABLE,
            **_whole(record),
            sources=tuple(name for name, _, _ in found),
            sentence=" ".join(sentence for _, sentence, _ in found[:3]),
            harm=record.harm,
            evidence=tuple(
                Evidence(source=name, monitor=TABLE, sentence=sentence, metric=metric)
                for name, sentence, metric in found
            ),
        )


def _of_rules(record: ReportRecord) -> Iterator[Told]:
    broken = [rule for rule in record.rules if rule.verdict == "alert"]
    if broken:
        said = [(r.column, f"{r.column}: {r.rule}, broken by {r.broken:,} rows") for r in broken]
        yield Told(
            monitor=RULES,
            **_whole(record),
            sources=tuple(dict.fromkeys(rule.column for rule in broken)),
            sentence=f"Rules are broken: {'; '.join(text for _, text in said[:3])}.",
            evidence=tuple(Evidence(source=name, monitor=RULES, sentence=f"{text}.") for name, text in said),
        )


class _Whole(TypedDict):
    opened: int
    last: int
    over: bool
    dated: bool


def _whole(record: ReportRecord) -> _Whole:
    """The time of what speaks of all current rows."""
    start, end = record.current.start, record.current.end
    return {
        "opened": instant(start) if start else 0,
        "last": instant(end) if end else 0,
        "over": False,
        "dated": False,
    }


def _caused(record: ReportRecord, problem: Told) -> Told:
    causes = problem.causes or causes_of(record, problem.sources, problem.opened, problem.last)
    proven = [cause.key for cause in causes if cause.key not in COINCIDENCES]
    return replace(problem, causes=tuple(causes), cause=proven[0] if proven else "")


HYSTERESIS = DAY
"""Microseconds: what comes back so soon after its end, as loud as before, is the same problem."""

_TIERS: tuple[Tier, ...] = ("alert", "warning")


def joined(problems: Sequence[Told], known: Sequence[Alert] = ()) -> list[Told]:
    """Problems that are one: those that name a common source, or that one cause explains, and whose times
    touch, whatever monitors tell of them. Those with a time of their own come first, in its order.

    Args:
        problems: what a report tells.
        known: alerts of the model. What was one alert stays one, though a later report no longer says why: it
            explains the worst few alerts, and others may have become worse.
    """
    found: list[tuple[Told, list[Told]]] = []
    for problem in problems:
        whole, parts = problem, [problem]
        # What joins may name more, and last longer, than each of its parts: then others join it, too.
        while near := [one for one in found if _are_one(one[0], whole) or _were_one(one[0], whole, known)]:
            found = [one for one in found if one not in near]
            parts = [*(part for _, others in near for part in others), *parts]
            whole = _one(parts)
        found.append((whole, parts))
    return sorted((whole for whole, _ in found), key=lambda one: (not one.dated, one.opened))


def _are_one(a: Told, b: Told) -> bool:
    if not (_reach(a) & set(b.sources) or _reach(b) & set(a.sources) or _of_one_cause(a, b)):
        return False
    if a.dated and b.dated:
        # Warnings are many: one that is over when an alert begins would date it too early.
        gap = HYSTERESIS if a.tier == b.tier else 0
        return a.opened <= b.last + gap and b.opened <= a.last + gap
    return not (a.over or b.over)


def _were_one(a: Told, b: Told, known: Sequence[Alert]) -> bool:
    return any(_is_of(a, alert) and _is_of(b, alert) for alert in known)


def _is_of(problem: Told, alert: Alert) -> bool:
    """It is the alert's, and does not begin after its end."""
    return same(alert, problem) and (not problem.dated or problem.opened <= alert.last + HYSTERESIS)


def _reach(problem: Told) -> set[str]:
    """What a problem names, and what its likeliest cause explains beside that: columns, and the performance
    of the segment in which it sits."""
    causes = _likeliest(problem)
    columns = (name for cause in causes for name in cause.columns)
    return {*problem.sources, *columns, *(str(cause.evidence.get("segment", "")) for cause in causes)} - {""}


def _likeliest(problem: Told) -> tuple[CauseResult, ...]:
    """The likeliest proven cause of a problem; of one that was joined, of each of its parts."""
    return problem.because or tuple(c for c in problem.causes if c.key == problem.cause)[:1]


def _of_one_cause(a: Told, b: Told) -> bool:
    """What happened in one segment, with one release, to a common column or to the model as a whole."""
    return any(
        one.key == other.key
        and _place(one) == _place(other)
        and (_place(one) != {} or bool({*one.columns} & {*other.columns}) or not one.columns + other.columns)
        for one in _likeliest(a)
        for other in _likeliest(b)
    )


_PLACES = ("segment", "version")
"""What of a cause's evidence says where it happened."""


def _place(cause: CauseResult) -> dict[str, float | str]:
    return {name: cause.evidence[name] for name in _PLACES if name in cause.evidence}


def _one(group: Sequence[Told]) -> Told:
    """The worst that is still there leads, and the others stand behind it."""
    order = sorted(
        group, key=lambda one: (one.over, _TIERS.index(one.tier), not one.dated, one.opened, one.monitor)
    )
    leader = order[0]
    dated = [one for one in order if one.dated] or order
    return replace(
        leader,
        opened=_began(dated),
        last=max(one.last for one in dated),
        dated=any(one.dated for one in order),
        sources=tuple(dict.fromkeys(source for one in order for source in one.sources)),
        harm=next((one.harm for one in order if one.harm), ""),
        cause=next((one.cause for one in order if one.cause), ""),
        causes=_distinct(cause for one in order for cause in one.causes),
        because=_distinct(cause for one in order for cause in _likeliest(one)),
        evidence=tuple(found for one in order for found in one.evidence),
        late=all(one.late for one in order),
        served=all(one.served for one in order),
        segments=next((one.segments for one in order if one.segments is not None), None),
        runbooks=tuple(dict.fromkeys(text for one in order for text in one.runbooks)),
        others=tuple(dict.fromkeys(name for one in order for name in one.monitors)),
    )


def _began(dated: Sequence[Told]) -> int:
    """When a problem began, of its parts with a time. A warning dates an alert only if it tells of what leads
    the alert: another one may have been open for days, and joins it by what is said of many columns."""
    loudest = min(_TIERS.index(one.tier) for one in dated)
    led = {name for one in dated if _TIERS.index(one.tier) == loudest for name in one.sources[:1]}
    return min(one.opened for one in dated if _TIERS.index(one.tier) == loudest or led & {*one.sources})


def _distinct(causes: Iterable[CauseResult]) -> tuple[CauseResult, ...]:
    """One of each: alerts that are one have the same cause with their own days' figures, of more columns or
    fewer, or say the same of other columns; the first counts."""
    found: list[CauseResult] = []
    for cause in causes:
        if not any(_says_the_same(one, cause) for one in found):
            found.append(cause)
    return tuple(found)


def _says_the_same(one: CauseResult, other: CauseResult) -> bool:
    if one.key != other.key:
        return one.sentence == other.sentence
    if _place(one) or _place(other):
        return _place(one) == _place(other)
    shared = bool({*one.columns} & {*other.columns})
    return shared or one.columns == other.columns or one.sentence == other.sentence


class PlainAlert(msgspec.Struct, frozen=True):
    """An alert as others read it: times in ISO 8601.

    Attributes:
        id: of the alert; model: whose.
        monitor: what found it; `monitors`: everything that tells of it.
        state: open, acknowledged, snoozed (until `snoozed_until`) or resolved.
        tier: "alert", or "warning", which is for the digest.
        opened, last: begin of the first window that shows it, end of the last one so far.
        sources: columns it names, or "performance".
        sentence: what happened; harm: what became of performance.
        cause: key of its likeliest cause, or "".
        first_at, changed_at: when the server found it, and when its state changed last.
        assignee: who looks after it, or "".
        maintenance: why the model was under maintenance when it opened, or "".
        useful: the last answer to "was this useful?", or null.
    """

    id: int
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
    tier: Tier
    monitors: tuple[str, ...]
    cause: str
    assignee: str
    snoozed_until: str | None
    maintenance: str
    useful: bool | None


def plain(alert: Alert) -> PlainAlert:
    """The alert as others read it."""
    values = {name: getattr(alert, name) for name in PlainAlert.__struct_fields__}
    times = ("opened", "last", "first_at", "changed_at", "snoozed_until")
    return PlainAlert(**(values | {n: None if values[n] is None else moment(values[n]) for n in times}))
