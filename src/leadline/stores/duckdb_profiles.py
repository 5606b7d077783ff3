"""Profiles of the embedded store: which there are is a table, what they hold lies in `Contents`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from leadline.errors import DataError, RetryableError
from leadline.stores.contents import Contents
from leadline.stores.contract import Bucket, Kept
from leadline.stores.duckdb_tables import transaction

_LISTED = 'SELECT "start", finish, rows, upto, content, samples, frozen FROM profiles'
_NEVER = 2**63 - 1
_TRIES = 10
"""Times that profiles are looked up, where one that is listed was put in the place of another meanwhile."""

Row = tuple[Any, ...]


def bring_forward(cursor: Any, contents: Contents) -> None:
    """Move the contents of profiles of version 2, which lay in the table; drop what nobody refers to.

    Raises:
        DataError: contents are missing.
    """
    old = cursor.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'profiles_2'").fetchall()
    if old[0][0]:
        with transaction(cursor):
            for (place,) in cursor.execute("SELECT rowid FROM profiles_2").fetchall():
                number, grid, *row = cursor.execute(
                    "SELECT model, grid, bucket, finish, rows, upto, content, ''::BLOB, frozen "
                    "FROM profiles_2 WHERE rowid = ?",
                    [place],
                ).fetchall()[0]
                insert(cursor, contents, number, grid, [Kept(*row)])
            cursor.execute("DROP TABLE profiles_2")
    known = contents.digests()
    missing = cursor.execute(
        "SELECT count(*) FROM (SELECT unnest([content, samples, frozen]) AS name FROM profiles) "
        "ANTI JOIN (SELECT unnest(?::VARCHAR[]) AS name) USING (name)",
        [["", *known]],
    ).fetchall()[0][0]
    if missing:
        raise DataError(
            "profiles are missing", where=str(contents.path), found=f"{missing} of them",
            next_step="Put the file back that belongs to the rows beside it.",
        )  # fmt: skip
    contents.drop(known - _referred(cursor, known))


def buckets(cursor: Any, number: int, grid: str, since: int, until: int | None, sums: bool) -> list[Bucket]:
    """See `RowStore.buckets`."""
    found = cursor.execute(
        'SELECT "start", finish, rows, upto, content || samples FROM profiles '
        'WHERE model = ? AND grid = ? AND finish > ? AND "start" < ? AND summed = ? '
        'ORDER BY "start", finish DESC',
        [number, grid, since, _NEVER if until is None else until, sums],
    ).fetchall()
    return [Bucket(*row) for row in found]


def profiles(
    cursor: Any, contents: Contents, number: int, grid: str, since: int, until: int | None
) -> list[Kept]:
    """See `RowStore.profiles`."""

    def listed() -> list[Row]:
        found: list[Row] = cursor.execute(
            f'{_LISTED} WHERE model = ? AND grid = ? AND finish > ? AND "start" < ? AND NOT summed '
            'ORDER BY "start"',
            [number, grid, since, _NEVER if until is None else until],
        ).fetchall()
        return found

    return _read(contents, listed)


def fewest(
    cursor: Any,
    contents: Contents,
    number: int,
    grid: str,
    span: tuple[int, int],
    longest: int | None,
    samples: bool,
) -> list[Kept]:
    """See `RowStore.fewest`."""

    def listed() -> list[Row]:
        found = cursor.execute(
            f'{_LISTED} WHERE model = $model AND grid = $grid AND "start" >= $since AND "start" < $until '
            'AND (NOT summed OR finish <= $until AND finish - "start" <= $longest) '
            'ORDER BY "start", finish DESC, summed DESC',
            {
                "model": number,
                "grid": grid,
                "since": span[0],
                "until": span[1],
                "longest": _NEVER if longest is None else longest,
            },
        ).fetchall()
        chosen: list[Row] = []
        for row in found:
            # Those within one that is chosen follow it.
            if not chosen or row[1] > chosen[-1][1]:
                chosen.append(row if samples else (*row[:5], "", row[6]))
        return chosen

    return _read(contents, listed)


def _read(contents: Contents, listed: Callable[[], list[Row]]) -> list[Kept]:
    """What is listed, with what it holds."""
    for _ in range(_TRIES):
        rows = listed()
        names = {name for row in rows for name in row[4:]}
        found = contents.get(names)
        if names <= found.keys():
            return [Kept(*row[:4], *(found[name] for name in row[4:])) for row in rows]
    raise RetryableError("the profiles change all the time")


def insert(
    cursor: Any, contents: Contents, number: int, grid: str, kept: Sequence[Kept], summed: bool = False
) -> None:
    """Add profiles within a transaction; their contents are there before it ends."""
    if not kept:
        return
    parts = [(one.content, one.samples, one.frozen) for one in kept]
    digests = contents.put([part for own in parts for part in own])
    cursor.executemany(
        "INSERT INTO profiles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            [number, grid, one.start, one.end, one.rows, one.upto, *digests[3 * i : 3 * i + 3],
             sum(len(part) for part in parts[i]), summed]
            for i, one in enumerate(kept)
        ],
    )  # fmt: skip


def replace(cursor: Any, contents: Contents, number: int, grid: str, kept: Sequence[Kept]) -> set[str]:
    """Put profiles in the place of others within a transaction, see `RowStore.keep_profiles`.

    Returns:
        What may not be referred to any more, to be told to `collect` after the transaction.
    """
    gone = delete(cursor, "model = ? AND grid <> ? AND frozen = ''", [number, grid])
    for one in kept:
        gone |= delete(
            cursor,
            'model = ? AND grid = ? AND ("start" >= ? AND "start" < ? AND NOT summed '
            'OR summed AND "start" < ? AND finish > ?)',
            [number, grid, one.start, one.end, one.end, one.start],
        )
    insert(cursor, contents, number, grid, kept)
    return gone


def keep_sum(
    cursor: Any, contents: Contents, number: int, grid: str, whole: Kept, of: Sequence[Bucket]
) -> tuple[bool, set[str]]:
    """See `RowStore.keep_sum`; within a transaction, returning also what `replace` returns."""
    if buckets(cursor, number, grid, whole.start, whole.end, sums=False) != [*of]:
        return False, set()
    gone = delete(
        cursor,
        'model = ? AND grid = ? AND summed AND "start" = ? AND finish = ?',
        [number, grid, whole.start, whole.end],
    )
    insert(cursor, contents, number, grid, [whole], summed=True)
    return True, gone


def forget(cursor: Any, number: int, before: int) -> tuple[int, set[str]]:
    """See `RowStore.forget_profiles`; within a transaction, returning also what `replace` returns."""
    counted = "SELECT count(*) FROM profiles WHERE model = ? AND NOT summed AND finish <= ?"
    buckets = cursor.execute(counted, [number, before]).fetchall()[0][0]
    old = 'model = ? AND (finish <= ? OR summed AND "start" < ?)'
    return int(buckets), delete(cursor, old, [number, before, before])


def delete(cursor: Any, where: str, values: Sequence[Any]) -> set[str]:
    """Delete rows within a transaction; returns what `replace` returns."""
    found = cursor.execute(
        f"DELETE FROM profiles WHERE {where} RETURNING content, samples, frozen", [*values]
    ).fetchall()
    return {name for row in found for name in row}


def collect(cursor: Any, contents: Contents, gone: Collection[str]) -> None:
    """Drop those of some contents that nobody refers to; nothing else may keep profiles meanwhile."""
    gone = {*gone} - {""}
    if gone:
        contents.drop(gone - _referred(cursor, gone))


def _referred(cursor: Any, among: Collection[str]) -> set[str]:
    """Those of some contents that a profile has."""
    found = cursor.execute(
        "SELECT DISTINCT name FROM (SELECT unnest([content, samples, frozen]) AS name FROM profiles) "
        "SEMI JOIN (SELECT unnest(?::VARCHAR[]) AS name) USING (name)",
        [[*among]],
    ).fetchall()
    return {name for (name,) in found}


def size(cursor: Any, number: int) -> tuple[int, int]:
    """Bytes of a model's profiles, and of how many buckets they are."""
    bytes_, buckets_ = cursor.execute(
        "SELECT coalesce(sum(bytes), 0), count(*) FILTER (NOT summed) FROM profiles WHERE model = ?", [number]
    ).fetchall()[0]
    return int(bytes_), int(buckets_)
