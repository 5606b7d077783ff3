"""Rows go, their counts stay; a late label still joins what is left of its row."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadline.errors import DataError
from leadline.profiles.arrays import WHOLE_ROWS
from leadline.server.judging import counting
from leadline.server.keeping import retention
from leadline.server.keeping.retention import Old
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.retention import Retention

sys.path.append(str(Path(__file__).parent))

import kept
from kept import DAY, MODEL, START

ALWAYS = lambda: True  # noqa: E731
NEVER_OLD = -(2**62)


@pytest.fixture(scope="module")
def known() -> Any:
    return kept.baseline()


@pytest.fixture(scope="module")
def hourly() -> Any:
    return kept.baseline("6h")


def old(day: float, rows: int = 10, labels: int = 30, buckets: int = 30, profiles: int = 1000) -> Old:
    """What is old on a day, at so many days."""
    return Old.of(Retention(rows, labels, buckets, profiles), START + int(day * DAY))


def assert_same(found: Any, expected: Any) -> None:
    """Two profiles hold the same, but for what tells where it came from."""
    assert found.axes == expected.axes
    for name in {*found.sums, *expected.sums}:
        zeros = np.zeros_like(next(iter(x.sums[name] for x in (found, expected) if name in x.sums)))
        ours, theirs = found.sums.get(name, zeros), expected.sums.get(name, zeros)
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
    np.testing.assert_array_equal(found.minimum, expected.minimum)
    np.testing.assert_array_equal(found.maximum, expected.maximum)
    # Labels are part of a whole row, and came later.
    for name in set(expected.distinct) - {WHOLE_ROWS}:
        np.testing.assert_array_equal(found.distinct[name].hashes, expected.distinct[name].hashes, name)
        np.testing.assert_array_equal(found.distinct[name].rows, expected.distinct[name].rows, name)
    for name in ("bucket", "hashes", "cells", "score", "prediction", "label"):
        np.testing.assert_array_equal(
            getattr(found.sample, name), getattr(expected.sample, name), err_msg=name
        )
    ours, theirs = ({(c.column, c.rule): (c.rows, c.broken) for c in x.rules} for x in (found, expected))
    assert ours == theirs


@pytest.mark.parametrize(
    ("seed", "weeks"), [(0, 3), *(pytest.param(seed, 6, marks=pytest.mark.long) for seed in range(1, 8))]
)
def test_counts_are_those_of_all_rows_ever(seed: int, weeks: int, tmp_path: Path, known: Any) -> None:
    """Whatever comes when, and however often rows shrink and go: as if they had all stayed."""
    generator = np.random.default_rng(seed)
    ageing, full = DuckDBStore(tmp_path / "a"), DuckDBStore(tmp_path / "b")
    late: list[tuple[str, int, int]] = []
    for day in range(0, 7 * weeks, 7):
        now = START + (day + 7) * DAY
        # Some rows are of the weeks before, and some labels take some weeks.
        first = max(0, day - int(generator.integers(0, 10)))
        rows = kept.table(generator, 40, first, day + 7 - first, f"row-{day}")
        late += [
            (i, int(y), day + int(generator.integers(0, 18)))
            for i, y in zip(rows["id"], rows["y"], strict=True)
        ]
        due = [one for one in late if one[2] <= day]
        late = [one for one in late if one[2] > day]
        batches = [kept.predictions(f"p{day}", rows, now)]
        if due:
            values = [y for _, y, _ in due]
            batches.append(kept.labels(f"l{day}", [i for i, _, _ in due], values, now, now))
            # Some are corrected at once.
            batches.append(kept.labels(f"c{day}", [due[0][0]], [1 - values[0]], now + 1, now))
        for store in (ageing, full):
            store.append(batches)
            counting.count(store, MODEL, known)
        if day == 14 or generator.random() < 0.6:
            assert retention.keep(ageing, MODEL, known, old(day + 7, 5, 20), ALWAYS)
    assert full.rows(MODEL)["predictions"] == 40 * weeks
    assert ageing.aged(MODEL)
    assert_same(kept.counts(ageing, known), kept.counts(full, known))
    for store in (ageing, full):
        store.close()


def filled(path: Path, known: Any, days: int = 20, size: int = 200) -> DuckDBStore:
    """A store with rows of some days, counted, without labels; each day came when it was."""
    store = DuckDBStore(path)
    generator = np.random.default_rng(9)
    for day in range(days):
        rows = kept.table(generator, size // days, day, 1, f"day-{day}")
        store.append([kept.predictions(f"p{day}", rows, START + day * DAY)])
    if known is not None:
        counting.count(store, MODEL, known)
    return store


def labelled(profile: Any) -> int:
    """Rows with a label."""
    place = profile.grid.index["y"]
    cells = profile.sums["cells"][..., profile.grid.offsets[place] : profile.grid.offsets[place + 1]]
    return int(cells[:, :, 0].sum())


def values_of(store: Any, column: str) -> list[Any]:
    """Values of a feature that are still there."""
    with store._file.reader() as reader:
        place = store._models[MODEL].places["predictions"]
        number = next(at for key, at in place.items() if key.name == column)
        return [row[0] for row in reader.execute(
            f"SELECT c{number} FROM predictions_1 WHERE c{number} IS NOT NULL").fetchall()]  # fmt: skip


def test_features_of_old_rows_go_and_what_labels_need_stays(tmp_path: Path, known: Any) -> None:
    store = filled(tmp_path / "s", known)
    before = kept.counts(store, known)
    assert retention.keep(store, MODEL, known, old(20), ALWAYS)
    assert store.rows(MODEL)["predictions"] == 200
    assert len(values_of(store, "amount")) == len(values_of(store, "age")) == 100
    for name in ("score", "region", "customer"):
        assert len(values_of(store, name)) == 200, name
    counting.count(store, MODEL, known)
    assert_same(kept.counts(store, known), before)
    assert retention.keep(store, MODEL, known, old(60), ALWAYS)
    assert store.rows(MODEL)["predictions"] == 0
    assert_same(kept.counts(store, known), before)
    store.close()


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path, known: Any) -> None:
    """After any number of steps the counts are whole, and in the end everything is done."""
    store = filled(tmp_path / "s", known, days=8)
    before, finished, rounds = kept.counts(store, known), False, 0
    for day in (15, 40):
        finished = False
        while not finished:
            rounds += 1
            finished = retention.keep(store, MODEL, known, old(day), at_most(2))
            if rounds % 5 == 2:
                assert counted_again(store, known) == 200
    assert rounds >= 8
    store.close()
    store = DuckDBStore(tmp_path / "s")
    assert_same(kept.counts(store, known), before)
    assert store.rows(MODEL)["predictions"] == 0
    store.close()


def at_most(steps: int) -> Callable[[], bool]:
    """There is time for so many steps."""
    left = iter([True] * steps)
    return lambda: next(left, False)


def counted_again(store: DuckDBStore, known: Any) -> int:
    """Rows in the buckets, as they would be counted now."""
    with store.looking(MODEL, store.last()) as look:
        look.prepare([(START, START + 60 * DAY)])
        counter = counting.Counter(look, known, store.aged(MODEL))
        profiles = store.profiles(MODEL, counting.grid_name(known))
        found = [counter.bucket(one.start, one.end, one.frozen) for one in profiles]
    return sum(one.rows for one in found if one is not None)


def test_what_came_lately_is_kept_whatever_its_time(tmp_path: Path, known: Any) -> None:
    """Rows of last year that are loaded today are as old as today."""
    store = DuckDBStore(tmp_path / "s")
    rows = kept.table(np.random.default_rng(1), 100, 0, 5, "row")
    store.append([kept.predictions("p", rows, START + 300 * DAY)])
    counting.count(store, MODEL, known)
    assert retention.keep(store, MODEL, known, old(309), ALWAYS)
    assert len(values_of(store, "amount")) == 100
    store.append([kept.labels("l", rows["id"], rows["y"].tolist(), START + 310 * DAY, START + 310 * DAY)])
    counting.count(store, MODEL, known)
    assert labelled(kept.counts(store, known)) == 100
    assert retention.keep(store, MODEL, known, old(311), ALWAYS)
    assert values_of(store, "amount") == []
    store.close()


def test_a_label_after_the_horizon_changes_nothing_and_is_counted(tmp_path: Path, known: Any) -> None:
    store = filled(tmp_path / "s", known)
    assert retention.keep(store, MODEL, known, old(60), ALWAYS)
    before = kept.counts(store, known)
    now = START + 60 * DAY
    store.append([kept.labels("l", ["day-0-0", "day-1-0", "never"], [1, 0, 1], now, now)])
    counting.count(store, MODEL, known)
    assert_same(kept.counts(store, known), before)
    assert (store.labels(MODEL).waiting, store.labels(MODEL).lost) == (3, 0)
    assert retention.keep(store, MODEL, known, old(80), ALWAYS)
    assert (store.labels(MODEL).waiting, store.labels(MODEL).lost) == (3, 0)
    assert retention.keep(store, MODEL, known, old(95), ALWAYS)
    assert (store.labels(MODEL).waiting, store.labels(MODEL).lost) == (0, 3)
    assert store.rows(MODEL)["labels"] == 0
    last = store.last()
    store.close()
    store = DuckDBStore(tmp_path / "s")
    assert store.last() == last, "numbers go on"
    store.close()


def test_the_label_of_a_repeated_id_goes_with_its_row(tmp_path: Path, known: Any) -> None:
    """A label that counted for a row that is gone does not count again for a later row with that id."""
    store = DuckDBStore(tmp_path / "s")
    generator = np.random.default_rng(2)
    first, second = kept.table(generator, 1, 0, 1, "same"), kept.table(generator, 1, 50, 1, "same")
    store.append([kept.predictions("a", first, START)])
    store.append([kept.labels("l", ["same-0"], [1], START + DAY, START + DAY)])
    store.append([kept.predictions("b", second, START + 50 * DAY)])
    counting.count(store, MODEL, known)
    assert retention.keep(store, MODEL, known, old(55), ALWAYS)
    other = kept.table(generator, 1, 50, 1, "other")
    store.append([kept.predictions("c", other, START + 55 * DAY)])
    counting.count(store, MODEL, known)
    assert labelled(kept.counts(store, known)) == 1
    store.close()


def test_a_new_baseline_counts_the_rows_that_are_there(tmp_path: Path, known: Any, hourly: Any) -> None:
    """Buckets of stubs have no features to count: they are left out rather than called missing."""
    store = filled(tmp_path / "s", known)
    assert retention.keep(store, MODEL, known, old(20), ALWAYS)
    before = kept.counts(store, known)
    counting.count(store, MODEL, hourly)
    found = kept.counts(store, hourly)
    assert found.rows == 100
    assert found.start is not None
    assert found.start >= START + 10 * DAY
    # The first one again: what is frozen of it is still there.
    counting.count(store, MODEL, known)
    assert_same(kept.counts(store, known), before)
    assert retention.keep(store, MODEL, hourly, old(60), ALWAYS)
    store.close()


def test_without_a_baseline_rows_shrink_too(tmp_path: Path) -> None:
    store = filled(tmp_path / "s", None)
    assert retention.keep(store, MODEL, None, old(20), ALWAYS)
    assert len(values_of(store, "amount")) == len(values_of(store, "customer")) == 100
    assert len(values_of(store, "score")) == 200
    store.close()


def test_hours_become_days_and_days_go(tmp_path: Path, hourly: Any) -> None:
    store = filled(tmp_path / "s", hourly, days=6, size=90)
    grid = counting.grid_name(hourly)
    before = kept.counts(store, hourly)
    width = {one.end - one.start for one in store.profiles(MODEL, grid)}
    assert max(width) < DAY
    for _ in range(2):  # the second time nothing is left to do
        assert retention.keep(store, MODEL, hourly, old(60), ALWAYS)
        days = store.profiles(MODEL, grid)
        assert [one.end - one.start for one in days] == [DAY] * 6
        found = kept.counts(store, hourly)
        for name in before.sums:
            np.testing.assert_array_equal(found.sums[name].sum(0), before.sums[name].sum(0), err_msg=name)
        np.testing.assert_array_equal(found.minimum.min(0), before.minimum.min(0))
    # A row that comes this late is added to its day.
    rows = kept.table(np.random.default_rng(5), 7, 3, 1, "very-late")
    store.append([kept.predictions("late", rows, START + 60 * DAY)])
    counting.count(store, MODEL, hourly)
    assert kept.counts(store, hourly).rows == 97
    assert len(store.profiles(MODEL, grid)) == 6
    assert retention.keep(store, MODEL, hourly, old(30, 1, 2, 3, 26), ALWAYS)
    assert [one.start for one in store.profiles(MODEL, grid)] == [START + 4 * DAY, START + 5 * DAY]
    store.close()


def test_a_clock_that_jumps_takes_little_with_it(tmp_path: Path) -> None:
    metadata = Metadata(tmp_path / "m")
    now = START + 100 * DAY
    clock = metadata.retention.clock
    assert clock(now, DAY) == now
    assert clock(now + 70 * 365 * DAY, DAY) == now + DAY
    assert clock(0, DAY) == 0, "nothing is old in 1970"
    assert clock(now, DAY) == now
    assert clock(now + 3 * DAY, DAY) == now + 2 * DAY
    assert clock(now + 3 * DAY, DAY) == now + 3 * DAY
    metadata.close()


@pytest.mark.parametrize("wrong", [(0, 1, 2, 3), (2, 1, 3, 4), (1, 3, 2, 4), (1, 2, 3, 2), (1, 1, 1, 10**6)])
def test_what_is_made_of_something_is_kept_as_long(wrong: tuple[int, int, int, int]) -> None:
    Retention(1, 1, 1, 1).checked()
    with pytest.raises(DataError, match="rows_days <= labels_days"):
        Retention(*wrong).checked()
