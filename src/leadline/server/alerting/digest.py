"""The weekly digest: what was not worth an alert, what was, and whether alerts are worth their noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from leadline.reports.words import counted
from leadline.schedule import DAY
from leadline.server.alerting.notice import Text
from leadline.server.alerting.routing import Routing, next_digest
from leadline.server.judging.judge import moment
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.alerts import Alert
from leadline.stores.metadata.channels import Channel, Message

ANSWER_DAYS = 90
"""Days of which answers to "was this useful?" are counted."""

_ANSWERS = 2
"""Fewer answers say nothing of a monitor."""

_SHOWN = 20


class DigestLine(msgspec.Struct, frozen=True):
    """Something that was told, or not worth telling.

    Attributes:
        alert: number; model: whose; state: now.
        sentence: what happened; harm: what became of performance.
        since: begin of the first window that shows it, ISO 8601 in UTC.
    """

    alert: int
    model: str
    state: str
    sentence: str
    harm: str
    since: str


class NoisyMonitor(msgspec.Struct, frozen=True):
    """A monitor most of whose alerts were not useful, by the answers.

    Attributes:
        alerts: in these days; useful, not_useful: answers.
    """

    model: str
    monitor: str
    alerts: int
    useful: int
    not_useful: int


class FalseAlerts(msgspec.Struct, frozen=True):
    """The budget of a model over the windows that are judged.

    Attributes:
        expected: false alerts to expect; observed: alerts, false ones or not.
    """

    model: str
    expected: float
    observed: int


class Digest(msgspec.Struct, frozen=True):
    """What happened in some days.

    Attributes:
        since, until: of what it speaks, ISO 8601 in UTC.
        alerts: that lived then, the latest first.
        harmless: drift that was too harmless for an alert; warnings: all other warnings.
        noisy: monitors most of whose alerts were not useful.
        budgets: false alerts expected and alerts observed, by model; worst first.
        quiet: models of which there is nothing to tell.
    """

    since: str
    until: str
    alerts: list[DigestLine]
    harmless: list[DigestLine]
    warnings: list[DigestLine]
    noisy: list[NoisyMonitor]
    budgets: list[FalseAlerts]
    quiet: int


def digest(metadata: Metadata, now: int, days: int = 7) -> Digest:
    """What happened in the last days."""
    since = now - days * DAY
    lived = metadata.alerts.lived(since, now)
    warnings = [alert for alert in lived if alert.tier == "warning"]
    judged = metadata.judgements.all()
    return Digest(
        moment(since),
        moment(now),
        [_line(alert) for alert in lived if alert.tier == "alert"],
        [_line(alert) for alert in warnings if _is_harmless(alert)],
        [_line(alert) for alert in warnings if not _is_harmless(alert)],
        noisy(metadata.alerts.found_since(now - ANSWER_DAYS * DAY)),
        _budgets({name: found.summary for name, found in judged.items()}),
        len(judged.keys() - {alert.model for alert in lived}),
    )


def noisy(alerts: Sequence[Alert]) -> list[NoisyMonitor]:
    """Monitors with more answers that an alert was not useful than that it was, the noisiest first."""
    told: Counter[tuple[str, str]] = Counter()
    answers: Counter[tuple[str, str, bool]] = Counter()
    for alert in alerts:
        for monitor in alert.monitors:
            told[alert.model, monitor] += alert.tier == "alert"
            if alert.useful is not None:
                answers[alert.model, monitor, alert.useful] += 1
    found = [
        NoisyMonitor(model, monitor, count, answers[model, monitor, True], answers[model, monitor, False])
        for (model, monitor), count in told.items()
    ]
    loud = [one for one in found if one.useful + one.not_useful >= _ANSWERS and one.not_useful > one.useful]
    return sorted(loud, key=lambda one: (one.useful - one.not_useful, one.model, one.monitor))


class _Summary(msgspec.Struct):
    """What a digest needs of `leadline.server.judging.summary.Summary`."""

    expected: float | None
    observed: int | None


def _budgets(summaries: dict[str, bytes]) -> list[FalseAlerts]:
    found = []
    for name, content in summaries.items():
        summary = msgspec.json.decode(content, type=_Summary)
        if summary.expected is not None and summary.observed is not None:
            found.append(FalseAlerts(name, summary.expected, summary.observed))
    return sorted(found, key=lambda one: (one.expected - one.observed, one.model))


def _is_harmless(alert: Alert) -> bool:
    return alert.harm.startswith("Harmless")


def _line(alert: Alert) -> DigestLine:
    return DigestLine(alert.id, alert.model, alert.state, alert.sentence, alert.harm, moment(alert.opened))


def lines(found: Digest) -> list[str]:
    """A digest as plain text."""
    text = [f"{found.since[:10]} to {found.until[:10]}"]
    if not found.alerts:
        text += ["", "No alerts."]
    for title, items in (
        ("Alerts", found.alerts), ("Harmless drift", found.harmless), ("Warnings", found.warnings),
    ):  # fmt: skip
        if items:
            text += ["", f"{title} ({len(items)}):"]
            text += [f"- {one.model}: {one.sentence} {one.harm}".rstrip() for one in items[:_SHOWN]]
            text += [f"- and {len(items) - _SHOWN} more"] if len(items) > _SHOWN else []
    if found.noisy:
        text += ["", "Noisy monitors, by the answers to \u201cwas this useful?\u201d:"]
        text += [
            f"- {one.model}, {one.monitor}: {one.not_useful} of {one.useful + one.not_useful} not useful"
            for one in found.noisy[:_SHOWN]
        ]
    if found.budgets:
        expected = sum(one.expected for one in found.budgets)
        observed = sum(one.observed for one in found.budgets)
        text += ["", f"In the judged windows: {expected:.1f} false alerts to expect, {observed} alerts."]
    if found.quiet:
        text.append(f"Quiet: {counted(found.quiet, 'model')}.")
    return text


def due(metadata: Metadata, now: int, link: str) -> None:
    """Messages with the digest to the channels whose time has come, each once."""
    for channel in metadata.channels.all():
        if channel.digest_at is not None and channel.digest_at <= now:
            _tell(metadata, channel, now, link)


def _tell(metadata: Metadata, channel: Channel, now: int, link: str) -> None:
    wanted = msgspec.json.decode(channel.routing, type=Routing).digest
    key = f"digest/{channel.digest_at}"
    found = digest(metadata, now)
    warnings = counted(len(found.harmless) + len(found.warnings), "warning")
    subject = f"Leadline: {counted(len(found.alerts), 'alert')}, {warnings} this week"
    body = msgspec.json.encode(Text("digest", key, subject, lines(found), link))
    message = Message(key, channel.id, 0, "", "digest", "", False, body, now)
    following = None if wanted is None else next_digest(wanted, now)
    with metadata.database.transaction() as own:
        # Meanwhile the channel may have become another one.
        if metadata.channels.plan_digest(own, channel, following):
            metadata.channels.tell(own, message, now)
