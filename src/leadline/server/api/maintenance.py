"""Times in which nothing is told of a model, and what is to be done when it alerts."""

from __future__ import annotations

import msgspec

from leadline.server.api.endpoint import Call, Listing, Wrong, endpoint, missing
from leadline.server.api.fields import Line, SomeLine, Text, time_of
from leadline.server.judging.judge import moment
from leadline.stores.metadata.maintenance import Maintenance


class NewMaintenance(msgspec.Struct, forbid_unknown_fields=True):
    """A span of time in which nothing is told.

    Attributes:
        model: name, or a pattern of names with * and ?; "*": all.
        begins, ends: ISO 8601; "" as the begin: now.
        why: in words.
    """

    model: SomeLine
    ends: Line
    why: SomeLine
    begins: Line = ""


class ShownMaintenance(msgspec.Struct, frozen=True):
    """A span of time in which nothing is told; times are ISO 8601 in UTC.

    Attributes:
        under_way: it is now.
        who: declared it.
    """

    id: int
    model: str
    begins: str
    ends: str
    why: str
    who: str
    under_way: bool


class Runbook(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be done when a model alerts: a text, or where one stands; "": nothing of its own."""

    text: Text


@endpoint("GET", "/api/v1/maintenance", "read")
def maintenances(call: Call) -> Listing[ShownMaintenance]:
    """All of them, the latest first."""
    now = call.service.clock()
    return Listing([_shown(window, now) for window in call.service.metadata.maintenance.all()])


@endpoint("POST", "/api/v1/maintenance", "write", status=201)
def add_maintenance(call: Call, body: NewMaintenance) -> ShownMaintenance:
    """Tell nothing of some models for a while. Their alerts carry the mark."""
    now = call.service.clock()
    begins = time_of(body.begins, "begins") if body.begins else now
    ends = time_of(body.ends, "ends")
    if ends <= begins:
        raise Wrong(400, "it ends before it begins", where="ends", found=body.ends)
    window = Maintenance(0, body.model, begins, ends, body.why, call.who.name)
    with call.changing() as own:
        number = call.service.metadata.maintenance.add(own, window)
    return _shown(msgspec.structs.replace(window, id=number), now)


@endpoint("DELETE", "/api/v1/maintenance/{number}", "write")
def remove_maintenance(call: Call, number: int) -> None:
    """End one now, or take it back. What is still there is told then."""
    with call.changing() as own:
        if not call.service.metadata.maintenance.remove(own, number):
            raise missing("maintenance", number, "See GET /api/v1/maintenance.")
    call.service.deliverer.wake()


@endpoint("GET", "/api/v1/models/{name}/runbook", "read")
def runbook(call: Call, name: str) -> Runbook:
    """What a model's owners say is to be done when it alerts.

    For one that the server does not know it is empty: it may be set up before it sends anything.
    """
    return Runbook(call.service.metadata.runbooks.of(name))


@endpoint("PUT", "/api/v1/models/{name}/runbook", "write")
def set_runbook(call: Call, name: str, body: Runbook) -> Runbook:
    """Say what is to be done when a model alerts."""
    with call.changing() as own:
        call.service.metadata.runbooks.set(own, name, body.text)
    return body


def _shown(window: Maintenance, now: int) -> ShownMaintenance:
    return ShownMaintenance(
        window.id, window.model, moment(window.begins), moment(window.ends), window.why, window.who,
        window.begins <= now < window.ends,
    )  # fmt: skip


ENDPOINTS = (maintenances, add_maintenance, remove_maintenance, runbook, set_runbook)
