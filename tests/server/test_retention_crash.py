"""Killed at any moment while rows shrink and go: the counts are whole, and the rest is done later."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leadline.server.judging import counting
from leadline.server.keeping import retention
from leadline.server.keeping.retention import Old
from leadline.stores.duckdb_store import DuckDBStore
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
        process = subprocess.Popen([sys.executable, "-c", work], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.01, 0.6))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
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
