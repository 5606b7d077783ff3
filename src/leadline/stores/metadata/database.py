"""One place for small facts: an SQLite file in WAL mode, or a PostgreSQL database.

Statements are written once, in what both understand: `?` marks a value, `RETURNING` gives a number back,
`ON CONFLICT` says what to do with a row that is there.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from leadline.errors import DataError

Row = tuple[Any, ...]


class Transaction(Protocol):
    """Everything that is done in it is kept together, or not at all."""

    def all(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows of a statement."""
        ...

    def do(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Number of the rows that a statement changed."""
        ...


class Database(Protocol):
    """Where facts are kept. Every method may be called from any thread."""

    def transaction(self) -> Any:
        """A context manager that gives a `Transaction`; an error in it undoes all of it."""
        ...

    def all(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows of a statement that changes nothing."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def prepare(database: Database, version: int, tables: Sequence[str], where: str) -> None:
    """Make the tables where there are none.

    Raises:
        DataError: they are of another version.
    """
    with database.transaction() as own:
        own.do("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
        found = own.all("SELECT version FROM schema_version")
        if found and found[0][0] != version:
            raise DataError(
                "tables of another version", where=where, found=found[0][0], accepted=str(version)
            )
        if not found:
            for script in tables:
                for statement in script.split(";"):
                    if statement.strip():
                        own.do(statement)
            own.do("INSERT INTO schema_version VALUES (?)", [version])


class SQLite:
    """A file; see `Database`.

    Args:
        path: it is made where there is none.

    Raises:
        DataError: it is no such file.
    """

    def __init__(self, path: str | Path) -> None:
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self._connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            raise DataError("cannot open the file", where=str(path), found=str(error)) from None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See `Database.transaction`."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield _Cursor(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def all(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """See `Database.all`."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def backup(self, path: str | Path) -> None:
        """Copy everything into a new file while others go on."""
        with sqlite3.connect(path) as target, self._lock:
            self._connection.backup(target)
        target.close()

    def close(self) -> None:
        """See `Database.close`."""
        with self._lock:
            self._connection.close()


class _Cursor:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(statement, values).fetchall()

    def do(self, statement: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(statement, values).rowcount
