"""Something happened at the time: a deploy, a configuration, an upstream change, a holiday, a new version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.rules.version_change import find as version_change
from leadline.diagnosis.rules.version_change import versions_moved
from leadline.diagnosis.words import named, percent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SHORTLY = 2 * 86_400_000_000
_MOST = 3
"""So many events are told: of more, most are there by chance."""


def find(case: Case) -> list[Finding]:
    """The events from shortly before what is judged to its end, the nearest to its start first.

    Shortly: not before the end of the reference, nor longer before than what is judged lasts, or two days.
    """
    columns = tuple(column.name for column in case.moved)
    return [*_versions(case, columns), *_events(case, columns)]


def _versions(case: Case, columns: tuple[str, ...]) -> list[Finding]:
    """A version that gained rows while the inputs moved too, where nothing is proven of it."""
    moved = versions_moved(case)
    if moved is None or not case.moved_inputs or version_change(case):
        return []
    name, before, now = moved
    return [
        Finding(
            columns,
            f"At the same time version {named(name)} of the model came to answer {percent(now)} of the rows"
            f" ({percent(before)} before).",
            {"version": name, "rows_share_before": before, "rows_share_now": now},
            None,
        )
    ]


def _events(case: Case, columns: tuple[str, ...]) -> list[Finding]:
    if case.start is None or case.end is None:
        return []
    start, end = case.start, case.end
    first = start - max(end - start, _SHORTLY)
    before = case.comparison.baseline.whole.end
    if before is not None and before < start:
        first = max(first, before)
    near = [event for event in case.events if first <= event.time <= end]
    found = []
    for event in sorted(near, key=lambda event: (abs(event.time - start), event.time))[:_MOST]:
        when = (_EPOCH + timedelta(microseconds=event.time)).strftime("%Y-%m-%d %H:%M UTC")
        found.append(
            Finding(
                columns,
                f"{when}, {event.kind}{event.text and ': '}{event.text.rstrip('.')}.",
                {"kind": event.kind, "time": when, "hours_after_start": (event.time - start) / 3.6e9},
                None,
            )
        )
    return found


RULE = Rule(
    "event",
    "At the same time",
    Scope.COINCIDENCE,
    "The event's time lies shortly before what is judged, or within.",
    find,
)
