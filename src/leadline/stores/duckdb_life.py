"""What becomes of the rows of the embedded store: they shrink to stubs, go, are erased, measured, exported.

Each function works on a cursor within the transaction of whoever calls it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from leadline.stores import duckdb_profiles
from leadline.stores.cells import Key
from leadline.stores.contract import QUARTER, Aged, Erased, Labels, Moments, Section, Size

Places = Mapping[Section, Mapping[Key, int]]

BLOCK_BYTES = 262_144
"""The unit in which the file grows."""

KEPT_GROUPS = frozenset({"", "scores", "segment"})
"""Groups of fields that every stub keeps."""

_SECTIONS: tuple[Section, ...] = ("predictions", "labels", "feedback")
_ERASED = -1
"""Number of the batch of rows that are being erased."""

_FILLED = BLOCK_BYTES // 16
"""Random values of 16 bytes that fill a block."""


def aged(cursor: Any, number: int) -> list[Aged]:
    """See `RowStore.aged`."""
    found = cursor.execute(
        'SELECT "start", finish, stubs, gone FROM aged WHERE model = ? ORDER BY "start"', [number]
    ).fetchall()
    return [Aged(*row) for row in found]


def ageing(cursor: Any, number: int, before: int, upto: int, to: Literal["stubs", "gone"]) -> Moments:
    """See `RowStore.ageing`."""
    found = cursor.execute(
        f"""
        SELECT DISTINCT quarter FROM (
            SELECT DISTINCT moment // {QUARTER} * {QUARTER} AS quarter, batch FROM predictions_{number}
            WHERE moment < $before AND batch <= $upto
        ) p ASOF LEFT JOIN (SELECT * FROM aged WHERE model = $model) a ON p.quarter >= a."start"
        WHERE a."start" IS NULL OR p.quarter >= a.finish OR p.batch > a.{to} ORDER BY quarter
        """,
        {"before": before, "upto": upto, "model": number},
    ).fetchall()
    return np.array([quarter for (quarter,) in found], np.int64)


def keep_aged(cursor: Any, number: int, ranges: Sequence[Aged]) -> None:
    """Say of ranges what is no longer kept; their rows are still there."""
    for one in ranges:
        cursor.execute(
            'DELETE FROM aged WHERE model = ? AND "start" >= ? AND finish <= ?', [number, one.start, one.end]
        )
        cursor.execute(
            "INSERT INTO aged VALUES (?, ?, ?, ?, ?, false)",
            [number, one.start, one.end, one.stubs, one.gone],
        )


def shrink(cursor: Any, number: int, places: Places, needed: Collection[tuple[str, str]], rows: int) -> int:
    """See `RowStore.shrink`."""
    unneeded = [
        f"c{place}"
        for key, place in places["predictions"].items()
        if key.section not in KEPT_GROUPS and key[:2] not in needed
    ]
    pending = cursor.execute(
        'SELECT "start", finish, stubs, gone FROM aged WHERE model = ? AND NOT done ORDER BY "start"',
        [number],
    ).fetchall()
    for start, finish, stubs, gone in pending:
        within = f"moment >= {start} AND moment < {finish}"
        changed = _delete(cursor, number, f"{within} AND batch <= {gone}", rows) if gone else 0
        if not changed and stubs > gone and unneeded:
            changed = _empty(cursor, number, unneeded, f"{within} AND batch <= {stubs}", rows)
        if changed:
            return changed
        own = [number, start]
        if stubs > gone:
            cursor.execute('UPDATE aged SET done = true WHERE model = ? AND "start" = ?', own)
        else:
            cursor.execute('DELETE FROM aged WHERE model = ? AND "start" = ?', own)
    return 0


def _delete(cursor: Any, number: int, where: str, rows: int) -> int:
    """Delete some predictions with the labels that belong to them."""
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT rowid AS place_in_table, id, batch, place "
        f"FROM predictions_{number} WHERE {where} LIMIT {rows}"
    )
    # A label belongs to the first prediction with its id, so it leaves with that one.
    cursor.execute(f"""
        DELETE FROM labels_{number} WHERE id IN (
            SELECT leaving.id FROM leaving WHERE leaving.id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM predictions_{number} p WHERE p.id = leaving.id
                AND (p.batch < leaving.batch OR p.batch = leaving.batch AND p.place < leaving.place)))
    """)
    return _changed(
        cursor, f"DELETE FROM predictions_{number} WHERE rowid IN (SELECT place_in_table FROM leaving)"
    )


def _empty(cursor: Any, number: int, columns: Sequence[str], where: str, rows: int) -> int:
    held = " OR ".join(f"{name} IS NOT NULL" for name in columns)
    nothing = ", ".join(f"{name} = NULL" for name in columns)
    return _changed(
        cursor,
        f"UPDATE predictions_{number} SET {nothing} WHERE rowid IN "
        f"(SELECT rowid FROM predictions_{number} WHERE {where} AND ({held}) LIMIT {rows})",
    )


def _changed(cursor: Any, statement: str, values: Sequence[Any] = ()) -> int:
    return int(cursor.execute(statement, [*values]).fetchall()[0][0])


def forget_unjoined(cursor: Any, number: int, before: int) -> int:
    """See `RowStore.forget_unjoined`."""
    first = cursor.execute(
        "SELECT coalesce(min(batch), (SELECT max(batch) + 1 FROM batches)) FROM batches "
        "WHERE model = ? AND received_at >= ?",
        [number, before],
    ).fetchall()[0][0]
    if first is None:
        return 0
    lost = 0
    for section in ("labels", "feedback"):
        gone = _changed(
            cursor, f"DELETE FROM {section}_{number} WHERE batch < {first} AND {_alone(number, section)}"
        )
        lost += gone if section == "labels" else 0
    cursor.execute("UPDATE models SET lost = lost + ? WHERE model = ?", [lost, number])
    # The last number of all must stay known: the next batch has the one after it.
    cursor.execute(
        "DELETE FROM batches WHERE model = ? AND batch < ? AND batch < (SELECT max(batch) FROM batches)",
        [number, first],
    )
    return lost


def _alone(number: int, section: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM predictions_{number} p WHERE p.id = {section}_{number}.id)"


def labels(cursor: Any, number: int) -> Labels:
    """See `RowStore.labels`."""
    waiting = cursor.execute(
        f"SELECT count(*) FROM labels_{number} WHERE {_alone(number, 'labels')}"
    ).fetchall()[0][0]
    lost = cursor.execute("SELECT lost FROM models WHERE model = ?", [number]).fetchall()[0][0]
    return Labels(waiting, lost)


def erase(cursor: Any, number: int, places: Places, column: str, values: Sequence[str]) -> Erased:
    """See `RowStore.erase`; says nothing of the batch."""
    cursor.execute("CREATE OR REPLACE TEMP TABLE named AS SELECT unnest(?::VARCHAR[]) AS value", [[*values]])
    holders = ["id"] if column == "" else [
        f"c{place}::VARCHAR"
        for key, place in places["predictions"].items()
        if key.section in ("features", "segment") and key.name == column
    ]  # fmt: skip
    theirs = " OR ".join(f"{name} IN (SELECT value FROM named)" for name in holders) or "false"
    ids = [
        row[0]
        for row in cursor.execute(
            f"SELECT DISTINCT id FROM predictions_{number} WHERE id IS NOT NULL AND ({theirs}) ORDER BY id"
        ).fetchall()
    ]
    quarters = cursor.execute(
        f"SELECT DISTINCT moment // {QUARTER} AS quarter FROM predictions_{number} WHERE {theirs} ORDER BY 1"
    ).fetchall()
    named = [*values] if column == "" else ids
    cursor.execute("CREATE OR REPLACE TEMP TABLE named_ids AS SELECT unnest(?::VARCHAR[]) AS value", [named])
    rows: dict[Section, int] = {}
    for section in _SECTIONS:
        where = theirs
        if section != "predictions":
            # An id of several rows may be of somebody else, too.
            where = f"id IN (SELECT value FROM named_ids) AND {_alone(number, section)}"
        rows[section] = _overwrite(cursor, f"{section}_{number}", len(places[section]), where)
    return Erased(tuple(named), rows, np.array([q for (q,) in quarters], np.int64) * QUARTER)


def _overwrite(cursor: Any, table: str, columns: int, where: str) -> int:
    """Delete rows so that the next checkpoint writes their neighbours without them.

    Rows that are only deleted stay in the file until all of their neighbours are.
    """
    names = ["id", "moment", "place", *(f"c{i}" for i in range(columns))]
    nothing = ", ".join(f"{name} = NULL" for name in names)
    cursor.execute(f"UPDATE {table} SET batch = {_ERASED}, {nothing} WHERE {where}")
    return _changed(cursor, f"DELETE FROM {table} WHERE batch = {_ERASED}")


def fill(cursor: Any) -> None:
    """Write over all blocks of the file that hold nothing any more."""
    free = int(cursor.execute("SELECT free_blocks FROM pragma_database_size()").fetchall()[0][0])
    cursor.execute(
        f"CREATE OR REPLACE TABLE filler AS SELECT gen_random_uuid() FROM range({(free + 1) * _FILLED})"
    )
    cursor.execute("CHECKPOINT")
    cursor.execute("DROP TABLE filler")
    cursor.execute("CHECKPOINT")


def size(cursor: Any, number: int) -> Size:
    """See `RowStore.size`."""
    rows: dict[Section, int] = {}
    for section in _SECTIONS:
        blocks = cursor.execute(
            "SELECT count(DISTINCT block) FROM (SELECT unnest(list_append(additional_block_ids, block_id)) "
            f"AS block FROM pragma_storage_info('{section}_{number}')) WHERE block >= 0"
        ).fetchall()[0][0]
        rows[section] = blocks * BLOCK_BYTES
    return Size(rows, *duckdb_profiles.size(cursor, number))


def write_parquet(cursor: Any, number: int, places: Places, section: Section, path: Path) -> int:
    """See `RowStore.write_parquet`."""
    taken = {"id", "timestamp"}
    columns = ["id", 'make_timestamp(moment) AS "timestamp"']
    for key, place in places[section].items():
        name = base = f"{key.section}.{key.name}" if key.section else key.name
        if name.casefold() in taken:
            name = f"{base} ({key.kind})"
        number_of = 2
        while name.casefold() in taken:
            name, number_of = f"{base} ({key.kind} {number_of})", number_of + 1
        taken.add(name.casefold())
        columns.append(f"c{place} AS {_quoted(name)}")
    return _changed(
        cursor,
        f"COPY (SELECT {', '.join(columns)} FROM {section}_{number} ORDER BY batch, place) "
        f"TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)",
    )


def _quoted(name: str) -> str:
    """A name that users chose, as an identifier of SQL: no statement can hold the character 0."""
    return '"' + name.replace('"', '""').replace("\0", "\N{SYMBOL FOR NULL}") + '"'
