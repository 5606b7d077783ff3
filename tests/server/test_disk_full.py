"""A disk without room, and a clock that is wrong: what was acknowledged stays, and the server goes on."""

from __future__ import annotations

import errno
import functools
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from leadline.errors import RetryableError
from leadline.schedule import DAY
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.events import Event

sys.path.append(str(Path(__file__).parent))

import kept
from kept import MODEL, START

SmallDisk = Callable[[int], Path]

IN_A_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
"""Runs a program that may mount where it alone sees it, for whoever is allowed to."""


@functools.cache
def no_mount(*before: str) -> str:
    """Why a disk cannot be made, by a program that others run; "": it can."""
    with tempfile.TemporaryDirectory() as place:
        # What is mounted in this process's own namespace goes with the second command.
        script = 'mount -t tmpfs -o size=1m tmpfs "$0" && umount "$0"'
        try:
            done = subprocess.run([*before, "sh", "-c", script, place], capture_output=True, check=False)
        except OSError as error:
            return str(error)
    return "" if done.returncode == 0 else done.stderr.decode().strip() or "not allowed"


def on_a_small_disk(test: Callable[..., None]) -> Callable[..., None]:
    """Runs a test that mounts a disk: here, or else in a namespace of its own; else it is skipped."""

    @functools.wraps(test)
    def where_it_may(**given: Any) -> None:
        if not no_mount():
            test(**given)
            return
        if why := no_mount(*IN_A_NAMESPACE):
            pytest.skip(f"a small disk cannot be made here: {no_mount()}; nor in a namespace: {why}")
        name = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
        python = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-rs", name]
        done = subprocess.run(
            [*IN_A_NAMESPACE, *python], cwd=Path(__file__).parents[2], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
        assert "SKIPPED" not in done.stdout

    return where_it_may


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Makes a disk of so many megabytes, or gives it another size."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = False

    def sized(megabytes: int) -> Path:
        nonlocal mounted
        option = f"size={megabytes}m" + (",remount" if mounted else "")
        subprocess.run(["mount", "-t", "tmpfs", "-o", option, "tmpfs", str(place)], check=True)
        mounted = True
        return place

    yield sized
    if mounted:
        subprocess.run(["umount", str(place)], check=True)


def batch(number: int, rows: int) -> Any:
    found = kept.table(np.random.default_rng(number), rows, 0, 3, f"batch-{number}")
    return kept.predictions(f"batch-{number}", found, START)


def fill(store: DuckDBStore, rows: int) -> int:
    """Add batches until one is not kept; how many were."""
    number, problem = 0, ""
    while not problem:
        try:
            assert store.append([batch(number, rows)]) == [f"batch-{number}".encode()]
            number += 1
        except RetryableError as error:
            problem = str(error)
    assert "the disk is full" in problem
    return number


@pytest.mark.parametrize(
    ("megabytes", "rows"),
    [(12, 4_000), pytest.param(70, 20_000, marks=pytest.mark.long)],
    ids=["log", "checkpoint"],
)
@on_a_small_disk
def test_what_was_acknowledged_is_there_and_it_goes_on_with_room(
    megabytes: int, rows: int, small_disk: SmallDisk
) -> None:
    """Whether the log or the file itself finds no room: no batch is there in part."""
    place = small_disk(megabytes)
    store = DuckDBStore(place / "rows")
    failed = fill(store, rows)
    for _ in range(3):
        with pytest.raises(RetryableError):
            store.append([batch(failed, rows)])
    small_disk(400)
    # A batch that was not acknowledged may be there, whole, and is not kept twice.
    assert store.append([batch(failed, rows)]) == [f"batch-{failed}".encode()]
    assert store.append([batch(failed + 1, rows)]) == [f"batch-{failed + 1}".encode()]
    assert store.rows(MODEL)["predictions"] == (failed + 2) * rows
    store.close()
    again = DuckDBStore(place / "rows")
    with again._file.reader() as reader:
        sizes = reader.execute(
            "SELECT count(*), count(DISTINCT id) FROM predictions_1 GROUP BY batch"
        ).fetchall()
    assert set(sizes) == {(rows, rows)}
    again.close()


@on_a_small_disk
def test_a_full_disk_is_told_and_clients_try_again(small_disk: SmallDisk, serve: Any) -> None:
    rows = 2_000
    with serve(small_disk(16)) as live:
        answers = [post(live, number, rows) for number in range(3)]
        number, answer = 3, post(live, 3, rows)
        while answer.status == 202:
            number, answer = number + 1, post(live, number + 1, rows)
        assert {a.status for a in answers} == {202}
        assert answer.status == 503
        assert "the disk is full" in answer.document["message"]
        found = live.ask("GET", "/readyz", token=None)
        assert found.status == 503
        assert "the disk is full" in found.document["message"]
        assert live.ask("GET", "/healthz", token=None).status == 200
        assert str(small_disk(200)) not in answer.body.decode(), "where it is, is nobody's business"
        # No proxy sends anything to a server that is not ready.
        assert live.ask("GET", "/readyz").status == 200
        assert post(live, number, rows).status == 202
        assert live.service.store.rows("m")["predictions"] == (number + 1) * rows


NO_ROOM = f'Could not write file "/data/rows.duckdb.wal": {os.strerror(errno.ENOSPC)}'


class NoRoom:
    """The cursor of a store, of which some statement finds no room on the disk, as DuckDB tells it."""

    def __init__(self, cursor: Any, statement: str, error: duckdb.Error) -> None:
        self._cursor, self._statement, self._error = cursor, statement, error

    def execute(self, statement: str, *values: Any) -> Any:
        if statement.startswith(self._statement):
            raise self._error
        return self._cursor.execute(statement, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


INJECTED = pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("BEGIN", duckdb.IOException(f"IO Error: {NO_ROOM}")),
        ("INSERT", duckdb.IOException(f"IO Error: {NO_ROOM}")),
        # What fails while it is made durable makes DuckDB give up its connection.
        ("COMMIT", duckdb.FatalException(f"FATAL Error: Failed to write the log: {NO_ROOM}")),
    ],
    ids=["begin", "rows", "commit"],
)


@INJECTED
def test_where_there_is_no_room_nothing_is_kept_in_part(
    tmp_path: Path, statement: str, error: duckdb.Error
) -> None:
    """As on a real disk, wherever the tests run: no batch is there in part, and with room it goes on."""
    store = DuckDBStore(tmp_path / "rows")
    assert store.append([batch(0, 50)]) == [b"batch-0"]
    for number in (1, 2):
        # A store that gave up opens its file anew, with cursors of its own.
        store._file._writer = NoRoom(store._file.writer, statement, error)
        with pytest.raises(RetryableError, match="the disk is full: nothing of this was kept"):
            store.append([batch(number, 50), batch(number + 1, 50)])
        assert store.rows(MODEL)["predictions"] == 50
        if isinstance(store._file._writer, NoRoom):
            store._file._writer = store._file._writer._cursor
    assert store.append([batch(1, 50), batch(2, 50)]) == [b"batch-1", b"batch-2"]
    store.close()
    again = DuckDBStore(tmp_path / "rows")
    assert (again.last(), again.rows(MODEL)["predictions"]) == (3, 150)
    again.close()


@INJECTED
def test_a_server_without_room_says_so_and_goes_on(live: Any, statement: str, error: duckdb.Error) -> None:
    file = live.service.store._file
    assert post(live, 0, 20).status == 202
    file._writer = NoRoom(file.writer, statement, error)
    answer = post(live, 1, 20)
    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert "the disk is full" in answer.document["message"]
    assert "/data" not in answer.body.decode(), "where it is, is nobody's business"
    # A store that gave up opens its file anew, with cursors of its own.
    for _ in range(2):
        if not isinstance(file.writer, NoRoom):
            file._writer = NoRoom(file.writer, statement, error)
        found = live.ask("GET", "/readyz", token=None)
        assert found.status == 503
        assert "the disk is full" in found.document["message"]
        assert "/data" not in found.body.decode()
    if isinstance(file._writer, NoRoom):
        file._writer = file._writer._cursor
    assert live.ask("GET", "/readyz").status == 200
    assert post(live, 1, 20).status == 202
    assert live.service.store.rows("m")["predictions"] == 40


def test_small_facts_without_room_are_told_and_reading_goes_on(live: Any) -> None:
    """SQLite's own word for it, by a bound on its pages."""
    database = live.service.metadata.database

    def pages(bound: str) -> None:
        with database._lock:
            database._connection.execute(f"PRAGMA max_page_count = {bound}")

    def note(number: int, size: int) -> Any:
        return live.ask("POST", "/api/v1/events", {"kind": "note", "text": f"{number} " + "x" * size})

    pages("1")  # as many as there are
    number = 0
    # What the worker writes meanwhile is short: no room is left for that either.
    for size in (1_900, 200, 1):
        answer = note(number, size)
        while answer.status == 201:
            number, answer = number + 1, note(number + 1, size)
    assert answer.status == 503
    assert "the disk is full" in answer.document["message"]
    for _ in range(2):
        ready = live.ask("GET", "/readyz", token=None)
        assert ready.status == 503
        assert "the disk is full" in ready.document["message"]
    live.clock.now += 10 * 60_000_000
    found = live.ask("GET", "/api/v1/events?limit=1000").document["items"]
    assert len(found) == number
    assert post(live, 0, 20).status == 202
    pages("1073741823")
    assert note(number, 1).status == 201
    assert live.ask("GET", "/readyz").status == 200
    assert live.ask("GET", "/api/v1/audit?limit=1000").status == 200


def test_a_write_that_was_kept_makes_it_ready(live: Any) -> None:
    """Whichever it was: what was tried again, or the next one that came."""
    file = live.service.store._file
    error = duckdb.IOException(f"IO Error: {NO_ROOM}")
    file._writer = NoRoom(file.writer, "INSERT", error)
    assert post(live, 0, 20).status == 503
    file._writer = file._writer._cursor
    assert post(live, 0, 20).status == 202
    # Trying would fail, so it is not tried.
    file._writer = NoRoom(file.writer, "CREATE", error)
    assert live.ask("GET", "/readyz").status == 200
    file._writer = file._writer._cursor


def test_nothing_of_a_transaction_without_room_is_there(tmp_path: Path) -> None:
    metadata = Metadata(tmp_path / "m")
    with metadata.database._lock:  # type: ignore[attr-defined]
        metadata.database._connection.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]

    def many() -> None:
        with metadata.database.transaction() as own:
            for number in range(1_000):
                metadata.events.add(own, Event(0, "", "note", 0, f"{number} " * 500, "", "", 0))

    for _ in range(2):
        with pytest.raises(RetryableError, match="the disk is full"):
            many()
        assert metadata.events.find() == []
    metadata.close()


def post(live: Any, number: int, rows: int) -> Any:
    generator = np.random.default_rng(number)
    section = {
        "rows": rows,
        "id": [f"{number}-{row}" for row in range(rows)],
        "features": {f"f{i}": generator.random(rows).tolist() for i in range(10)},
    }
    body = gzip.compress(json.dumps({"format": 1, "model": "m", "predictions": section}).encode())
    headers = {"Content-Encoding": "gzip", "Idempotency-Key": f"key-{number}"}
    return live.ask("POST", "/api/v1/ingest", body=body, headers=headers)


def test_a_clock_that_jumps_back_and_forth_loses_nothing(
    live: Any, baseline_file: Path, make_traffic: Any
) -> None:
    """Rows, counts and the verdict are what they would have been; keys of batches are known."""
    live.give(baseline_file)
    live.send(make_traffic(6, 60, "2026-04-01", 2))
    before = live.report()
    now = live.clock.now
    for jump in (73 * 365 * DAY, -56 * 365 * DAY, 0, 40 * 365 * DAY, 0):
        live.clock.now = now + jump
        live.judge()
        live.service.worker.let_go(anew=True, seconds=60)
        assert live.ask("GET", "/api/v1/models").status == 200
        assert live.service.worker.problems == {}
    after = live.report()
    assert live.service.store.rows("credit") == {"predictions": 360, "labels": 360, "feedback": 0}
    assert (after["current"], after["columns"]) == (before["current"], before["columns"])
    late = make_traffic(1, 30, "2026-04-07", 3)
    live.send(late)
    assert live.report()["current"]["rows"] == 390
