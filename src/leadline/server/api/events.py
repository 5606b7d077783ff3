"""What people tell of a model's surroundings."""

from __future__ import annotations

from typing import Literal

import msgspec

from leadline.server.api.endpoint import Call, Listing, Wrong, endpoint, missing
from leadline.server.api.fields import Line, Name, Number, SomeLine, time_of
from leadline.server.judging.judge import moment
from leadline.stores.metadata.events import Event, Kind

Told = Literal["deploy", "configuration", "upstream", "holiday", "note"]
"""Kinds that people tell; "version" comes with the traffic."""


class NewEvent(msgspec.Struct, forbid_unknown_fields=True):
    """Something that happened.

    Attributes:
        kind: deploy, configuration, upstream, holiday or note.
        text: what happened.
        model: whose; "": that of all models.
        at: when, ISO 8601; "": now.
        version: of the model, where it is about one.
    """

    kind: Told
    text: SomeLine
    model: Name = ""
    at: Line = ""
    version: Name = ""


class ShownEvent(msgspec.Struct, frozen=True):
    """Something that happened; times are ISO 8601 in UTC.

    Attributes:
        model: whose; "": that of all models.
        kind: what sort of thing; "version": a version that was first seen in the traffic.
        at: when it happened; told_at: when it was told.
        who: told it; "" is Leadline itself.
    """

    id: int
    model: str
    kind: Kind
    at: str
    text: str
    version: str
    who: str
    told_at: str


class WhichEvents(msgspec.Struct, forbid_unknown_fields=True):
    """Which events.

    Attributes:
        model: only of this one, and of all models.
        since, until: only in this span, ISO 8601; both ends included.
        after: number of the last event of the page before.
        limit: at most so many, 1..1000.
    """

    model: str | None = None
    since: str | None = None
    until: str | None = None
    after: Number | None = None
    limit: int = 100


@endpoint("GET", "/api/v1/events", "read", narrow=True)
def events(call: Call, query: WhichEvents) -> Listing[ShownEvent]:
    """Events, those told last first."""
    limit = min(max(query.limit, 1), 1000)
    found = call.service.metadata.events.find(
        query.model,
        None if query.since is None else time_of(query.since, "since"),
        None if query.until is None else time_of(query.until, "until"),
        query.after,
        limit + 1,
        call.who.models,
    )
    more = str(found[limit - 1].id) if len(found) > limit else None
    return Listing([_shown(event) for event in found[:limit]], more)


@endpoint("POST", "/api/v1/events", "write", status=201, narrow=True)
def add_event(call: Call, body: NewEvent) -> ShownEvent:
    """Tell of something that happened around a model, or around all of them."""
    _check(call, body.model)
    now = call.service.clock()
    at = time_of(body.at, "at") if body.at else now
    event = Event(0, body.model, body.kind, at, body.text, body.version, call.who.name, now)
    with call.changing() as own:
        number = call.service.metadata.events.add(own, event)
    call.service.changes.publish("event", body.model)
    return _shown(msgspec.structs.replace(event, id=number))


@endpoint("DELETE", "/api/v1/events/{number}", "write", narrow=True)
def remove_event(call: Call, number: int) -> None:
    """Take back an event that was told."""
    events = call.service.metadata.events
    with call.changing() as own:
        found = events.get(number, own)
        if found is None or (found.model and not call.who.may(found.model)):
            raise missing("event", number, "See GET /api/v1/events.")
        _check(call, found.model)
        events.remove(own, number)
    call.service.changes.publish("event", found.model)


def _check(call: Call, model: str) -> None:
    """Whoever is limited to some models speaks of one of them, and not of all."""
    if not call.who.may(model):
        raise Wrong(403, "the token does not allow this", where="model", found=model)


def _shown(event: Event) -> ShownEvent:
    return ShownEvent(
        event.id, event.model, event.kind, moment(event.at), event.text, event.version, event.who,
        moment(event.told_at),
    )  # fmt: skip


ENDPOINTS = (events, add_event, remove_event)
