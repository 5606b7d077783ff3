"""What clients say of themselves with their batches: heartbeats, and how much they had to drop."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import msgspec

from leadline.schedule import DAY, HOUR
from leadline.stores.operations_kinds import (
    LARGEST_AMOUNT,
    MILLIONTHS,
    NAME_LETTERS,
    Dropped,
    What,
)

Row = tuple[int, str, What, str, int, int]
"""Hour, version, what, name, count and amount."""

TABLES = """
    CREATE TABLE IF NOT EXISTS operations_dropped (
        model INTEGER, instance VARCHAR, version VARCHAR, kind VARCHAR, reason VARCHAR, total BIGINT,
        told_at BIGINT);
    CREATE TABLE IF NOT EXISTS operations_lives (
        model INTEGER, instance VARCHAR, version VARCHAR, first_at BIGINT, last_at BIGINT,
        told_at BIGINT);
"""

LAST = 4_102_444_800_000_000
"""Moments are taken from 1970 up to this one, the year 2100."""

SPOOLED = 8 * DAY
"""A batch may wait for so long on the disk of a client; one that says to be older has a wrong clock."""

LONGEST_PAUSE = DAY
"""Longest time between two heartbeats of a process for which it is taken to have lived. Beyond it, it is a
new one, so that a clock that is wrong once makes nobody live for years."""

SHORTEST_INTERVAL = 1_000
"""Microseconds; who says to beat more often than that does not know."""

REASONS, GPUS = 50, 64
"""Most reasons of one kind, and GPUs of one heartbeat, that are looked at."""

LARGEST_TOTAL = 1 << 53

Totals = dict[tuple[str, str, str, str], int]
"""Rows dropped by instance, version, kind and reason, since the instance began."""

Lives = dict[tuple[str, str], tuple[int, int]]
"""Moments of the first and the last heartbeat, by instance and version."""


class _Process(msgspec.Struct):
    cpu_used: float | None = None
    resident_bytes: int | None = None


class _Host(msgspec.Struct):
    cpu_busy: float | None = None
    memory_total_bytes: float | None = None
    memory_available_bytes: float | None = None


class _Gpu(msgspec.Struct):
    busy: float | None = None
    memory_used_bytes: float | None = None
    memory_total_bytes: float | None = None


class _Heartbeat(msgspec.Struct):
    timestamp: float
    interval_seconds: float | None = None
    process: _Process = msgspec.field(default_factory=_Process)
    host: _Host = msgspec.field(default_factory=_Host)
    gpus: list[msgspec.Raw] = []
    clock_offset_seconds: float | None = None


class _Client(msgspec.Struct):
    instance: str = ""
    created_at: float | None = None


class _About(msgspec.Struct):
    version: str | None = None
    client: _Client = msgspec.field(default_factory=_Client)
    heartbeats: list[msgspec.Raw] = []
    dropped: dict[str, msgspec.Raw] = {}
    clock_offset_seconds: float | None = None


def read(cursor: Any, number: int, new: str) -> list[Row]:
    """What new batches of a model say; what they dropped, and how long processes live, is kept within the
    caller's transaction.

    Args:
        new: SQL that chooses the batches.
    """
    found: list[Row] = []
    batches = cursor.execute(
        f"SELECT received_at, about FROM batches WHERE model = ? AND {new} AND about IS NOT NULL "
        "AND regexp_matches(decode(about), '\"(heartbeats|dropped|clock_offset_seconds)\"') "
        "ORDER BY batch",
        [number],
    ).fetchall()
    totals: Totals = {}
    known = _known(cursor, number) if batches else {}
    lives = _lives(cursor, number) if batches else {}
    before = dict(lives)
    for received_at, content in batches:
        try:
            about = msgspec.json.decode(content, type=_About)
        except msgspec.MsgspecError:
            continue
        found += _of_clock(about, about.clock_offset_seconds, received_at)
        for raw in about.heartbeats:
            try:
                found += _of_beat(about, msgspec.json.decode(raw, type=_Heartbeat), received_at, lives)
            except (msgspec.MsgspecError, OverflowError, ValueError):
                # A heartbeat that is not as the wire has it says nothing; the batch was taken all the same.
                continue
        found += _of_dropped(about, received_at, known, totals)
    told_at = max((at for at, _ in batches), default=0)
    _keep(cursor, number, totals, told_at)
    changed = {key: life for key, life in lives.items() if life != before.get(key)}
    _keep_lives(cursor, number, changed, told_at)
    return found


def forget(cursor: Any, number: int, before: int) -> None:
    """Forget the totals of instances that have not told of them since a moment: they have long ended."""
    cursor.execute("DELETE FROM operations_dropped WHERE model = ? AND told_at < ?", [number, before])


def _of_beat(about: _About, beat: _Heartbeat, received_at: int, lives: Lives) -> Iterator[Row]:
    version = about.version or ""
    if about.clock_offset_seconds is None:
        yield from _of_clock(about, beat.clock_offset_seconds, received_at)
    moment = int(beat.timestamp * 1e6)
    if not 0 <= moment < LAST:
        return
    hour = moment // HOUR
    yield hour, version, "beats", "", 1, 0
    key = about.client.instance[:NAME_LETTERS], version
    interval = beat.interval_seconds
    if interval is not None and not SHORTEST_INTERVAL <= interval * 1e6 <= LONGEST_PAUSE:
        interval = None
    if interval is not None and not _is_known(lives.get(key), moment):
        yield hour, version, "expected", "", 1, MILLIONTHS
    for at, lived in _lived(lives, key, moment):
        if interval is None:
            yield at, version, "lived", "", 1, lived
        else:
            yield at, version, "expected", "", 1, round(lived / interval)
    for what, share in _shares(beat):
        if share is not None and 0 <= share <= LARGEST_AMOUNT:
            yield hour, version, what, "", 1, round(share * MILLIONTHS)
    resident = beat.process.resident_bytes
    if resident is not None and 0 <= resident < 1 << 50:
        yield hour, version, "resident", "", 1, resident


def _is_known(life: tuple[int, int] | None, moment: int) -> bool:
    """Whether a heartbeat belongs to a life that is known."""
    return life is not None and life[0] - LONGEST_PAUSE <= moment <= life[1] + LONGEST_PAUSE


def _lived(lives: Lives, key: tuple[str, str], moment: int) -> Iterator[tuple[int, int]]:
    """By how many microseconds of which hours a process has lived longer than was known, by what is known
    of its heartbeats in whatever order.
    """
    life = lives.get(key)
    first, last = life if life is not None and _is_known(life, moment) else (moment, moment)
    lives[key] = min(first, moment), max(last, moment)
    start, end = (moment, first) if moment < first else (last, max(last, moment))
    while start < end:
        following = min((start // HOUR + 1) * HOUR, end)
        yield start // HOUR, following - start
        start = following


def _of_clock(about: _About, offset: float | None, received_at: int) -> Iterator[Row]:
    """What the server saw of a client's clock; else what the client knows of the server's."""
    if offset is not None and abs(offset) <= LARGEST_AMOUNT:
        # A clock that is wrong cannot say which hour it is.
        yield received_at // HOUR, about.version or "", "clock", "", 1, round(offset * 1e6)


def _shares(beat: _Heartbeat) -> Iterator[tuple[What, float | None]]:
    host = beat.host
    yield "cpu_busy", host.cpu_busy
    yield "cpu_used", beat.process.cpu_used
    if host.memory_total_bytes and host.memory_available_bytes is not None:
        yield "memory_used", 1 - host.memory_available_bytes / host.memory_total_bytes
    for raw in beat.gpus[:GPUS]:
        try:
            gpu = msgspec.json.decode(raw, type=_Gpu)
        except msgspec.MsgspecError:
            continue
        yield "gpu_busy", gpu.busy
        if gpu.memory_total_bytes and gpu.memory_used_bytes is not None:
            yield "gpu_memory", gpu.memory_used_bytes / gpu.memory_total_bytes


def _of_dropped(about: _About, received_at: int, known: Mapping[Any, int], totals: Totals) -> Iterator[Row]:
    """What was dropped since the largest total before: batches come in any order."""
    instance, version = about.client.instance[:NAME_LETTERS], about.version or ""
    moment = _made_at(about, received_at)
    for kind in get_args(Dropped):
        for reason, total in _reasons(about.dropped.get(kind)):
            key = instance, version, kind, reason[:NAME_LETTERS]
            before = totals.get(key, known.get(key, 0))
            totals[key] = max(total, before)
            if total > before:
                yield (
                    moment // HOUR,
                    version,
                    "dropped",
                    f"{kind}: {key[3]}"[:NAME_LETTERS],
                    total - before,
                    0,
                )


def _reasons(raw: msgspec.Raw | None) -> Sequence[tuple[str, int]]:
    if raw is None:
        return ()
    try:
        found = msgspec.json.decode(raw, type=dict[str, int])
    except msgspec.MsgspecError:
        return ()
    return [(reason, total) for reason, total in found.items() if 0 < total <= LARGEST_TOTAL][:REASONS]


def _made_at(about: _About, received_at: int) -> int:
    """When a batch was made, as far as that is likely; it came then or later."""
    made = about.client.created_at
    if made is None or not math.isfinite(made):
        return received_at
    moment = int(made * 1e6)
    return moment if received_at - SPOOLED <= moment <= received_at else received_at


def _known(cursor: Any, number: int) -> Totals:
    found = cursor.execute(
        "SELECT instance, version, kind, reason, max(total) FROM operations_dropped WHERE model = ? "
        "GROUP BY ALL",
        [number],
    ).fetchall()
    return {(instance, version, kind, reason): total for instance, version, kind, reason, total in found}


def _keep(cursor: Any, number: int, totals: Totals, told_at: int) -> None:
    for key, total in totals.items():
        cursor.execute(
            "DELETE FROM operations_dropped WHERE model = ? AND instance = ? AND version = ? AND kind = ? "
            "AND reason = ?",
            [number, *key],
        )
        cursor.execute("INSERT INTO operations_dropped VALUES (?, ?, ?, ?, ?, ?, ?)",
                       [number, *key, total, told_at])  # fmt: skip


def _lives(cursor: Any, number: int) -> Lives:
    found = cursor.execute(
        "SELECT instance, version, first_at, last_at FROM operations_lives WHERE model = ?", [number]
    ).fetchall()
    return {(instance, version): (first, last) for instance, version, first, last in found}


def _keep_lives(cursor: Any, number: int, lives: Lives, told_at: int) -> None:
    for key, life in lives.items():
        cursor.execute(
            "DELETE FROM operations_lives WHERE model = ? AND instance = ? AND version = ?", [number, *key]
        )
        cursor.execute("INSERT INTO operations_lives VALUES (?, ?, ?, ?, ?, ?)",
                       [number, *key, *life, told_at])  # fmt: skip
    # None of their heartbeats waits on a disk any more.
    ended = [number, told_at - SPOOLED]
    cursor.execute("DELETE FROM operations_lives WHERE model = ? AND told_at < ?", ended)
