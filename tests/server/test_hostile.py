"""Whatever name people or models choose, in whatever field: nothing breaks, and no name is more than that."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

import leadline
from leadline.server.api import ENDPOINTS
from leadline.server.openapi import described

sys.path.append(str(Path(__file__).parents[1] / "stores"))

from cluster import postgresql

__all__ = ["postgresql"]

HOSTILE = {
    "path": "../../etc/passwd",
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "SQL": "'; DROP TABLE models; --",
    "right to left": "\u202egnirts\u2066",
    "zero": "a\0b",
    "encoded": "%2e%2e/%00",
    "lines": "\n\r\n# HELP x\nx 1",
    "long": "x" * 10_000,
    "format": "{0.__class__} %s ${x} {{7*7}}",
    "formula": "=cmd|' /C calc'!A0",
    "surrogates": "\U0001f600\uffff",
}

DOCUMENT = json.loads(json.dumps(described(ENDPOINTS)))


def filled(schema: dict[str, Any], text: str) -> Any:
    """A value of a schema in which every text that may be anything is the given one."""
    if "$ref" in schema:
        return filled(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], text)
    if "enum" in schema:
        return schema["enum"][0]
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return filled(choice, text)
    kind = schema.get("type")
    if kind == "object":
        found = {name: filled(one, text) for name, one in schema.get("properties", {}).items()}
        return found or {text: filled(schema.get("additionalProperties") or {}, text)}
    if kind == "array":
        return [filled(schema.get("items") or {}, text)]
    return {"integer": 1, "number": 1.0, "boolean": True}.get(kind or "", text)


def bodies() -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and schema of every request with a JSON body."""
    return [
        (method.upper(), path, operation["requestBody"]["content"]["application/json"]["schema"])
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_name_breaks_anything(live: Any, text: str) -> None:
    batch = {
        "format": 1, "model": text, "version": text,
        "predictions": {
            "rows": 1, "id": [text], "features": {text: [text]}, "segment": {text: [1]}, "error": [text],
        },
    }  # fmt: skip
    short = len(text) <= 200 and "\0" not in text
    assert live.ask("POST", "/api/v1/ingest", batch).status == (202 if short else 400)
    named = quote(text, safe="")
    changed: Counter[str] = Counter()
    for method, path, schema in bodies():
        address = path.replace("{name}", named).replace("{number}", "1")
        found = live.ask(method, address, filled(schema, text))
        assert found.status < 500, (path, found.body)
        changed[DOCUMENT["paths"][path][method.lower()]["operationId"]] += found.status < 300
    told = Counter(entry.told.action for entry in live.service.metadata.audit.latest(None, 1000))
    del told["sign-in failed"], told["set-up failed"]
    assert told == +changed
    live.judge()
    for path, methods in DOCUMENT["paths"].items():
        if "get" not in methods or path == "/api/v1/changes":
            continue
        found = live.ask("GET", re.sub(r"{(\w+)}", "1" if "{number}" in path else named, path))
        assert found.status < 500, (path, found.body)
        kind = found.headers["Content-Type"]
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        if kind.startswith("application/json"):
            json.loads(found.body)
        elif kind.startswith("text/html"):
            assert "alert(1)" not in found.body.decode(), path
    assert live.service.store.models() == ([text] if short else [])
    models = [model["name"] for model in live.ask("GET", "/api/v1/models").document["items"]]
    assert (text in models) == short
    # Its own paths lead to it, whatever it is called.
    found = live.ask("GET", f"/api/v1/models/{named}/report")
    assert (found.status, found.document["where"]) == ((400, "name") if "\0" in text else (404, text))
    metrics = live.ask("GET", "/metrics").body.decode().split("\n")
    assert all(line.startswith(("#", "leadline_")) for line in metrics if line)
    assert live.ask("GET", "/readyz").status == 200


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_person_is_a_person_or_refused(live: Any, text: str) -> None:
    person = {"name": text, "password": "a long enough password", "role": "admin"}
    made = live.ask("POST", "/api/v1/users", person)
    taken = len(text) <= 200 and text.isprintable()
    assert made.status == (201 if taken else 400)
    browser = {"User-Agent": re.sub(r"[^ -~]", "?", text)}
    signed = live.ask(
        "POST", "/api/v1/session", {"name": text, "password": person["password"]}, headers=browser
    )
    assert signed.status == (201 if taken else 400 if "\0" in text else 401)
    if taken:
        cookie = {"Cookie": signed.headers["Set-Cookie"].partition(";")[0]}
        assert live.ask("GET", "/api/v1/session", token=None, headers=cookie).document["name"] == text
    for entry in live.ask("GET", "/api/v1/audit").document["items"]:
        assert len(entry["who"]) <= 200
        assert entry["who"].isprintable()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_databases_cannot_keep_is_refused_at_the_door_and_data_are_data(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    serve: Any,
    baseline_file: Path,
    make_traffic: Callable[..., dict[str, Any]],
) -> None:
    """Names alike on every database; values may be anything, and what is told of them is told."""
    url = request.getfixturevalue("postgresql").new() if kind == "postgresql" else None
    with serve(tmp_path / "data", metadata_url=url) as live:
        row = {"rows": 1, "id": ["a"]}
        refused = [
            {"model": "a\0b", "predictions": row},
            {"model": "m", "version": "7\0", "predictions": row},
        ]
        for batch in refused:
            found = live.ask("POST", "/api/v1/ingest", {"format": 1, **batch})
            assert found.status == 400
            assert "a null character in" in found.document["found"]
        for method, path, body in (
            ("GET", "/api/v1/models/a%00b/report", None),
            ("PUT", "/api/v1/models/a%00b/retention", {}),
            ("GET", "/api/v1/events?model=a%00b", None),
        ):
            found = live.ask(method, path, body)
            assert (found.status, found.document["what"]) == (400, "no name")
        assert live.service.store.models() == []
        for columns in (
            *({group: {"a\0b": [1]}} for group in ("features", "segment", "steps")),
            {"score": [{"yes\0": 0.5}]},
        ):
            batch = {"format": 1, "model": "m", "predictions": {**row, **columns}}
            (left_out,) = live.ask("POST", "/api/v1/ingest", batch).document["refused"]
            assert "a null character in" in left_out["reason"]
        assert sum(live.service.store.rows("m").values()) == 0

        rows = make_traffic(6, 150, "2026-04-01", 2)
        rows["channel"] = ["app\0lication"] * len(rows["channel"])
        live.give(baseline_file)
        live.send(rows)
        at = rows["at"].astype(np.int64) / 1e6
        more = {
            "rows": 200, "id": [f"id\0{i}" for i in range(200)], "timestamp": at[:200].tolist(),
            "error": ["Time\0out"] * 200, "features": {"channel": ["app"] * 200},
        }  # fmt: skip
        assert (
            live.ask("POST", "/api/v1/ingest", {"format": 1, "model": "credit", "predictions": more}).status
            == 202
        )
        live.report()
        assert live.service.worker.problems == {}
        alerts = live.ask("GET", "/api/v1/alerts?model=credit").document["items"]
        assert any("channel" in alert["sources"] for alert in alerts)


def test_a_baseline_with_a_name_that_nothing_can_keep_is_refused(live: Any, tmp_path: Path) -> None:
    odd = {"a\0b": np.arange(100.0), "score": np.linspace(0, 1, 100)}
    path = leadline.learn(odd, score="score").save(tmp_path / "odd.leadline")
    found = live.ask("POST", "/api/v1/models/m/baseline", body=path.read_bytes())
    assert (found.status, found.document["what"]) == (400, "not a name of a column")
