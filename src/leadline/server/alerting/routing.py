"""What is told on a channel, and when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from leadline.errors import ConfigurationError
from leadline.stores.metadata.alerts import Alert, Tier

MINUTE = 60_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of every day in which nothing is told; what happens then is told at their end, if it still is.

    Attributes:
        begins, ends: "HH:MM"; the second may be earlier, then the night lies between.
        zone: whose clock.
    """

    begins: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    ends: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    zone: Annotated[str, Meta(max_length=100)] = "UTC"


class Digest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the weekly digest is told.

    Attributes:
        weekday: 0 is Monday.
        hour: of the day; zone: whose clock.
    """

    weekday: Annotated[int, Meta(ge=0, le=6)] = 0
    hour: Annotated[int, Meta(ge=0, le=23)] = 9
    zone: Annotated[str, Meta(max_length=100)] = "UTC"


class Routing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is told on a channel, and when.

    Attributes:
        models: patterns of the names of models, with * and ?.
        tiers: alerts, warnings or both; warnings are in the digest anyway.
        after_minutes: 0: at once; else only what nobody has acknowledged for so long: the next in line.
        quiet: hours in which nothing is told, or null.
        digest: when the weekly digest is told, or null.
    """

    models: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=100)] = msgspec.field(
        default_factory=lambda: ["*"]
    )
    tiers: Annotated[list[Tier], Meta(max_length=2)] = msgspec.field(default_factory=lambda: ["alert"])
    after_minutes: Annotated[int, Meta(ge=0, le=10_080)] = 0
    quiet: Quiet | None = None
    digest: Digest | None = None


def checked(routing: Routing) -> Routing:
    """The routing, if its clocks exist.

    Raises:
        ConfigurationError: a zone is unknown, or quiet hours have no length.
    """
    for part in (routing.quiet, routing.digest):
        if part is not None:
            _zone(part.zone)
    if routing.quiet is not None and routing.quiet.begins == routing.quiet.ends:
        raise ConfigurationError(
            "quiet hours without length", where="routing.quiet", found=routing.quiet.begins
        )
    return routing


def wants(routing: Routing, alert: Alert) -> bool:
    """Whether an alert is for a channel."""
    return alert.tier in routing.tiers and any(fnmatchcase(alert.model, name) for name in routing.models)


def told_at(routing: Routing, moment: int) -> int:
    """The first moment from one on, microseconds since 1970, at which something may be told."""
    quiet = routing.quiet
    if quiet is None:
        return moment
    local = _local(moment, quiet.zone)
    begins, ends = time.fromisoformat(quiet.begins), time.fromisoformat(quiet.ends)
    now = local.time()
    inside = begins <= now < ends if begins < ends else now >= begins or now < ends
    if not inside:
        return moment
    day = local.date() + timedelta(days=now >= ends)
    # Where clocks are set back the end comes twice, and the first of them may be over.
    return max(moment, _micros(datetime.combine(day, ends, ZoneInfo(quiet.zone))))


def next_digest(digest: Digest, after: int) -> int:
    """The first moment after one at which a digest is due, microseconds since 1970."""
    local = _local(after, digest.zone)
    day = local.date() + timedelta(days=(digest.weekday - local.weekday()) % 7)
    due = _micros(datetime.combine(day, time(digest.hour), ZoneInfo(digest.zone)))
    if due > after:
        return due
    return _micros(datetime.combine(day + timedelta(days=7), time(digest.hour), ZoneInfo(digest.zone)))


def _local(moment: int, zone: str) -> datetime:
    return (_EPOCH + timedelta(microseconds=moment)).astimezone(ZoneInfo(zone))


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # not only what is unknown: "../x", "", a folder
        raise ConfigurationError(
            "unknown time zone", where="zone", found=name, accepted='names such as "Europe/Berlin" or "UTC"'
        ) from None
