"""What every `RowStore` must do with the operations of a model; a part of `leadline.stores.conformance`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from leadline.schedule import DAY, HOUR
from leadline.stores.cells import Cells, Key, texts, typed
from leadline.stores.contract import Batch, Rows, RowStore

Open = Callable[[], RowStore]

T0 = 1_700_000_000_000_000 // DAY * DAY
"""Begin of a day of UTC, microseconds."""

FIRST = T0 // HOUR
LAST = 1 << 40

Counted = Counter[tuple[int, str, str]]
"""How often, by hour after `T0`, kind and name."""


def check_operations_are_counted_once(open: Open) -> None:
    """In one call and in many, and after reopening; by the hour of the prediction, whenever it comes."""
    expected: Counted = Counter({(0, "rows", ""): 3, (25, "rows", ""): 1})
    expected |= Counter({(0, "error", "Timeout"): 1})
    with closing(open()) as store:
        store.append([_batch("a", [0, HOUR - 1], error=["Timeout", None])])
        assert store.count_operations("m") == 1
        store.append([_batch("b", [25 * HOUR]), _batch("c", [5])])
        assert _counted(store) == expected
        assert store.count_operations("m") == 3
    with closing(open()) as store:
        assert store.count_operations("m") == 3
        assert _counted(store) == expected
        store.append([_batch("a", [0, HOUR - 1])])
        assert _counted(store) == expected


def check_operations_of_a_range_and_of_a_version(open: Open) -> None:
    """Hours from the first one on, without the last one; of one version, or of all together."""
    with closing(open()) as store:
        sent = [_batch("a", [0, HOUR, HOUR], version=["7", "7", "8"]), _batch("b", [2 * HOUR], version=["8"])]
        store.append(sent)
        assert _counted(store) == Counter({(0, "rows", ""): 1, (1, "rows", ""): 2, (2, "rows", ""): 1})
        assert _counted(store, FIRST + 1, FIRST + 2) == Counter({(1, "rows", ""): 2})
        assert _counted(store, version="7") == Counter({(0, "rows", ""): 1, (1, "rows", ""): 1})
        assert _counted(store, FIRST + 2, LAST, "8") == Counter({(2, "rows", ""): 1})
        assert _counted(store, version="none") == Counter()
        assert store.operations("m", FIRST, LAST).versions == ("7", "8")
        assert len(store.operations("another", 0, LAST).hour) == 0


def check_operations_of_models_are_apart(open: Open) -> None:
    """What one model does is not counted with another."""
    with closing(open()) as store:
        store.append([_batch("a", [0]), _batch("b", [0, 0], model="other")])
        store.count_operations("m")
        assert store.count_operations("other") == 2
        assert _counted(store)[0, "rows", ""] == 1
        assert _counted(store, model="other")[0, "rows", ""] == 2


def check_operations_outlive_their_rows(open: Open) -> None:
    """Numbers that name nobody stay when rows are erased, and when labels and profiles are forgotten."""
    with closing(open()) as store:
        store.append([_batch("a", [0, 1, 2], ids=["1", "2", "3"])])
        before = _counted(store)
        store.erase("m", "", ["1"], T0)
        store.forget_unjoined("m", T0 + DAY)
        store.forget_profiles("m", T0 + DAY)
        assert _counted(store) == before
        store.append([_batch("b", [3], ids=["4"])])
        assert _counted(store)[0, "rows", ""] == 4


def check_old_operations_become_days_and_go(open: Open) -> None:
    """Sums stay; doing it again changes nothing; a late row joins its day; what is older still goes."""
    with closing(open()) as store:
        store.append([_batch("a", [hour * HOUR for hour in range(72)], error=["E"] * 72)])
        store.count_operations("m")
        for _ in range(2):
            store.age_operations("m", T0 + 2 * DAY + 5, 0, UTC)
            days = {(hour, kind, name): 24 for hour in (0, 24) for kind, name in _KINDS}
            hours = {(hour, kind, name): 1 for hour in range(48, 72) for kind, name in _KINDS}
            assert _counted(store) == Counter(days | hours)
        latest = _amounts(store, "latest")
        assert (latest[0], latest[24]) == (T0 + 23 * HOUR, T0 + 47 * HOUR)
        store.append([_batch("b", [3 * HOUR])])
        store.count_operations("m")
        store.age_operations("m", T0 + 2 * DAY, 0, UTC)
        assert _counted(store)[0, "rows", ""] == 25
        store.age_operations("m", T0 + 2 * DAY, T0 + 2 * DAY, UTC)
        assert min(hour for hour, _, _ in _counted(store)) == 24
        assert sum(_counted(store).values()) == 2 * 48
        store.age_operations("m", T0 + 9 * DAY, T0 + 9 * DAY, UTC)
        assert _counted(store) == Counter()
        store.append([_batch("c", [100 * HOUR], error=["F"])])
        assert _counted(store) == Counter({(100, "rows", ""): 1, (100, "error", "F"): 1})


def check_days_of_operations_are_those_of_a_place(open: Open) -> None:
    """Also where a day begins within an hour: that hour is of the day that begins."""
    with closing(open()) as store:
        store.append([_batch("a", [hour * HOUR for hour in range(72)])])
        store.count_operations("m")
        for _ in range(3):
            # Midnight is at 18:30 UTC.
            store.age_operations("m", T0 + 3 * DAY, 0, ZoneInfo("Asia/Kolkata"))
        found = _counted(store)
        assert {hour: n for (hour, _, _), n in found.items() if n > 1} == {-6: 18, 18: 24, 42: 24}
        assert sum(found.values()) == 72


def check_what_clients_dropped_counts_once(open: Open) -> None:
    """Totals of an instance, in any order: the largest is the truth, and each version has its own."""
    with closing(open()) as store:
        for number, (instance, version, total) in enumerate(
            [("i", "7", 5), ("i", "7", 3), ("i", "7", 8), ("i", "8", 2), ("j", "7", 1), ("j", "7", 1)]
        ):
            store.append([_saying(f"{number}", instance, version, {"predictions": {"queue_full": total}})])
            if number % 2:
                store.count_operations("m")
    with closing(open()) as store:
        store.append([_saying("late", "i", "7", {"predictions": {"queue_full": 8, "closed": 1}})])
        found = Counter(
            {(0, "dropped", "predictions: queue_full"): 11, (0, "dropped", "predictions: closed"): 1}
        )
        assert _counted(store) == found
        assert _counted(store, version="8") == Counter({(0, "dropped", "predictions: queue_full"): 2})


OPERATIONS_CHECKS = (
    check_operations_are_counted_once,
    check_operations_of_a_range_and_of_a_version,
    check_operations_of_models_are_apart,
    check_operations_outlive_their_rows,
    check_old_operations_become_days_and_go,
    check_days_of_operations_are_those_of_a_place,
    check_what_clients_dropped_counts_once,
)
"""Each raises AssertionError where a store breaks the contract; each wants a store that is empty."""

_KINDS = (("rows", ""), ("error", "E"))


def _batch(
    key: str,
    times: Sequence[int],
    model: str = "m",
    ids: Sequence[str | None] | None = None,
    **columns: Sequence[Any],
) -> Batch:
    """Predictions at so many microseconds after `T0`; the columns are the wire's own."""
    found: dict[Key, Cells] = {
        Key("", name, kind): cells
        for name, values in columns.items()
        for kind, cells in typed(values, {}).items()
    }
    rows = Rows(texts(ids or [None] * len(times)), T0 + np.array(times, np.int64), found)
    return Batch(key, model, T0, key.encode(), b"{}", {"predictions": rows})


def _saying(key: str, instance: str, version: str, dropped: dict[str, dict[str, int]]) -> Batch:
    about = {"version": version, "client": {"instance": instance}, "dropped": dropped}
    return Batch(key, "m", T0, key.encode(), json.dumps(about).encode(), {})


def _counted(
    store: RowStore, start: int = 0, end: int = LAST, version: str | None = None, model: str = "m"
) -> Counted:
    """Everything but moments, which are amounts."""
    store.count_operations(model)
    counts, found = store.operations(model, start, end, version), Counted()
    for hour, what, count in zip(counts.hour, counts.what, counts.count, strict=True):
        kind, name = counts.named[int(what)]
        if kind != "latest":
            found[int(hour) - FIRST, kind, name] += int(count)
    return found


def _amounts(store: RowStore, kind: str) -> dict[int, int]:
    counts = store.operations("m", 0, LAST)
    return {
        int(hour) - FIRST: int(amount)
        for hour, what, amount in zip(counts.hour, counts.what, counts.amount, strict=True)
        if counts.named[int(what)][0] == kind
    }
