"""What is told of an alert: everything that a reader needs, whatever the channel."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from leadline.reports.record import SegmentHit
from leadline.reports.words import amount, count
from leadline.server.alerting import runbook
from leadline.server.alerting.alerts import PlainAlert, plain
from leadline.server.alerting.findings import Findings, Trend, how_large, how_sure
from leadline.server.alerting.lifecycle import Happened
from leadline.stores.metadata.alerts import Alert

SUBJECT_LETTERS = 78
"""Most letters of a subject: what a phone shows of it."""

_FIRST: dict[Happened, str] = {
    "opened": "", "reopened": "Again: ", "resolved": "Over: ", "lowered": "Harmless: ",
}  # fmt: skip


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of an alert. A webhook gets it as JSON.

    Attributes:
        event: opened, reopened, resolved, or lowered to a warning, because it does no harm.
        key: names this message; a receiver that has seen it may drop it.
        model: whose alert; alert: what it is now.
        subject: one line.
        what: one sentence; since: begin of the first window that shows it, ISO 8601 in UTC.
        large, sure: size with its interval, and the evidence; "" where nothing was measured.
        features: what it names; segments: hit hardest first.
        harm: what became of performance.
        causes: likely ones with their proof; changes: what else is different since then.
        steps: what is to be done.
        link: to the page of the alert; "" where the server does not know its own address.
        trend: what a small picture is drawn of, or null.
    """

    event: Happened
    key: str
    model: str
    alert: PlainAlert
    subject: str
    what: str
    since: str
    large: str
    sure: str
    features: list[str]
    segments: list[str]
    harm: str
    causes: list[str]
    changes: list[str]
    steps: list[str]
    link: str
    trend: Trend | None


class Text(msgspec.Struct, frozen=True):
    """What is told of no alert: a digest, a test. Lines of plain text."""

    event: Literal["digest", "test"]
    key: str
    subject: str
    lines: list[str]
    link: str


def notice(
    alert: Alert, happened: Happened, findings: Findings, key: str, own_steps: str, link: str
) -> Notice:
    """What is told of an alert."""
    shown = plain(alert)
    first = findings.evidence[0] if findings.evidence else None
    return Notice(
        event=happened,
        key=key,
        model=alert.model,
        alert=shown,
        subject=subject(alert, happened),
        what=alert.sentence,
        since=shown.opened,
        large=how_large(first) if first is not None else "",
        sure=how_sure(first) if first is not None else "",
        features=[*alert.sources],
        segments=[segment_words(hit) for hit in findings.segments],
        harm=alert.harm or findings.harm,
        causes=[cause.sentence for cause in findings.causes],
        changes=findings.changes,
        steps=steps(alert, findings, own_steps),
        link=link,
        trend=findings.trend,
    )


def steps(alert: Alert, findings: Findings, own: str) -> list[str]:
    """What is to be done: what the model's owners say, what its monitors say, first steps by the cause."""
    causes = [alert.cause, *(cause.key for cause in findings.causes)]
    return runbook.steps(causes, [own, *findings.runbooks])


def subject(alert: Alert, happened: Happened) -> str:
    """One line that a phone shows whole: the model first, then what happened."""
    text = f"{_FIRST[happened]}{alert.model}: {alert.sentence}".replace("\n", " ").rstrip(".")
    return text if len(text) <= SUBJECT_LETTERS else text[: SUBJECT_LETTERS - 1].rstrip() + "\u2026"


def segment_words(hit: SegmentHit) -> str:
    """A segment that is hit, in words."""
    ends = f"{amount(hit.low)} to {amount(hit.high)}"
    return f"{hit.column}={hit.value}: {hit.title} {amount(hit.change)} ({ends}), {count(hit.rows)} rows"


def when(text: str) -> str:
    """A moment in ISO 8601 for people: "Tue 14 Apr 2026 00:00 UTC"."""
    return datetime.fromisoformat(text).strftime("%a %-d %b %Y %H:%M UTC")


def lines(told: Notice) -> list[str]:
    """All of it as plain text, line by line."""
    parts = [
        told.what,
        f"Since {when(told.since)}.",
        _line("How large", told.large),
        _line("How sure", told.sure),
        _line("Features", ", ".join(told.features)),
        _line("Harm", told.harm),
        *_list("Segments", told.segments),
        *_list("Likely causes", told.causes),
        *_list("What else changed", told.changes),
        *(_list("What to do", told.steps) if told.event in ("opened", "reopened") else ()),
        told.link,
    ]
    return [part for part in parts if part]


def _line(title: str, text: str) -> str:
    return f"{title}: {text}" if text else ""


def _list(title: str, items: list[str]) -> list[str]:
    return [f"{title}:", *(f"- {item}" for item in items)] if items else []
