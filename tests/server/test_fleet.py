"""A budget of all models together: divided by weight, shown as a share, divided anew when models come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leadline.schedule import instant

PATH = "/api/v1/fleet/budget"


@pytest.fixture
def two(live: Any, baseline_file: Path, make_traffic: Any) -> Any:
    """Two models with ten days of quiet traffic."""
    live.clock.now = instant("2026-03-12")
    for seed, model in ((5, "credit"), (6, "fraud")):
        live.give(baseline_file, model)
        live.send(make_traffic(10, 80, "2026-03-01", seed), model)
    live.judge()
    return live


def budget_of(live: Any, model: str) -> dict[str, Any]:
    found: dict[str, Any] = live.report(model)["timeline"]["budget"]
    return found


def test_models_share_the_fleets_budget_by_weight_and_their_reports_say_so(two: Any) -> None:
    assert budget_of(two, "credit")["fleet"] is None
    assert two.ask("PUT", PATH, {"budget": "4/30d", "weights": {"credit": 3}}).status == 200
    credit, fraud = (budget_of(two, model) for model in ("credit", "fraud"))
    assert (credit["alerts"], credit["days"], credit["fleet"]) == (3.0, 30.0, 4.0)
    assert (fraud["alerts"], fraud["days"], fraud["fleet"]) == (1.0, 30.0, 4.0)
    assert credit["stated"]
    found = two.ask("GET", PATH).document
    assert found["expected"] == pytest.approx(credit["expected"] + fraud["expected"], abs=2e-3)
    assert found["observed"] == credit["observed"] + fraud["observed"]
    page = two.ask("GET", "/models/fraud/report.html").body.decode()
    assert "1 false alert in 30 days, its share of the fleet&#x27;s 4" in page


def test_a_model_with_a_budget_of_its_own_keeps_it_and_takes_no_share(two: Any) -> None:
    two.ask("PUT", "/api/v1/models/fraud/options", {"options": {"budget": "1/7d"}})
    two.ask("PUT", PATH, {"budget": "2/30d"})
    assert [one["model"] for one in two.ask("GET", PATH).document["shares"]] == ["credit"]
    assert budget_of(two, "credit")["alerts"] == 2.0
    own = budget_of(two, "fraud")
    assert (own["alerts"], own["days"], own["fleet"]) == (1.0, 7.0, None)


def test_shares_shrink_when_a_model_comes(two: Any, baseline_file: Path) -> None:
    two.ask("PUT", PATH, {"budget": "6/30d"})
    assert budget_of(two, "credit")["alerts"] == 3.0
    two.give(baseline_file, "third")
    assert budget_of(two, "credit")["alerts"] == 2.0


def test_a_backtest_is_of_the_share(two: Any) -> None:
    path = "/api/v1/models/credit/backtest"
    before = two.ask("POST", path, {"options": {}}).document["expected"]
    two.ask("PUT", PATH, {"budget": "8/30d"})
    after = two.ask("POST", path, {"options": {}}).document["expected"]
    own = two.ask("POST", path, {"options": {"budget": "1/30d"}}).document["expected"]
    assert after == pytest.approx(4 * own, rel=1e-3)
    assert before < after


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"budget": "often"}, "not an alert budget"),
        ({"budget": "1/30d", "weights": {"credit": 0}}, "weights.credit"),
        ({"budget": "1/30d", "weights": {"credit": 1e9}}, "weights.credit"),
        ({"budgets": "1/30d"}, "budgets"),
    ],
)
def test_a_wrong_budget_is_refused(live: Any, body: dict[str, Any], message: str) -> None:
    answer = live.ask("PUT", PATH, body)
    assert answer.status == 400, answer.body
    assert message in answer.body.decode()
    assert live.ask("GET", PATH).document["budget"] is None


def test_only_who_may_change_all_models_sets_it(live: Any) -> None:
    editor = live.signed_in("ed", role="editor")
    assert live.ask("PUT", PATH, {"budget": "1/30d"}, token=None, headers=editor).status == 403
    assert live.ask("GET", PATH, token=None, headers=editor).status == 200
    narrow = live.signed_in("narrow", role="viewer", models=["credit"])
    assert live.ask("GET", PATH, token=None, headers=narrow).status == 403
