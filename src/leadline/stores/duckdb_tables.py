"""The tables of the embedded store, and how those of an older version become those of the newest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from leadline.errors import DataError
from leadline.stores import operations

VERSION = 3
"""Of the tables; a store of an older version is brought forward, one of a later version is not opened."""

TRIED_BYTES = 1 << 20
"""Of what is written to see whether there is room, which is more than most batches take."""

_TABLES = """
    CREATE TABLE IF NOT EXISTS version (version INTEGER);
    CREATE TABLE IF NOT EXISTS models (model INTEGER, name VARCHAR, lost BIGINT DEFAULT 0);
    CREATE TABLE IF NOT EXISTS fields (
        model INTEGER, section VARCHAR, "group" VARCHAR, name VARCHAR, kind VARCHAR);
    CREATE TABLE IF NOT EXISTS keys (key VARCHAR, received_at BIGINT, answer BLOB);
    CREATE TABLE IF NOT EXISTS batches (batch BIGINT, model INTEGER, received_at BIGINT, about BLOB);
    CREATE TABLE IF NOT EXISTS profiles (
        model INTEGER, grid VARCHAR, "start" BIGINT, finish BIGINT, rows BIGINT, upto BIGINT, content VARCHAR,
        samples VARCHAR, frozen VARCHAR, bytes BIGINT, summed BOOLEAN);
    CREATE TABLE IF NOT EXISTS counted (model INTEGER, grid VARCHAR, upto BIGINT);
    CREATE TABLE IF NOT EXISTS aged (
        model INTEGER, "start" BIGINT, finish BIGINT, stubs BIGINT, gone BIGINT, done BOOLEAN);
    CREATE TABLE IF NOT EXISTS changed (model INTEGER, quarter BIGINT, batch BIGINT);
"""
"""As the newest version has them; those that a store lacks are made when it is opened."""

_STEPS: Mapping[int, str] = {
    2: """
        ALTER TABLE models ADD COLUMN lost BIGINT DEFAULT 0;
        ALTER TABLE profiles ADD COLUMN frozen BLOB DEFAULT ''::BLOB;
    """,
    # `duckdb_profiles.bring_forward` moves what lies there. The index of the keys goes, see `keys`.
    3: """
        ALTER TABLE profiles RENAME TO profiles_2;
        CREATE TABLE keys_3 AS SELECT * FROM keys;
        DROP TABLE keys;
        ALTER TABLE keys_3 RENAME TO keys;
    """,
}
"""What makes a store of each version of one of the version before, in tables that it has."""


def open_tables(cursor: Any, where: str) -> None:
    """Make the tables, or bring them forward, in one transaction.

    Raises:
        DataError: they are of a later version.
    """
    known = cursor.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'version'").fetchall()
    found = cursor.execute("SELECT max(version) FROM version").fetchall()[0][0] if known[0][0] else None
    if found is not None and found > VERSION:
        raise DataError(
            "a store of a later version", where=where, found=found, accepted=f"up to {VERSION}",
            next_step="Upgrade leadline.",
        )  # fmt: skip
    with transaction(cursor):
        for version in range(VERSION if found is None else found, VERSION):
            cursor.execute(_STEPS[version + 1])
        cursor.execute(_TABLES)
        cursor.execute(operations.TABLES)
        if found != VERSION:
            cursor.execute("DELETE FROM version")
            cursor.execute("INSERT INTO version VALUES (?)", [VERSION])


def try_write(cursor: Any) -> None:
    """Make a table of a megabyte, and take it away once it is durable."""
    with transaction(cursor):
        cursor.execute("CREATE OR REPLACE TABLE tried (filler BLOB)")
        cursor.execute("INSERT INTO tried VALUES (?)", [bytes(TRIED_BYTES)])
    with transaction(cursor):
        cursor.execute("DROP TABLE tried")


@contextmanager
def transaction(cursor: Any) -> Iterator[None]:
    """Everything that is done in it is kept together, or not at all."""
    cursor.execute("BEGIN")
    try:
        yield
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")
