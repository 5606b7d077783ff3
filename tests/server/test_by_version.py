"""A live model whose versions are windows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leadline as ll
from leadline.schedule import instant
from leadline.stores import packed


def send(live: Any, rows: dict[str, Any], version: str) -> None:
    client = live.client()
    client.model("credit", version=version).log_batch(
        {name: np.asarray(rows[name]).tolist() for name in ("amount", "age", "channel")},
        id=rows["id"],
        score=rows["p"].tolist(),
        timestamp=(rows["at"].astype(np.int64) / 1e6).tolist(),
    )
    assert client.flush(60)


def run_version_7(live: Any, by_version: Path, make_traffic: Any) -> None:
    """Ten days of traffic of the model's version 7, judged."""
    live.give(by_version)
    live.clock.now = instant("2026-03-12")
    send(live, make_traffic(10, 100, "2026-03-01", 5), "7")
    live.judge()


@pytest.fixture
def by_version(reference: dict[str, Any], tmp_path: Path) -> Path:
    roles = {"id": "id", "timestamp": "at", "score": "p", "label": "y", "version": "version"}
    return ll.learn(reference, **roles, window="version").save(tmp_path / "credit.leadline")


def test_a_new_version_is_compared_with_the_one_that_runs_beside_it(
    live: Any, by_version: Path, make_traffic: Any
) -> None:
    run_version_7(live, by_version, make_traffic)
    send(live, make_traffic(4, 100, "2026-03-05", 6, shift=1.0), "8")
    timeline = live.report()["timeline"]
    assert timeline["window"] == "version"
    assert [(w["version"], w["rows"]) for w in timeline["windows"][1:]] == [("7", 1000), ("8", 400)]
    seven, eight = timeline["versions"]
    assert seven["baseline"]["verdict"] == "ok"
    assert eight["baseline"]["verdict"] == "warning"
    assert eight["before"]["version"] == "7"
    assert "amount" in [source["source"] for source in eight["before"]["sources"]]
    assert timeline["budget"]["decides"]
    assert live.report()["verdict"] == "warning"
    (alert,) = live.ask("GET", "/api/v1/alerts?tier=any").document["items"]
    assert (alert["tier"], alert["model"], alert["sources"]) == ("warning", "credit", ["amount"])
    assert alert["sentence"].startswith("Version 8: amount rose from a median of ")
    (overview,) = live.ask("GET", "/api/v1/models").document["items"]
    assert overview["summary"]["width"] == "version"


def test_a_release_in_another_unit_opens_an_alert_with_its_cause_and_harm(
    live: Any, by_version: Path, make_traffic: Any
) -> None:
    run_version_7(live, by_version, make_traffic)
    bad = make_traffic(4, 100, "2026-03-05", 6)
    send(live, bad | {"amount": bad["amount"] * 1000}, "8")
    live.judge()
    (alert,) = live.ask("GET", "/api/v1/alerts?tier=any").document["items"]
    assert alert["cause"] == "unit_change"
    assert alert["harm"]
    found = live.ask("GET", f"/api/v1/alerts/{alert['id']}").document["findings"]
    assert found["causes"][0]["columns"] == ["amount"]
    assert found["harm"] == alert["harm"]


def test_a_feature_is_counted_by_version_where_versions_are_windows(
    live: Any, by_version: Path, reference: dict[str, Any], make_traffic: Any
) -> None:
    """Their times overlap, so only the version tells rows apart; the reference keeps all of its own."""
    live.give(by_version)
    live.clock.now = instant("2026-03-12")
    sent = [make_traffic(10, 100, "2026-03-01", 5), make_traffic(4, 100, "2026-03-05", 6, shift=1.0)]
    for rows, version in zip(sent, ("7", "8"), strict=True):
        send(live, rows, version)
    live.judge()
    found = live.ask("GET", "/api/v1/models/credit/features/channel").document
    tables = [reference, *sent]
    assert found["rows"] == [len(rows["id"]) for rows in tables]
    for line in found["lines"]:
        exact = [np.mean(np.asarray(rows["channel"]) == line["name"]) for rows in tables]
        assert line["values"] == pytest.approx(exact, rel=1e-5)


def test_rows_that_are_not_counted_by_version_cannot_be_judged_by_it(
    live: Any, baseline_file: Path, make_traffic: Any
) -> None:
    live.give(baseline_file)
    answer = live.ask("PUT", "/api/v1/models/credit/options", {"options": {"window": "version"}})
    assert answer.status == 400
    assert "Learn the baseline again" in answer.body.decode()


def test_packed_profiles_of_other_versions_add_up_as_profiles_do(by_version: Path, make_traffic: Any) -> None:
    baseline = ll.load(by_version)
    parts = []
    for seed, (start, version) in enumerate([("2026-03-01", "7"), ("2026-03-01", "8"), ("2026-03-02", "7")]):
        rows = make_traffic(2, 50, start, seed)
        parts.append(ll.profile(rows | {"version": [version] * len(rows["id"])}, baseline))
    merged = parts[0].merge(parts[1]).merge(parts[2])
    added = packed.Added(baseline.grid, merged.axes.buckets)
    for part in parts:
        added.add(*packed.pack(part))
    found = added.profile()
    assert found.axes == merged.axes
    assert found.fingerprint == merged.fingerprint
    assert np.array_equal(found.minimum, merged.minimum)
    assert np.array_equal(found.maximum, merged.maximum)
    assert found.versions == {"7": 200, "8": 100}
