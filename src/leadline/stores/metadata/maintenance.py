"""Times in which nothing is told of a model."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec

from leadline.stores.metadata.database import Database, Transaction

TABLES = """
    CREATE TABLE maintenance (
        id INTEGER PRIMARY KEY, model TEXT, begins BIGINT, ends BIGINT, why TEXT, who TEXT)
"""


class Maintenance(msgspec.Struct, frozen=True):
    """A span of time.

    Attributes:
        id: 0 until it is kept.
        model: pattern of the names that it is about ("credit-*", "*").
        begins, ends: first moment, and first moment after it, microseconds since 1970.
        why: in words.
        who: declared it.
    """

    id: int
    model: str
    begins: int
    ends: int
    why: str
    who: str

    def covers(self, model: str, opened: int, last: int, now: int) -> bool:
        """Whether nothing is told of a problem: it is under way, or the problem lies within it as a whole."""
        if not fnmatchcase(model, self.model):
            return False
        return self.begins <= now < self.ends or (self.begins <= opened and last <= self.ends)


_COLUMNS = ", ".join(Maintenance.__struct_fields__)


class Maintenances:
    """All of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, own: Transaction, window: Maintenance) -> int:
        """Keep one; returns its number."""
        found = own.all(
            "INSERT INTO maintenance (model, begins, ends, why, who) VALUES (?, ?, ?, ?, ?) RETURNING id",
            [window.model, window.begins, window.ends, window.why, window.who],
        )
        return int(found[0][0])

    def remove(self, own: Transaction, number: int) -> bool:
        """Whether there was such a one."""
        return bool(own.do("DELETE FROM maintenance WHERE id = ?", [number]))

    def forget(self, own: Transaction, before: int) -> int:
        """Forget those that ended before a moment; returns how many."""
        return own.do(
            "DELETE FROM maintenance WHERE ends < ? AND id < (SELECT max(id) FROM maintenance)", [before]
        )

    def all(self, own: Transaction | None = None) -> list[Maintenance]:
        """All of them, as a transaction sees them, the latest first."""
        found = (own or self._database).all(
            f"SELECT {_COLUMNS} FROM maintenance ORDER BY begins DESC, id DESC"
        )
        return [Maintenance(*row) for row in found]
