"""Tokens of programs."""

from __future__ import annotations

import msgspec

from leadline.schedule import DAY
from leadline.server.access.gate import digest, new_token
from leadline.server.access.signin import checked_name
from leadline.server.api.endpoint import Call, Listing, Wrong, endpoint, missing
from leadline.server.intake.wire import NAME_LETTERS
from leadline.server.judging.judge import moment
from leadline.stores.contract import MODELS
from leadline.stores.metadata.tokens import Scope


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token that is wanted.

    Attributes:
        models: which it may speak of; null: all, as one for `admin` always does.
        days: after so many it ends, 1..3660; null: never.
    """

    name: str
    scope: Scope
    models: list[str] | None = None
    days: int | None = None


class MadeToken(msgspec.Struct, frozen=True):
    """A token. It is told once."""

    id: int
    name: str
    scope: Scope
    token: str


class ShownToken(msgspec.Struct, frozen=True):
    """A token, without what is secret of it. Times are ISO 8601 in UTC; null: never."""

    id: int
    name: str
    scope: Scope
    models: tuple[str, ...] | None
    created_at: str
    expires_at: str | None
    used_at: str | None


@endpoint("GET", "/api/v1/tokens", "admin")
def tokens(call: Call) -> Listing[ShownToken]:
    """All tokens, without what is secret of them."""
    return Listing(
        [
            ShownToken(
                token.id,
                token.name,
                token.scope,
                token.models,
                moment(token.created_at),
                None if token.expires_at is None else moment(token.expires_at),
                None if token.used_at is None else moment(token.used_at),
            )
            for token in call.service.metadata.tokens.all()
        ]
    )


@endpoint("POST", "/api/v1/tokens", "admin", status=201)
def add_token(call: Call, body: NewToken) -> MadeToken:
    """Make a token. It is told once."""
    name, models = checked_name(body.name), checked_models(body.models, body.scope == "admin")
    if body.days is not None and not 1 <= body.days <= 3660:
        raise Wrong(400, "no number of days", where="days", accepted="1 to 3660, or null")
    token, now = new_token(), call.service.clock()
    ends = None if body.days is None else now + body.days * DAY
    call.about = {"name": name, "scope": body.scope, "models": told_models(models)}
    with call.changing() as own:
        number = call.service.metadata.tokens.add(
            own, name, digest(token), body.scope, now, models=models, expires_at=ends
        )
        call.about["id"] = str(number)
    return MadeToken(number, name, body.scope, token)


@endpoint("DELETE", "/api/v1/tokens/{number}", "admin")
def remove_token(call: Call, number: int) -> None:
    """Let nobody in with a token any more."""
    with call.changing() as own:
        if not call.service.metadata.tokens.remove(own, number):
            raise missing("token", number)


def checked_models(models: list[str] | None, is_admin: bool) -> list[str] | None:
    """The models that a token or a person is limited to.

    Raises:
        Wrong: they cannot be names of models, or an admin would be limited.
    """
    if models is None:
        return None
    if is_admin:
        raise Wrong(400, "who may do everything is not limited to models", where="models", accepted="null")
    if len(models) > MODELS or not all(0 < len(name) <= NAME_LETTERS for name in models):
        raise Wrong(
            400,
            "no names of models",
            where="models",
            accepted=f"at most {MODELS} names of 1 to {NAME_LETTERS} letters",
        )
    return sorted(set(models))


def told_models(models: list[str] | None) -> str:
    """The same in the words of the audit log."""
    return "all" if models is None else ", ".join(models)


ENDPOINTS = (tokens, add_token, remove_token)
