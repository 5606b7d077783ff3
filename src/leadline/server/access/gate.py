"""Who may do what: tokens of programs and sessions of people, of which only digests are kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from leadline.errors import LeadlineError, RetryableError
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.tokens import Scope
from leadline.stores.metadata.users import Role

COOKIE = "leadline_session"
"""Carries the secret of a session."""

CSRF_HEADER = "X-CSRF-Token"
"""Repeats what only pages of this server can know, in every request of a session that changes something."""

Need = Scope | Literal["any"]
"""What a path needs: a scope, or that it is known who asks."""

ALLOWED: Mapping[Scope, frozenset[Need]] = {
    "ingest": frozenset({"any", "ingest"}),
    "read": frozenset({"any", "read"}),
    "write": frozenset({"any", "read", "write"}),
    "admin": frozenset({"any", "ingest", "read", "write", "admin"}),
}
"""What each scope allows."""

SCOPES: Mapping[Role, Scope] = {"viewer": "read", "editor": "write", "admin": "admin"}
"""What the people of a role may do."""

READING = frozenset({"GET", "HEAD"})
"""Methods that change nothing."""

_USED_EVERY = 60_000_000
"""Microseconds after which the last use of a token or session is kept anew."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who sent a request.

    Attributes:
        name: of the token or the person.
        scope: what is allowed; None: nothing that needs one.
        models: which may be spoken of; None: all.
        kind: what it came with; "anyone": with nothing, to a server without access control.
        number: of the token, or of the user.
        session: number of the session, or None.
        csrf: what a page repeats in `X-CSRF-Token`; "" where it need not.
    """

    name: str
    scope: Scope | None
    models: frozenset[str] | None = None
    kind: Literal["nobody", "anyone", "token", "user"] = "nobody"
    number: int = 0
    session: int | None = None
    csrf: str = ""

    def may(self, model: str) -> bool:
        """Whether a model may be spoken of."""
        return self.models is None or model in self.models


NOBODY = Who("", None)
ANYONE = Who("anyone on this machine", "admin", kind="anyone")


class AccessError(LeadlineError):
    """The request is not allowed.

    Attributes:
        status: 401 where it is not known who sent it, 403 where that is known and does not suffice.
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


def csrf(secret: str) -> str:
    """What the pages of a session repeat; it does not give the secret of the session away."""
    return hashlib.sha256(b"csrf " + secret.encode("utf-8", "replace")).hexdigest()


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
        metadata: with the tokens and sessions.
        open: everything is allowed to whoever asks, in requests that name this machine as the host: a page
            of elsewhere that a browser was led to cannot pass for it.
        clock: microseconds since 1970.
    """

    def __init__(self, metadata: Metadata, open: bool, clock: Callable[[], int]) -> None:
        self._metadata, self._open, self._clock = metadata, open, clock

    def check(self, needed: Need | None, method: str, headers: Mapping[str, str], cookie: str | None) -> Who:
        """Who sent a request, where it is allowed.

        Args:
            needed: what it needs; None: nothing, and nobody asks who it is.
            method: of the request.
            headers: of the request.
            cookie: the secret of a session.

        Raises:
            AccessError: it is not allowed.
        """
        if self._open:
            _check_host(headers.get("host", ""), headers.get("origin"))
            return ANYONE
        if needed is None:
            if method not in READING:
                _check_origin(headers)
            return NOBODY
        who = self._who(headers.get("authorization", ""), cookie or "")
        if who.scope is None or needed not in ALLOWED[who.scope]:
            raise AccessError(403, f"the {who.kind} may not do this", found=str(who.scope), accepted=needed)
        if who.csrf and method not in READING:
            _check_origin(headers)
            if not hmac.compare_digest(headers.get(CSRF_HEADER.lower(), "").encode(), who.csrf.encode()):
                raise AccessError(
                    403,
                    f"a session changes things with the header {CSRF_HEADER} only",
                    next_step="Send what GET /api/v1/session says as `csrf`.",
                )
        return who

    def holds(
        self,
        who: Who,
        needed: Need | None,
        method: str,
        headers: Mapping[str, str],
        cookie: str | None,
    ) -> bool:
        """Whether a request that was let in would be let in now, as the same with the same rights.

        It would not once its token or session has ended, the password was changed, or its rights were.
        """
        try:
            return self.check(needed, method, headers, cookie) == who
        except LeadlineError:
            return False

    def _who(self, authorization: str, cookie: str) -> Who:
        token = _token(authorization)
        who = None
        if token:
            who = self._of_token(token)
        elif cookie:
            who = self._of_session(cookie)
        if who is None:
            raise AccessError(
                401,
                "unknown or expired token or session" if authorization or cookie else "no token, no session",
                accepted="Authorization: Bearer TOKEN (or Basic, with the token as password), or a session",
                next_step="Make a token with POST /api/v1/tokens, or sign in.",
            )
        return who

    def _of_token(self, secret: str) -> Who | None:
        found, now = self._metadata.tokens.of(digest(secret)), self._clock()
        if found is None or (found.expires_at is not None and found.expires_at <= now):
            return None
        if now - (found.used_at or 0) >= _USED_EVERY:
            with suppress(RetryableError):  # a disk without room shuts nobody out who only reads
                self._metadata.tokens.used(found.id, now)
        return Who(found.name, found.scope, _models(found.models), "token", found.id)

    def _of_session(self, secret: str) -> Who | None:
        found, now = self._metadata.users.session(digest(secret)), self._clock()
        if found is None or found.expires_at <= now:
            return None
        if now - found.used_at >= _USED_EVERY:
            with suppress(RetryableError):
                self._metadata.users.used(found.id, now)
        user = found.user
        return Who(
            user.name, SCOPES[user.role], _models(user.models), "user", user.id, found.id, csrf(secret)
        )


def _models(models: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if models is None else frozenset(models)


def _check_origin(headers: Mapping[str, str]) -> None:
    """A page of elsewhere changes nothing in the name of who looks at it."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    # Browsers tell the first of trustworthy addresses, also behind a proxy that hides the host.
    foreign = (
        site not in ("same-origin", "none")
        if site is not None
        else origin is not None and origin.partition("://")[2] != headers.get("host", "")
    )
    if foreign:
        raise AccessError(
            403,
            "sent by a page of another site",
            found=origin or site or "",
            accepted=f"this server, {headers.get('host', '')}",
            next_step="A proxy before the server must pass the header Host on as it came.",
        )


def _check_host(host: str, origin: str | None) -> None:
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    foreign = origin is not None and origin.partition("://")[2] != host
    if not is_loopback(name.strip("[]")) or foreign:
        raise AccessError(403, "a server without tokens answers this machine only", found=host)


def _token(authorization: str) -> str:
    """The token of a header. Loggers that only take an address send `https://any:TOKEN@host` as Basic."""
    kind, _, rest = authorization.partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
