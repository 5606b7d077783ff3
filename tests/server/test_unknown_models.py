"""A name that no model has is told as such, and not as a model of which nothing is known yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

PATHS = [
    ("GET", "report", None),
    ("GET", "features/amount", None),
    ("GET", "days/amount", None),
    ("GET", "operations", None),
    ("GET", "parts", None),
    ("POST", "compare", {"reference": {}, "current": {}}),
    ("POST", "explore", {}),
    ("POST", "backtest", {}),
    ("POST", "erase", {"values": ["a"]}),
    ("POST", "learn", {"from": "2026-01-01", "to": "2026-02-01"}),
]


@pytest.mark.parametrize(("method", "path", "document"), PATHS)
def test_no_such_model(live: Any, method: str, path: str, document: Any) -> None:
    found = live.ask(method, f"/api/v1/models/credlt/{path}", document)
    assert found.status == 404
    assert found.document["what"].startswith("no such model")
    assert found.document["where"] == "credlt"
    assert "GET /api/v1/models" in found.document["next_step"]


def test_no_such_report(live: Any) -> None:
    found = live.ask("GET", "/models/credlt/report.html")
    assert (found.status, found.document["what"]) == (404, "no such model")


def test_a_model_that_waits_says_so(live: Any, baseline_file: Path) -> None:
    live.give(baseline_file)
    found = live.ask("GET", "/api/v1/models/credit/report")
    assert (found.status, found.document["what"]) == (404, "the model has not been judged")
    assert "what it waits for" in found.document["next_step"]
    (model,) = live.ask("GET", "/api/v1/models").document["items"]
    assert model["waiting_for"] == "predictions"


def test_without_a_baseline_there_is_a_model_all_the_same(live: Any) -> None:
    section = {"rows": 1, "features": {"a": [1]}}
    document = {"format": 1, "model": "credit", "predictions": section}
    assert live.ask("POST", "/api/v1/ingest", document).status == 202
    assert live.ask("GET", "/api/v1/models/credit/operations").status == 200
    for method, path in (("GET", "parts"), ("POST", "profiles")):
        found = live.ask(method, f"/api/v1/models/credit/{path}")
        assert (found.status, found.document["what"]) == (409, "the model has no baseline")
        assert "leadline baseline" in found.document["next_step"]


@pytest.mark.parametrize("path", ["baseline", "options", "retention", "runbook", "privacy", "policy"])
def test_a_model_may_be_set_up_before_it_sends_anything(live: Any, path: str) -> None:
    """What was not said of it yet has the defaults, as of any model that has sent something."""
    found = live.ask("GET", f"/api/v1/models/later/{path}")
    section = {"rows": 1, "features": {"a": [1]}}
    document = {"format": 1, "model": "later", "predictions": section}
    assert live.ask("POST", "/api/v1/ingest", document).status == 202
    known = live.ask("GET", f"/api/v1/models/later/{path}")
    assert (found.status, found.document) == (200, known.document)


@pytest.mark.parametrize("column", ["custmer", "amount"])
def test_a_column_that_no_row_has_is_not_taken_for_one_without_the_person(live: Any, column: str) -> None:
    """Nothing found under a mistyped name would be read as "nothing is kept of her"."""
    section = {"rows": 1, "id": ["a"], "features": {"customer": ["jane"]}, "segment": {"region": ["north"]}}
    document = {"format": 1, "model": "credit", "predictions": section}
    assert live.ask("POST", "/api/v1/ingest", document).status == 202
    path = "/api/v1/models/credit/erase"
    found = live.ask("POST", path, {"values": ["jane"], "column": column})
    assert (found.status, found.document["what"]) == (400, "unknown feature or segment")
    assert found.document["accepted"] == "customer, region"
    assert live.ask("POST", path, {"values": ["north"], "column": "region"}).document["predictions"] == 1
    assert live.ask("POST", path, {"values": ["jane"], "column": "customer"}).document["predictions"] == 0


def test_of_a_model_without_rows_there_is_no_column_to_erase(live: Any, baseline_file: Path) -> None:
    live.give(baseline_file)
    found = live.ask("POST", "/api/v1/models/credit/erase", {"values": ["app"], "column": "channel"})
    assert (found.status, found.document["what"]) == (400, "unknown feature or segment")
