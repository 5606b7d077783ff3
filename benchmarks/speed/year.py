"""A year of hourly profiles of 100 features: what they take, and how long people wait who look at all of it.

    python benchmarks/speed/year.py [--days 364] [--rows 1000] [--features 100]

The rows of 24 different hours are simulated and counted; every day of the year has these 24 profiles, with
its own times and ids. So counts and sizes are those of real hours, and a year has as many different values as
a day. All figures are medians of five calls.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import machine
import numpy as np

import leadline
from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.profiles.distinct import mix
from leadline.profiles.profile import Profile
from leadline.profiles.sample import RowSample
from leadline.schedule import DAY, HOUR, instant
from leadline.server.judging import counting
from leadline.server.judging import judge as judging
from leadline.server.keeping import sums
from leadline.server.looking import slices
from leadline.server.looking.days import by_day
from leadline.server.looking.slices import Slice
from leadline.stores.conformance import batch, rows
from leadline.stores.contract import Kept
from leadline.stores.duckdb_store import CONTENTS, DuckDBStore
from leadline.stores.packed import pack, unpack

MODEL = "m"
BEGIN = instant("2024-01-01")  # a Monday
REFERENCE_ROWS, REFERENCE_HOURS = 100_000, 30 * 24


def main() -> None:
    """Fill a store in a temporary folder, and look at it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=364)
    parser.add_argument("--rows", type=int, default=1_000, help="of an hour")
    parser.add_argument("--features", type=int, default=100)
    options = parser.parse_args()
    print(machine.describe("numpy", "duckdb"))
    generator = np.random.default_rng(0)
    baseline = _baseline(generator, options.features)
    hours = [
        comparison.profile(_table(generator, options.rows, BEGIN + i * HOUR, 1, options.features), baseline)
        for i in range(24)
    ]
    _one(hours[0], baseline)
    with tempfile.TemporaryDirectory(prefix="leadline-year-") as folder:
        store = DuckDBStore(Path(folder) / "rows")
        try:
            _fill(store, baseline, hours, options.days)
            _look(store, baseline, options.days)
        finally:
            store.close()


def _table(generator: Any, size: int, start: int, hours: int, features: int) -> dict[str, Any]:
    """Rows of a binary model: nine of ten features are numbers."""
    risk = generator.normal(size=size)
    found: dict[str, Any] = {
        "id": [f"{start}-{i}" for i in range(size)],
        "at": (start + generator.integers(0, hours * HOUR, size)).astype("datetime64[us]"),
    }
    for k in range(features):
        if k % 10:
            found[f"f{k}"] = generator.normal(50 + k, 10, size)
        else:
            found[f"f{k}"] = generator.choice([f"value {i}" for i in range(20)], size).tolist()
    found["p"] = 1 / (1 + np.exp(-risk))
    found["y"] = (generator.random(size) < found["p"]).astype(np.int64)
    return found


def _baseline(generator: Any, features: int) -> Baseline:
    reference = _table(generator, REFERENCE_ROWS, BEGIN - 40 * DAY, REFERENCE_HOURS, features)
    found = leadline.learn(reference, id="id", timestamp="at", score="p", label="y", window="1h")
    return counting.live(found)


def _one(profile: Profile, baseline: Baseline) -> None:
    """What one bucket takes."""
    content, samples = pack(profile)
    print(f"a bucket of {profile.rows:,} rows: counts {len(content) / 1e3:.0f} kB, "
          f"samples {len(samples) / 1e3:.0f} kB")  # fmt: skip
    _timed("pack a bucket", lambda: pack(profile))
    _timed("unpack a bucket", lambda: unpack(content, samples, baseline.grid))


def _fill(store: DuckDBStore, baseline: Baseline, hours: list[Profile], days: int) -> None:
    store.append([batch("first", MODEL, predictions=rows(["1"], [0]))])
    grid, began = counting.grid_name(baseline), time.perf_counter()
    for day in range(days):
        store.keep_profiles(MODEL, grid, 1, [_moved(one, day * DAY) for one in hours])
    took = time.perf_counter() - began
    print(f"keeping {24 * days:,} buckets: {took:.0f} s, {1e3 * took / 24 / days:.0f} ms each")
    began = time.perf_counter()
    sums.add_up(store, MODEL, baseline, BEGIN + (days + 60) * DAY, lambda: True)
    made = store.buckets(MODEL, grid, sums=True)
    print(f"adding up {len(made)} sums: {time.perf_counter() - began:.0f} s")
    size = sum(path.stat().st_size for path in store._file.path.parent.iterdir())
    print(f"on disk: {size / 1e6:,.0f} MB, of which profiles {_size(store):,.0f} MB")


def _size(store: DuckDBStore) -> float:
    folder = store._file.path.parent
    return sum(path.stat().st_size for path in folder.glob(f"*{CONTENTS}*")) / 1e6


def _moved(profile: Profile, by: int) -> Kept:
    """A profile as if its rows had come so many microseconds later."""
    start = profile.axes.buckets[0] + by
    assert profile.start is not None
    assert profile.end is not None
    assert profile.sample is not None
    moved = replace(
        profile,
        axes=replace(profile.axes, buckets=(start,)),
        start=profile.start + by,
        end=profile.end + by,
        sample=_of_others(profile.sample, by),
    )
    return Kept(start, start + HOUR, profile.rows, 1, *pack(moved))


def _of_others(sample: RowSample, by: int) -> RowSample:
    """The same rows under other ids: no row of an hour comes again on the next day."""
    hashes = mix(sample.hashes ^ np.uint64(by))
    return replace(sample, bucket=sample.bucket + by, hashes=hashes).cut()


def _look(store: DuckDBStore, baseline: Baseline, days: int) -> None:
    grid = counting.grid_name(baseline)

    def side(first: float, last: float) -> Slice:
        since, until = (judging.moment(int(BEGIN + day * DAY)) for day in (first, last))
        return Slice(since, until)

    def profile(first: float, last: float) -> Profile:
        return slices.profile(store, MODEL, baseline, side(first, last))

    machine.forget_peak()
    _timed("list all buckets", lambda: store.buckets(MODEL, grid))
    _timed("a feature by day", lambda: by_day(store, MODEL, baseline, "f1", BEGIN, BEGIN + days * DAY))
    _timed("all features, the whole time as one", lambda: profile(0, days))
    # From an hour within a day within a week to another: as many parts as there can be.
    _timed("the same without its first and last hours", lambda: profile(1 / 24, days - 1 / 24))
    halves = side(0, days // 2), side(days // 2, days)
    _timed("one half compared with the other", lambda: slices.compared(store, MODEL, baseline, halves, {}))
    whole = profile(0, days)
    _timed("  of which the comparison", lambda: slices.against(baseline, whole, whole, {}))
    buckets = store.buckets(MODEL, grid)[-30 * 24 :]
    _timed("30 days, each hour by itself", lambda: judging.merged(store, MODEL, baseline, buckets))
    print(f"peak memory of all this: {machine.peak_mb():,.0f} MB")
    changed = replace(store.profiles(MODEL, grid, BEGIN, BEGIN + 1)[0], rows=1)
    began = time.perf_counter()
    store.keep_profiles(MODEL, grid, 1, [changed])
    print(f"a late row: {1e3 * (time.perf_counter() - began):.0f} ms to change its hour,", end=" ")
    _timed("then, all features as one", lambda: profile(0, days))
    began = time.perf_counter()
    sums.add_up(store, MODEL, baseline, BEGIN + (days + 60) * DAY, lambda: True)
    print(f"{1e3 * (time.perf_counter() - began):.0f} ms to make its sums again")


def _timed(name: str, call: Callable[[], Any]) -> None:
    took, busy = [], []
    for _ in range(5):
        wall, own = time.perf_counter(), time.process_time()
        call()
        took.append(time.perf_counter() - wall)
        busy.append(time.process_time() - own)
    print(f"{name}: {1e3 * np.median(took):,.1f} ms (processor {1e3 * np.median(busy):,.1f} ms)", flush=True)


if __name__ == "__main__":
    main()
