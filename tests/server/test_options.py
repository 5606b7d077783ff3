"""The options of a live model: looked at before they hold, tried on the past, and then judged by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leadline.schedule import instant

ROWS_BELOW = {"metric": "rows", "below": 90, "name": "few rows"}


@pytest.fixture
def judged(live: Any, baseline_file: Path, make_traffic: Any) -> Any:
    """A model with ten judged days of 80 rows, three of them shifted."""
    live.give(baseline_file)
    live.clock.now = instant("2026-03-12")
    live.send(make_traffic(10, 80, "2026-03-01", 5, shift=1.0, shifted_from=7))
    live.report()
    return live


def test_a_backtest_says_what_options_would_have_raised_and_changes_nothing(judged: Any) -> None:
    before = judged.ask("GET", "/api/v1/alerts").body
    path = "/api/v1/models/credit/backtest"
    found = judged.ask("POST", path, {"options": {"monitors": [ROWS_BELOW]}}).document
    assert found["windows"] == 10
    monitors = {one["monitor"] for one in found["raised"]}
    assert monitors == {"windows", "few rows"}
    (few,) = [one for one in found["raised"] if one["monitor"] == "few rows"]
    assert few["opened"].startswith("2026-03-01")
    assert not few["over"]
    assert found["expected"] == pytest.approx(10 / 30, rel=0.2)
    quiet = judged.ask("POST", path, {"options": {"column_floors": {"amount": 1.0}}}).document
    assert quiet["raised"] == [] or all("amount" not in one["sources"] for one in quiet["raised"])
    assert judged.ask("GET", "/api/v1/alerts").body == before
    assert judged.ask("GET", "/api/v1/models/credit/options").document["options"] == {}


def test_set_options_are_judged_by_at_once_and_kept(judged: Any) -> None:
    path = "/api/v1/models/credit/options"
    found = judged.ask("PUT", path, {"options": {"monitors": [ROWS_BELOW]}}).document
    assert found["revision"] == 1
    assert found["of_baseline"]["budget"]
    assert [m["name"] for m in judged.report()["monitors"]] == ["few rows"]
    assert judged.ask("PUT", path, {"options": {}}).document["revision"] == 2
    assert judged.report()["monitors"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nothing": 1}, "unknown keyword"),
        ({"budget": "often"}, "budget"),
        ({"score": "another"}, "learned with another value"),
        ({"monitors": [{"metric": "missing_share", "column": "nowhere", "above": 1}]}, "nowhere"),
        ({"config": "/etc/passwd"}, "not an option of a live model"),
        ({"as_of": "2026-01-01"}, "not an option of a live model"),
        ({"monitors": 5}, "monitors"),
    ],
)
def test_options_that_cannot_hold_are_refused(judged: Any, options: dict[str, Any], message: str) -> None:
    for method, path in (("PUT", "options"), ("POST", "backtest")):
        answer = judged.ask(method, f"/api/v1/models/credit/{path}", {"options": options})
        assert answer.status == 400, answer.body
        assert message in answer.document["message"]
    assert judged.ask("GET", "/api/v1/models/credit/options").document["revision"] == 0


def test_a_model_without_baseline_has_nothing_to_look_back_on(live: Any) -> None:
    row = {"format": 1, "model": "new", "predictions": [{"features": {"a": 1}}]}
    assert live.ask("POST", "/api/v1/ingest", row).status == 202
    assert live.ask("POST", "/api/v1/models/new/backtest", {"options": {}}).status == 409
    assert live.ask("PUT", "/api/v1/models/new/options", {"options": {"budget": "1/30d"}}).status == 200
    assert live.ask("PUT", "/api/v1/models/new/options", {"options": {"nothing": 1}}).status == 400
