"""What people tell of a model's surroundings, what its traffic tells, and what an alert says of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadline.reports.record import ReportRecord
from leadline.server.alerting.alerts import told

Traffic = Callable[..., dict[str, Any]]


def tell(live: Any, status: int = 201, token: str = "", **event: Any) -> Any:
    found = live.ask("POST", "/api/v1/events", event, token=token)
    assert found.status == status, found.body
    return found.document


def items(live: Any, query: str = "") -> Any:
    return live.ask("GET", f"/api/v1/events{query}").document["items"]


def test_events_are_told_listed_and_taken_back(live: Any) -> None:
    first = tell(
        live, kind="deploy", text="gateway 4", model="credit", at="2026-05-01T12:00+02:00", version="8"
    )
    assert first["at"] == "2026-05-01T10:00:00+00:00"
    assert (first["who"], first["version"]) == ("tests", "8")
    second = tell(live, kind="holiday", text="Whitsun")
    assert (second["model"], second["at"]) == ("", "2026-06-01T00:00:00+00:00")
    third = tell(live, kind="note", text="x", model="demand")
    assert items(live) == [third, second, first]
    assert items(live, "?model=credit") == [second, first]
    assert items(live, "?since=2026-05-02") == [third, second]
    assert items(live, "?until=2026-05-02&model=credit") == [first]
    assert items(live, f"?after={second['id']}") == [first]
    page = live.ask("GET", "/api/v1/events?limit=2").document
    assert page["next"] == str(second["id"])
    assert live.ask("DELETE", f"/api/v1/events/{second['id']}").status == 204
    assert live.ask("DELETE", f"/api/v1/events/{second['id']}").status == 404
    assert items(live) == [third, first]


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"kind": "version", "text": "x"},
        {"kind": "party", "text": "x"},
        {"kind": "note", "text": ""},
        {"kind": "note", "text": "x" * 2_001},
        {"kind": "note", "text": "x", "at": "tomorrow"},
        {"kind": "note", "text": "x", "at": "9999-12-31T23:59-12:00"},
        {"kind": "note", "text": "x", "at": "0001-01-01T00:00+12:00"},
        {"kind": "note", "text": "\x00"},
        {"kind": "note", "text": "x", "model": "x" * 10_000},
        {"kind": "note", "text": "x", "more": 1},
    ],
)
def test_what_is_no_event(live: Any, event: dict[str, Any]) -> None:
    tell(live, 400, **event)


@pytest.mark.parametrize(
    "query", ["after=99999999999999999999", "after=-1", "since=now", "until=9999-12-31T23:59-12:00"]
)
def test_what_cannot_be_asked_for(live: Any, query: str) -> None:
    assert live.ask("GET", f"/api/v1/events?{query}").status == 400
    assert live.ask("GET", f"/api/v1/alerts?{query}").status == 400


def test_a_token_for_some_models_speaks_of_these(live: Any) -> None:
    made = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": "write", "models": ["credit"]})
    token = made.document["token"]
    ours = tell(live, token=token, kind="note", text="x", model="credit")
    theirs = tell(live, kind="note", text="x", model="demand")
    everyones = tell(live, kind="note", text="x")
    tell(live, 403, token, kind="note", text="x", model="demand")
    tell(live, 403, token, kind="note", text="x")
    seen = live.ask("GET", "/api/v1/events", token=token).document["items"]
    assert [event["id"] for event in seen] == [everyones["id"], ours["id"]]
    for event, status in ((theirs, 404), (everyones, 403), (ours, 204)):
        assert live.ask("DELETE", f"/api/v1/events/{event['id']}", token=token).status == status


def test_a_version_that_comes_with_the_traffic_is_an_event_once(
    live: Any, baseline_file: Any, make_traffic: Traffic
) -> None:
    live.give(baseline_file)
    client = live.client()

    def send(version: str, start: str) -> None:
        rows = make_traffic(2, 60, start, 3)
        client.model("credit", version=version).log_batch(
            {name: rows[name].tolist() if name != "channel" else rows[name]
             for name in ("amount", "age", "channel")},
            id=rows["id"], score=rows["p"].tolist(), timestamp=(rows["at"].astype("int64") / 1e6).tolist(),
        )  # fmt: skip
        assert client.flush(60)
        live.judge()
        assert live.service.worker.problems == {}

    send("7", "2026-04-01")
    assert items(live) == [], "the reference knows version 7"
    send("8", "2026-04-03")
    send("8", "2026-04-05")
    (event,) = items(live)
    assert (event["kind"], event["version"], event["model"]) == ("version", "8", "credit")
    assert (event["at"], event["who"]) == ("2026-04-03T00:00:00+00:00", "")


def test_an_alert_names_what_happened_shortly_before(live: Any, small_record: ReportRecord) -> None:
    problems = told(small_record)
    with live.service.metadata.database.transaction() as own:
        live.service.telling.judged(own, "credit", problems, small_record, live.clock())
    alert = live.ask("GET", "/api/v1/alerts/1").document["alert"]
    opened = alert["opened"][:10]
    tell(live, kind="note", text="at the time", model="credit", at=f"{opened}T06:00")
    tell(live, kind="note", text="long before", model="credit", at="2000-01-01")
    tell(live, kind="upstream", text="all of them", at=f"{opened}T00:00")
    tell(live, kind="note", text="another model", model="demand", at=f"{opened}T00:00")
    found = live.ask("GET", "/api/v1/alerts/1").document["events"]
    assert {event["text"] for event in found} == {"at the time", "all of them"}
    assert [abs(e["hours_before"]) for e in found] == sorted(abs(e["hours_before"]) for e in found)


def test_what_was_told_stands_among_the_causes_of_what_alerts(
    live: Any, baseline_file: Any, make_traffic: Traffic
) -> None:
    live.give(baseline_file)
    rows = make_traffic(20, 150, "2026-04-01", 4, shift=3.0, shifted_from=12)
    client = live.client()
    client.model("credit", version="7").log_batch(
        {name: list(rows[name]) for name in ("amount", "age", "channel")},
        id=rows["id"], score=rows["p"].tolist(), timestamp=(rows["at"].astype("int64") / 1e6).tolist(),
    )  # fmt: skip
    assert client.flush(60)
    live.judge()

    def events() -> tuple[list[str], list[str]]:
        record = live.ask("GET", "/api/v1/models/credit/report").document
        causes = [cause["sentence"] for cause in record["causes"] if cause["key"] == "event"]
        return causes, [event["text"] for event in record["timeline"]["events"]]

    assert events() == ([], [])
    tell(live, kind="upstream", text="amounts with tax", model="credit", at="2026-04-12T20:00")
    tell(live, kind="deploy", text="of another model", model="demand", at="2026-04-12T20:00")
    live.judge()
    assert events() == (["2026-04-12 20:00 UTC, upstream: amounts with tax."], ["amounts with tax"])
