"""Any part of a model's rows: counts, metrics, and the rows themselves for who may see them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from leadline.schedule import DAY, instant
from leadline.server.access.gate import ALLOWED
from leadline.server.api.endpoint import Call, Wrong, endpoint, missing
from leadline.server.keeping.rows import Filter
from leadline.server.looking.exploring import ROWS, Explored, Wish, explored
from leadline.stores.metadata.privacy import Privacy


class SliceAsked(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """A part of a model's rows.

    Attributes:
        filters: all of them hold.
        since, until: ISO 8601, UTC where no offset is named; of [from, to). By default the seven days before
            `to`, which is now.
        limit: at most so many rows are shown, 0..200.
    """

    filters: list[Filter] = []
    since: Annotated[str, Meta(max_length=100)] | None = None
    until: Annotated[str, Meta(max_length=100)] | None = None
    limit: Annotated[int, Meta(ge=0, le=ROWS)] = 50


@endpoint("POST", "/api/v1/models/{name}/explore", "read")
def explore(call: Call, name: str, body: SliceAsked) -> Explored:
    """What some conditions choose. Who may only read sees counts and metrics, and no single row."""
    service = call.service
    if name not in service.store.models():
        raise missing("model with rows", name, "See GET /api/v1/models.")
    privacy = service.metadata.privacy.of(name)
    start, end = _span(call, body)
    wish = Wish(body.filters, start, end, body.limit, _why_not(call, privacy), privacy.hidden)
    options = service.metadata.options.of(name).options
    found = explored(service.store, name, service.worker.baseline(name), options, wish)
    # Who looked at rows is told; counts are everybody's.
    call.is_told = not found.rows
    call.about = {"rows": str(len(found.rows)), "filters": msgspec.json.encode(body.filters).decode()}
    return found


@endpoint("GET", "/api/v1/models/{name}/privacy", "read")
def privacy(call: Call, name: str) -> Privacy:
    """What of a model's rows people may look at.

    One that the server does not know has the defaults: it may be set up before it sends anything.
    """
    return call.service.metadata.privacy.of(name)


@endpoint("PUT", "/api/v1/models/{name}/privacy", "admin")
def set_privacy(call: Call, name: str, body: Privacy) -> Privacy:
    """State what of a model's rows people may look at."""
    call.about = {"rows": str(body.rows), "hidden": ", ".join(body.hidden)}
    with call.changing() as own:
        call.service.metadata.privacy.put(own, name, body)
    return body


def _why_not(call: Call, privacy: Privacy) -> str:
    if "write" not in ALLOWED[call.who.scope or "read"]:
        return "rows are shown to editors and admins"
    return "" if privacy.rows else "rows of this model are not shown"


def _span(call: Call, body: SliceAsked) -> tuple[int, int]:
    now = call.service.clock()
    end = now if body.until is None else instant(body.until, "to")
    start = end - 7 * DAY if body.since is None else instant(body.since, "from")
    if start >= end:
        raise Wrong(400, "the time ends before it begins", where="to", found=body.until or "now")
    return start, end


ENDPOINTS = (explore, privacy, set_privacy)
