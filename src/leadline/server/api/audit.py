"""Who changed what."""

from __future__ import annotations

import msgspec

from leadline.server.api.endpoint import Call, Listing, endpoint
from leadline.server.judging.judge import moment


class Which(msgspec.Struct, forbid_unknown_fields=True):
    """Which entries.

    Attributes:
        after: number of the last entry of the page before.
        limit: at most so many, 1..1000.
    """

    after: int | None = None
    limit: int = 100


class ShownEntry(msgspec.Struct, frozen=True):
    """An entry of the audit log.

    Attributes:
        id: from 1 on, without gaps.
        at: ISO 8601 in UTC.
        who: a person, a token, or whose name was tried.
        action: what was done: topic and function of the path.
        object: what it was done to: the path.
        address: from where.
        about: more of it, by name.
        seal: SHA-256 of all this and of the seal of the entry before.
    """

    id: int
    at: str
    who: str
    action: str
    object: str
    address: str
    about: dict[str, str]
    seal: str


@endpoint("GET", "/api/v1/audit", "admin")
def audit(call: Call, query: Which) -> Listing[ShownEntry]:
    """Who changed what, the latest first."""
    limit = min(max(query.limit, 1), 1000)
    found = call.service.metadata.audit.latest(query.after, limit + 1)
    more = str(found[limit - 1].id) if len(found) > limit else None
    return Listing(
        [
            ShownEntry(
                entry.id,
                moment(entry.told.at),
                entry.told.who,
                entry.told.action,
                entry.told.object,
                entry.told.address,
                dict(entry.told.about),
                entry.digest,
            )
            for entry in found[:limit]
        ],
        more,
    )


ENDPOINTS = (audit,)
