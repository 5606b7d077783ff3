"""Tokens, of which only digests are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from leadline.stores.metadata.database import Database, Row, Transaction

Scope = Literal["ingest", "read", "write", "admin"]

TABLES = """
    CREATE TABLE tokens (
        id INTEGER PRIMARY KEY, name TEXT, digest TEXT UNIQUE, scope TEXT, models TEXT, created_at BIGINT,
        expires_at BIGINT, used_at BIGINT)
"""

_COLUMNS = "id, name, scope, models, created_at, expires_at, used_at"


class Token(msgspec.Struct, frozen=True):
    """Who may do what; the token itself is not kept, only its digest. Times are microseconds since 1970.

    Attributes:
        models: which it may speak of; None: all.
        expires_at: when it ends; None: never.
        used_at: about when it was used last; None: never.
    """

    id: int
    name: str
    scope: Scope
    models: tuple[str, ...] | None
    created_at: int
    expires_at: int | None
    used_at: int | None


class Tokens:
    """All tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        own: Transaction,
        name: str,
        digest: str,
        scope: Scope,
        now: int,
        *,
        models: Sequence[str] | None = None,
        expires_at: int | None = None,
    ) -> int:
        """Let whoever has the token do what the scope allows; returns its number."""
        found = own.all(
            "INSERT INTO tokens (name, digest, scope, models, created_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
            [name, digest, scope, written(models), now, expires_at],
        )
        return int(found[0][0])

    def remove(self, own: Transaction, number: int) -> bool:
        """Whether there was such a token."""
        return bool(own.do("DELETE FROM tokens WHERE id = ?", [number]))

    def remove_named(self, own: Transaction, name: str) -> None:
        """Take back every token of a name."""
        own.do("DELETE FROM tokens WHERE name = ?", [name])

    def all(self) -> list[Token]:
        """All tokens."""
        return [_token(row) for row in self._database.all(f"SELECT {_COLUMNS} FROM tokens ORDER BY id")]

    def of(self, digest: str) -> Token | None:
        """The token of a digest; None: there is none."""
        found = self._database.all(f"SELECT {_COLUMNS} FROM tokens WHERE digest = ?", [digest])
        return _token(found[0]) if found else None

    def used(self, number: int, now: int) -> None:
        """A token was used."""
        with self._database.transaction() as own:
            own.do("UPDATE tokens SET used_at = ? WHERE id = ?", [now, number])


def written(models: Sequence[str] | None) -> str | None:
    """A list of models, as a column holds it."""
    return None if models is None else msgspec.json.encode(models).decode()


def read(models: str | None) -> tuple[str, ...] | None:
    """The list of models that a column holds."""
    return None if models is None else msgspec.json.decode(models, type=tuple[str, ...])


def _token(row: Row) -> Token:
    number, name, scope, models, *times = row
    return Token(number, name, scope, read(models), *times)
