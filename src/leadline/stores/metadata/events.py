"""What people tell of a model's surroundings, and the versions that its traffic brought."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import msgspec

from leadline.stores.metadata.database import Database, Transaction, kept_words

Kind = Literal["deploy", "configuration", "upstream", "holiday", "note", "version"]

TABLES = """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY, model TEXT, kind TEXT, at BIGINT, text TEXT, version TEXT, who TEXT,
        told_at BIGINT);
    CREATE INDEX events_by_time ON events (at);
    CREATE UNIQUE INDEX versions_seen ON events (model, version) WHERE kind = 'version'
"""


class Event(msgspec.Struct, frozen=True):
    """Something that happened around a model.

    Attributes:
        id: 0 until it is kept.
        model: whose; "": that of all models.
        kind: what sort of thing; "version": a version that was first seen in the traffic.
        at: when, microseconds since 1970.
        text: what happened.
        version: of the model, where it is about one.
        who: told it; "" is Leadline itself.
        told_at: when it was told.
    """

    id: int
    model: str
    kind: Kind
    at: int
    text: str
    version: str
    who: str
    told_at: int


_COLUMNS = ", ".join(Event.__struct_fields__)


class Events:
    """All events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, own: Transaction, event: Event) -> int:
        """Keep an event; returns its number, or 0 where it is a version that was seen before."""
        values = msgspec.structs.asdict(event)
        del values["id"]
        # A version may be any value of a column.
        values |= {name: kept_words(values[name]) for name in ("text", "version")}
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        found = own.all(
            f"INSERT INTO events ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING id",
            [*values.values()],
        )
        return int(found[0][0]) if found else 0

    def remove(self, own: Transaction, number: int) -> None:
        """Forget an event."""
        own.do("DELETE FROM events WHERE id = ?", [number])

    def forget(self, own: Transaction, before: int, most: int) -> int:
        """Forget events that happened and were told before a moment; returns how many.

        Versions stay: one that goes on serving is not new when it is seen next.

        Args:
            most: at most so many.
        """
        return own.do(
            "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE kind <> 'version' AND at < ?"
            f" AND told_at < ? AND id < (SELECT max(id) FROM events) LIMIT {int(most)})",
            [before, before],
        )

    def get(self, number: int, own: Transaction | None = None) -> Event | None:
        """The event of a number, as a transaction sees it."""
        found = (own or self._database).all(f"SELECT {_COLUMNS} FROM events WHERE id = ?", [number])
        return Event(*found[0]) if found else None

    def find(
        self,
        model: str | None = None,
        since: int | None = None,
        until: int | None = None,
        before: int | None = None,
        limit: int = 1000,
        models: Collection[str] | None = None,
    ) -> list[Event]:
        """Events, those told last first.

        Args:
            model: only of this one, and of all models; `models`: of one of these, and of all models.
            since, until: only in this span, both ends included.
            before: only those with a smaller number.
            limit: at most so many.
        """
        asked: dict[str, Any] = {
            "model IN (?, '')": model, "at >= ?": since, "at <= ?": until, "id < ?": before,
        }  # fmt: skip
        given = {clause: value for clause, value in asked.items() if value is not None}
        values = [*given.values()]
        clauses = [*given]
        if models is not None:
            clauses.append(f"model IN ({', '.join('?' * (len(models) + 1))})")
            values += ["", *models]
        where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
        found = self._database.all(
            f"SELECT {_COLUMNS} FROM events {where} ORDER BY id DESC LIMIT {int(limit)}", values
        )
        return [Event(*row) for row in found]

    def versions(self) -> dict[str, tuple[str, int]]:
        """Of each model the version that came last in its traffic, and when, microseconds since 1970."""
        found = self._database.all(
            "SELECT model, version, at FROM events WHERE kind = 'version' ORDER BY at, id"
        )
        return {model: (version, at) for model, version, at in found}
