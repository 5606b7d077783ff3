"""A disk without room, and a clock that is wrong: what was acknowledged stays, and the server goes on."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadline.errors import RetryableError
from leadline.schedule import DAY
from leadline.stores.duckdb_store import DuckDBStore

sys.path.append(str(Path(__file__).parent))

import kept
from kept import MODEL, START

SmallDisk = Callable[[int], Path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Makes a disk of so many megabytes, or gives it another size; skipped where that is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = False

    def sized(megabytes: int) -> Path:
        nonlocal mounted
        option = f"size={megabytes}m" + (",remount" if mounted else "")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", option, "tmpfs", str(place)], capture_output=True, check=False
        )
        if done.returncode and not mounted:
            pytest.skip("a small disk cannot be made here: " + done.stderr.decode().strip())
        assert done.returncode == 0, done.stderr
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
        assert str(small_disk(200)) not in answer.body.decode(), "where it is, is nobody's business"
        assert post(live, number, rows).status == 202
        assert live.service.store.rows("m")["predictions"] == (number + 1) * rows
        assert live.ask("GET", "/readyz").status == 200


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
