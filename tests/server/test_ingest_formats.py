"""Whatever a batch looks like on the wire, the same rows are kept."""

from __future__ import annotations

import gzip
import io
import json
import re
from typing import Any

import pyarrow
import pytest
import zstandard

from leadline.stores.contract import Wanted

ROWS = [
    {"id": "a", "score": 0.25, "features": {"amount": 1.5, "channel": "web"}},
    {"id": "b", "score": 0.75, "features": {"amount": None, "channel": "app"}},
]
DOCUMENT = json.dumps({"format": 1, "model": "m", "version": "7", "predictions": ROWS}).encode()


def arrow_body() -> bytes:
    table = pyarrow.table(
        {"id": ["a", "b"], "score": [0.25, 0.75], "amount": [1.5, None], "channel": ["web", "app"]}
    )
    target = io.BytesIO()
    with pyarrow.ipc.new_stream(target, table.schema) as writer:
        writer.write_table(table)
    return target.getvalue()


ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("", DOCUMENT, {}),
        ("", gzip.compress(DOCUMENT), {"Content-Encoding": "gzip"}),
        ("", zstandard.compress(DOCUMENT), {"Content-Encoding": "zstd"}),
        ("?model=m&version=7", arrow_body(), ARROW),
        ("?model=m&version=7", zstandard.compress(arrow_body()), {**ARROW, "Content-Encoding": "zstd"}),
    ],
)
def test_every_format_and_encoding(live: Any, path: str, body: bytes, headers: dict[str, str]) -> None:
    answer = live.ask("POST", f"/api/v1/ingest{path}", body=body, headers=headers)
    assert answer.status == 202, answer.body
    assert answer.document == {"accepted": {"predictions": 2}, "refused": []}
    assert live.service.store.rows("m") == {"predictions": 2, "labels": 0, "feedback": 0}


@pytest.mark.parametrize(
    ("path", "body", "headers", "message"),
    [
        ("", arrow_body(), ARROW, "does not say whose"),
        ("?model=m&section=nothing", arrow_body(), ARROW, r"section \(predictions \| labels \| feedback\)"),
        ("?model=m", arrow_body()[:-30], ARROW, "not an Arrow stream.*up to its last byte"),
        ("?model=m", b"no stream", ARROW, "not an Arrow stream"),
        ("", b"\x28\xb5\x2f\xfd" + b"\x00" * 9, {"Content-Encoding": "zstd"}, "cut off"),
        ("", zstandard.compress(DOCUMENT)[:-1], {"Content-Encoding": "zstd"}, "cut off|not zstd"),
        ("", zstandard.compress(bytes(200 << 20)), {"Content-Encoding": "zstd"}, "too large"),
        ("", DOCUMENT, {"Content-Encoding": "br"}, "gzip, zstd, identity"),
    ],
)
def test_what_cannot_be_read_is_told(
    live: Any, path: str, body: bytes, headers: dict[str, str], message: str
) -> None:
    answer = live.ask("POST", f"/api/v1/ingest{path}", body=body, headers=headers)
    assert answer.status in (400, 413)
    assert re.search(message, answer.document["message"])


def event(kind: str) -> dict[str, str]:
    return {
        "ce-id": "r1",
        "ce-type": f"org.kubeflow.serving.inference.{kind}",
        "ce-inferenceservicename": "credit",
        "ce-time": "2026-05-01T12:00:00Z",
    }


def test_a_logged_request_and_its_response_are_one_prediction(live: Any) -> None:
    path = "/api/v1/cloudevents"
    first = live.ask("POST", path, {"instances": [[1, 2], [3, 4]]}, headers=event("request"))
    assert (first.status, first.document) == (200, {"rows": 0})
    second = live.ask("POST", path, {"predictions": [0.25, 0.75]}, headers=event("response"))
    assert (second.status, second.document) == (200, {"rows": 2})
    assert live.service.store.rows("credit")["predictions"] == 2


def test_without_a_canary_a_logged_prediction_has_no_version(live: Any) -> None:
    """KServe sends the header of the endpoint empty."""
    empty = {"ce-endpoint": "", "ce-namespace": "default", "ce-component": "predictor", "ce-metadata": "{}"}
    path = "/api/v1/cloudevents"
    assert live.ask("POST", path, {"instances": [[1]]}, headers=event("request") | empty).status == 200
    found = live.ask("POST", path, {"predictions": [0.25]}, headers=event("response") | empty)
    assert (found.status, found.document) == (200, {"rows": 1})


def test_what_became_known_of_a_logged_prediction_joins_it(live: Any) -> None:
    path = "/api/v1/cloudevents"
    live.ask("POST", path, {"instances": [[1, 2]]}, headers=event("request"))
    live.ask("POST", path, {"predictions": [0.25]}, headers=event("response"))
    feedback = {
        "ce-id": "another", "ce-requestid": "r1", "ce-type": "io.seldon.serving.feedback",
        "ce-inferenceservicename": "credit", "ce-time": "2026-05-02T12:00:00Z",
    }  # fmt: skip
    document = {"truth": {"data": {"ndarray": [1]}}, "reward": 0.5}
    for _ in range(2):  # what comes again counts once
        found = live.ask("POST", path, document, headers=feedback)
        assert (found.status, found.document) == (200, {"rows": 2})
    assert live.service.store.rows("credit") == {"predictions": 1, "labels": 1, "feedback": 1}
    moment = 1_777_636_800_000_000
    with live.service.store.looking("credit", live.service.store.last()) as look:
        look.prepare([(moment, moment + 1)])
        table = look.read(moment, moment + 1, [Wanted("y", (("", "label"),), "int")])
        (batch,) = table.batches()
        assert batch.column("y").values.tolist() == [1]


def test_a_half_is_kept_in_the_end(live: Any) -> None:
    live.ask("POST", "/api/v1/cloudevents", {"instances": [[1, 2]]}, headers=event("request"))
    live.judge()
    assert live.service.store.rows("credit")["predictions"] == 0
    live.clock.now += 301_000_000
    live.judge()
    assert live.service.store.rows("credit")["predictions"] == 1


@pytest.mark.parametrize(
    ("before", "failed"),
    [
        ([], False),
        ([{"features": {"a": 1}}], False),
        ([{"score": 0.5}], True),
        ([{"score": {"yes": 0.5}}], True),
        ([{"prediction": "no"}], True),
    ],
)
def test_a_request_alone_has_failed_where_the_model_ever_answered(
    live: Any, before: list[dict[str, Any]], failed: bool
) -> None:
    """What was kept tells, so that a server that was started anew knows it, too."""
    if before:
        live.ask("POST", "/api/v1/ingest", {"format": 1, "model": "credit", "predictions": before})
    live.ask("POST", "/api/v1/cloudevents", {"instances": [[1, 2]]}, headers=event("request"))
    live.clock.now += 301_000_000
    live.judge()
    store = live.service.store
    assert store.rows("credit")["predictions"] == len(before) + 1
    with store.looking("credit", store.last()) as look:
        assert (("", "error", "text") in look.fields()) == failed


def test_the_names_of_a_baseline_are_those_of_values_without(live: Any, baseline_file: Any) -> None:
    """Before the worker has come by, too."""
    live.give(baseline_file)
    live.ask("POST", "/api/v1/cloudevents", {"instances": [[50.0, 30, "app"]]}, headers=event("request"))
    live.ask("POST", "/api/v1/cloudevents", {"predictions": [0.5]}, headers=event("response"))
    with live.service.store.looking("credit", live.service.store.last()) as look:
        moment = 1_777_636_800_000_000
        look.prepare([(moment, moment + 1)])
        table = look.read(moment, moment + 1, [Wanted("amount", (("features", "amount"),), "float")])
        (batch,) = table.batches()
        assert batch.column("amount").values.tolist() == [50.0]
