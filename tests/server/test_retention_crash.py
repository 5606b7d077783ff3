"""Killed at any moment while rows shrink and go: the counts are whole, and the rest is done later."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.server.judging import counting
from leadline.server.keeping import erasure, retention
from leadline.server.keeping.retention import Old
from leadline.stores.contract import RowStore
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.retention import Retention

sys.path.append(str(Path(__file__).parent))

import kept
import numpy as np
from kept import DAY, MODEL, START

WORK = """
import sys
sys.path.append({tests!r})
import kept
from leadline.server.keeping import retention
from leadline.server.keeping.retention import Old
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.metadata.retention import Retention
retention.SLICE, retention.BUCKETS = 7, 1
store, known = DuckDBStore({path!r}, 1), kept.baseline()
print("begun", flush=True)
day = 10
while True:
    day += 1
    old = Old.of(Retention(3, 8, 8, 1000), kept.START + day * kept.DAY)
    while not retention.keep(store, kept.MODEL, known, old, lambda: True):
        pass
"""


def killed(work: str, seconds: float) -> str:
    """What a process wrote that was killed so long after it had begun; it must not have come to its end."""
    process = subprocess.Popen([sys.executable, "-c", work], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with closing(process.stdout):
        assert process.stdout.readline() == "begun\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.send_signal(signal.SIGKILL)
        written = process.stdout.read()
        process.wait()
        return written


@pytest.mark.long
@pytest.mark.parametrize("kills", [3, 20])
def test_counts_are_whole_whenever_it_ends(kills: int, tmp_path: Path) -> None:
    known, chance = kept.baseline(), random.Random(kills)
    path = tmp_path / "rows"
    store = DuckDBStore(path, 1)
    for day in range(12):
        rows = kept.table(np.random.default_rng(day), 40, day, 1, f"day-{day}")
        now = START + day * DAY
        store.append([kept.predictions(f"p{day}", rows, now)])
        store.append([kept.labels(f"l{day}", rows["id"][:30], rows["y"][:30].tolist(), now + 1, now)])
    counting.count(store, MODEL, known)
    before = kept.counts(store, known)
    store.close()
    work = WORK.format(tests=str(Path(__file__).parent), path=str(path))
    for _ in range(kills):
        killed(work, chance.uniform(0.01, 0.6))
        store = DuckDBStore(path, 1)
        assert same(again(store, known), before)
        store.close()
    store = DuckDBStore(path, 1)
    old = Old.of(Retention(1, 2, 2, 1000), START + 40 * DAY)
    assert retention.keep(store, MODEL, known, old, lambda: True)
    assert store.rows(MODEL)["predictions"] == 0
    assert same(kept.counts(store, known), before)
    store.close()


def again(store: DuckDBStore, known: Any) -> Any:
    """The counts, made anew of what is there."""
    profiles = store.profiles(MODEL, counting.grid_name(known))
    with store.looking(MODEL, store.last()) as look:
        look.prepare([(one.start, one.end) for one in profiles])
        counter = counting.Counter(look, known, store.aged(MODEL))
        parts = [counter.bucket(one.start, one.end, one.frozen) for one in profiles]
    found = parts[0]
    for part in parts[1:]:
        found = found.merge(part)  # type: ignore[union-attr,arg-type]
    return found


def same(found: Any, expected: Any) -> bool:
    return all(np.array_equal(found.sums[name].sum(0), expected.sums[name].sum(0)) for name in expected.sums)


DAYS_AFTER_DAYS = """
import sys
sys.path.append({tests!r})
from pathlib import Path
from test_retention_crash import a_day, known_of, opened
from leadline.server.keeping import retention
retention.SLICE, retention.BUCKETS = 7, 1
day = {day}
with opened(Path({folder!r})) as (store, metadata):
    known = known_of(metadata)
    print("begun", flush=True)
    while True:
        a_day(store, metadata, known, day)
        print(day, flush=True)
        day += 1
"""


@contextmanager
def opened(folder: Path) -> Iterator[tuple[DuckDBStore, Metadata]]:
    """The store and the small facts of a folder."""
    folder.mkdir(exist_ok=True)
    with closing(DuckDBStore(folder / "rows", 1)) as store, closing(Metadata(folder / "facts")) as metadata:
        yield store, metadata


def known_of(metadata: Metadata) -> Baseline:
    found = loaded(metadata.models.baseline(MODEL) or b"", MODEL)
    assert isinstance(found, Baseline)
    return counting.live(found)


def rows_of(day: int) -> dict[str, Any]:
    """All within three hours, in which few rows are."""
    rows = kept.table(np.random.default_rng(day), 15, day, 1, f"day-{day}")
    hours = np.array([0, 9, 10])[np.arange(15) % 11 // 5] * (DAY // 24)
    return rows | {"at": (START + day * DAY + hours).astype("datetime64[us]")}


def sent(store: RowStore, day: int, without: int = 0) -> None:
    """The rows of a day with some labels, but the first ones; by keys that count once."""
    rows, now = rows_of(day), START + day * DAY
    come, labelled = slice(without, None), slice(without, 9)
    store.append([kept.predictions(f"p{day}", {name: values[come] for name, values in rows.items()}, now)])
    ids, values = rows["id"][labelled], rows["y"][labelled].tolist()
    store.append([kept.labels(f"l{day}", ids, values, now + 1, now)])


def a_day(store: RowStore, metadata: Metadata, known: Baseline, day: int) -> None:
    """Rows come, one is erased; older ones shrink and go, hours become days. Twice is as once."""
    sent(store, day)
    counting.count(store, MODEL, known)
    erasure.erase(store, metadata, MODEL, "", [f"day-{day}-0", f"day-{day}-1"], START + day * DAY)
    counting.count(store, MODEL, known)
    old = Old.of(Retention(2, 4, 5, 1_000), START + (day + 1) * DAY)
    while not retention.keep(store, MODEL, known, old, lambda: True):
        pass


@pytest.mark.long
@pytest.mark.parametrize("kills", [3, 20])
def test_counts_are_those_of_the_rows_whenever_it_ends_while_rows_are_erased_shrink_and_go(
    kills: int, tmp_path: Path
) -> None:
    """What is counted is what a store counts to which the erased rows never came."""
    chance, day = random.Random(kills), 0
    saved = kept.baseline("1h").save(tmp_path / "baseline")
    with opened(tmp_path / "killed") as (_, metadata):
        metadata.models.set_baseline(MODEL, saved.read_bytes(), 1)
    with closing(DuckDBStore(tmp_path / "whole", 1)) as whole:
        expected = 0
        for _ in range(kills):
            work = DAYS_AFTER_DAYS.format(
                tests=str(Path(__file__).parent), folder=str(tmp_path / "killed"), day=day
            )
            day += len(killed(work, chance.uniform(0.05, 2.0)).split())
            with opened(tmp_path / "killed") as (store, metadata):
                known = known_of(metadata)
                a_day(store, metadata, known, day)
                day += 1
                for number in range(expected, day):
                    # The first two rows of each day are those that were erased.
                    sent(whole, number, without=2)
                expected = day
                counting.count(whole, MODEL, known)
                assert same(kept.counts(store, known), kept.counts(whole, known))
                assert same(again(store, known), kept.counts(whole, known))
        with opened(tmp_path / "killed") as (store, metadata):
            for number in range(day, 9):
                a_day(store, metadata, known, number)
                sent(whole, number, without=2)
            counting.count(whole, MODEL, known)
            assert same(kept.counts(store, known), kept.counts(whole, known))
            # It was about stubs, gone rows and days made of hours.
            assert store.rows(MODEL)["predictions"] < whole.rows(MODEL)["predictions"]
            widths = {one.end - one.start for one in store.profiles(MODEL, counting.grid_name(known))}
            assert widths == {DAY // 24, DAY}
