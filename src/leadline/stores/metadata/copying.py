"""All facts of one database in another one, of whichever kind."""

from __future__ import annotations

import re

from leadline.errors import DataError
from leadline.stores.metadata import TOPICS
from leadline.stores.metadata.database import Database, Row, Transaction


def tables() -> list[str]:
    """Names of all tables, those that others refer to first."""
    return [name for topic in TOPICS for name in re.findall(r"CREATE TABLE (\w+)", topic.TABLES)]


def copied(source: Database, target: Database) -> dict[str, int]:
    """Put all facts into a database whose tables are there and empty; returns rows by table.

    Raises:
        DataError: some table of it is not empty.
    """
    found: dict[str, int] = {}
    # One transaction on each side: nothing of what changes meanwhile is there in part.
    with source.transaction() as reading, target.transaction() as writing:
        for table in tables():
            if writing.all(f"SELECT 1 FROM {table} LIMIT 1"):
                raise DataError("the database is not empty", where=table, next_step="Name a new one.")
            columns, rows = content(reading, table)
            named, marks = ", ".join(columns), ", ".join("?" * len(columns))
            for row in rows:
                writing.do(f"INSERT INTO {table} ({named}) VALUES ({marks})", row)
            writing.numbered(table)
            found[table] = len(rows)
    return found


def content(own: Transaction, table: str) -> tuple[list[str], list[Row]]:
    """The names of a table's columns, and all its rows."""
    columns = own.columns(table)
    return columns, own.all(f"SELECT {', '.join(columns)} FROM {table}")
