"""An alert as people meet it: over HTTP, from its opening to its end, with what is told on the way."""

from __future__ import annotations

import dataclasses
import json
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from leadline.reports.record import CauseResult, ReportRecord
from leadline.server.alerting.alerts import told

DAY = 86_400_000_000
Traffic = Callable[..., dict[str, Any]]


@pytest.fixture
def loud(small_record: ReportRecord) -> ReportRecord:
    """A report with one problem."""
    cause = CauseResult(
        "unit_change", "Change of unit", ["income"], "income is 1000 times as large.", {}, 1.0
    )
    return replace(small_record, rules=[], causes=[cause])


@pytest.fixture
def quiet(loud: ReportRecord) -> ReportRecord:
    """A report without any."""
    return replace(loud, columns=[], task=replace(loud.task, verdict="ok"), causes=[])


def judge(live: Any, record: ReportRecord, model: str = "credit") -> None:
    """A report of a model comes, as from its worker."""
    with live.service.metadata.database.transaction() as own:
        live.service.telling.judged(own, model, told(record), record, live.clock())


@pytest.fixture
def alerted(live: Any, loud: ReportRecord, receiving: Any) -> Any:
    """A model that alerts, and a webhook that hears of it."""
    live.receiver = receiving(204)
    assert live.ask("POST", "/api/v1/channels", webhook(live.receiver.url)).status == 201
    judge(live, loud)
    live.service.deliverer.round()
    return live


def webhook(url: str, **routing: Any) -> dict[str, Any]:
    return {"name": url, "kind": "webhook", "settings": {"url": url}, "routing": routing}


def only(live: Any, **query: Any) -> Any:
    """The one alert there is."""
    (found,) = live.ask("GET", f"/api/v1/alerts?{urllib.parse.urlencode(query)}").document["items"]
    return found


def do(live: Any, what: str, body: Any = None, status: int = 200) -> Any:
    found = live.ask("POST", f"/api/v1/alerts/1/{what}", body)
    assert found.status == status, found.body
    return found.document


def detail(live: Any, number: int = 1) -> Any:
    return live.ask("GET", f"/api/v1/alerts/{number}").document


def heard(live: Any) -> list[str]:
    live.service.deliverer.round()
    return [document["event"] for document in live.receiver.documents]


def test_from_traffic_to_what_people_are_told_and_back(
    live: Any, baseline_file: Any, make_traffic: Traffic, receiving: Any
) -> None:
    """The whole way, with a column that is far off in the third week, and right again in the fourth."""
    live.receiver = receiving(204)
    live.ask("POST", "/api/v1/channels", webhook(live.receiver.url))
    live.give(baseline_file)
    live.send(make_traffic(21, 200, "2026-04-01", 2, shift=1.5, shifted_from=14))
    live.judge()
    alert = only(live, state="living")
    assert "amount" in alert["sources"]
    live.service.deliverer.round()
    number = alert["id"]
    found = detail(live, number)
    assert found["alert"] == alert
    evidence = {one["source"]: one for one in found["findings"]["evidence"]}
    amount = evidence["amount"]
    assert amount["surprise"] > amount["threshold"] > 0
    assert amount["overall"]["low"] <= amount["overall"]["value"] <= amount["overall"]["high"]
    assert amount["overall_metric"] == "Kolmogorov-Smirnov distance"
    assert amount["distribution"]["reference"]
    assert found["findings"]["causes"], "a shift of a column has a cause"
    assert alert["cause"] == found["findings"]["causes"][0]["key"]
    assert any(value is not None for value in found["findings"]["trend"]["values"])
    assert found["at_opening"] == found["findings"]
    (delivery,) = found["deliveries"]
    assert (delivery["channel"], delivery["happened"], delivery["problem"]) == (
        live.receiver.url,
        "opened",
        None,
    )
    assert delivery["delivered_at"] is not None
    (document,) = live.receiver.documents
    assert (document["event"], document["model"], document["alert"]["id"]) == ("opened", "credit", number)
    assert document["causes"] == [cause["sentence"] for cause in found["findings"]["causes"]]
    assert document["steps"] == found["runbook"]

    live.send(make_traffic(10, 200, "2026-04-22", 5))
    live.judge()
    after = detail(live, number)
    assert after["alert"]["state"] == "resolved"
    assert after["at_opening"] == found["at_opening"], "the frozen copy outlives the report"
    heard(live)
    assert [d["event"] for d in live.receiver.documents if d["alert"]["id"] == number] == [
        "opened",
        "resolved",
    ]


def test_an_alert_brings_everything_that_is_needed(alerted: Any) -> None:
    found = detail(alerted)
    assert found["alert"] == only(alerted, state="living")
    assert found["alert"]["cause"] == "unit_change"
    assert [one["source"] for one in found["findings"]["evidence"]] == ["income", "performance"]
    assert found["findings"]["evidence"][0]["p_value"] == 4e-13
    assert found["findings"]["causes"][0]["sentence"] == "income is 1000 times as large."
    assert found["at_opening"] == found["findings"]
    assert "which step converts the unit" in " ".join(found["runbook"])
    assert [step["what"] for step in found["history"]] == ["opened"]


def test_later_reports_add_to_what_is_known_and_take_nothing_away(alerted: Any, loud: ReportRecord) -> None:
    before = detail(alerted)["findings"]
    judge(alerted, replace(loud, causes=[], harm="It hurts more.", headline="later"))
    after = detail(alerted)
    assert after["at_opening"] == before
    assert after["findings"]["causes"] == before["causes"]
    assert (after["findings"]["headline"], after["findings"]["harm"]) == ("later", "It hurts more.")


def test_who_did_what_is_in_the_history(alerted: Any) -> None:
    do(alerted, "acknowledge")
    do(alerted, "assign", {"to": "ada"})
    do(alerted, "comment", {"text": "<b>looking</b>"})
    do(alerted, "useful", {"useful": False, "text": "known"})
    assert do(alerted, "resolve")["state"] == "resolved"
    assert do(alerted, "reopen")["state"] == "open"
    found = detail(alerted)
    steps = [(step["who"], step["what"], step["text"]) for step in found["history"]]
    assert steps[1:] == [
        ("tests", "acknowledged", ""),
        ("tests", "assigned", "ada"),
        ("tests", "commented", "<b>looking</b>"),
        ("tests", "not useful", "known"),
        ("tests", "resolved", ""),
        ("tests", "reopened", ""),
    ]
    assert (found["alert"]["assignee"], found["alert"]["useful"]) == ("ada", False)
    assert heard(alerted) == ["opened", "resolved", "reopened"]


def test_what_does_not_fit_its_state_is_refused(alerted: Any) -> None:
    do(alerted, "reopen", status=409)
    do(alerted, "acknowledge")
    do(alerted, "acknowledge", status=409)
    do(alerted, "resolve")
    do(alerted, "resolve", status=409)
    do(alerted, "snooze", {"until": "2026-06-02"}, status=409)
    for what, body in (
        ("snooze", {"until": "2026-05-01"}),
        ("snooze", {"until": "2090-01-01"}),
        ("snooze", {"until": "tomorrow"}),
        ("comment", {"text": ""}),
        ("comment", {"text": "x" * 20_001}),
        ("comment", {"text": "\x00"}),
        ("assign", {"to": 5}),
        ("useful", {"useful": "yes"}),
    ):
        do(alerted, what, body, status=400)
    assert alerted.ask("POST", "/api/v1/alerts/99/resolve").status == 404
    assert alerted.ask("GET", "/api/v1/alerts/99").status == 404


def test_what_is_snoozed_comes_back_if_it_is_still_there(alerted: Any) -> None:
    until = "2026-06-01T10:00:00+00:00"
    assert do(alerted, "snooze", {"until": until})["snoozed_until"] == until
    assert only(alerted, state="snoozed")["id"] == 1
    alerted.clock.now += 9 * 3_600_000_000
    assert heard(alerted) == ["opened"]
    alerted.clock.now += 3_600_000_000
    assert heard(alerted) == ["opened", "reopened"]
    assert only(alerted, state="open")["snoozed_until"] is None
    assert [step["what"] for step in detail(alerted)["history"]] == ["opened", "snoozed", "woke"]


def test_what_a_person_resolved_stays_so_while_it_is_still_told(
    alerted: Any, loud: ReportRecord, quiet: ReportRecord
) -> None:
    do(alerted, "resolve")
    judge(alerted, loud)
    assert only(alerted)["state"] == "resolved"
    assert heard(alerted) == ["opened", "resolved"]
    judge(alerted, quiet)
    judge(alerted, loud)
    assert heard(alerted) == ["opened", "resolved", "opened"]


def test_filters(alerted: Any) -> None:
    assert only(alerted, model="credit", tier="any", state="living")
    for query in ("model=other", "state=resolved", "tier=warning&model=other"):
        assert alerted.ask("GET", f"/api/v1/alerts?{query}").document["items"] == []
    assert alerted.ask("GET", "/api/v1/alerts?state=nonsense").status == 400


def test_alerts_of_other_models_are_not_seen(alerted: Any) -> None:
    made = alerted.ask("POST", "/api/v1/tokens", {"name": "t", "scope": "write", "models": ["other"]})
    token = made.document["token"]
    assert alerted.ask("GET", "/api/v1/alerts", token=token).document["items"] == []
    assert alerted.ask("GET", "/api/v1/alerts/1", token=token).status == 404
    for what, body in (("resolve", None), ("comment", {"text": "x"})):
        assert alerted.ask("POST", f"/api/v1/alerts/1/{what}", body, token=token).status == 404


def test_the_next_in_line_hears_only_what_nobody_acknowledged(
    live: Any, loud: ReportRecord, receiving: Any
) -> None:
    first, second = receiving(204), receiving(204)
    live.receiver = second
    for receiver, minutes in ((first, 0), (second, 15)):
        live.ask("POST", "/api/v1/channels", webhook(receiver.url, after_minutes=minutes))
    judge(live, loud)
    assert heard(live) == []
    assert len(first.came) == 1
    live.clock.now += 14 * 60_000_000
    assert heard(live) == []
    live.clock.now += 60_000_000
    assert heard(live) == ["opened"]
    do(live, "resolve")
    assert heard(live) == ["opened", "resolved"]
    do(live, "reopen")
    do(live, "acknowledge")
    live.clock.now += DAY
    assert heard(live) == ["opened", "resolved"], "it was acknowledged in time"
    assert [d["event"] for d in first.documents] == ["opened", "resolved", "reopened"]


def test_what_is_acknowledged_goes_to_nobody_else_when_it_grows_worse(
    live: Any, loud: ReportRecord, receiving: Any
) -> None:
    live.receiver = receiving(204)
    live.ask("POST", "/api/v1/channels", webhook(live.receiver.url, after_minutes=15))
    problems = [dataclasses.replace(one, tier="warning") for one in told(loud)]
    with live.service.metadata.database.transaction() as own:
        live.service.telling.judged(own, "credit", problems, loud, live.clock())
    do(live, "acknowledge")
    judge(live, loud)
    assert only(live)["tier"] == "alert"
    live.clock.now += DAY
    assert heard(live) == []


def test_what_waits_for_the_morning_is_not_told_when_it_is_over(
    live: Any, loud: ReportRecord, receiving: Any
) -> None:
    live.receiver = receiving(204)
    quiet = {"begins": "22:00", "ends": "07:00", "zone": "Europe/Berlin"}
    assert live.ask("POST", "/api/v1/channels", webhook(live.receiver.url, quiet=quiet)).status == 201
    judge(live, loud)  # at two in the morning, in Berlin
    assert heard(live) == []
    assert detail(live)["deliveries"][0]["next_at"] == "2026-06-01T05:00:00+00:00"
    do(live, "resolve")
    live.clock.now += DAY // 2
    assert heard(live) == [], "good news of what nobody heard of is none"


def test_channels_take_what_they_are_for(live: Any, loud: ReportRecord, receiving: Any) -> None:
    ours, others, all_of_it = receiving(204), receiving(204), receiving(204)
    for receiver, models in ((ours, ["cred*", "x"]), (others, ["demand-?"]), (all_of_it, ["*"])):
        live.ask("POST", "/api/v1/channels", webhook(receiver.url, models=models))
    judge(live, loud)
    live.service.deliverer.round()
    assert [len(r.came) for r in (ours, others, all_of_it)] == [1, 0, 1]


def test_nothing_is_told_in_a_maintenance(live: Any, loud: ReportRecord, receiving: Any) -> None:
    live.receiver = receiving(204)
    live.ask("POST", "/api/v1/channels", webhook(live.receiver.url))
    window = {"model": "cred*", "ends": "2026-06-01T02:00:00+00:00", "why": "new disks"}
    made = live.ask("POST", "/api/v1/maintenance", window)
    assert made.status == 201
    assert made.document["under_way"]
    judge(live, loud)
    assert heard(live) == []
    assert only(live)["maintenance"] == "new disks"
    live.clock.now += 3 * 3_600_000_000
    assert heard(live) == ["opened"]
    assert [step["what"] for step in detail(live)["history"]] == ["opened", "maintenance", "told"]


def test_a_maintenance_that_is_taken_back_is_over(live: Any, loud: ReportRecord, receiving: Any) -> None:
    live.receiver = receiving(204)
    live.ask("POST", "/api/v1/channels", webhook(live.receiver.url))
    live.ask("POST", "/api/v1/maintenance", {"model": "*", "ends": "2026-07-01", "why": "x"})
    judge(live, loud)
    assert heard(live) == []
    (window,) = live.ask("GET", "/api/v1/maintenance").document["items"]
    assert live.ask("DELETE", f"/api/v1/maintenance/{window['id']}").status == 204
    assert live.ask("DELETE", f"/api/v1/maintenance/{window['id']}").status == 404
    assert heard(live) == ["opened"]
    for wrong in (
        {"model": "*", "ends": "2020-01-01", "why": "x"},
        {"model": "", "ends": "2027-01-01", "why": "x"},
        {"model": "*", "ends": "2027-01-01", "why": ""},
        {"model": "*", "ends": "never", "why": "x"},
    ):
        assert live.ask("POST", "/api/v1/maintenance", wrong).status == 400


def test_the_runbook_of_a_model_comes_first(alerted: Any) -> None:
    path = "/api/v1/models/credit/runbook"
    assert alerted.ask("GET", path).document == {"text": ""}
    assert alerted.ask("PUT", path, {"text": "https://wiki/credit"}).status == 200
    assert detail(alerted)["runbook"][0] == "https://wiki/credit"
    do(alerted, "resolve")
    do(alerted, "reopen")
    assert heard(alerted)[-1] == "reopened"
    assert alerted.receiver.documents[-1]["steps"][0] == "https://wiki/credit"
    assert alerted.ask("PUT", path, {"text": ""}).status == 200
    assert detail(alerted)["runbook"][0] != "https://wiki/credit"


def test_a_message_and_its_step_are_there_together(alerted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    telling = alerted.service.telling
    monkeypatch.setattr(telling, "_body", lambda *_: 1 / 0)
    assert alerted.ask("POST", "/api/v1/alerts/1/resolve").status == 500
    found = detail(alerted)
    assert found["alert"]["state"] == "open"
    assert [step["what"] for step in found["history"]] == ["opened"]
    assert json.dumps(found["deliveries"]).count("opened") == 1
