"""Who may do what: tokens, of which only digests are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from leadline.errors import LeadlineError
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.tokens import Scope

COOKIE = "leadline"
"""Carries the token of a person who reads pages; it opens nothing that changes anything."""

ALLOWED: Mapping[Scope, frozenset[Scope]] = {
    "ingest": frozenset({"ingest"}),
    "read": frozenset({"read"}),
    "write": frozenset({"read", "write"}),
    "admin": frozenset({"ingest", "read", "write", "admin"}),
}
"""What each scope allows."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who sent a request.

    Attributes:
        name: of the token or the person.
        scope: what is allowed; None: nothing that needs one.
    """

    name: str
    scope: Scope | None


NOBODY = Who("", None)
ANYONE = Who("anyone on this machine", "admin")


class AccessError(LeadlineError):
    """The request is not allowed.

    Attributes:
        status: 401 where the token is missing or unknown, 403 where it does not allow this.
    """

    def __init__(self, status: int, what: str, **parts: str) -> None:
        super().__init__(what, **parts)
        self.status = status


def new_token() -> str:
    """A token that nobody guesses."""
    return f"ll_{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """What is kept of a token. It is random and long, so that a plain hash hides it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach a server that listens there."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Gate:
    """Lets requests in.

    Args:
        metadata: with the tokens.
        open: everything is allowed without a token, to requests that name this machine as the host: a page
            of elsewhere that a browser was led to cannot pass for it.
    """

    def __init__(self, metadata: Metadata, open: bool) -> None:
        self._metadata, self._open = metadata, open

    def check(self, needed: Scope, headers: Mapping[str, str], cookie: str | None) -> Who:
        """Who sent a request, where it is allowed.

        Args:
            needed: what it needs.
            headers: of the request.
            cookie: its token, where a cookie may stand for the header.

        Raises:
            AccessError: it is not allowed.
        """
        if self._open:
            self._check_host(headers.get("host", ""), headers.get("origin"))
            return ANYONE
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            token = cookie or ""
        found = self._metadata.tokens.of(digest(token.strip())) if token else None
        if found is None:
            raise AccessError(
                401,
                "unknown token" if token else "no token",
                accepted="Authorization: Bearer TOKEN",
                next_step="Make a token with POST /api/v1/tokens.",
            )
        if needed not in ALLOWED[found.scope]:
            raise AccessError(403, "the token does not allow this", found=found.scope, accepted=needed)
        return Who(found.name, found.scope)

    def _check_host(self, host: str, origin: str | None) -> None:
        name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
        foreign = origin is not None and origin.partition("://")[2] != host
        if not is_loopback(name.strip("[]")) or foreign:
            raise AccessError(403, "a server without tokens answers this machine only", found=host)
