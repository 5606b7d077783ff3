"""Two slices of a model side by side: what is said is what their rows say; what is no slice is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import leadline
from leadline.schedule import instant

PATH = "/api/v1/models/credit/compare"
ALL: dict[str, Any] = {}


@dataclass
class Released:
    """A model whose version 7, with another `amount`, took over from version 6 in the middle of a day."""

    live: Any
    rows: dict[str, Any]
    new: Any

    def compared(self, reference: dict[str, Any], current: dict[str, Any]) -> Any:
        found = self.live.ask("POST", PATH, {"reference": reference, "current": current})
        assert found.status == 200, found.body
        return found.document

    def accuracy(self, chosen: Any) -> float:
        rows = self.rows
        return float(((rows["p"] >= 0.5) == rows["y"])[chosen].mean())


def send(live: Any, rows: dict[str, Any], chosen: Any, version: str) -> None:
    """Some rows with their labels, as a batch."""
    own = {name: np.asarray(values)[chosen] for name, values in rows.items()}
    seconds, size = (own["at"].astype(np.int64) / 1e6), len(own["id"])
    features = {name: own[name].tolist() for name in ("amount", "age", "channel")}
    predictions = {"id": own["id"].tolist(), "timestamp": seconds.tolist(), "score": own["p"].tolist()}
    labels = {"id": own["id"].tolist(), "label": own["y"].tolist(), "timestamp": (seconds + 3600).tolist()}
    batch = {
        "format": 1, "model": "credit", "version": version,
        "predictions": {"rows": size, "features": features, **predictions},
        "labels": {"rows": size, **labels},
    }  # fmt: skip
    assert live.ask("POST", "/api/v1/ingest", batch).document["refused"] == []


@pytest.fixture(scope="module")
def released(
    serve: Any, make_traffic: Any, reference: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Released]:
    folder = tmp_path_factory.mktemp("compare")
    learned = leadline.learn(
        reference, window="1d", budget="1/30d", id="id", timestamp="at", score="p", label="y",
        version="version", segment=["channel"],
    )  # fmt: skip
    rows = make_traffic(10, 200, "2026-03-01", 5)
    new = rows["at"].astype(np.int64) >= instant("2026-03-06T12:00")
    rows["amount"] = rows["amount"] + 15 * new
    # Both versions see a channel that the baseline never met: between them it is no news.
    rows["channel"] = np.where(rows["age"] % 20 == 0, "kiosk", rows["channel"]).tolist()
    with serve(folder / "data") as live:
        live.give(learned.save(folder / "credit.leadline"))
        live.clock.now = instant("2026-03-12")
        send(live, rows, ~new, "6")
        send(live, rows, new, "7")
        live.judge()
        assert live.service.worker.problems == {}
        yield Released(live, rows, new)


def test_a_version_against_another_is_about_their_rows(released: Released) -> None:
    record = released.compared({"version": "6"}, {"version": "7"})
    old, new = int((~released.new).sum()), int(released.new.sum())
    assert record["reference"] | {"rows": old, "versions": {"6": old}} == record["reference"]
    assert record["current"] | {"rows": new, "versions": {"7": new}} == record["current"]
    assert (record["reference"]["name"], record["current"]["name"]) == ("version 6", "version 7")
    by_name = {column["name"]: column["verdict"] for column in record["columns"]}
    assert record["verdict"] == by_name["amount"] == "alert"
    assert by_name["age"] == by_name["channel"] == "ok"
    accuracy = record["performance"]["accuracy"]
    assert accuracy["reference"] == pytest.approx(released.accuracy(~released.new))
    assert accuracy["current"] == pytest.approx(released.accuracy(released.new))
    assert accuracy["change_low"] < accuracy["change"] < accuracy["change_high"]


def test_a_segment_of_a_version_is_about_their_rows(released: Released) -> None:
    """Most of its buckets are counted apart; of the day of the release its rows are read."""
    web = np.array(released.rows["channel"]) == "web"
    segment = {"column": "channel", "value": "web"}
    record = released.compared({"segment": segment, "version": "6"}, {"segment": segment, "version": "7"})
    for side, chosen in (("reference", web & ~released.new), ("current", web & released.new)):
        assert record[side]["rows"] == int(chosen.sum())
        assert record["performance"]["accuracy"][side] == pytest.approx(released.accuracy(chosen))
    assert record["current"]["name"] == "version 7, channel=web"


def test_times_are_whole_buckets_apart(released: Released) -> None:
    early, late = {"from": "2026-03-01", "to": "2026-03-04"}, {"from": "2026-03-07"}
    record = released.compared(early, late)
    assert (record["reference"]["rows"], record["current"]["rows"]) == (600, 800)
    assert record["reference"]["end"] < "2026-03-04" < "2026-03-07" <= record["current"]["start"]
    assert record["verdict"] == "alert"
    same = released.compared(early, early)
    assert {column["verdict"] for column in same["columns"]} <= {"ok", "unknown"}


def test_a_value_that_is_not_counted_apart_is_found_in_the_rows(released: Released) -> None:
    chosen = released.rows["age"] == 33
    record = released.compared(ALL, {"segment": {"column": "age", "value": "33"}})
    assert record["current"]["rows"] == int(chosen.sum())
    assert record["current"]["name"] == "age=33"


def test_the_parts_of_a_model(released: Released) -> None:
    found = released.live.ask("GET", "/api/v1/models/credit/parts").document
    assert set(found["versions"]) == {"6", "7"}
    (segment,) = found["segments"]
    assert segment["column"] == "channel"
    assert {"app", "branch", "web"} <= set(segment["values"])
    assert (found["start"][:10], found["end"][:10]) == ("2026-03-01", "2026-03-11")


@pytest.mark.parametrize(
    ("side", "message"),
    [
        ({"version": "8"}, "no rows"),
        ({"version": "6'; DROP TABLE predictions_1; --"}, "no rows"),
        ({"segment": {"column": "channel", "value": "nowhere"}}, "no rows"),
        ({"segment": {"column": 'age" OR 1=1 --', "value": "33"}}, "no column"),
        ({"from": "yesterday"}, "not a time"),
        ({"from": "2027-01-01"}, "no rows"),
        ({"unknown": 1}, "unknown"),
        ({"version": 6}, "version"),
    ],
)
def test_what_is_no_slice_is_refused(released: Released, side: dict[str, Any], message: str) -> None:
    found = released.live.ask("POST", PATH, {"reference": ALL, "current": side})
    assert found.status == 400, found.body
    assert message in found.document["message"]
    assert released.compared(ALL, ALL)["verdict"] == "ok"


def test_a_model_without_a_baseline_has_no_slices(live: Any) -> None:
    row = {"format": 1, "model": "new", "predictions": [{"features": {"a": 1}}]}
    assert live.ask("POST", "/api/v1/ingest", row).status == 202
    assert live.ask("POST", "/api/v1/models/new/compare", {"reference": ALL, "current": ALL}).status == 409
    assert live.ask("GET", "/api/v1/models/new/parts").status == 409


def test_looking_is_not_told_as_a_change(released: Released) -> None:
    def told() -> Any:
        return released.live.ask("GET", "/api/v1/audit").document["items"][0]["id"]

    before = told()
    released.compared({"version": "6"}, {"version": "7"})
    assert told() == before
