"""Tokens."""

from __future__ import annotations

import msgspec

from leadline.server.access import digest, new_token
from leadline.server.api.endpoint import Call, Listing, endpoint, missing
from leadline.stores.metadata.tokens import Scope, Token


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token that is wanted."""

    name: str
    scope: Scope


class MadeToken(msgspec.Struct, frozen=True):
    """A token. It is told once."""

    id: int
    name: str
    scope: Scope
    token: str


@endpoint("GET", "/api/v1/tokens", "admin")
def tokens(call: Call) -> Listing[Token]:
    """All tokens, without what is secret of them."""
    return Listing(call.service.metadata.tokens.all())


@endpoint("POST", "/api/v1/tokens", "admin", status=201)
def add_token(call: Call, body: NewToken) -> MadeToken:
    """Make a token. It is told once."""
    token = new_token()
    number = call.service.metadata.tokens.add(body.name, digest(token), body.scope, call.service.clock())
    return MadeToken(number, body.name, body.scope, token)


@endpoint("DELETE", "/api/v1/tokens/{number}", "admin")
def remove_token(call: Call, number: int) -> None:
    """Let nobody in with a token any more."""
    if not call.service.metadata.tokens.remove(number):
        raise missing("token", number)


ENDPOINTS = (tokens, add_token, remove_token)
