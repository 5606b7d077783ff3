"""People, and the sessions of their browsers."""

from __future__ import annotations

import msgspec

from leadline.server.access.signin import checked_name, checked_password
from leadline.server.api.endpoint import Call, Listing, Wrong, endpoint, missing
from leadline.server.api.tokens import checked_models, told_models
from leadline.server.judging.judge import moment
from leadline.stores.metadata.database import Transaction
from leadline.stores.metadata.users import Role, User


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody who may sign in.

    Attributes:
        models: which may be seen; null: all, as an admin always does.
    """

    name: str
    password: str
    role: Role
    models: list[str] | None = None


class Rights(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody may do from now on; `models` as in `NewUser`."""

    role: Role
    models: list[str] | None = None


class Password(msgspec.Struct, forbid_unknown_fields=True):
    """A new password."""

    password: str


class ShownUser(msgspec.Struct, frozen=True):
    """Somebody who may sign in. Times are ISO 8601 in UTC."""

    id: int
    name: str
    role: Role
    models: tuple[str, ...] | None
    created_at: str


class ShownSession(msgspec.Struct, frozen=True):
    """A browser in which somebody is signed in. Times are ISO 8601 in UTC.

    Attributes:
        user: name of the person.
        used_at: about when it was used last.
        address, browser: where it was opened, as the browser told.
        own: it is the one that asks.
    """

    id: int
    user: str
    opened_at: str
    expires_at: str
    used_at: str
    address: str
    browser: str
    own: bool


@endpoint("GET", "/api/v1/users", "admin")
def users(call: Call) -> Listing[ShownUser]:
    """All people."""
    return Listing([_shown(user) for user in call.service.metadata.users.all()])


@endpoint("POST", "/api/v1/users", "admin", status=201, errors=(409,))
def add_user(call: Call, body: NewUser) -> ShownUser:
    """Let somebody sign in."""
    name, models = checked_name(body.name), checked_models(body.models, body.role == "admin")
    kept = checked_password(body.password)
    call.about = {"name": name, "role": body.role, "models": told_models(models)}
    with call.changing() as own:
        found = call.service.metadata.users.add(own, name, kept, body.role, models, call.service.clock())
        if found is None:
            raise Wrong(409, "there is a user of this name", found=name)
        call.about["id"] = str(found.id)
    return _shown(found)


@endpoint("PUT", "/api/v1/users/{number}", "admin", errors=(409,))
def change_user(call: Call, number: int, body: Rights) -> ShownUser:
    """Say anew what somebody may do. It holds for open sessions, too."""
    models = checked_models(body.models, body.role == "admin")
    with call.changing() as own:
        user = _known(call, own, number)
        if body.role != "admin":
            _keep_an_admin(call, own, number)
        call.about = {"name": user.name, "role": body.role, "models": told_models(models)}
        call.service.metadata.users.change(own, number, body.role, models)
        return _shown(_known(call, own, number))


@endpoint("POST", "/api/v1/users/{number}/password", "admin")
def set_password(call: Call, number: int, body: Password) -> None:
    """Give somebody a new password. All sessions of the person end."""
    kept = checked_password(body.password)
    with call.changing() as own:
        call.about["name"] = _known(call, own, number).name
        call.service.metadata.users.set_password(own, number, kept)


@endpoint("DELETE", "/api/v1/users/{number}", "admin", errors=(409,))
def remove_user(call: Call, number: int) -> None:
    """Let somebody in no more. All sessions of the person end."""
    with call.changing() as own:
        call.about["name"] = _known(call, own, number).name
        _keep_an_admin(call, own, number)
        call.service.metadata.users.remove(own, number)


@endpoint("GET", "/api/v1/sessions", "read", narrow=True)
def sessions(call: Call) -> Listing[ShownSession]:
    """One's own open sessions; an admin's list holds everybody's."""
    return Listing(
        [
            ShownSession(
                found.id,
                found.user.name,
                moment(found.opened_at),
                moment(found.expires_at),
                moment(found.used_at),
                found.address,
                found.browser,
                found.id == call.who.session,
            )
            for found in call.service.metadata.users.sessions(call.service.clock())
            if _sees(call, found.user)
        ]
    )


@endpoint("DELETE", "/api/v1/sessions/{number}", "read", narrow=True)
def end_session(call: Call, number: int) -> None:
    """End one of one's own sessions, an admin also another's."""
    users = call.service.metadata.users
    found = {session.id: session.user for session in users.sessions(call.service.clock())}.get(number)
    if found is None or not _sees(call, found):
        raise missing("session", number)
    call.about["name"] = found.name
    with call.changing() as own:
        users.end(own, number)


def _sees(call: Call, user: User) -> bool:
    return call.who.scope == "admin" or (call.who.kind == "user" and call.who.number == user.id)


def _known(call: Call, own: Transaction, number: int) -> User:
    found = call.service.metadata.users.get(own, number)
    if found is None:
        raise missing("user", number, "See GET /api/v1/users.")
    return found


def _keep_an_admin(call: Call, own: Transaction, number: int) -> None:
    if call.service.metadata.users.admins(own) == [number]:
        raise Wrong(409, "the last admin stays", next_step="Make another admin first.")


def _shown(user: User) -> ShownUser:
    return ShownUser(user.id, user.name, user.role, user.models, moment(user.created_at))


ENDPOINTS = (users, add_user, change_user, set_password, remove_user, sessions, end_session)
