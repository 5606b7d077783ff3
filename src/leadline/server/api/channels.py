"""Where alerts are told, and the weekly digest."""

from __future__ import annotations

import json
import secrets
from typing import Any

import msgspec

from leadline.server.alerting.deliver.kinds import KINDS, send
from leadline.server.alerting.deliver.parcel import ChannelKind, Parcel
from leadline.server.alerting.deliver.targets import ENVIRONMENT, revealed
from leadline.server.alerting.digest import Digest, digest
from leadline.server.alerting.notice import Text as ToldText
from leadline.server.alerting.routing import Routing, checked, next_digest
from leadline.server.api.endpoint import Call, Listing, Wrong, endpoint, missing
from leadline.server.api.fields import Line, SomeLine, Text
from leadline.server.judging.judge import moment
from leadline.stores.metadata.channels import Channel, Load
from leadline.stores.metadata.database import Transaction

HIDDEN = "(kept)"
"""Stands for a secret that is kept and never shown again."""


class NewChannel(msgspec.Struct, forbid_unknown_fields=True):
    """A way to people.

    Attributes:
        name: for people; no two channels have the same.
        kind: mail, webhook, alertmanager or apprise.
        settings: of its kind; see GET /api/v1/channels/kinds.
        secret: password, token or whatever its kind needs: a text, or "env:NAME" for a variable of the
            server's environment; null: none, or, when a channel is changed, the one that is kept.
        routing: what is told there, and when.
    """

    name: SomeLine
    kind: Line
    settings: dict[str, Any]
    secret: Text | None = None
    routing: Routing = msgspec.field(default_factory=Routing)


class ShownChannel(msgspec.Struct, frozen=True):
    """A channel, without what is secret of it; times are ISO 8601 in UTC.

    Attributes:
        secret: "env:NAME", "(kept)", or "" for none.
        undelivered: messages that wait; problem: what the last try met, or null.
        delivered_at: when a message was taken last, or null; digest_at: when the next digest is due, or null.
    """

    id: int
    name: str
    kind: str
    settings: dict[str, Any]
    secret: str
    routing: Routing
    undelivered: int
    problem: str | None
    delivered_at: str | None
    digest_at: str | None
    made_at: str


class MadeChannel(msgspec.Struct, frozen=True):
    """A channel that was set up.

    Attributes:
        secret: that was made for it, told once; "" where none was.
    """

    channel: ShownChannel
    secret: str


class Tried(msgspec.Struct, frozen=True):
    """What became of a test message.

    Attributes:
        delivered: it was taken; problem: why not, or "".
    """

    delivered: bool
    problem: str


class ShownKind(msgspec.Struct, frozen=True):
    """A kind of channel.

    Attributes:
        secret: what its secret is, in words.
        needs_secret, makes_secret: it cannot do without; one is made where none is given.
        settings: JSON Schema of its settings.
    """

    key: str
    title: str
    secret: str
    needs_secret: bool
    makes_secret: bool
    settings: dict[str, Any]


class Days(msgspec.Struct, forbid_unknown_fields=True):
    """How long back a digest looks, 1..90 days."""

    days: int = 7


@endpoint("GET", "/api/v1/channels", "admin")
def channels(call: Call) -> Listing[ShownChannel]:
    """All channels. An address of a webhook may be a secret itself."""
    kept = call.service.metadata.channels
    loads = kept.loads()
    return Listing([_shown(channel, loads.get(channel.id, Load())) for channel in kept.all()])


@endpoint("GET", "/api/v1/channels/kinds", "read")
def kinds(call: Call) -> Listing[ShownKind]:
    """What kinds there are, and what each needs."""
    return Listing([_kind(kind) for kind in KINDS.values()])


@endpoint("POST", "/api/v1/channels", "admin", status=201, errors=(409,))
def add_channel(call: Call, body: NewChannel) -> MadeChannel:
    """Tell of alerts on a further channel from now on."""
    made = ""
    if body.secret is None and _kind_of(body).makes_secret:
        made = body.secret = secrets.token_urlsafe(32)
    channel = _channel(call, body, None)
    call.about = {"name": body.name, "kind": body.kind}
    with call.changing() as own:
        _check_name(call, own, channel)
        number = call.service.metadata.channels.add(own, channel)
    return MadeChannel(_shown(msgspec.structs.replace(channel, id=number), Load()), made)


@endpoint("POST", "/api/v1/channels/check", "admin", changes=False)
def check_channel(call: Call, body: NewChannel) -> None:
    """Say what is wrong with a channel, a new one or the one of this name, and change nothing."""
    known = (one for one in call.service.metadata.channels.all() if one.name == body.name)
    _channel(call, body, next(known, None))


@endpoint("PUT", "/api/v1/channels/{number}", "admin", errors=(409,))
def change_channel(call: Call, number: int, body: NewChannel) -> ShownChannel:
    """Put what a channel is to be in its place; messages that wait go there."""
    kept = call.service.metadata.channels
    call.about = {"name": body.name, "kind": body.kind}
    with call.changing() as own:
        before = kept.get(number, own)
        if before is None:
            raise missing("channel", number, "See GET /api/v1/channels.")
        channel = _channel(call, body, before)
        _check_name(call, own, channel)
        kept.change(own, channel)
    call.service.deliverer.wake()
    return _shown(channel, kept.loads()[number])


@endpoint("DELETE", "/api/v1/channels/{number}", "admin")
def remove_channel(call: Call, number: int) -> None:
    """Tell nothing more there; what waits is not sent."""
    with call.changing() as own:
        if not call.service.metadata.channels.remove(own, number):
            raise missing("channel", number, "See GET /api/v1/channels.")


@endpoint("POST", "/api/v1/channels/{number}/test", "admin")
def test_channel(call: Call, number: int) -> Tried:
    """Send a message now that says that it is a test, and say what became of it."""
    channel = call.service.metadata.channels.get(number)
    if channel is None:
        raise missing("channel", number, "See GET /api/v1/channels.")
    now = call.service.clock()
    key = f"test/{number}/{now}"
    text = ToldText("test", key, "Leadline: a test", [f"This is a test of the channel {channel.name!r}."], "")
    parcel = Parcel(key, (), text, msgspec.json.encode(text))
    problem = send(channel, parcel, call.service.private_targets, now)
    return Tried(problem is None, problem or "")


@endpoint("GET", "/api/v1/digest", "read")
def show_digest(call: Call, query: Days) -> Digest:
    """What the weekly digest says now."""
    if not 1 <= query.days <= 90:
        raise Wrong(400, "not a number of days", where="days", found=str(query.days), accepted="1 to 90")
    return digest(call.service.metadata, call.service.clock(), query.days)


def _kind_of(body: NewChannel) -> ChannelKind:
    if body.kind not in KINDS:
        raise Wrong(400, "no such kind of channel", where="kind", found=body.kind, accepted=", ".join(KINDS))
    return KINDS[body.kind]


def _channel(call: Call, body: NewChannel, before: Channel | None) -> Channel:
    """The channel that is wanted, checked by its kind."""
    kind = _kind_of(body)
    try:
        settings = msgspec.convert(body.settings, kind.settings)
    except msgspec.ValidationError as error:
        fields = ", ".join(kind.settings.__struct_fields__) or "no settings"
        raise Wrong(
            400, "not what the kind needs", where="settings", found=str(error), accepted=fields
        ) from None
    secret = body.secret or ""
    if before is not None and before.kind == body.kind and body.secret in (None, HIDDEN):
        secret = _kept_secret(before, msgspec.to_builtins(settings))
    if kind.needs_secret and not secret:
        raise Wrong(400, "the kind needs a secret", where="secret", accepted=f"{kind.secret}, or env:NAME")
    kind.check(settings, revealed(secret), call.service.private_targets)
    routing, now = checked(body.routing), call.service.clock()
    return Channel(
        0 if before is None else before.id,
        body.name,
        body.kind,
        msgspec.json.encode(settings).decode(),
        secret,
        msgspec.json.encode(routing).decode(),
        None if routing.digest is None else next_digest(routing.digest, now),
        now if before is None else before.created_at,
    )


def _check_name(call: Call, own: Transaction, channel: Channel) -> None:
    """Files and commands know a channel by its name alone."""
    same = [one.id for one in call.service.metadata.channels.all(own) if one.name == channel.name]
    if same and channel.id not in same:
        raise Wrong(
            409, "another channel has this name", where="name", found=channel.name,
            next_step=f"Choose another one, or change channel {same[0]}.",
        )  # fmt: skip


_TARGET = ("url", "host", "port", "security", "user")


def _kept_secret(before: Channel, settings: dict[str, Any]) -> str:
    """The secret of a channel, which goes to no other target than the one that it was given for."""
    known = json.loads(before.settings)
    if before.secret and any(settings.get(name) != known.get(name) for name in _TARGET):
        raise Wrong(400, "another target needs the secret again", where="secret")
    return before.secret


def _shown(channel: Channel, load: Load) -> ShownChannel:
    secret = channel.secret if channel.secret.startswith(ENVIRONMENT) else HIDDEN if channel.secret else ""
    return ShownChannel(
        channel.id,
        channel.name,
        channel.kind,
        json.loads(channel.settings),
        secret,
        msgspec.json.decode(channel.routing, type=Routing),
        load.undelivered,
        load.problem,
        None if load.delivered_at is None else moment(load.delivered_at),
        None if channel.digest_at is None else moment(channel.digest_at),
        moment(channel.created_at),
    )


def _kind(kind: ChannelKind) -> ShownKind:
    schema = msgspec.json.schema(kind.settings)
    return ShownKind(kind.key, kind.title, kind.secret, kind.needs_secret, kind.makes_secret, schema)


ENDPOINTS = (
    channels, kinds, add_channel, check_channel, change_channel, remove_channel, test_channel, show_digest,
)  # fmt: skip
