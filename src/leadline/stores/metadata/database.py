"""One place for small facts: an SQLite file in WAL mode, or a PostgreSQL database.

Statements are written once, in what both understand: `?` marks a value, `RETURNING` gives a number back,
`ON CONFLICT` says what to do with a row that is there.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from leadline.errors import DataError, RetryableError
from leadline.stores.outcome import Outcome

Row = tuple[Any, ...]

TRIED_BYTES = 64 << 10
"""Of what is written to see whether there is room."""


def unkept(text: str) -> str:
    """What of a text no database of every kind can keep; "": it can keep all of it."""
    if "\0" in text:
        return "a null character"
    return "" if text.isascii() or text.encode("utf-8", "ignore").decode() == text else "half a character"


def kept_words(text: str) -> str:
    """Words that were made of data, as every database can keep them: with a mark for what it cannot."""
    if not unkept(text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def checked(values: Sequence[Any]) -> Sequence[Any]:
    """The values of a statement, where every database can keep them.

    So what one of them takes the other one takes, too.

    Raises:
        DataError: a text has a null character, or half of a surrogate pair.
    """
    for value in values:
        if isinstance(value, str) and (why := unkept(value)):
            raise DataError(
                "a text that cannot be kept", found=f"{why} in {value[:60]!r}",
                accepted="texts of Unicode without null characters",
            )  # fmt: skip
    return values


class Transaction(Protocol):
    """Everything that is done in it is kept together, or not at all."""

    def all(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows of a statement."""
        ...

    def do(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Number of the rows that a statement changed."""
        ...

    def columns(self, table: str) -> list[str]:
        """Names of the columns of a table."""
        ...

    def numbered(self, table: str) -> None:
        """Give the next row a number beyond those of the rows that were put in with theirs."""
        ...


class Database(Protocol):
    """Where facts are kept. Every method may be called from any thread.

    Attributes:
        outcome: of the last transaction.
    """

    outcome: Outcome

    def transaction(self) -> Any:
        """A context manager that gives a `Transaction`; an error in it undoes all of it."""
        ...

    def all(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows of a statement that changes nothing."""
        ...

    def scrub(self) -> None:
        """Take what was deleted or replaced out of the files."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def prepare(database: Database, tables: Sequence[str], steps: Sequence[str], where: str) -> None:
    """Make the tables that are not there, and bring older ones forward, in one transaction.

    Args:
        tables: scripts that make all tables as they are now.
        steps: scripts that change tables which an older version has, the first one those of version 1. The
            version now is one more than there are steps.
        where: named in errors.

    Raises:
        DataError: the tables are of a later version.
    """
    version = len(steps) + 1
    with database.transaction() as own:
        own.do("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
        known = own.all("SELECT version FROM schema_version")
        found = known[0][0] if known else version
        if found > version:
            raise DataError(
                "tables of a later version", where=where, found=found, accepted=f"up to {version}",
                next_step="Upgrade leadline.",
            )  # fmt: skip
        for script in [*steps[found - 1 :], *map(_where_missing, tables)]:
            for statement in script.split(";"):
                if statement.strip():
                    own.do(statement)
        own.do("DELETE FROM schema_version")
        own.do("INSERT INTO schema_version VALUES (?)", [version])


def try_write(database: Database) -> None:
    """Write a little, and take it away again.

    Raises:
        RetryableError: it could not be written, and trying again may help.
    """
    with database.transaction() as own:
        own.do("CREATE TABLE tried (filler TEXT)")
        # PostgreSQL would keep a text that says little in a few bytes.
        own.do("INSERT INTO tried VALUES (?)", [secrets.token_hex(TRIED_BYTES // 2)])
        own.do("DROP TABLE tried")


def _where_missing(script: str) -> str:
    return re.sub(r"\bCREATE (TABLE|INDEX|UNIQUE INDEX) ", r"CREATE \1 IF NOT EXISTS ", script)


class SQLite:
    """A file; see `Database`.

    Args:
        path: it is made where there is none.

    Raises:
        DataError: it is no such file.
    """

    def __init__(self, path: str | Path) -> None:
        self._lock, self._name = threading.Lock(), Path(path).name
        self.outcome = Outcome()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in (
                "journal_mode = WAL",
                "synchronous = FULL",
                "foreign_keys = ON",
                "secure_delete = ON",
            ):
                self._connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            raise DataError("cannot open the file", where=str(path), found=str(error)) from None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See `Database.transaction`."""
        with self._lock, self.outcome.noted(), self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield _Cursor(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                # Where the disk is full, all of it may be undone already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def all(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """See `Database.all`."""
        with self._lock, self._told():
            return self._connection.execute(statement, checked(values)).fetchall()

    def scrub(self) -> None:
        """See `Database.scrub`: what goes is written over at once; only the log beside the file is left."""
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """See `Database.close`."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the file could not do becomes an error that trying again may mend."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise RetryableError(
                    "the disk is full: nothing of this was kept", where=self._name,
                    next_step="Make room on the server, and do it again.",
                ) from error  # fmt: skip
            raise RetryableError(
                "the database could not do this", where=self._name, found=str(error)[:300]
            ) from error


class _Cursor:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(statement, checked(values)).fetchall()

    def do(self, statement: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(statement, checked(values)).rowcount

    def columns(self, table: str) -> list[str]:
        return [
            column[0] for column in self._connection.execute(f"SELECT * FROM {table} LIMIT 0").description
        ]

    def numbered(self, table: str) -> None:
        """Nothing to do: the next number is always beyond those that are there."""
