"""The API is what its description says: every path, every status, no error that was not foreseen."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from leadline.server import app
from leadline.server.access import signin
from leadline.server.api import ENDPOINTS
from leadline.server.openapi import described


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(json.dumps(described(ENDPOINTS)))


def test_every_path_is_described(document: Any) -> None:
    found = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert found == {(e.method, re.sub(r"{(\w+):\w+}", r"{\1}", e.path)) for e in ENDPOINTS}
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in operations)


def test_the_description_is_valid(document: Any) -> None:
    definitions = pytest.importorskip("schemathesis.specs.openapi.definitions")
    definitions.OPENAPI_31_VALIDATOR.validate(document)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert named == set(document["components"]["schemas"])


def test_who_may_ask_is_described(document: Any) -> None:
    assert document["paths"]["/api/v1/tokens"]["post"]["security"] == [
        {"token": ["admin"]},
        {"session": ["admin"]},
    ]
    assert "security" not in document["paths"]["/healthz"]["get"]


def test_anybody_reads_it(live: Any, document: Any) -> None:
    found = live.ask("GET", "/api/v1/openapi.json", token=None)
    assert found.status == 200
    assert found.headers["Content-Type"] == "application/json"
    assert found.document == document


def test_answers_are_as_described(live: Any, document: Any) -> None:
    """One of each path that answers with JSON without anything before it."""
    schemas = {"components": document["components"]}
    tried = 0
    for path, methods in document["paths"].items():
        operation = methods.get("get")
        if operation is None or path == "/api/v1/changes":
            continue
        address = re.sub(r"{(\w+)}", "1", path)
        found = live.ask("GET", address)
        answer = operation["responses"][str(found.status)]
        kinds = answer.get("content", {})
        kind = found.headers["Content-Type"].partition(";")[0]
        assert kind in kinds or "*/*" in kinds, path
        if "schema" in kinds.get(kind, {}):
            jsonschema.validate(found.document, {**kinds[kind]["schema"], **schemas})
            tried += 1
    assert tried > 5


OFTEN_THERE = """
[dictionaries.models]
values = ["credit"]
[dictionaries.features]
values = ["amount", "age"]
[dictionaries.numbers]
values = [1, 2]
[parameters]
"path.name" = { dictionary = "models", probability = 0.5 }
"path.feature" = { dictionary = "features", probability = 0.5 }
"path.number" = { dictionary = "numbers", probability = 0.5 }
"query.model" = { dictionary = "models", probability = 0.3 }
"""
"""Half of the requests speak of what is there."""


@pytest.mark.long
def test_no_request_meets_an_error_that_was_not_foreseen(
    serve: Any,
    tmp_path: Path,
    document: Any,
    monkeypatch: pytest.MonkeyPatch,
    baseline_file: Path,
    make_traffic: Callable[..., Any],
) -> None:
    """Requests drawn from the description, and ones that break it, against a server that listens."""
    tool = Path(sys.executable).with_name("schemathesis")
    if not tool.exists():
        pytest.skip("schemathesis is not installed")
    monkeypatch.setattr(app, "OFTEN", (10**9, 1.0))
    monkeypatch.setattr(app, "STRANGERS", (10**9, 1.0))
    monkeypatch.setattr(signin, "TRIES", ((10**9, 1.0),) * 3)
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(document))
    (tmp_path / "schemathesis.toml").write_text(OFTEN_THERE)
    with serve(tmp_path / "data") as live:
        live.give(baseline_file)
        live.send(make_traffic(30, 150, "2026-05-01", 2, shift=3.0, shifted_from=20))
        assert live.report()["verdict"] == "alert"
        with live.service.metadata.database.transaction() as own:
            # What is drawn deletes tokens by their numbers, and must not meet its own.
            own.do("UPDATE tokens SET id = 1000000007")
        done = subprocess.run(
            [
                str(tool), "run", str(description), "--url", live.url,
                "--header", f"Authorization: Bearer {live.token}",
                "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
                "response_schema_conformance",
                "--exclude-path", "/api/v1/changes",  # it has no end
                "--max-examples", "30", "--seed", "1", "--continue-on-failure", "--no-color",
                "--generation-database", "none", "--request-timeout", "30", "--warnings", "off",
            ],
            capture_output=True, text=True, cwd=tmp_path, timeout=1_800,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
        assert live.ask("GET", "/readyz").status == 200
