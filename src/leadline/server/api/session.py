"""Signing in and out, and the first admin."""

from __future__ import annotations

import secrets

import msgspec
from starlette.responses import Response

from leadline.server.access.gate import COOKIE, SCOPES, Who, csrf, digest
from leadline.server.access.signin import SESSION_SECONDS, WrongPassword, checked_name, checked_password
from leadline.server.api.endpoint import Call, Wrong, endpoint
from leadline.stores.metadata.users import Role

_ROLES: dict[str, Role] = {scope: role for role, scope in SCOPES.items()}


class Session(msgspec.Struct, frozen=True):
    """Who asks.

    Attributes:
        name: of the person, or of the token.
        role: viewers read, editors also change, admins also say who may do what.
        models: which may be seen; null: all.
        csrf: to be sent as `X-CSRF-Token` with every request that changes something; "" where none is needed.
        open: the server asks nobody who it is.
    """

    name: str
    role: Role
    models: tuple[str, ...] | None
    csrf: str
    open: bool


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """Who signs in."""

    name: str
    password: str


class SetUp(msgspec.Struct, frozen=True):
    """Whether the first admin can be made now."""

    open: bool


class FirstAdmin(msgspec.Struct, forbid_unknown_fields=True):
    """The first admin, with the code that the server told when it started."""

    code: str
    name: str
    password: str


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """A password in the place of the one before."""

    old: str
    new: str


@endpoint("GET", "/api/v1/session", "read", narrow=True)
def session(call: Call) -> Session:
    """Who asks, and what they may do."""
    return _shown(call.who)


@endpoint("POST", "/api/v1/session", None, status=201, errors=(401, 403))
def sign_in(call: Call, body: Entry) -> Session:
    """Sign in: a cookie holds the session from now on."""
    number = call.service.sign_in.check(body.name, body.password, call.address)
    return _opened(call, number)


@endpoint("DELETE", "/api/v1/session", "read", narrow=True, errors=(404,))
def sign_out(call: Call) -> None:
    """End the session of this browser."""
    number = _session_of(call)
    with call.changing() as own:
        call.service.metadata.users.end(own, number)
    _set_cookie(call, "", 0)


@endpoint("POST", "/api/v1/session/password", "read", narrow=True, errors=(404,))
def change_password(call: Call, body: NewPassword) -> Session:
    """Change one's own password. All sessions of the person end, and this browser gets a new one."""
    _session_of(call)
    try:
        call.service.sign_in.check(call.who.name, body.old, call.address)
    except WrongPassword as error:
        # The session is known; only the password is not.
        raise Wrong(403, error.what, where="old") from None
    kept = checked_password(body.new)
    with call.changing() as own:
        call.service.metadata.users.set_password(own, call.who.number, kept)
    return _opened(call, call.who.number)


@endpoint("GET", "/api/v1/setup", None)
def setup(call: Call) -> SetUp:
    """Whether the first admin can be made now, with the code that the server told when it started."""
    return SetUp(call.service.sign_in.is_open)


@endpoint("POST", "/api/v1/setup", None, status=201, errors=(401, 403, 409))
def set_up(call: Call, body: FirstAdmin) -> Session:
    """Make the first admin, and sign in."""
    sign_in = call.service.sign_in
    sign_in.check_code(body.code, call.address)
    name, kept = checked_name(body.name), checked_password(body.password)
    call.who = Who(name, None)
    with call.changing() as own:
        found = sign_in.first_admin(own, name, kept)
        if found is None:
            raise Wrong(409, "there is an admin already", next_step="Sign in.")
    return _opened(call, found.id)


def _opened(call: Call, number: int) -> Session:
    """A new session of a user, in this browser."""
    secret, users = secrets.token_urlsafe(32), call.service.metadata.users
    with call.service.metadata.database.transaction() as own:
        user = users.get(own, number)
        if user is None:  # it was removed a moment ago
            raise Wrong(401, "wrong name or password")
        browser = call.request.headers.get("user-agent", "")
        call.service.sign_in.open(own, number, digest(secret), call.address, browser)
        models = None if user.models is None else frozenset(user.models)
        call.who = Who(user.name, SCOPES[user.role], models, "user", user.id, None, csrf(secret))
        if not call.is_told:
            call.tell(own)
    _set_cookie(call, secret, SESSION_SECONDS)
    return _shown(call.who)


def _shown(who: Who) -> Session:
    models = None if who.models is None else tuple(sorted(who.models))
    return Session(who.name, _ROLES[who.scope or ""], models, who.csrf, who.kind == "anyone")


def _session_of(call: Call) -> int:
    if call.who.session is None:
        raise Wrong(404, "no session", accepted="the cookie of POST /api/v1/session")
    return call.who.session


def _set_cookie(call: Call, secret: str, seconds: int) -> None:
    holder = Response()
    # A link in a message opens the page for whoever is signed in; nothing is changed by a link.
    holder.set_cookie(
        COOKIE, secret, seconds, httponly=True, samesite="lax", secure=call.request.url.scheme == "https"
    )
    call.headers["Set-Cookie"] = holder.headers["Set-Cookie"]


ENDPOINTS = (session, sign_in, sign_out, change_password, setup, set_up)
