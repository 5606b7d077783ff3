"""What people do with alerts."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from leadline.schedule import DAY
from leadline.server.alerting.alerts import PlainAlert, plain
from leadline.server.alerting.lifecycle import Happened
from leadline.server.api.alerts import known
from leadline.server.api.endpoint import Call, Wrong, endpoint
from leadline.server.api.fields import Line, SomeText, Text, time_of
from leadline.server.judging.judge import moment
from leadline.stores.metadata.alerts import State, Step

LONGEST_SNOOZE = 366 * DAY

LIVING: tuple[State, ...] = ("open", "acknowledged", "snoozed")
ANY: tuple[State, ...] = (*LIVING, "resolved")


class SnoozeUntil(msgspec.Struct, forbid_unknown_fields=True):
    """When it comes back, ISO 8601; at most a year ahead."""

    until: Line


class AssignTo(msgspec.Struct, forbid_unknown_fields=True):
    """Who looks after it; "": nobody."""

    to: Line


class Comment(msgspec.Struct, forbid_unknown_fields=True):
    """Something that others should know."""

    text: SomeText


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """The answer to "was this useful?"."""

    useful: bool
    text: Text = ""


@endpoint("POST", "/api/v1/alerts/{number}/acknowledge", "write", narrow=True, errors=(409,), topic="alerts")
def acknowledge(call: Call, number: int) -> PlainAlert:
    """Say that somebody has seen an open alert: it goes to nobody else."""
    return _step(call, number, "acknowledged", "", ("open", "snoozed"), state="acknowledged")


@endpoint("POST", "/api/v1/alerts/{number}/snooze", "write", narrow=True, errors=(409,), topic="alerts")
def snooze(call: Call, number: int, body: SnoozeUntil) -> PlainAlert:
    """Tell nothing of an alert until a time; if it is still there then, it is told again."""
    until, now = time_of(body.until, "until"), call.service.clock()
    if not now < until <= now + LONGEST_SNOOZE:
        raise Wrong(
            400, "not a time to snooze until", where="until", found=body.until,
            accepted="a time within the next year",
        )  # fmt: skip
    return _step(
        call, number, "snoozed", f"until {moment(until)[:16]}Z", LIVING, state="snoozed", snoozed_until=until
    )


@endpoint("POST", "/api/v1/alerts/{number}/resolve", "write", narrow=True, errors=(409,), topic="alerts")
def resolve(call: Call, number: int) -> PlainAlert:
    """Say that an alert is done with. It stays so until the problem has been over and is there anew."""
    return _step(call, number, "resolved", "", LIVING, "resolved", state="resolved", settled=True)


@endpoint("POST", "/api/v1/alerts/{number}/reopen", "write", narrow=True, errors=(409,), topic="alerts")
def reopen(call: Call, number: int) -> PlainAlert:
    """Say that a resolved alert is not done with."""
    return _step(call, number, "reopened", "", ("resolved",), "reopened", state="open", settled=False)


@endpoint("POST", "/api/v1/alerts/{number}/assign", "write", narrow=True, topic="alerts")
def assign(call: Call, number: int, body: AssignTo) -> PlainAlert:
    """Say who looks after an alert."""
    return _step(call, number, "assigned", body.to, ANY, assignee=body.to)


@endpoint("POST", "/api/v1/alerts/{number}/comment", "write", narrow=True, topic="alerts")
def comment(call: Call, number: int, body: Comment) -> PlainAlert:
    """Write something to the history of an alert."""
    return _step(call, number, "commented", body.text, ANY)


@endpoint("POST", "/api/v1/alerts/{number}/useful", "write", narrow=True, topic="alerts")
def useful(call: Call, number: int, body: Answer) -> PlainAlert:
    """Answer "was this useful?". The weekly digest names the monitors that are noisy by these answers."""
    what = "useful" if body.useful else "not useful"
    return _step(call, number, what, body.text, ANY, useful=body.useful)


def _step(
    call: Call,
    number: int,
    what: str,
    text: str,
    allowed: tuple[State, ...],
    tell: Happened | None = None,
    **becomes: Any,
) -> PlainAlert:
    """What an alert becomes by what a person does, in one transaction with what is told of it."""
    metadata, now = call.service.metadata, call.service.clock()
    with call.changing() as own:
        before = known(call, number, own)
        if before.state not in allowed:
            raise Wrong(
                409, f"the alert is {before.state}", where=f"alert {number}", accepted=", ".join(allowed)
            )
        if "state" in becomes:
            becomes = {"changed_at": now, "snoozed_until": None, "silent": False} | becomes
        alert = replace(before, **becomes)
        metadata.alerts.write(own, alert)
        metadata.alerts.add_step(own, number, Step(now, call.who.name, what, text))
        if alert.state == "acknowledged":
            metadata.channels.withdraw(own, number, now, escalated=True)
        elif alert.state == "snoozed":
            metadata.channels.withdraw(own, number, now)
        if tell is not None and not (tell == "resolved" and before.silent):
            call.service.telling.tell(own, alert, tell, now)
    call.service.deliverer.wake()
    call.service.changes.publish("alert", alert.model)
    return plain(alert)


ENDPOINTS = (acknowledge, snooze, resolve, reopen, assign, comment, useful)
