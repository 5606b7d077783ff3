"""Sums of buckets are exact: those of counting wider buckets, and gone as soon as one changes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import leadline
from leadline.baselines.baseline import Baseline
from leadline.errors import DataError
from leadline.profiles.profile import Profile
from leadline.schedule import Width
from leadline.server.judging import counting
from leadline.server.judging.judge import moment
from leadline.server.keeping import sums
from leadline.server.looking import slices
from leadline.server.looking.days import by_day
from leadline.server.looking.slices import InSegment, Slice
from leadline.stores.duckdb_store import DuckDBStore

sys.path.append(str(Path(__file__).parent))

import kept
from kept import DAY, MODEL, START

LATER = START + 400 * DAY


def known_by(zone: str | None, hours: int) -> Baseline:
    """A baseline with buckets of so many hours and days of a zone."""
    rows = kept.table(np.random.default_rng(0), 2_000, 0, 40, "reference")
    found = leadline.learn(
        rows, id="id", timestamp="at", score="p", label="y", segment=["region"], window="1d", time_zone=zone
    )
    assert found.calendar is not None
    calendar = msgspec.structs.replace(found.calendar, bucket=Width.of_hours(hours))
    return counting.live(replace(found, calendar=calendar))


@pytest.fixture(scope="module")
def known() -> Baseline:
    return known_by(None, 6)


def filled(path: Path, known: Baseline, days: int = 60, size: int = 300) -> tuple[DuckDBStore, Any]:
    """A store with rows of some days from the second one on, counted; and the rows."""
    store = DuckDBStore(path)
    rows = kept.table(np.random.default_rng(3), size, 1, days, "row")
    store.append([kept.predictions("p", rows, START + 90 * DAY)])
    counting.count(store, MODEL, known)
    return store, rows


def add_up(store: DuckDBStore, known: Baseline, quiet: int = LATER) -> bool:
    return sums.add_up(store, MODEL, known, quiet, lambda: True)


@pytest.mark.parametrize(("zone", "hours"), [(None, 6), ("Europe/Berlin", 1), ("Asia/Kathmandu", 24)])
def test_a_sum_is_what_wider_buckets_count(zone: str | None, hours: int, tmp_path: Path) -> None:
    """Counts, extremes and samples, also on days on which the clocks change."""
    known = known_by(zone, hours)
    store, _ = filled(tmp_path / "s", known, days=100, size=250)
    assert add_up(store, known)
    grid, calendar = counting.grid_name(known), known.calendar
    assert calendar is not None
    made = store.buckets(MODEL, grid, sums=True)
    wide = replace(known, calendar=msgspec.structs.replace(calendar, bucket=sums.WIDTHS[-1]))
    with store.looking(MODEL, store.last()) as look:
        look.prepare([(START, LATER)])
        counter = counting.Counter(look, wide, [])
        for one in made:
            expected = counter.counted(one.start, one.end)
            (own,) = store.fewest(MODEL, grid, one.start, one.end)
            assert expected is not None
            assert (own.start, own.end, own.rows) == (one.start, one.end, expected.rows)
            assert_same(counting.decoded(own, known.grid), expected)
    assert len(made) > 10
    store.close()


def assert_same(found: Profile, expected: Profile) -> None:
    """But for the names of their only buckets."""
    assert found.sums.keys() == expected.sums.keys()
    for name, array in expected.sums.items():
        np.testing.assert_array_equal(found.sums[name], array, name)
    np.testing.assert_array_equal(found.minimum, expected.minimum)
    np.testing.assert_array_equal(found.maximum, expected.maximum)
    assert (found.start, found.end) == (expected.start, expected.end)
    for name, distinct in expected.distinct.items():
        np.testing.assert_array_equal(found.distinct[name].hashes, distinct.hashes, name)
        np.testing.assert_array_equal(found.distinct[name].rows, distinct.rows, name)
    assert found.sample is not None
    assert expected.sample is not None
    for name in ("hashes", "cells", "score", "prediction", "label"):
        np.testing.assert_array_equal(getattr(found.sample, name), getattr(expected.sample, name), name)


def test_a_late_row_changes_every_sum_above_it(known: Baseline, tmp_path: Path) -> None:
    """And nothing else; once they are made again they are those of all rows."""
    store, _ = filled(tmp_path / "s", known)
    grid = counting.grid_name(known)
    assert add_up(store, known)
    before = store.buckets(MODEL, grid, sums=True)
    late = kept.table(np.random.default_rng(4), 1, 30, 1, "late")
    at = int(late["at"].astype(np.int64)[0])
    store.append([kept.predictions("late", late, START + 95 * DAY)])
    counting.count(store, MODEL, known)
    left = store.buckets(MODEL, grid, sums=True)
    assert left == [one for one in before if not one.start <= at < one.end]
    assert len(before) - len(left) == 3
    whole = slices.profile(store, MODEL, known, Slice())
    assert whole.rows == 301
    assert not add_up_while(store, known, 0)
    assert add_up(store, known)
    again = store.buckets(MODEL, grid, sums=True)
    assert [(one.start, one.end) for one in again] == [(one.start, one.end) for one in before]
    assert slices.profile(store, MODEL, known, Slice()).to_bytes() == whole.to_bytes()
    store.close()


def add_up_while(store: DuckDBStore, known: Baseline, steps: int) -> bool:
    left = iter([True] * steps)
    return sums.add_up(store, MODEL, known, LATER, lambda: next(left, False))


def test_what_changed_lately_or_is_not_over_waits(known: Baseline, tmp_path: Path) -> None:
    store, _ = filled(tmp_path / "s", known)
    grid = counting.grid_name(known)
    assert add_up(store, known, START + 89 * DAY), "all rows came on the 90th day"
    assert store.buckets(MODEL, grid, sums=True) == []
    assert add_up(store, known, START + 91 * DAY)
    assert max(one.end for one in store.buckets(MODEL, grid, sums=True)) > START + 50 * DAY
    store.close()
    other, _ = filled(tmp_path / "t", known)
    # Their arrival is long ago by then, and the last days are not over.
    other.append([kept.predictions("now", kept.table(np.random.default_rng(5), 9, 90, 9, "n"), LATER)])
    counting.count(other, MODEL, known)
    assert add_up(other, known, START + 95 * DAY)
    assert max(one.end for one in other.buckets(MODEL, grid, sums=True)) <= START + 95 * DAY
    other.close()


def test_little_time_is_enough_in_the_end(known: Baseline, tmp_path: Path) -> None:
    store, _ = filled(tmp_path / "s", known)
    rounds = 0
    while not add_up_while(store, known, 4):
        rounds += 1
    assert rounds > 5
    store.close()


def test_slices_are_the_same_with_and_without_sums(known: Baseline, tmp_path: Path) -> None:
    """Of any time, of a segment; and they read few profiles."""
    store, rows = filled(tmp_path / "s", known)
    place = known.grid.index["amount"]
    asked = [
        Slice(),
        Slice(moment(START + 5 * DAY), moment(START + 48 * DAY)),
        Slice(moment(START + 5 * DAY // 4), moment(START + 190 * DAY // 4)),
        Slice(segment=InSegment("region", "north")),
    ]
    before = [slices.profile(store, MODEL, known, one) for one in asked]
    assert add_up(store, known)
    for one, found in zip(asked, before, strict=True):
        again = slices.profile(store, MODEL, known, one)
        assert again.to_bytes() == found.to_bytes()
    at = rows["at"].astype(np.int64)
    inside = (at >= START + 5 * DAY) & (at < START + 48 * DAY)
    assert before[1].rows == inside.sum()
    assert before[1].maximum[0, 0, 0, place] == rows["amount"][inside].max()
    assert len(store.fewest(MODEL, counting.grid_name(known), START, LATER)) < 20
    store.close()


@pytest.mark.parametrize("added", [False, True])
def test_a_feature_by_day_is_that_of_its_rows(added: bool, known: Baseline, tmp_path: Path) -> None:
    store, rows = filled(tmp_path / "s", known, days=40)
    if added:
        assert add_up(store, known)
    first, last = START + 3 * DAY, START + 38 * DAY
    amount = by_day(store, MODEL, known, "amount", first, last)
    region = by_day(store, MODEL, known, "region", first, last)
    at, values = rows["at"].astype(np.int64), rows["amount"]
    days = [START + day * DAY for day in range(3, 38)]
    days = [day for day in days if ((at >= day) & (at < day + DAY)).any()]
    assert amount.starts == region.starts == [moment(day) for day in days]
    (north,) = (line for line in region.lines if line.name == "north")
    (median,) = (line for line in amount.lines if line.name == "median")
    for i, day in enumerate(days):
        own = (at >= day) & (at < day + DAY)
        assert amount.rows[i] == own.sum()
        assert north.values[i] == pytest.approx(np.mean(np.array(rows["region"])[own] == "north"), rel=1e-5)
        assert median.values[i] == pytest.approx(
            np.quantile(values[own], 0.5, method="inverted_cdf"), abs=1.0
        )
    store.close()


def test_a_feature_that_is_not_there_is_named(known: Baseline, tmp_path: Path) -> None:
    store, _ = filled(tmp_path / "s", known, days=2, size=20)
    with pytest.raises(DataError, match=r"no such feature.*unknown"):
        by_day(store, MODEL, known, "unknown", 0, LATER)
    with pytest.raises(DataError, match="not counted into cells"):
        by_day(store, MODEL, known, "id", 0, LATER)
    assert by_day(store, MODEL, known, "amount", 0, START).starts == []
    store.close()
