"""What is kept of a person is gone: from tables, counts, samples, and from the bytes of the files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.server.judging import counting
from leadline.server.keeping import erasure, retention
from leadline.server.keeping.retention import Old
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.retention import Retention

sys.path.append(str(Path(__file__).parent))

import kept
from kept import DAY, MODEL, START


@pytest.fixture(scope="module")
def known() -> Any:
    return kept.baseline()


@pytest.fixture
def opened(tmp_path: Path, known: Any) -> Any:
    """A store that packs nothing, so that its texts can be seen, and metadata with the baseline."""
    store, metadata = DuckDBStore(tmp_path / "rows"), Metadata(tmp_path / "facts")
    store._file.writer.execute("SET GLOBAL force_compression = 'uncompressed'")
    metadata.models.set_baseline(MODEL, known.to_bytes(), 1)
    yield store, metadata
    store.close()
    metadata.close()


def send(store: DuckDBStore, rows: dict[str, Any], key: str, day: int) -> None:
    now = START + day * DAY
    store.append(
        [
            kept.predictions(key, rows, now),
            kept.labels(f"{key}-labels", rows["id"], rows["y"].tolist(), now + 1, now),
        ]
    )


def without(rows: dict[str, Any], gone: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {name: np.asarray(values)[~gone] for name, values in rows.items()}


def test_the_counts_are_those_of_the_others(opened: Any, tmp_path: Path, known: Any) -> None:
    """As if the erased had never come: counts, extremes, samples; by id and by entity."""
    store, metadata = opened
    rows = kept.table(np.random.default_rng(3), 200, 0, 4, "row")
    rows["amount"][0], rows["id"][0], rows["customer"][1:3] = 1e6, "person-1f3a", ["customer-x"] * 2
    send(store, rows, "a", 4)
    counting.count(store, MODEL, known)
    assert kept.counts(store, known).maximum.max() == 1e6
    first = erasure.erase(store, metadata, MODEL, "", ["person-1f3a", "unknown"], START + 5 * DAY)
    second = erasure.erase(store, metadata, MODEL, "customer", ["customer-x"], START + 5 * DAY)
    counting.count(store, MODEL, known)
    assert (first.predictions, first.labels, second.predictions, second.labels) == (1, 1, 2, 2)
    others = DuckDBStore(tmp_path / "others")
    gone = np.isin(np.arange(200), [0, 1, 2])
    send(others, without(rows, gone), "a", 4)
    counting.count(others, MODEL, known)
    found, expected = kept.counts(store, known), kept.counts(others, known)
    for name in expected.sums:
        np.testing.assert_array_equal(found.sums[name], expected.sums[name], err_msg=name)
    np.testing.assert_array_equal(found.maximum, expected.maximum)
    np.testing.assert_array_equal(found.sample.hashes, expected.sample.hashes)  # type: ignore[union-attr]
    others.close()


def test_nothing_of_it_is_in_the_files(opened: Any, tmp_path: Path, known: Any) -> None:
    """Neither in tables nor in free blocks nor in logs; before, it was."""
    store, metadata = opened
    rows = kept.table(np.random.default_rng(3), 300, 0, 4, "row")
    rows["id"][7], rows["customer"][7] = "person-5d21c0ffee", "customer-9a77beef"
    send(store, rows, "a", 4)
    counting.count(store, MODEL, known)
    store.scrub()
    secrets = (b"person-5d21c0ffee", b"customer-9a77beef")
    assert all(secret in kept.content(tmp_path) for secret in secrets)
    erasure.erase(store, metadata, MODEL, "", ["person-5d21c0ffee"], START + 5 * DAY)
    counting.count(store, MODEL, known)
    erasure.scrub(store, metadata)
    assert not any(secret in kept.content(tmp_path) for secret in secrets)
    assert b"customer-" in kept.content(tmp_path), "the others are still there"
    assert store.rows(MODEL)["predictions"] == 299


def test_samples_and_frozen_counts_know_nobody(opened: Any, known: Any) -> None:
    """Also where rows are stubs or gone: the sample forgets the id, extremes of a stub's bucket go."""
    store, metadata = opened
    baseline = loaded(metadata.models.baseline(MODEL), "baseline")
    assert isinstance(baseline, Baseline)
    for day in (0, 20):
        rows = kept.table(np.random.default_rng(day), 50, day, 1, f"day-{day}")
        send(store, rows, str(day), day)
    counting.count(store, MODEL, known)
    old = Old.of(Retention(5, 30, 1_000, 2_000), START + 40 * DAY)
    assert retention.keep(store, MODEL, known, old, lambda: True)
    assert store.rows(MODEL)["predictions"] == 50
    before = kept.counts(store, known)
    ids = ["day-0-3", "day-20-3", "reference-17"]
    found = erasure.erase(store, metadata, MODEL, "", ids, START + 41 * DAY)
    counting.count(store, MODEL, known)
    after = kept.counts(store, known)
    assert (found.predictions, found.labels, found.frozen, found.sampled) == (1, 1, 1, 3)
    assert len(after.sample) == len(before.sample) - 2
    amounts = after.maximum[:, 0, 0, known.grid.index["amount"]]
    assert np.isfinite(amounts).tolist() == [True, False]
    for name in ("rows", "cells"):
        assert after.sums[name].sum() >= before.sums[name].sum() - 3, "numbers that name nobody stay"
    cleaned = loaded(metadata.models.baseline(MODEL), "baseline")
    assert isinstance(cleaned, Baseline)
    assert len(cleaned.profile.sample) == len(baseline.profile.sample) - 1
    assert counting.grid_name(counting.live(cleaned)) == counting.grid_name(known), "nothing is counted anew"


def test_an_erasure_is_counted_though_the_process_ends(opened: Any, known: Any) -> None:
    """It is a numbered change like any other: the next round counts its buckets."""
    store, metadata = opened
    send(store, kept.table(np.random.default_rng(1), 20, 0, 1, "row"), "a", 1)
    counting.count(store, MODEL, known)
    last = store.last()
    erasure.erase(store, metadata, MODEL, "", ["row-1"], START)
    assert store.last() == last + 1
    assert store.counted(MODEL, counting.grid_name(known)) == last
    assert len(counting.count(store, MODEL, known)) == 1
    assert kept.counts(store, known).rows == 19
    assert store.append([kept.predictions("b", kept.table(np.random.default_rng(2), 1, 0, 1, "n"), 1)])
    assert store.last() == last + 2


def test_who_is_unknown_is_erased_without_a_trace(opened: Any) -> None:
    store, metadata = opened
    found = erasure.erase(store, metadata, "no such model", "", ["a"], START)
    assert (found.ids, found.predictions) == (0, 0)
    send(store, kept.table(np.random.default_rng(1), 5, 0, 1, "row"), "a", 1)
    found = erasure.erase(store, metadata, MODEL, "no such column", ["a'; DROP TABLE x"], START)
    assert (found.ids, found.predictions) == (0, 0)
    assert store.rows(MODEL) == {"predictions": 5, "labels": 5, "feedback": 0}


def test_over_http(live: Any, baseline_file: Path, make_traffic: Any) -> None:
    live.give(baseline_file)
    live.send(make_traffic(3, 60, "2026-04-01", 2))
    assert live.report()["current"]["rows"] == 180
    found = live.ask("POST", "/api/v1/models/credit/erase", {"values": ["2026-04-01-2-5"]})
    assert found.status == 200
    assert (found.document["predictions"], found.document["labels"]) == (1, 1)
    assert live.report()["current"]["rows"] == 179
    entries = live.ask("GET", "/api/v1/audit").body
    assert b"data.erase" in entries
    assert b"2026-04-01-2-5" not in entries, "the log does not name whom"
    for wrong in ({}, {"values": []}, {"values": "a"}, {"values": [1]}, {"values": ["a"], "who": "b"}):
        assert live.ask("POST", "/api/v1/models/credit/erase", wrong).status == 400
    # A name that is mistyped is not "nothing was kept".
    assert live.ask("POST", "/api/v1/models/kredit/erase", {"values": ["x"]}).status == 404


def test_a_bucket_whose_rows_are_all_erased_counts_nothing(opened: Any, known: Any) -> None:
    """Neither its counts nor its extremes and samples stay; also where rows come into it anew."""
    store, metadata = opened
    rows = kept.table(np.random.default_rng(5), 30, 0, 3, "row")
    on_first = rows["at"].astype(np.int64) < START + DAY
    send(store, rows, "a", 3)
    counting.count(store, MODEL, known)
    erasure.erase(store, metadata, MODEL, "", np.asarray(rows["id"])[on_first].tolist(), START + 4 * DAY)
    counting.count(store, MODEL, known)
    (first, *_) = store.profiles(MODEL, counting.grid_name(known))
    profile = counting.decoded(first, known.grid)
    assert (first.start, first.rows, profile.rows) == (START, 0, 0)
    assert not any(array.any() for array in profile.sums.values())
    assert not np.isfinite(profile.minimum).any()
    assert profile.sample is None or len(profile.sample) == 0
    assert all(found.rows.sum() == 0 for found in profile.distinct.values())
    assert kept.counts(store, known).rows == (~on_first).sum()
    again = kept.table(np.random.default_rng(6), 4, 0, 1, "again")
    send(store, again, "b", 4)
    counting.count(store, MODEL, known)
    assert store.profiles(MODEL, counting.grid_name(known))[0].rows == 4
