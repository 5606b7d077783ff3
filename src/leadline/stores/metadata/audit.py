"""Who changed what: entries that are only ever added, each sealed with the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from leadline.errors import DataError
from leadline.stores.metadata.database import Database, Row, Transaction

TABLES = """
    CREATE TABLE audit (
        id BIGINT PRIMARY KEY, at BIGINT, who TEXT, action TEXT, object TEXT, address TEXT, about TEXT,
        digest TEXT);
    CREATE TABLE audit_end (one BIGINT PRIMARY KEY, entries BIGINT, digest TEXT)
"""

_BEGIN, _END = 0, 1
"""Rows of `audit_end`: the last entry that was cut off, and the last one of all."""

_COLUMNS = "id, at, who, action, object, address, about, digest"
_PAGE = 1_000


class Told(msgspec.Struct, frozen=True):
    """What is told of a change. None of it is secret.

    Attributes:
        at: microseconds since 1970.
        who: a person, a token, or whose name was tried.
        action: what was done.
        object: what it was done to: a path of the API.
        address: from where.
        about: more of it, by name.
    """

    at: int
    who: str
    action: str
    object: str
    address: str
    about: Mapping[str, str]


class Entry(msgspec.Struct, frozen=True):
    """What was told, as it is kept: its number, from 1 on without gaps, and its seal."""

    id: int
    told: Told
    digest: str


class Audit:
    """All entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, own: Transaction, told: Told) -> None:
        """Tell of a change, in its transaction."""
        own.do("INSERT INTO audit_end VALUES (1, 0, '') ON CONFLICT DO NOTHING")
        # The row stays locked until the transaction ends: entries come one after the other.
        own.do("UPDATE audit_end SET entries = entries + 1 WHERE one = 1")
        number, before = own.all("SELECT entries, digest FROM audit_end WHERE one = 1")[0]
        about = msgspec.json.encode(dict(told.about), order="sorted").decode()
        values = [number, told.at, told.who, told.action, told.object, told.address, about]
        seal = sealed(values, before)
        own.do(f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [*values, seal])
        own.do("UPDATE audit_end SET digest = ? WHERE one = 1", [seal])

    def latest(self, before: int | None, limit: int) -> list[Entry]:
        """Entries, the latest first; only those with a smaller number."""
        where, values = ("WHERE id < ?", [before]) if before is not None else ("", [])
        found = self._database.all(
            f"SELECT {_COLUMNS} FROM audit {where} ORDER BY id DESC LIMIT ?", [*values, limit]
        )
        return [_entry(row) for row in found]

    def rows(self) -> Iterator[Row]:
        """All entries by number, as they are kept; the last value is the seal."""
        last = -(2**63)
        while True:
            found = self._database.all(
                f"SELECT {_COLUMNS} FROM audit WHERE id > ? ORDER BY id LIMIT {_PAGE}", [last]
            )
            yield from found
            if len(found) < _PAGE:
                return
            last = found[-1][0]

    def begin(self) -> tuple[int, str]:
        """Number and seal of the last entry that was cut off; 0 and "": none was."""
        return self._sealed_at(_BEGIN)

    def end(self) -> tuple[int, str]:
        """How many entries were ever added, and the seal of the last."""
        return self._sealed_at(_END)

    def _sealed_at(self, place: int) -> tuple[int, str]:
        found = self._database.all("SELECT entries, digest FROM audit_end WHERE one = ?", [place])
        return (int(found[0][0]), found[0][1]) if found else (0, "")

    def cut(self, own: Transaction, before: int) -> int:
        """Take away the entries up to the last one before a moment, and keep its seal; returns how many.

        The last entry of all stays. What is left can be verified as before, from that seal on.
        """
        found = own.all(
            "SELECT id, digest FROM audit WHERE id < (SELECT coalesce(min(id), (SELECT max(id) FROM audit))"
            " FROM audit WHERE at >= ?) ORDER BY id DESC LIMIT 1",
            [before],
        )
        if not found:
            return 0
        number, seal = found[0]
        own.do("DELETE FROM audit_end WHERE one = ?", [_BEGIN])
        own.do("INSERT INTO audit_end VALUES (?, ?, ?)", [_BEGIN, number, seal])
        return own.do("DELETE FROM audit WHERE id <= ?", [number])


def sealed(values: Sequence[Any], before: str) -> str:
    """The seal of an entry: SHA-256 of the seal before it and of all that is kept of it."""
    return hashlib.sha256(msgspec.json.encode([before, *values])).hexdigest()


def verified(audit: Audit, known: str | None = None) -> int:
    """Number of the first entry that was changed, taken away or put in between; 0: all is as it was.

    Whoever can write the file can seal a forged log anew; that shows where an earlier seal was noted
    elsewhere.

    Args:
        audit: to look through.
        known: a seal that must be among them.

    Raises:
        DataError: no entry has the known seal.
    """
    number, before = audit.begin()
    met = known in (None, before)
    for row in audit.rows():
        if row[0] != number + 1 or sealed(row[:-1], before) != row[-1]:
            return number + 1
        number, before = row[0], row[-1]
        met = met or before == known
    if audit.end() != (number, before):
        return number + 1
    if not met:
        cut = audit.begin()[0]
        raise DataError(
            "no entry has this seal: the log was written anew"
            + (
                f", or the seal is of an entry before number {cut}, up to which the log was cut"
                if cut
                else ""
            ),
            found=known,
        )
    return 0


def _entry(row: Row) -> Entry:
    number, at, who, action, where, address, about, digest = row
    return Entry(number, Told(at, who, action, where, address, msgspec.json.decode(about)), digest)
