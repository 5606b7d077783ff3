"""Tokens, of which only digests are kept."""

from __future__ import annotations

from typing import Literal

import msgspec

from leadline.stores.metadata.database import Database

Scope = Literal["ingest", "read", "write", "admin"]

TABLES = """
    CREATE TABLE tokens (id INTEGER PRIMARY KEY, name TEXT, digest TEXT UNIQUE, scope TEXT, created_at BIGINT)
"""


class Token(msgspec.Struct, frozen=True):
    """Who may do what; the token itself is not kept, only its digest."""

    id: int
    name: str
    scope: Scope
    created_at: int


class Tokens:
    """All tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, digest: str, scope: Scope, now: int) -> int:
        """Let whoever has the token do what the scope allows; returns its number."""
        with self._database.transaction() as own:
            found = own.all(
                "INSERT INTO tokens (name, digest, scope, created_at) VALUES (?, ?, ?, ?) RETURNING id",
                [name, digest, scope, now],
            )
            return int(found[0][0])

    def remove(self, number: int) -> bool:
        """Whether there was such a token."""
        with self._database.transaction() as own:
            return bool(own.do("DELETE FROM tokens WHERE id = ?", [number]))

    def all(self) -> list[Token]:
        """All tokens."""
        found = self._database.all("SELECT id, name, scope, created_at FROM tokens ORDER BY id")
        return [Token(*row) for row in found]

    def of(self, digest: str) -> Token | None:
        """The token of a digest; None: there is none."""
        found = self._database.all(
            "SELECT id, name, scope, created_at FROM tokens WHERE digest = ?", [digest]
        )
        return Token(*found[0]) if found else None
