"""Living alerts."""

from __future__ import annotations

import msgspec

from leadline.server.alerts import PlainAlert, plain
from leadline.server.api.endpoint import Call, Listing, endpoint, missing
from leadline.stores.metadata.alerts import State


class Which(msgspec.Struct, forbid_unknown_fields=True):
    """Which alerts.

    Attributes:
        model, state: only of these.
        after: number of the last alert of the page before.
        limit: at most so many, 1..1000.
    """

    model: str | None = None
    state: State | None = None
    after: int | None = None
    limit: int = 100


@endpoint("GET", "/api/v1/alerts", "read")
def alerts(call: Call, query: Which) -> Listing[PlainAlert]:
    """Alerts, the latest first."""
    limit = min(max(query.limit, 1), 1000)
    found = call.service.metadata.alerts.find(query.model, query.state, query.after, limit + 1)
    more = str(found[limit - 1].id) if len(found) > limit else None
    return Listing([plain(alert) for alert in found[:limit]], more)


@endpoint("GET", "/api/v1/alerts/{number}", "read")
def alert(call: Call, number: int) -> PlainAlert:
    """One alert."""
    found = call.service.metadata.alerts.get(number)
    if found is None:
        raise missing("alert", number, "See GET /api/v1/alerts.")
    return plain(found)


@endpoint("POST", "/api/v1/alerts/{number}/acknowledge", "write")
def acknowledge(call: Call, number: int) -> PlainAlert:
    """Say that somebody has seen an open alert."""
    found = call.service.metadata.alerts.acknowledge(number, call.service.clock())
    if found is None:
        raise missing("open alert", number)
    call.service.changes.publish("alert", found.model)
    return plain(found)


ENDPOINTS = (alerts, alert, acknowledge)
