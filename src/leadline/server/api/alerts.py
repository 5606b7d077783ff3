"""Living alerts, to be read."""

from __future__ import annotations

from typing import Literal

import msgspec

from leadline.schedule import DAY
from leadline.server.alerting.alerts import PlainAlert, plain
from leadline.server.alerting.findings import Findings
from leadline.server.alerting.notice import steps
from leadline.server.api.endpoint import Call, Listing, endpoint, missing
from leadline.server.api.fields import Number
from leadline.server.judging.judge import moment
from leadline.stores.metadata.alerts import Alert, State
from leadline.stores.metadata.channels import Delivery
from leadline.stores.metadata.database import Transaction
from leadline.stores.metadata.events import Kind

SHORTLY_BEFORE = 3 * DAY
"""Microseconds before an alert in which an event may have to do with it."""


class WhichAlerts(msgspec.Struct, forbid_unknown_fields=True):
    """Which alerts.

    Attributes:
        model: only of this one.
        state: only in this one; "living": all but the resolved ones.
        tier: alerts, warnings, or any.
        after: number of the last alert of the page before.
        limit: at most so many, 1..1000.
    """

    model: str | None = None
    state: State | Literal["living"] | None = None
    tier: Literal["alert", "warning", "any"] = "alert"
    after: Number | None = None
    limit: int = 100


class HistoryStep(msgspec.Struct, frozen=True):
    """Something that happened to an alert.

    Attributes:
        at: ISO 8601 in UTC.
        who: did it; "" is Leadline itself.
        what: opened, reopened, resolved, over, grew (names more sources), raised (from a warning), lowered
            (to one), maintenance, told, woke, acknowledged, snoozed, assigned, commented, useful, not useful.
        text: more of it, in words.
    """

    at: str
    who: str
    what: str
    text: str


class HappenedThen(msgspec.Struct, frozen=True):
    """An event shortly before an alert, or during it.

    Attributes:
        id: of the event.
        at: ISO 8601 in UTC; hours_before: from then to the begin of the alert; negative: after it.
        kind, text, version, who: as it was told.
    """

    id: int
    at: str
    hours_before: float
    kind: Kind
    text: str
    version: str
    who: str


class ShownDelivery(msgspec.Struct, frozen=True):
    """A message of an alert. Times are ISO 8601 in UTC.

    Attributes:
        channel, kind: where it goes.
        happened: what it tells.
        made_at, next_at: when it was made, and when it is or was to be sent.
        tries: so far; delivered_at: when it was taken, or null; problem: what the last try met, or null.
    """

    channel: str
    kind: str
    happened: str
    made_at: str
    next_at: str
    tries: int
    delivered_at: str | None
    problem: str | None


class AlertDetail(msgspec.Struct, frozen=True):
    """Everything that is known of an alert.

    Attributes:
        alert: what it is now.
        findings: evidence, causes, harm, segments and changes as of the last report that told of it.
        at_opening: the same as of when it opened (again).
        events: what people told of these days, the nearest to its begin first.
        runbook: what is to be done.
        history: what happened to it, in order.
        deliveries: the messages that tell of it.
    """

    alert: PlainAlert
    findings: Findings
    at_opening: Findings
    events: list[HappenedThen]
    runbook: list[str]
    history: list[HistoryStep]
    deliveries: list[ShownDelivery]


@endpoint("GET", "/api/v1/alerts", "read", narrow=True)
def alerts(call: Call, query: WhichAlerts) -> Listing[PlainAlert]:
    """Alerts, the latest first."""
    limit = min(max(query.limit, 1), 1000)
    tier = None if query.tier == "any" else query.tier
    found = call.service.metadata.alerts.find(
        query.model, query.state, query.after, limit + 1, tier, call.who.models
    )
    more = str(found[limit - 1].id) if len(found) > limit else None
    return Listing([plain(alert) for alert in found[:limit]], more)


@endpoint("GET", "/api/v1/alerts/{number}", "read", narrow=True)
def alert(call: Call, number: int) -> AlertDetail:
    """One alert, with everything that is known of it."""
    metadata, found = call.service.metadata, known(call, number)
    opening, latest = call.service.telling.known(number)
    return AlertDetail(
        plain(found),
        latest,
        opening,
        _events(call, found),
        steps(found, latest, metadata.runbooks.of(found.model)),
        [
            HistoryStep(moment(step.at), step.who, step.what, step.text)
            for step in metadata.alerts.steps(number)
        ],
        [_delivery(one) for one in metadata.channels.deliveries(number)],
    )


def known(call: Call, number: int, own: Transaction | None = None) -> Alert:
    """The alert of a number, where whoever asks may speak of its model."""
    found = call.service.metadata.alerts.get(number, own)
    if found is None or not call.who.may(found.model):
        raise missing("alert", number, "See GET /api/v1/alerts.")
    return found


def _events(call: Call, alert: Alert) -> list[HappenedThen]:
    found = call.service.metadata.events.find(alert.model, alert.opened - SHORTLY_BEFORE, alert.last)
    shown = [
        HappenedThen(
            event.id, moment(event.at), (alert.opened - event.at) / 3.6e9, event.kind, event.text,
            event.version, event.who,
        )
        for event in found
    ]  # fmt: skip
    return sorted(shown, key=lambda event: abs(event.hours_before))


def _delivery(found: Delivery) -> ShownDelivery:
    return ShownDelivery(
        found.channel,
        found.kind,
        found.happened,
        moment(found.created_at),
        moment(found.next_at),
        found.tries,
        None if found.delivered_at is None else moment(found.delivered_at),
        found.problem,
    )


ENDPOINTS = (alerts, alert)
