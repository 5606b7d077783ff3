"""Nobody asks more often than others can bear, and no connection is held for nothing."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import RetryableError
from leadline.server import app, bodies, protocol
from leadline.server.access import throttle
from leadline.server.access.throttle import Buckets, TooOften, allowed
from leadline.server.api.endpoint import Call, endpoint

GOOD = {"format": 1, "model": "m", "predictions": {"rows": 1, "id": ["a"]}}


@given(
    st.integers(1, 20),
    st.sampled_from([1 / 60, 0.5, 1.0, 8.0]),
    st.lists(st.floats(0, 30), min_size=1, max_size=60),
)
def test_no_more_than_a_bucket_and_what_came_back(most: int, rate: float, pauses: list[float]) -> None:
    now = 0.0
    buckets, taken = Buckets(most, rate, lambda: now), []
    for pause in pauses:
        now += pause
        seconds = buckets.take("key")
        if seconds == 0:
            taken.append(now)
        else:
            # It is refused for as long as it says, and no longer.
            assert buckets.take("key") > 0
            assert len(taken) >= most
            now += seconds * (1 + 1e-9)
            assert buckets.take("key") == 0
            taken.append(now)
    for i, first in enumerate(taken):
        for j in range(i, len(taken)):
            assert j - i + 1 <= most + rate * (taken[j] - first) + 1e-6


def test_what_waits_to_be_kept_is_bounded(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond that clients are told to come again, and what waits is kept when the store goes on."""
    committer, go, under_way = live.service.committer, threading.Event(), threading.Event()
    append = live.service.store.append

    def slow(batches: Any) -> Any:
        under_way.set()
        assert go.wait(30)
        return append(batches)

    monkeypatch.setattr(live.service.store, "append", slow)
    monkeypatch.setattr(committer, "_limit", 2 * len(json.dumps(GOOD)))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(live.ask, "POST", "/api/v1/ingest", GOOD)
        assert under_way.wait(30)
        refused = live.ask("POST", "/api/v1/ingest", {**GOOD, "version": "x" * 200})
        go.set()
        assert first.result(30).status == 202
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert live.ask("POST", "/api/v1/ingest", GOOD).status == 202
    assert live.service.store.rows("m")["predictions"] == 2


def test_bodies_that_come_at_a_time_are_bounded(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their bytes wait in memory before anything is known of them."""
    monkeypatch.setattr(bodies, "HELD_BYTES", 1_000)
    take, is_held = bodies.Bodies.take, threading.Event()

    def taken(self: bodies.Bodies, size: int) -> None:
        take(self, size)
        is_held.set()

    monkeypatch.setattr(bodies.Bodies, "take", taken)
    host, port = live.url.removeprefix("http://").split(":")
    body = json.dumps(GOOD).encode().ljust(990)
    head = f"POST /api/v1/ingest HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {live.token}\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as raw:
        raw.sendall(f"{head}Content-Length: 990\r\n\r\n".encode() + body[:-1])
        assert is_held.wait(30)
        found = live.ask("POST", "/api/v1/ingest", GOOD)
        assert (found.status, found.headers["Retry-After"]) == (429, "1")
        raw.sendall(body[-1:])
        assert raw.recv(100).startswith(b"HTTP/1.1 202")
    assert live.ask("POST", "/api/v1/ingest", body=body).status == 202


def test_each_key_has_its_own_bucket_and_old_ones_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "KEYS", 3)
    buckets = Buckets(1, 0.001, lambda: 0.0)
    assert [buckets.take(key) == 0 for key in "abcabc"] == [True] * 3 + [False] * 3
    assert buckets.take("d") == 0
    assert buckets.take("a") == 0


def test_what_is_refused_costs_no_other_bucket() -> None:
    free, empty = Buckets(1, 0.001, lambda: 0.0), Buckets(1, 0.001, lambda: 0.0)
    empty.take("key")
    with pytest.raises(TooOften):
        allowed("too often", (free, "key"), (empty, "key"))
    assert free.take("key") == 0


def test_who_asks_too_often_waits_and_others_do_not(
    serve: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "OFTEN", (5, 0.001))
    monkeypatch.setattr(app, "STRANGERS", (5, 0.001))
    with serve(tmp_path) as live:
        token = live.ask("POST", "/api/v1/tokens", {"name": "t", "scope": "admin"}).document["token"]
        found = [live.ask("GET", "/api/v1/models", token=token) for _ in range(7)]
        assert [answer.status for answer in found] == [200] * 5 + [429] * 2
        assert int(found[-1].headers["Retry-After"]) > 900
        assert found[-1].document["what"] == "too many requests"
        assert live.ask("GET", "/api/v1/models").status == 200
        # What comes in waits in a queue of its own.
        assert [live.ask("POST", "/api/v1/ingest", GOOD, token=token).status for _ in range(7)] == [202] * 7
        guessed = [live.ask("GET", "/api/v1/models", token=f"guess {i}").status for i in range(7)]
        assert guessed == [401] * 5 + [429] * 2
        assert live.ask("GET", "/healthz", token=None).status == 429
        assert live.ask("GET", "/api/v1/models").status == 200


def raw(live: Any) -> socket.socket:
    host, port = live.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize("sent", [b"", b"G", HEAD, HEAD + b"\r\n\r\n", HEAD + b"\r\n" + HEAD])
def test_a_head_that_does_not_come_is_not_waited_for(
    live: Any, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    with raw(live) as connection:
        connection.sendall(sent)
        while connection.recv(4096):
            pass  # it ends; else the socket's own time runs out


def test_a_head_without_end_is_not_taken(live: Any) -> None:
    with raw(live) as connection:
        connection.sendall(HEAD)
        sent = 0
        with contextlib.suppress(OSError):  # the server has closed the connection
            while sent < 64 << 20:
                connection.sendall(b"X-More: " + b"x" * 1_000 + b"\r\n")
                sent += 1_010
        assert sent < 64 << 20
    whole = {"X-More": "x" * 50_000}
    assert live.ask("GET", "/healthz", headers=whole).status == 200


def told(connection: socket.socket) -> tuple[str, Any]:
    """The status of an answer, and its problem; the connection ends."""
    sent = b""
    while part := connection.recv(65536):
        sent += part
    head, _, body = sent.partition(b"\r\n\r\n")
    status, *headers = head.decode().lower().split("\r\n")
    known = {f"content-length: {len(body)}", "content-type: application/json", "x-frame-options: deny"}
    assert {*headers} >= known | {"connection: close"}
    return status.removeprefix("http/1.1 "), json.loads(body)


@pytest.mark.parametrize(
    ("sent", "status", "what"),
    [
        (b"GARBAGE\r\n\r\n", "400 bad request", "not a request"),
        (HEAD + b"Content-Length: many\r\n\r\n", "400 bad request", "not a request"),
        (HEAD.replace(b"/healthz", b"/" + b"x" * 70_000) + b"\r\n", "400 bad request", "not a request"),
        (HEAD + b"X-More: " + b"x" * protocol.HEAD_BYTES, "431 request header fields too large",
         "the head of the request is too large"),
        (HEAD, "408 request timeout", "the head of the request came too slowly"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_told_in_the_shape_of_all_errors(
    live: Any, monkeypatch: pytest.MonkeyPatch, sent: bytes, status: str, what: str
) -> None:
    if sent == HEAD:
        monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    with raw(live) as connection:
        connection.sendall(sent)
        found, problem = told(connection)
    assert found == status
    assert problem["what"] == what
    assert problem["accepted"]
    assert problem["message"].startswith(what)


def test_of_too_many_connections_the_last_is_told_to_come_again(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "CONNECTIONS", 1)
    found = live.ask("GET", "/healthz")
    assert (found.status, found.headers["Retry-After"]) == (503, "5")
    assert found.document["what"] == "too many connections"
    monkeypatch.undo()
    assert live.ask("GET", "/healthz").status == 200


def test_a_request_in_time_is_answered_and_another_on_the_same_connection(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 20.0)
    with raw(live) as connection:
        for _ in range(3):
            connection.sendall(HEAD[:20])
            connection.sendall(HEAD[20:] + b"\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")


@endpoint("POST", "/api/v1/broken", "admin")
def broken(call: Call) -> None:
    """Fails as nobody foresaw."""
    raise RuntimeError("with a secret in it")


@endpoint("POST", "/api/v1/away", "admin")
def away(call: Call) -> None:
    """Fails as somebody foresaw."""
    raise RetryableError("the store does not answer")


SLOW = threading.Event()


@endpoint("GET", "/api/v1/slow", "read")
def slow(call: Call) -> None:
    """Answers when it may."""
    SLOW.wait(30)


def test_data_come_in_while_readers_wait(serve: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "ENDPOINTS", (*app.ENDPOINTS, slow))
    SLOW.clear()
    with serve(tmp_path) as live, ThreadPoolExecutor(50) as readers:
        waiting = [readers.submit(live.ask, "GET", "/api/v1/slow") for _ in range(50)]
        try:
            for _ in range(20):
                assert live.ask("POST", "/api/v1/ingest", GOOD).status == 202
            assert not any(reader.done() for reader in waiting)
        finally:
            SLOW.set()
        assert [reader.result().status for reader in waiting] == [204] * 50


def test_what_nobody_foresaw_ends_one_request_and_tells_nothing(
    serve: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "ENDPOINTS", (*app.ENDPOINTS, broken, away))
    with serve(tmp_path) as live, caplog.at_level(logging.CRITICAL, "leadline.server"):
        found = live.ask("POST", "/api/v1/broken")
        assert found.status == 500
        assert json.loads(found.body) == {"message": "unexpected RuntimeError; the log says more"}
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert live.ask("POST", "/api/v1/away").status == 503
        assert live.ask("GET", "/api/v1/audit").document["items"] == []
