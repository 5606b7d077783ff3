"""Counts of operations: each batch once, whatever comes in which order; checked against plain Python."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.profiles.exponential import ExponentialHistogram
from leadline.schedule import HOUR
from leadline.server.intake.wire import Envelope, batch_of
from leadline.stores.contract import Batch
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.operations_kinds import NAMES, OTHER, Counts

T0 = 1_700_000_000 // 3600 * 3600
"""Seconds; the begin of an hour."""


def batch(key: str, version: str = "7", **sections: Any) -> Batch:
    return batch_of(Envelope(1, "m", version, **sections), key, T0 * 1_000_000)


def predictions(at: list[float], **columns: Any) -> dict[str, Any]:
    return {"rows": len(at), "timestamp": [T0 + moment for moment in at], **columns}


def found(store: DuckDBStore, version: str | None = None) -> dict[tuple[int, str, str], Counter[int]]:
    """Counts by cell of each hour (from T0 on), kind and name."""
    store.count_operations("m")
    return as_counters(store.operations("m", 0, 1 << 40, version))


def as_counters(counts: Counts) -> dict[tuple[int, str, str], Counter[int]]:
    made: dict[tuple[int, str, str], Counter[int]] = {}
    for hour, what, cell, count in zip(counts.hour, counts.what, counts.cell, counts.count, strict=True):
        kind, name = counts.named[int(what)]
        made.setdefault((int(hour) - T0 // 3600, kind, name), Counter())[int(cell)] += int(count)
    return made


def amounts(store: DuckDBStore, kind: str) -> dict[tuple[int, str], int]:
    store.count_operations("m")
    counts = store.operations("m", 0, 1 << 40)
    return {
        (int(hour) - T0 // 3600, counts.named[int(what)][1]): int(amount)
        for hour, what, amount in zip(counts.hour, counts.what, counts.amount, strict=True)
        if counts.named[int(what)][0] == kind
    }


@pytest.fixture
def store(tmp_path: Path) -> Any:
    made = DuckDBStore(tmp_path / "rows.duckdb", threads=1)
    yield made
    made.close()


def test_predictions_are_counted_as_they_are(store: DuckDBStore) -> None:
    rng = np.random.default_rng(1)
    at = rng.uniform(0, 3 * 3600, 300).tolist()
    latency = [*rng.lognormal(3, 1, 297).tolist(), 0.0, 1e15, None]
    step = rng.lognormal(2, 1, 300).tolist()
    error = [None if i % 7 else "TimeoutError" for i in range(300)]
    for part in range(3):
        rows = slice(part * 100, part * 100 + 100)
        columns = {"latency_ms": latency[rows], "error": error[rows], "steps": {"db": step[rows]}}
        store.append([batch(str(part), predictions=predictions(at[rows], **columns))])
        store.count_operations("m")
    counted = found(store)
    hour = [int(moment // 3600) for moment in at]
    for place in range(3):
        own = [i for i in range(300) if hour[i] == place]
        assert counted[place, "rows", ""] == Counter({0: len(own)})
        assert counted[place, "error", "TimeoutError"].total() == sum(error[i] is not None for i in own)
        for kind, name, values in (("latency", "", latency), ("step", "db", step)):
            known = [values[i] for i in own if values[i] is not None]
            assert counted[place, kind, name] == Counter(ExponentialHistogram.of(known).cells())
        latest = max(round((T0 + at[i]) * 1e6) for i in own)
        assert abs(amounts(store, "latest")[place, ""] - latest) <= 1


def test_counting_at_once_and_bit_by_bit_is_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    batches = []
    for i in range(12):
        ids = [str(v) for v in rng.integers(0, 40, 20)]
        at = rng.uniform(0, 7200, 20).tolist()
        batches.append(
            batch(f"p{i}", predictions=predictions(at, id=ids, features={"cost": rng.random(20).tolist()}))
        )
        labels = {"rows": 5, "id": ids[:5], "label": [1] * 5, "timestamp": [T0 + 9000.0 + i] * 5}
        batches.append(batch(f"l{i}", labels=labels))
    rng.shuffle(batches)  # type: ignore[arg-type]
    results = []
    for name, size in (("once", len(batches)), ("bits", 1)):
        made = DuckDBStore(tmp_path / name, threads=1)
        for start in range(0, len(batches), size):
            made.append(batches[start : start + size])
            made.count_operations("m")
        results.append((found(made), amounts(made, "cost"), amounts(made, "latest")))
        made.close()
    assert results[0] == results[1]


def test_what_is_counted_stays_after_reopening_and_is_not_counted_again(tmp_path: Path) -> None:
    path = tmp_path / "rows.duckdb"
    for _ in range(3):
        made = DuckDBStore(path, threads=1)
        made.append([batch("a", predictions=predictions([1.0, 2.0]))])
        assert made.count_operations("m") == 1
        assert found(made)[0, "rows", ""] == Counter({0: 2})
        made.close()


def test_a_label_counts_once_by_its_prediction_and_by_its_own_hour(store: DuckDBStore) -> None:
    """Label first, label twice, label for nothing; its age is that of the first label."""
    label = {"rows": 3, "id": ["a", "b", "none"], "label": [1, 0, 1], "timestamp": [T0 + 7300.0] * 3}
    store.append([batch("l", labels=label)])
    store.count_operations("m")
    store.append([batch("p", predictions=predictions([100.0, 3700.0], id=["a", "b"]))])
    store.count_operations("m")
    again = {"rows": 1, "id": ["a"], "label": [0], "timestamp": [T0 + 99_000.0]}
    store.append([batch("again", labels=again)])
    counted = found(store)
    ages = [Counter(ExponentialHistogram.of([age]).cells()) for age in (7200.0, 3600.0)]
    assert [counted[hour, "labelled", ""] for hour in (0, 1)] == ages
    assert counted[2, "arrived", ""] == ages[0] + ages[1]
    assert (27, "arrived", "") not in counted


def test_labels_in_the_row_have_no_age(store: DuckDBStore) -> None:
    store.append([batch("p", predictions=predictions([1.0, 2.0], id=["a", "b"], label=[1, None]))])
    assert found(store)[0, "labelled", ""] == Counter(ExponentialHistogram.of([0.0]).cells())


def test_feedback_and_cost_are_sums_in_millionths(store: DuckDBStore) -> None:
    feedback = {
        "rows": 4, "id": list("abcd"), "name": ["click", "click", "stars", "note"],
        "value": [True, False, 4.5, "fine"], "timestamp": [T0 + 5.0] * 4,
    }  # fmt: skip
    cost = {"cost": [0.25, 0.5, None, 1e300]}
    store.append(
        [batch("a", feedback=feedback, predictions=predictions([1.0, 2.0, 3.0, 4.0], features=cost))]
    )
    counted = found(store)
    assert counted[0, "feedback", "click"].total() == 2
    assert counted[0, "feedback", "note"].total() == 1
    assert amounts(store, "feedback_value") == {(0, "click"): 1_000_000, (0, "stars"): 4_500_000}
    assert amounts(store, "cost") == {(0, ""): 750_000}


def test_heartbeats_are_counted_and_broken_ones_say_nothing(store: DuckDBStore) -> None:
    good = {
        "timestamp": T0 + 30.0, "process": {"cpu_used": 0.5, "resident_bytes": 100},
        "host": {"cpu_busy": 0.25, "memory_total_bytes": 8, "memory_available_bytes": 2},
    }  # fmt: skip
    beats = [good, {**good, "timestamp": T0 + 60.0}, {"timestamp": 1e300}, {"timestamp": -5}, {}]
    store.append([batch("a", heartbeats=beats, client={"instance": "one"})])
    assert found(store)[0, "beats", ""] == Counter({0: 2})
    assert amounts(store, "lived") == {(0, ""): 30_000_000}
    assert amounts(store, "memory_used") == {(0, ""): 1_500_000}
    assert amounts(store, "resident") == {(0, ""): 200}


def test_gpus_are_counted_each_and_broken_ones_say_nothing(store: DuckDBStore) -> None:
    gpus = [
        {"index": 0, "name": "A", "busy": 0.5, "memory_total_bytes": 80, "memory_used_bytes": 20},
        {"index": 1, "busy": 1.0, "memory_total_bytes": 80, "memory_used_bytes": 60},
        {"index": 2, "busy": "no"}, {"memory_total_bytes": 0, "memory_used_bytes": 5},
        [], {"busy": -1.0}, None,
    ]  # fmt: skip
    store.append([batch("a", heartbeats=[{"timestamp": T0 + 1.0, "gpus": gpus}])])
    assert amounts(store, "gpu_busy") == {(0, ""): 1_500_000}
    assert amounts(store, "gpu_memory") == {(0, ""): 1_000_000}
    counted = found(store)
    assert counted[0, "gpu_busy", ""].total() == counted[0, "gpu_memory", ""].total() == 2
    assert counted[0, "beats", ""].total() == 1


def test_the_clock_that_is_off_most_counts_in_the_hour_in_which_it_was_heard(store: DuckDBStore) -> None:
    """A beat of another day, because its clock is wrong, is told today."""

    def beat(offset: float | None, at: float) -> dict[str, Any]:
        return {"timestamp": at, "clock_offset_seconds": offset}

    for number, offsets in enumerate([(-1.0, 400.5, 2.0), (-3.0, None)]):
        for offset in offsets:
            store.append(
                [
                    batch(
                        f"{number} {offset}",
                        heartbeats=[beat(offset, T0 - 9e6 * number)],
                        client={"instance": f"{number}"},
                    )
                ]
            )
            store.count_operations("m")
    assert amounts(store, "clock") == {(0, ""): 400_500_000}
    wrong = [beat(offset, T0) for offset in (1e300, "late")] + [{**beat(700.0, T0), "timestamp": "?"}]
    store.append([batch("wrong", heartbeats=wrong, client={"instance": "2"})])
    assert amounts(store, "clock") == {(0, ""): 400_500_000}


@given(
    st.lists(st.tuples(st.sampled_from("ijk"), st.integers(0, 80_000)), min_size=1, max_size=25),
    st.integers(1, 5),
)
@settings(max_examples=15, deadline=None)
def test_processes_live_from_their_first_heartbeat_to_their_last(
    beats: list[tuple[str, int]], size: int
) -> None:
    """Whatever order heartbeats come in; by hour, all processes together."""
    expected: Counter[int] = Counter()
    for process in "ijk":
        own = [second for name, second in beats if name == process]
        for second in range(min(own, default=0), max(own, default=0)):
            expected[second // 3600] += 1
    with TemporaryDirectory() as folder, closing(DuckDBStore(Path(folder) / "rows", threads=1)) as made:
        for start in range(0, len(beats), size):
            made.append(
                [
                    batch(str(number), client={"instance": name}, heartbeats=[{"timestamp": T0 + second}])
                    for number, (name, second) in [*enumerate(beats)][start : start + size]
                ]
            )
            made.count_operations("m")
        lived = {hour: amount for (hour, _), amount in amounts(made, "lived").items()}
        assert lived == {hour: seconds * 1_000_000 for hour, seconds in expected.items()}
        came = {key: cells.total() for key, cells in found(made).items() if key[1] == "beats"}
        assert came == Counter((second // 3600, "beats", "") for _, second in beats)


def test_processes_that_come_and_go_need_no_names_and_are_forgotten(store: DuckDBStore) -> None:
    """A server that starts its workers anew all day has more of them than names are kept."""
    lives = 3 * NAMES
    for life in range(lives):
        at = T0 + 60.0 * life
        store.append([batch(f"{life}", client={"instance": f"{life}"}, heartbeats=[
            {"timestamp": at}, {"timestamp": at + 30}])])  # fmt: skip
    store.count_operations("m")
    assert sum(amounts(store, "lived").values()) == lives * 30_000_000
    later = batch("later", client={"instance": "one"}, heartbeats=[{"timestamp": T0 + 9 * 86_400.0}])
    store.append([replace(later, received_at=(T0 + 9 * 86_400) * 1_000_000)])
    store.count_operations("m")
    with store._file.reader() as reader:
        assert reader.execute("SELECT count(*) FROM operations_lives").fetchall() == [(1,)]


def test_who_says_how_often_it_beats_is_expected_to_do_so(store: DuckDBStore) -> None:
    """Two workers in turn, and a third that loses two beats; the last beat of each comes with its end."""

    def life(name: str, *seconds: float) -> Batch:
        beats = [{"timestamp": T0 + at, "interval_seconds": 30.0} for at in seconds]
        return batch(name, client={"instance": name}, heartbeats=beats)

    store.append([life("one", 0, 30, 60, 75), life("two", 80, 110, 125)])
    assert amounts(store, "expected") == {(0, ""): 3_500_000 + 2_500_000}
    store.append([life("three", 3_540, 3_570, 3_690)])
    assert amounts(store, "expected") == {(0, ""): 9_000_000, (1, ""): 3_000_000}
    assert "lived" not in {what for _, what, _ in found(store)}


def test_a_distance_of_heartbeats_that_cannot_be_is_passed_over(store: DuckDBStore) -> None:
    for wrong in (0.0, -1.0, 1e300, "30"):
        beats = [{"timestamp": T0 + at, "interval_seconds": wrong} for at in (0, 30)]
        store.append([batch(f"{wrong}", client={"instance": f"{wrong}"}, heartbeats=beats)])
    assert amounts(store, "expected") == {}
    assert amounts(store, "lived") == {(0, ""): 3 * 30_000_000}


@pytest.mark.parametrize("wrong", [0.0, 4_000_000_000.0])
def test_a_clock_that_is_wrong_once_lengthens_no_life(store: DuckDBStore, wrong: float) -> None:
    beats = [{"timestamp": at} for at in (T0, T0 + 30, wrong, T0 + 60, T0 + 90)]
    store.append([batch("a", client={"instance": "i"}, heartbeats=beats)])
    assert sum(amounts(store, "lived").values()) == 60_000_000


@given(
    st.lists(st.tuples(st.sampled_from("ij"), st.sampled_from("78"), st.integers(1, 30)), max_size=12),
    st.integers(1, 5),
)
@settings(max_examples=15, deadline=None)
def test_what_was_dropped_is_the_largest_total_of_each_instance(
    said: list[tuple[str, str, int]], size: int
) -> None:
    """Whatever order totals come in, and however many are counted at a time."""
    with TemporaryDirectory() as folder, closing(DuckDBStore(Path(folder) / "rows", threads=1)) as made:
        for start in range(0, len(said), size):
            made.append(
                [
                    batch(
                        str(number),
                        version,
                        client={"instance": instance},
                        dropped={"labels": {"closed": total}},
                    )
                    for number, (instance, version, total) in [*enumerate(said)][start : start + size]
                ]
            )
            made.count_operations("m")
        largest: dict[tuple[str, str], int] = {}
        for instance, version, total in said:
            largest[instance, version] = max(total, largest.get((instance, version), 0))
        if said:
            assert found(made).get((0, "dropped", "labels: closed"), Counter()).total() == sum(
                largest.values()
            )


@pytest.mark.parametrize(
    ("created", "hour"),
    [(T0 - 7200.0, -2), (T0 + 9e6, 0), (T0 - 90 * 86_400.0, 0), (None, 0), (1e300, 0)],
)
def test_what_was_dropped_counts_when_the_batch_was_made(
    store: DuckDBStore, created: float | None, hour: int
) -> None:
    """Where the client's clock cannot be believed: when it came."""
    client = {"instance": "i", "created_at": created}
    store.append([batch("a", client=client, dropped={"predictions": {"queue_full": 3}})])
    assert found(store) == {(hour, "dropped", "predictions: queue_full"): Counter({0: 3})}


@pytest.mark.parametrize(
    "dropped",
    [{"predictions": 5}, {"predictions": {"a": -1}}, {"predictions": {"a": "b"}}, {"others": {"a": 1}},
     {"predictions": {"a": 1 << 60}}, {"labels": None}],
)  # fmt: skip
def test_what_makes_no_sense_was_not_dropped(store: DuckDBStore, dropped: Any) -> None:
    store.append([batch("a", dropped=dropped), batch("b", dropped={"values": {"not_json": 2}})])
    assert found(store) == {(0, "dropped", "values: not_json"): Counter({0: 2})}


def test_names_are_bounded_and_nothing_is_lost(store: DuckDBStore) -> None:
    kinds = [f"Error{i}" for i in range(3 * NAMES)] + ["'; DROP TABLE operations; --", "x" * 10_000]
    for start in range(0, len(kinds), 60):
        part = kinds[start : start + 60]
        store.append([batch(str(start), predictions=predictions([1.0] * len(part), error=part))])
        store.count_operations("m")
    errors = {name: cells.total() for (_, kind, name), cells in found(store).items() if kind == "error"}
    assert len(errors) <= NAMES + 1
    assert sum(errors.values()) == len(kinds)
    assert errors[OTHER] >= len(kinds) - NAMES


def test_one_version_is_part_of_all(store: DuckDBStore) -> None:
    for version, rows in (("7", 3), ("8", 2)):
        store.append([batch(version, version, predictions=predictions([1.0] * rows))])
    assert found(store)[0, "rows", ""].total() == 5
    assert found(store, "8")[0, "rows", ""].total() == 2
    assert found(store, "none") == {}


def test_of_an_unknown_model_nothing_is_counted(store: DuckDBStore) -> None:
    assert len(store.operations("m", 0, 1 << 40).hour) == 0


def test_hours_outside_the_range_are_left_out(store: DuckDBStore) -> None:
    store.append([batch("a", predictions=predictions([1.0, 3601.0, 7201.0]))])
    store.count_operations("m")
    first = T0 * 1_000_000 // HOUR
    counts = store.operations("m", first + 1, first + 2)
    assert set(counts.hour.tolist()) == {first + 1}
