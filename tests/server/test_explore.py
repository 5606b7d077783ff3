"""Any part of a model's rows: exact counts, rows for who may see them, and no way around the conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.schedule import instant

PATH = "/api/v1/models/credit/explore"
SPAN = {"from": "2026-03-01", "to": "2026-03-11"}


@pytest.fixture(scope="module")
def told(serve: Any, make_traffic: Any, baseline_file: Any, tmp_path_factory: Any) -> Iterator[Any]:
    """A server with the rows of ten days, and these rows."""
    rows = make_traffic(10, 100, "2026-03-01", 5)
    with serve(tmp_path_factory.mktemp("explore") / "data") as live:
        live.give(baseline_file)
        live.clock.now = instant("2026-03-12")
        live.send(rows)
        live.judge()
        yield live, rows


def explored(live: Any, *filters: dict[str, Any], **more: Any) -> Any:
    found = live.ask("POST", PATH, {"filters": [*filters], **SPAN, **more})
    assert found.status == 200, found.body
    return found.document


numbers = st.floats(-10, 120).map(lambda value: round(value, 2))
conditions = st.lists(
    st.one_of(
        st.builds(lambda a, b: {"column": "amount", "min": min(a, b), "max": max(a, b)}, numbers, numbers),
        st.builds(lambda a: {"column": "age", "max": a}, numbers),
        st.builds(
            lambda values: {"column": "channel", "values": sorted(values)},
            st.sets(st.sampled_from(["app", "web", "branch", "none"])),
        ),
        st.builds(
            lambda ages: {"column": "age", "values": [str(age) for age in ages]},
            st.lists(st.integers(10, 100), max_size=30),
        ),
        st.builds(lambda yes: {"column": "channel", "missing": yes}, st.booleans()),
    ),
    max_size=3,
)


def chosen(rows: dict[str, Any], filters: list[dict[str, Any]]) -> Any:
    """Which rows fulfil the conditions, row by row, in plain Python."""

    def fulfils(row: int) -> bool:
        for one in filters:
            value = np.asarray(rows[one["column"]])[row].item()
            if one.get("missing") or (one.get("values") is not None and str(value) not in one["values"]):
                return False
            if (
                not one.get("min", -np.inf)
                <= (value if "values" not in one and "missing" not in one else 0)
                <= (one.get("max", np.inf))
            ):
                return False
        return True

    return np.array([fulfils(row) for row in range(len(rows["id"]))], bool)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=conditions)
def test_what_is_chosen_is_what_fulfils_the_conditions(told: Any, filters: list[dict[str, Any]]) -> None:
    live, rows = told
    found, mask = explored(live, *filters, limit=200), chosen(rows, filters)
    assert (found["total"], found["matched"]) == (1_000, int(mask.sum()))
    assert sum(found["rows_by_time"]) == 1_000
    assert sum(found["matched_by_time"]) == found["matched"]
    names = [column["name"] for column in found["columns"]]
    ids = {row[names.index("id")] for row in found["rows"]}
    latest = np.argsort(-rows["at"].astype(np.int64), kind="stable")
    expected = [rows["id"][i] for i in latest.tolist() if mask[i]][:200]
    assert ids == set(expected)


def test_the_slice_is_compared_with_all_rows(told: Any) -> None:
    live, rows = told
    found = explored(live, {"column": "channel", "values": ["web"]})
    web = np.array(rows["channel"]) == "web"
    right = (rows["p"] >= 0.5) == rows["y"]
    record = found["record"]
    assert (record["reference"]["rows"], record["current"]["rows"]) == (1_000, int(web.sum()))
    assert record["performance"]["accuracy"]["reference"] == pytest.approx(right.mean())
    assert record["performance"]["accuracy"]["current"] == pytest.approx(right[web].mean())
    channel = next(column for column in found["columns"] if column["name"] == "channel")
    assert channel["values"] == ["web"]
    alone = explored(live)
    assert alone["record"]["reference"]["rows"] == 45 * 150
    nobody = explored(live, {"column": "age", "min": 1000})
    assert (nobody["record"], nobody["reason"], nobody["rows"]) == (None, "the slice has no rows", [])


def test_rows_are_the_latest_first_with_all_their_values(told: Any) -> None:
    live, rows = told
    found = explored(live, limit=3)
    names = [column["name"] for column in found["columns"]]
    shown = [dict(zip(names, row, strict=True)) for row in found["rows"]]
    last = int(np.argmax(rows["at"].astype(np.int64)))
    assert len(shown) == 3
    assert shown[0]["id"] == rows["id"][last]
    assert shown[0]["amount"] == rows["amount"][last]
    assert shown[0]["channel"] == rows["channel"][last]
    assert shown[0]["y"] == rows["y"][last]
    assert shown[0]["version"] == "7"
    assert shown[0]["at"].startswith("2026-03-10T")


def test_rows_are_for_who_may_change_things_and_looking_at_them_is_told(told: Any) -> None:
    live, _ = told
    token = live.ask("POST", "/api/v1/tokens", {"name": "r", "scope": "read"}).document["token"]
    before = live.ask("GET", "/api/v1/audit").document["items"][0]["id"]
    found = live.ask("POST", PATH, {**SPAN, "limit": 200}, token=token).document
    assert found["matched"] == 1_000
    assert found["rows"] == []
    assert "editors" in found["rows_reason"]
    assert live.ask("GET", "/api/v1/audit").document["items"][0]["id"] == before
    explored(live, {"column": "age", "max": 30})
    last = live.ask("GET", "/api/v1/audit").document["items"][0]
    assert (last["action"], last["about"]["rows"]) == ("explore.explore", "50")
    assert '"age"' in last["about"]["filters"]


def test_what_is_hidden_is_shown_nowhere(told: Any) -> None:
    live, rows = told
    path = "/api/v1/models/credit/privacy"
    assert live.ask("GET", path).document == {"rows": True, "hidden": []}
    try:
        assert live.ask("PUT", path, {"rows": True, "hidden": ["channel", "id"]}).status == 200
        found = explored(live, limit=200)
        names = [column["name"] for column in found["columns"] if column["hidden"]]
        assert names == ["id", "channel"] or names == ["channel", "id"]
        whole = str([found["rows"], found["columns"]])
        assert "branch" not in whole
        assert rows["id"][0].rpartition("-")[0] not in whole
        refused = live.ask("POST", PATH, {"filters": [{"column": "channel", "values": ["web"]}], **SPAN})
        assert refused.status == 400
        assert live.ask("PUT", path, {"rows": False}).status == 200
        found = explored(live)
        assert found["rows"] == []
        assert "not shown" in found["rows_reason"]
    finally:
        live.ask("PUT", path, {})


@pytest.mark.parametrize(
    "body",
    [
        {"filters": [{"column": "nothing", "max": 1}]},
        {"filters": [{"column": 'age"; DROP TABLE predictions_1; --', "max": 1}]},
        {"filters": [{"column": "p.batch", "max": 1}]},
        {"filters": [{"column": "c0", "max": 1}]},
        {"filters": [{"column": "age", "sql": "1=1"}]},
        {"filters": [{"column": "age", "min": 2, "max": 1}]},
        {"filters": [{"column": "age", "max": 1}] * 21},
        {"filters": [{"column": "age", "values": ["1"] * 101}]},
        {"limit": 201},
        {"limit": -1},
        {"from": "2026-03-05", "to": "2026-03-01"},
        {"from": "soon"},
        {"unknown": 1},
    ],
)
def test_what_is_no_slice_is_refused(told: Any, body: dict[str, Any]) -> None:
    live, _ = told
    found = live.ask("POST", PATH, {**SPAN, **body})
    assert found.status == 400, found.body
    assert explored(live)["total"] == 1_000


def test_values_that_look_like_statements_are_values(told: Any) -> None:
    live, _ = told
    for text in ("web' OR '1'='1", "%", '"', "\x00", "web\\"):
        assert explored(live, {"column": "channel", "values": [text]})["matched"] == 0


def test_a_model_without_a_baseline_is_explored_by_the_names_of_the_wire(live: Any) -> None:
    predictions = {
        "rows": 3, "id": ["a", "b", "c"], "timestamp": [1.7e9] * 3, "score": [0.1, 0.2, 0.9],
        "features": {"score": ["low", "low", "high"], "n": [1, None, 2.5]},
        "segment": {"land": ["x", "y", "y"]},
    }  # fmt: skip
    batch = {"format": 1, "model": "new", "predictions": predictions}
    assert live.ask("POST", "/api/v1/ingest", batch).status == 202
    span = {"from": "2023-01-01", "to": "2024-01-01"}
    found = live.ask(
        "POST", "/api/v1/models/new/explore", {"filters": [{"column": "land", "values": ["y"]}], **span}
    )
    assert found.status == 200, found.body
    names = [column["name"] for column in found.document["columns"]]
    rows = sorted(
        tuple(row[names.index(n)] for n in ("id", "score", "score_2", "n")) for row in found.document["rows"]
    )
    assert rows == [("b", "low", 0.2, None), ("c", "high", 0.9, 2.5)]
    assert "baseline" in found.document["reason"]
    assert live.ask("POST", "/api/v1/models/nobody/explore", span).status == 404
