"""Whatever a body holds, the answer is a 4xx with a message, and the server lives on."""

from __future__ import annotations

import gzip
import io
import json
import socket
import zlib
from http.client import HTTPConnection
from typing import Any

import pyarrow
import pyarrow.ipc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.server import bodies
from leadline.server.api.endpoint import Problem
from leadline.server.intake import bounds, wire
from leadline.server.intake.encodings import BODY_BYTES, decompressed
from leadline.stores.contract import FIELDS

GOOD = {"format": 1, "model": "m", "predictions": {"rows": 1, "id": ["a"], "timestamp": [1.7e9]}}


def special(values: list[Any], **not_finite: list[Any]) -> dict[str, Any]:
    """Features with one column that is not finite in some rows."""
    return {"x": {"values": values, "not_finite": not_finite}}


def batch(**predictions: Any) -> bytes:
    return json.dumps({"format": 1, "model": "m", "predictions": predictions}).encode()


BROKEN = {
    "empty": b"",
    "no JSON": b"{",
    "no object": b"[1]",
    "not UTF-8": b'{"format":1,"model":"\xff"}',
    "another format": json.dumps({**GOOD, "format": 2}).encode(),
    "no model": json.dumps({"format": 1}).encode(),
    "empty model": json.dumps({**GOOD, "model": ""}).encode(),
    "long model": json.dumps({**GOOD, "model": "x" * 10_000}).encode(),
    "long version": json.dumps({**GOOD, "version": "x" * 10_000}).encode(),
    "deeply nested": b'{"format":1,"model":"m","client":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "deep list": batch() [:-2] + b',"predictions":' + b"[" * 50_000,
    "no rows": batch(id=["a"]),
    "rows of a wrong type": batch(rows=True, id=["a"]),
    "negative rows": batch(rows=-1, id=[]),
    "rows without columns": batch(rows=100_000_000),
    "rows without columns in groups": batch(rows=100_000_000, features={}),
    "unequal columns": batch(rows=2, id=["a"]),
    "a column that is none": batch(rows=1, id=["a"], score=5),
    "unequal features": batch(rows=1, id=["a"], features={"x": [1, 2]}),
    "features that are none": batch(rows=1, id=["a"], features=[1]),
    "not_finite beyond the rows": batch(rows=1, features=special([None], NaN=[7])),
    "not_finite of a value": batch(rows=1, features=special([1], NaN=[0])),
    "not_finite of another name": batch(rows=1, features=special([None], nan=[0])),
    "not_finite that is none": batch(rows=1, features=special([None], NaN=["0"])),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_batches_are_refused(live: Any, name: str) -> None:
    found = live.ask("POST", "/api/v1/ingest", body=BROKEN[name])
    assert found.status == 400
    assert found.document["message"]
    assert live.service.store.models() == []


def test_encodings(live: Any) -> None:
    text = json.dumps(GOOD).encode()
    whole = gzip.compress(text)
    cases = {
        "gzip": (whole, 202), "GZIP": (whole, 202), "identity": (text, 202), "zstd": (text, 400),
    }  # fmt: skip
    for encoding, (body, status) in cases.items():
        found = live.ask("POST", "/api/v1/ingest", body=body, headers={"Content-Encoding": encoding})
        assert found.status == status, encoding
    for body in (whole[:-9], b"no gzip", text, whole[:5]):
        found = live.ask("POST", "/api/v1/ingest", body=body, headers={"Content-Encoding": "gzip"})
        assert found.status == 400


def test_a_bomb_is_not_unpacked(live: Any) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = b"\0" * (1 << 20)
    bomb = b"".join([*(packer.compress(zeros) for _ in range(1 << 9)), packer.flush()])
    assert len(bomb) < 1 << 20
    found = live.ask("POST", "/api/v1/ingest", body=bomb, headers={"Content-Encoding": "gzip"})
    assert found.status == 413


def test_a_large_body_is_refused_before_it_is_read(live: Any) -> None:
    host, port = live.url.removeprefix("http://").split(":")
    head = f"POST /api/v1/tokens HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {live.token}\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(f"{head}Content-Length: 99999999999\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 413")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        raw.sendall(b"100000\r\n" + b"x" * 0x100000 + b"\r\n1\r\nx\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 413")


def test_who_sends_too_much_and_reads_afterwards_is_told_so(live: Any) -> None:
    """A connection that ends while a client sends is an answer to it that the server is away."""
    host, port = live.url.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=30)
    for size, status in ((BODY_BYTES + 1, 413), (2 * BODY_BYTES, 413), (10, 400)):
        headers = {"Authorization": f"Bearer {live.token}"}
        connection.request("POST", "/api/v1/ingest", b"x" * size, headers)
        answer = connection.getresponse()
        assert answer.status == status
        assert json.loads(answer.read())["accepted"]
    connection.close()


@pytest.mark.parametrize(("path", "status"), [("/api/v1/ingest", 401), ("/api/v1/nowhere", 404)])
def test_a_proxy_that_sends_a_body_to_its_end_hears_why_it_was_refused(
    live: Any, path: str, status: int
) -> None:
    """As nginx does, one request a connection: if it ended before all was sent, that were a bad gateway."""
    host, port = live.url.removeprefix("http://").split(":")
    size = 64 << 20
    with socket.create_connection((host, int(port)), timeout=30) as raw:
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
        raw.sendall(head.encode())
        assert raw.recv(1 << 16).startswith(f"HTTP/1.1 {status}".encode())
        raw.sendall(b"x" * size)
        raw.settimeout(30)
        while raw.recv(1 << 16):
            continue


def test_a_body_that_does_not_come_is_not_waited_for(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    host, port = live.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        head = f"POST /api/v1/ingest HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {live.token}\r\n"
        raw.sendall(f"{head}Content-Length: 10\r\n\r\n123".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 408")


def test_bad_rows_are_named_and_good_ones_kept(live: Any) -> None:
    document = {
        "format": 1,
        "model": "m",
        "predictions": {
            "rows": 7,
            "id": ["a", 5, None, 1.5, "x" * 501, "b", "c"],
            "timestamp": [1.7e9, None, 1.7e9, 1.7e9, 1.7e9, -1, "now"],
            "score": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        },
        "labels": {"rows": 3, "id": ["a", None, "b"], "label": [1, 1, None]},
        "feedback": {"rows": 2, "id": ["a", "a"], "name": ["click", None], "value": [True, True]},
    }
    found = live.ask("POST", "/api/v1/ingest", document)
    assert found.status == 202
    assert found.document["accepted"] == {"predictions": 3, "labels": 1, "feedback": 1}
    refused = {(row["kind"], row["row"]): row["reason"] for row in found.document["refused"]}
    assert refused == {
        ("predictions", 3): "id is no text",
        ("predictions", 4): "id has more than 500 letters",
        ("predictions", 5): "timestamp is before 1970 or after 2099: it is seconds since 1970",
        ("predictions", 6): "timestamp is no number: it is seconds since 1970",
        ("labels", 1): "id is null",
        ("labels", 2): "label is null",
        ("feedback", 1): "name is null",
    }
    assert live.service.store.rows("m") == {"predictions": 3, "labels": 1, "feedback": 1}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "not a name of a field; found '0 letters'"),
        ("x" * 501, "not a name of a field; found '501 letters'"),
        ("a\0b", "a null character"),
    ],
)
@pytest.mark.parametrize("place", ["features", "segment", "score", "Arrow"])
def test_a_name_that_cannot_be_kept_costs_the_rows_that_have_it_and_no_others(
    live: Any, name: str, why: str, place: str
) -> None:
    """Rows of many callers share a batch: what one of them calls something is not the others' loss."""
    rows: list[dict[str, Any]] = [
        {"id": "a", "features": {"x": 1.0}},
        {"id": "b", "features": {"x": 2.0}, place: {"x": 2.0, name: 3.0}},
        {"id": "c", "score": 0.5},
    ]
    document = {"format": 1, "model": "m", "predictions": rows, "labels": [{"id": "a", "label": 1}]}
    if place == "Arrow":
        table = pyarrow.table({"id": ["a", "b", "c"], "x": [1.0, 2.0, None], name: [None, 3.0, None]})
        with pyarrow.ipc.new_stream(target := io.BytesIO(), table.schema) as writer:
            writer.write_table(table)
        body, headers = target.getvalue(), {"Content-Type": "application/vnd.apache.arrow.stream"}
        found = live.ask("POST", "/api/v1/ingest?model=m", body=body, headers=headers)
    else:
        found = live.ask("POST", "/api/v1/ingest", document)
    assert found.status == 202, found.body
    (refused,) = found.document["refused"]
    assert (refused["kind"], refused["row"]) == ("predictions", 1)
    assert why in refused["reason"]
    assert live.service.store.rows("m")["predictions"] == 2
    assert live.service.store.rows("m")["labels"] == (place != "Arrow")


def send(live: Any, key: str = "", **sections: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    found = live.ask("POST", "/api/v1/ingest", {"format": 1, "model": "m", **sections}, headers=headers)
    assert found.status == 202, found.body
    return found.document


def test_names_for_which_a_model_has_no_room_cost_the_rows_that_have_them_and_no_others(live: Any) -> None:
    """However many batches brought the names that it has."""
    send(live, predictions=[{"id": "a", "features": {f"n{i}": 0.5 for i in range(FIELDS - 1)}}])
    rows: list[dict[str, Any]] = [
        {"id": 1.5, "features": {"n0": 0.5}},
        {"id": "b", "features": {"n0": 0.25, "room": 1.0}},
        {"id": "c", "features": {"n1": 0.5, "beyond": 1.0}},
        {"id": "d", "features": {"n1": "a text"}},
        {"id": "e", "features": {"n1": 0.75}},
    ]
    labels = [{"id": "b", "label": 1}]
    answer = send(live, "again", predictions=rows, labels=labels)
    assert answer["accepted"] == {"predictions": 2, "labels": 1}
    reasons = {row["row"]: row["reason"] for row in answer["refused"]}
    assert reasons == {
        0: "id is no text",
        2: f"no room for 'beyond' (number): all {FIELDS} columns of predictions are taken",
        3: f"no room for 'n1' (text): all {FIELDS} columns of predictions are taken",
    }
    assert send(live, "again", predictions=rows, labels=labels) == answer
    assert live.service.store.rows("m") == {"predictions": 3, "labels": 1, "feedback": 0}
    none = send(live, predictions=[{"id": "f", "features": {"beyond": 1.0}}])
    assert (none["accepted"], [row["row"] for row in none["refused"]]) == ({}, [0])


def test_more_rows_without_room_than_an_answer_names_are_sent_in_parts(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "REFUSED", 2)
    send(live, predictions=[{"id": "a", "features": {f"n{i}": 0.5 for i in range(FIELDS - 1)}}])
    rows = [{"id": name, "features": {"room": 1.0, "beyond": 1.0}} for name in "bcd"]
    document = {"format": 1, "model": "m", "predictions": rows}
    found = live.ask("POST", "/api/v1/ingest", document)
    assert (found.status, found.document["what"]) == (413, "too many rows that cannot be kept")
    assert live.service.store.rows("m")["predictions"] == 1
    assert len(send(live, predictions=rows[:2])["refused"]) == 2


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"labels": [{"id": None, "label": 1}]},
        {"predictions": [{"id": "x" * 501}], "client": {"instance": "a"}},
        {"predictions": [{"features": {f"n{i}": i for i in range(FIELDS + 1)}}]},
        {"predictions": [{"features": {f"n{i}": 0.5 for i in range(FIELDS)}, "label": 1, "score": 0.5}]},
    ],
    ids=["nothing", "no id", "too long an id", "too many names", "too many columns"],
)
def test_a_batch_of_which_nothing_is_kept_makes_no_model(live: Any, sections: dict[str, Any]) -> None:
    answer = send(live, "key", **sections)
    assert answer["accepted"] == {}
    assert len(answer["refused"]) == len(sections.keys() & {"predictions", "labels"})
    assert live.ask("GET", "/api/v1/models").document["items"] == []
    assert live.service.store.models() == []


@pytest.mark.parametrize(
    "told", [{"heartbeats": [{"timestamp": 1.7e9}]}, {"dropped": {"predictions": {"queue_full": 3}}}]
)
def test_a_client_that_tells_of_itself_makes_a_model_before_any_row(live: Any, told: Any) -> None:
    """Somebody serves it: that nothing comes of it is worth knowing."""
    assert send(live, **told)["accepted"] == {}
    assert live.service.store.models() == ["m"]


def test_an_unknown_answer_has_the_shape_of_all(live: Any) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("DELETE", "/api/v1/models", 405),
        ("GET", "/api/v1/models/x/report", 404),
        ("GET", "/models/x/report.html", 404),
        ("GET", "/api/v1/alerts?state=x", 400),
    ):
        found = live.ask(method, path)
        assert found.status == status
        assert next(iter(found.document)) == "message"
        assert set(found.document) <= set(Problem.__struct_fields__)
    for method, path, what in (
        ("GET", "/api/v1/model", "no such path"),
        ("GET", "/%ED%A0%80%00%E2%80%AE", "no such path"),
        ("PATCH", "/api/v1/models", "the path takes no PATCH"),
    ):
        found = live.ask(method, path)
        assert found.document["what"] == what
        assert "openapi.json" in found.document["next_step"]


@pytest.mark.parametrize(
    ("path", "document", "where", "accepted"),
    [
        ("tokens", {"name": "x", "scope": "root"}, "scope", "scope (ingest | read | write | admin)"),
        ("tokens", {"name": "x", "scope": "read", "models": [1]}, "models[0]", "models, days"),
        ("tokens", {"name": "x"}, "", "scope (ingest | read | write | admin)"),
        ("channels", {"name": "x", "kind": "mail", "settings": {}, "routing": {"after_minutes": -1}},
         "routing.after_minutes", "settings, secret, routing"),
    ],
)  # fmt: skip
def test_what_a_document_lacks_is_told_with_its_place(
    live: Any, path: str, document: Any, where: str, accepted: str
) -> None:
    answer = live.ask("POST", f"/api/v1/{path}", document)
    assert answer.status == 400
    problem = answer.document
    assert (problem["what"], problem.get("where", "")) == ("not what is expected", where)
    assert problem["found"]
    assert accepted in problem["accepted"]
    assert "$" not in problem["message"]


@pytest.mark.parametrize(
    ("wrong", "found", "accepted"),
    [
        ({"predicitons": [{"score": 0.5}]}, "predicitons", "labels, feedback"),
        ({"labels": [{"id": "a", "label": 1}], "feature": {}}, "feature", "predictions, labels"),
        ({"predictions": [{"scor": 0.5}, {"scor": 0.25}]}, "scor", "Did you mean 'score'?"),
        ({"predictions": [{"income": 1}]}, "income", "belongs into features"),
        ({"predictions": [{"rows": 1}]}, "rows", "latency_ms"),
        ({"predictions": {"rows": 1, "score": [0.5], "fetures": {"a": [1]}}}, "fetures", "'features'"),
        ({"labels": {"rows": 1, "id": ["a"], "label": [1], "score": [1]}}, "score", "id, timestamp, label"),
        ({"feedback": [{"id": "a", "name": "click", "value": 1, "label": 1}]}, "label", "name, value"),
    ],
)
def test_a_name_that_is_not_known_loses_nothing_in_silence(
    live: Any, wrong: dict[str, Any], found: str, accepted: str
) -> None:
    answer = live.ask("POST", "/api/v1/ingest", {"format": 1, "model": "mistyped", **wrong})
    assert answer.status == 400
    assert found in answer.document["message"]
    assert accepted in answer.document["message"]
    assert "mistyped" not in live.service.store.models()


def test_a_parameter_that_a_path_does_not_take_is_told(live: Any) -> None:
    answer = live.ask("GET", "/api/v1/features?limt=5")
    assert (answer.status, answer.document["found"]) == (400, "limt")
    answer = live.ask("GET", "/api/v1/models?limt=5")
    assert answer.status == 400
    assert "limt" in answer.document["found"]
    assert live.ask("GET", "/healthz?probe=1").status == 200


def test_too_long_a_key_is_refused(live: Any) -> None:
    assert live.ask("POST", "/api/v1/ingest", GOOD, headers={"Idempotency-Key": "k" * 201}).status == 400


def test_no_baseline(live: Any, tmp_path: Any) -> None:
    for content in (b"", b"no baseline", b"LEADLINE" + b"\xff" * 100):
        assert live.ask("POST", "/api/v1/models/m/baseline", body=content).status == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
SECTIONS = {
    section: st.fixed_dictionaries(
        {"rows": st.just(2) | JSON},
        optional={
            name: st.lists(JSON, min_size=2, max_size=2) | JSON for name in ("id", "timestamp", *names)
        },
    )
    for section, names in (
        ("predictions", ("score", "label", "features", "segment", "weight")),
        ("labels", ("label",)),
        ("feedback", ("name", "value")),
    )
}


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional=SECTIONS))
def test_any_document_is_a_batch_or_a_told_error(sections: dict[str, Any]) -> None:
    """Nothing but a DataError comes out, and what is accepted and refused makes up the rows."""
    text = json.dumps({"format": 1, "model": "m", **sections}).encode()
    try:
        found = wire.read_batch(text, "key", 1_700_000_000_000_000)
    except DataError:
        return
    answer = json.loads(found.answer)
    rows = sum(answer["accepted"].values()) + len(answer["refused"])
    assert rows == 2 * len(sections)
    assert {name: len(part) for name, part in found.sections.items()} == answer["accepted"]


@given(st.binary(max_size=200))
def test_any_bytes_are_told_apart(content: bytes) -> None:
    for encoding in ("", "gzip"):
        try:
            wire.read_batch(decompressed(content, encoding), "key", 0)
        except DataError:
            continue
