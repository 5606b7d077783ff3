"""The demo over HTTP: what can go wrong, and setting it off. Only a demo's server has these paths."""

from __future__ import annotations

from typing import Literal

import msgspec

from leadline.demo.faults import Fault
from leadline.demo.state import Demo, State
from leadline.errors import ConfigurationError
from leadline.server.api.endpoint import Call, Endpoint, Listing, endpoint, missing
from leadline.server.judging.judge import moment


class ShownFault(msgspec.Struct, frozen=True):
    """Something that can go wrong.

    Attributes:
        name, title, description: for commands and for people.
        model: whose world it changes.
        expected: what Leadline must do: raise an alert, or stay quiet and tell of it in the digest.
        since: when it was set off, in simulated time, ISO 8601 in UTC; null: it is not active.
    """

    name: str
    title: str
    description: str
    model: str
    expected: Literal["alert", "quiet"]
    since: str | None


class Served(msgspec.Struct, forbid_unknown_fields=True):
    """How far the models were asked.

    Attributes:
        until: microseconds since 1970 UTC, in simulated time; all rows until then were taken.
    """

    until: int


def endpoints(demo: Demo) -> tuple[Endpoint, ...]:
    """The paths of a demo."""

    @endpoint("GET", "/api/v1/demo", "read", topic="demo")
    def state(call: Call) -> State:
        """The demo's clock, and the names of the faults that are active."""
        return demo.state()

    @endpoint("PUT", "/api/v1/demo/served", "ingest", topic="demo")
    def served(call: Call, body: Served) -> State:
        """Let the clock run so far; the answer is what GET /api/v1/demo says."""
        demo.serve(body.until)
        return demo.state()

    @endpoint("GET", "/api/v1/demo/faults", "read", topic="demo")
    def faults(call: Call) -> Listing[ShownFault]:
        """Everything that can go wrong."""
        return Listing([_shown(demo, found) for found in demo.faults])

    @endpoint("POST", "/api/v1/demo/faults/{name}", "write", topic="demo")
    def set_off(call: Call, name: str) -> ShownFault:
        """Let something go wrong, until it is ended."""
        return _changed(call, demo, name, on=True)

    @endpoint("DELETE", "/api/v1/demo/faults/{name}", "write", topic="demo")
    def end(call: Call, name: str) -> ShownFault:
        """Let it be well again."""
        return _changed(call, demo, name, on=False)

    return state, served, faults, set_off, end


def _changed(call: Call, demo: Demo, name: str, *, on: bool) -> ShownFault:
    try:
        found = demo.set_off(name) if on else demo.end(name)
    except ConfigurationError as error:
        raise missing("fault", name, error.next_step or "See GET /api/v1/demo/faults.") from None
    call.service.changes.publish("event", found.model)
    return _shown(demo, found)


def _shown(demo: Demo, fault: Fault) -> ShownFault:
    since = demo.since().get(fault.name)
    return ShownFault(
        fault.name,
        fault.title,
        fault.description,
        fault.model,
        fault.expected,
        None if since is None else moment(since),
    )
