"""How long everything is kept is told in one place, and holds in a server that runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import msgspec
import pytest

from leadline.cli.main import run
from leadline.schedule import DAY, HOUR
from leadline.server.keeping import history, operations
from leadline.server.keeping.terms import terms
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.events import Event
from leadline.stores.metadata.retention import History, Retention


def test_every_setting_is_told(tmp_path: Path) -> None:
    found = terms({"credit": Retention(30, 120), "same": Retention()}, History(5, 6, 7))
    by_setting = {term.setting: term for term in found if term.setting}
    assert set(by_setting) == {*Retention.__struct_fields__, *History.__struct_fields__}
    assert by_setting["rows_days"].models == {"credit": 30}
    assert by_setting["profiles_days"].models == {}
    assert [by_setting[name].days for name in History.__struct_fields__] == [5, 6, 7]
    assert [term.what for term in found if term.days is None]
    assert all(term.what and (term.then or term.days is None) for term in found)


def test_it_is_told_and_set_by_the_api(live: Any) -> None:
    assert live.ask("GET", "/api/v1/retention").document["history"] == msgspec.to_builtins(History())
    stated = {"messages_days": 10, "alerts_days": 20, "events_days": 30}
    assert live.ask("PUT", "/api/v1/retention", stated).document == stated
    found = live.ask("GET", "/api/v1/retention").document
    assert found["history"] == stated
    assert [term["days"] for term in found["terms"] if term["setting"] in stated] == [10, 20, 30]
    assert live.ask("PUT", "/api/v1/retention", stated | {"alerts_days": 9}).status == 400
    assert live.ask("GET", "/api/v1/audit").document["items"][0]["about"]["alerts_days"] == "20"


def test_whoever_may_speak_of_one_model_hears_of_that_one(live: Any) -> None:
    for model in ("a", "b"):
        days = {"rows_days": 5, "labels_days": 6}
        assert live.ask("PUT", f"/api/v1/models/{model}/retention", days).status == 200
    made = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": "write", "models": ["a"]}).document
    found = live.ask("GET", "/api/v1/retention", token=made["token"]).document["terms"]
    assert {model for term in found for model in term["models"]} == {"a"}
    assert live.ask("PUT", "/api/v1/retention", {}, token=made["token"]).status == 403


def test_the_command_tells_it(
    live: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEADLINE_URL", live.url)
    monkeypatch.setenv("LEADLINE_TOKEN", live.token)
    assert live.ask("PUT", "/api/v1/models/credit/retention", {"rows_days": 30}).status == 200
    assert run(["size"]) == 0
    said = capsys.readouterr().out
    assert "90 days; credit: 30 days" in said
    assert "the audit log" in said
    assert "always" in said


def test_a_pass_lets_what_was_told_go(live: Any) -> None:
    """Once there are no models, too; and what is not over in time goes on in the next round."""
    metadata, now = live.service.metadata, live.clock()
    with metadata.database.transaction() as own:
        for days in (1_200, 1_000, 1):
            at = now - days * DAY
            metadata.events.add(own, Event(0, "", "note", at, str(days), "", "", at))
    assert not live.service.worker.let_go(anew=True, seconds=0.0)
    assert live.service.worker.let_go(seconds=60.0)
    assert [event.text for event in metadata.events.find()] == ["1", "1000"]


def test_a_clock_that_jumps_takes_nothing_that_was_told(live: Any) -> None:
    metadata, now = live.service.metadata, live.clock()
    assert live.service.worker.let_go(anew=True, seconds=60.0)
    with metadata.database.transaction() as own:
        for text in "ab":
            metadata.events.add(own, Event(0, "", "note", now, text, "", "", now))
    live.clock.now = now + 50 * 365 * DAY
    assert live.service.worker.let_go(anew=True, seconds=60.0)
    assert len(metadata.events.find()) == 2


def test_what_fails_is_tried_again(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> bool:
        raise RuntimeError("no")

    with monkeypatch.context() as patched:
        patched.setattr(history, "keep", fails)
        assert live.service.worker.let_go(anew=True, seconds=60.0)
    assert live.service.worker.let_go(anew=True, seconds=60.0)


def test_hours_of_operations_become_days_where_nothing_judges_them(
    live: Any, baseline_file: Path, make_traffic: Callable[..., dict[str, Any]]
) -> None:
    live.give(baseline_file)
    live.send(make_traffic(3, 150, "2026-05-28", 4), labels=False)
    live.judge()
    store = live.service.store
    stated = {"rows_days": 1, "labels_days": 1, "buckets_days": 1, "profiles_days": 185}
    assert live.ask("PUT", "/api/v1/models/credit/retention", stated).status == 200

    beats = {int(time()) // 3600 + i for i in (-1, 0)}

    def hours() -> set[int]:
        # The client's own heartbeats are of the day on which the test runs.
        return set(store.operations("credit", 0, 1 << 40).hour.tolist()) - beats

    def passes(days: int) -> None:
        # The clock of retention advances by a day a pass.
        for _ in range(days):
            live.clock.now += DAY
            assert live.service.worker.let_go(anew=True, seconds=60.0)

    before = hours()
    assert len(before) > 24
    passes(1)
    assert hours() == before
    live.clock.now += operations.JUDGED - 4 * DAY
    live.service.metadata.retention.clock(live.clock(), operations.JUDGED)
    passes(1)
    judged = live.clock() - operations.JUDGED
    is_old = {hour: (hour // 24 + 1) * 24 * HOUR <= judged for hour in before}
    assert any(is_old.values())
    assert not all(is_old.values())
    assert hours() == {hour // 24 * 24 if is_old[hour] else hour for hour in before}
    passes(9)
    assert hours() == set()


def test_all_tables_are_named_here(tmp_path: Path) -> None:
    """Whoever adds a table of things that become more says here how long they are kept."""
    metadata = Metadata(tmp_path / "m")
    tables = {
        name for (name,) in metadata.database.all("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    metadata.close()
    one_of_each = {
        "schema_version", "baselines", "judgements", "judged_features", "judged_numbers", "options",
        "retention", "retention_clock", "retention_history", "privacy", "policies", "runbooks", "users",
        "tokens", "channels", "audit_end", "fleet",
    }  # fmt: skip
    go = {"alerts", "alert_steps", "alert_findings", "messages", "events", "maintenance", "sessions", "audit"}
    assert tables - one_of_each == go
