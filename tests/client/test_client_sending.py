"""Against a server that fails, hangs, refuses and comes back: each row is counted once, or counted as
lost.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from leadline_client import Leadline, encoder
from leadline_client.buffer import Channel
from leadline_client.encode import Batch
from leadline_client.encoder import Encoder
from leadline_client.state import EVENTS_AT_A_TIME
from leadline_client.testing import Recorder, Reply, Request

Connect = Callable[..., Leadline]


def ids(recorder: Recorder) -> list[str]:
    return sorted(row["id"] for row in recorder.rows())


def log_many(client: Leadline, rows: int, start: int = 0) -> list[str]:
    model = client.model("credit", "1")
    return sorted(model.log({"a": row}, id=f"r{row:05d}") for row in range(start, start + rows))


def failing_first(*replies: Reply) -> Callable[[Request], Reply]:
    """Answers with each of these once, then accepts."""
    left = list(replies)
    return lambda request: left.pop(0) if left else Reply(202)


@pytest.mark.parametrize("status", [500, 502, 503, 408, 425, 307])
def test_a_failure_is_tried_again_under_the_same_key(
    status: int, recorder: Recorder, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    recorder.answer = failing_first(Reply(status), Reply(status))
    client = connect(recorder)
    with caplog.at_level(logging.INFO, "leadline"):
        logged = log_many(client, 10)
        recorder.wait_for(lambda r: r.rows())
        assert client.flush()
    assert ids(recorder) == logged
    keys = [request.headers["idempotency-key"] for request in recorder.requests]
    assert len(keys) == len(set(keys)) + 2
    assert len(recorder.requests) == len(recorder.batches) + 2
    assert client.dropped() == {}
    # Said once, however often it failed, and once when it is over.
    assert [message.split(":")[1].strip() for message in caplog.messages] == [
        "the server is away, batches wait", "the server answers again",
    ]  # fmt: skip


def test_what_comes_while_rows_are_encoded_gathers_for_the_next_batch(
    recorder: Recorder, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else steady traffic, once one row comes for each batch that is made, is one batch a row for ever."""
    client = connect(recorder, interval_seconds=3_600.0, heartbeat_seconds=3_600.0)
    model, more = client.model("credit", "1"), iter(range(100))
    packed = Encoder._pack

    def pack(encoder: Encoder, channel: Channel, batch: Batch, *beats: Any) -> None:
        if (place := next(more, None)) is not None:
            model.log({"a": place}, id=f"meanwhile {place}")
        packed(encoder, channel, batch, *beats)

    monkeypatch.setattr(Encoder, "_pack", pack)
    logged = log_many(client, 3)
    assert client.flush()
    sizes = [batch["predictions"]["rows"] for batch in recorder.batches if "predictions" in batch]
    assert sizes == [3]
    assert client.flush()
    meanwhile = {f"meanwhile {place}" for place in range(100)}
    assert {*logged, "meanwhile 0"} <= {*ids(recorder)} <= {*logged, *meanwhile}


def test_as_many_rows_as_a_batch_holds_wait_for_no_interval(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder, interval_seconds=3_600.0)
    log_many(client, 1)
    log_many(client, EVENTS_AT_A_TIME, start=1)
    recorder.wait_for(lambda r: len(r.rows()) >= EVENTS_AT_A_TIME)


def test_a_batch_whose_answer_was_lost_counts_once(connect: Connect) -> None:
    """The server keeps the batch and hangs up before it answers."""

    class Cut(Recorder):
        def take(self, request: Request) -> Reply:
            reply = super().take(request)
            if len(self.requests) == 1:
                raise ConnectionAbortedError
            return reply

    with Cut() as recorder:
        client = connect(recorder)
        logged = log_many(client, 10)
        recorder.wait_for(lambda r: len(r.requests) > 1)
        assert client.flush()
        assert ids(recorder) == logged
        first, second = recorder.requests[:2]
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
        assert first.body == second.body


@pytest.mark.parametrize("status", [429, 503])
def test_what_the_server_asks_to_wait_is_waited(status: int, recorder: Recorder, connect: Connect) -> None:
    recorder.answer = failing_first(Reply(status, {"Retry-After": "3600"}))
    client = connect(recorder)
    logged = log_many(client, 3)
    recorder.wait_for(lambda r: len(r.requests) == 1)
    sender = client._worker._sender
    assert sender is not None
    outbox = client._worker.state.outbox
    with outbox.moved:
        assert outbox.moved.wait_for(lambda: sender.failures == 1, 10)
    assert sender._retry_at - sender_clock() > 3_000
    # Who flushes does not wait for it.
    assert client.flush()
    assert ids(recorder) == logged


def sender_clock() -> float:
    from time import monotonic

    return monotonic()


def test_waits_grow_and_are_never_the_same_for_all(connect: Connect, closed_port: int) -> None:
    from leadline_client.sender import LONGEST_WAIT_SECONDS, Sender
    from leadline_client.transport import Answer

    client = connect(f"http://127.0.0.1:{closed_port}", spool=False)
    ceilings = []
    for _ in range(12):
        sender = Sender(client._worker.state)
        waits = []
        for _ in range(12):
            before = sender_clock()
            sender._failed(Answer(0, problem="away"))
            waits.append(sender._retry_at - before)
        ceilings.append(waits)
    for attempt, waits in enumerate(zip(*ceilings, strict=True)):
        ceiling = min(LONGEST_WAIT_SECONDS, 0.5 * 2**attempt)
        assert all(ceiling / 2 <= wait <= ceiling + 1 for wait in waits)
        assert len(set(waits)) > 1


@pytest.mark.parametrize("status", [401, 403])
def test_without_access_it_stops_says_so_once_and_keeps_what_is_encoded(
    status: int, recorder: Recorder, connect: Connect, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder.answer = lambda request: Reply(status, {}, {"message": "no such token"})
    client = connect(recorder, exit_seconds=0.2)
    with caplog.at_level(logging.WARNING, "leadline"):
        logged = log_many(client, 10)
        assert not client.flush(20.0)
        tries = len(recorder.requests)
        log_many(client, 5, start=10)
        assert not client.flush(0.05)
    assert len(recorder.requests) == tries == 1
    assert client.dropped() == {"credit": {"predictions": {"unauthorized": 5}}}
    stopped = [message for message in caplog.messages if "stopped" in message]
    assert len(stopped) == 1
    assert "no such token" in stopped[0]
    client.close(1.0)
    assert list((tmp_path / "spool").rglob("*.batch"))
    # A program with the right token sends what waits.
    recorder.answer = None
    assert connect(recorder).model("credit", "1").log({}, id="z")
    recorder.wait_for(lambda r: ids(r) == [*logged, "z"])


def test_a_batch_that_is_too_large_is_split_until_it_fits(recorder: Recorder, connect: Connect) -> None:
    def at_most_ten(request: Request) -> Reply:
        kinds = ("predictions", "labels", "feedback")
        rows = sum(request.batch[kind]["rows"] for kind in kinds if kind in request.batch)
        return Reply(413 if rows > 10 else 202)

    recorder.answer = at_most_ten
    client = connect(recorder)
    logged = log_many(client, 95)
    model = client.model("credit", "1")
    for name in logged:
        model.label(name, 1)
        model.feedback(name, "click", 1.5)
    assert client.flush(30.0)
    assert ids(recorder) == logged
    assert sorted(row["id"] for row in recorder.rows("labels")) == logged
    assert sorted(row["id"] for row in recorder.rows("feedback")) == logged
    assert client.dropped() == {}
    assert len({r.headers["idempotency-key"] for r in recorder.requests}) == len(recorder.requests)


def test_a_single_row_that_is_too_large_is_counted(recorder: Recorder, connect: Connect) -> None:
    recorder.answer = lambda request: Reply(413 if b"large" in str(request.batch).encode() else 202)
    client = connect(recorder)
    client.model("credit").log({"a": "large"}, id="large")
    client.model("credit").log({"a": "small"}, id="small")
    assert client.flush(20.0)
    assert ids(recorder) == ["small"]
    assert client.dropped() == {"credit": {"predictions": {"too_large": 1}}}


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_batch_that_will_never_be_taken_is_given_up_and_counted(
    status: int, recorder: Recorder, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    recorder.answer = failing_first(Reply(status, {}, {"message": "unknown model"}))
    client = connect(recorder, interval_seconds=5.0)
    with caplog.at_level(logging.WARNING, "leadline"):
        log_many(client, 7)
        assert client.flush()
        log_many(client, 2, start=7)
        assert client.flush()
    lost = client.dropped()["credit"]["predictions"]
    assert list(lost) == [f"status_{status}"]
    assert lost[f"status_{status}"] + len(recorder.rows()) == 9
    assert "unknown model" in caplog.text


def test_refused_rows_are_counted_and_reported(recorder: Recorder, connect: Connect) -> None:
    refused = [{"kind": "predictions", "row": 3, "reason": "id is null"}] * 2
    recorder.answer = lambda request: Reply(
        202,
        {},
        {"accepted": {"predictions": 8}, "refused": refused if "predictions" in request.batch else []},
    )
    client = connect(recorder, interval_seconds=5.0)
    log_many(client, 10)
    assert client.flush()
    assert client.dropped() == {"credit": {"predictions": {"refused": 2}}}
    assert client.close()
    assert recorder.batches[-1]["dropped"] == {"predictions": {"refused": 2}}


@pytest.mark.parametrize("document", [None, [], "text", {"refused": 5}, {"refused": [1, {"kind": None}]}])
def test_an_odd_answer_hurts_nobody(document: Any, recorder: Recorder, connect: Connect) -> None:
    recorder.answer = lambda request: Reply(200, {}, document)
    client = connect(recorder)
    logged = log_many(client, 3)
    assert client.flush()
    assert ids(recorder) == logged


def test_a_server_that_hangs_does_not_hold_the_caller(connect: Connect) -> None:
    """It accepts connections and never answers: the caller logs on, and nothing is lost."""
    hanging, let_go = threading.Event(), threading.Event()

    def hang(request: Request) -> Reply:
        hanging.set()
        let_go.wait(60)
        return Reply(202)

    with Recorder(answer=hang) as recorder:
        client = connect(recorder, timeout_seconds=0.3)
        logged = log_many(client, 10)
        assert hanging.wait(20)
        logged += log_many(client, 500, start=10)
        assert not client.flush(0.5)
        let_go.set()
        recorder.wait_for(lambda r: ids(r) == sorted(logged), 40)
    assert client.dropped() == {}


def test_a_batch_that_waits_for_its_answer_when_the_program_ends_counts_once(connect: Connect) -> None:
    """Nobody knows whether the server has it: the next process sends it again, under the same key."""
    hanging, let_go = threading.Event(), threading.Event()

    def hang(request: Request) -> Reply:
        if not let_go.is_set():
            hanging.set()
            let_go.wait(60)
        return Reply(202)

    with Recorder(answer=hang) as recorder:
        client = connect(recorder, timeout_seconds=30.0)
        logged = log_many(client, 10)
        assert hanging.wait(20)
        assert not client.close(0.2)
        assert client.dropped() == {}
        let_go.set()
        heir = connect(recorder)
        log_many(heir, 1, start=10)
        recorder.wait_for(lambda r: ids(r) == [*logged, "r00010"] and len(r.requests) > len(r.batches))
        assert heir.flush(20.0)
        assert ids(recorder) == [*logged, "r00010"]


def test_the_server_comes_later_at_the_same_address(connect: Connect, closed_port: int) -> None:
    client = connect(f"http://127.0.0.1:{closed_port}", server_policies=False)
    logged = log_many(client, 2_500)
    assert not client.flush(0.3)
    with Recorder(port=closed_port) as recorder:
        assert client.flush(30.0)
        assert ids(recorder) == logged
        sent = [b["client"]["sequence"] for b in recorder.batches]
        assert sorted(sent) == list(range(1, len(sent) + 1)), "a server sees that no batch is missing"


@pytest.fixture
def rude_server() -> Iterator[int]:
    """Speaks no HTTP."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def answer() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


def test_something_else_at_the_address_is_a_server_that_is_away(rude_server: int, connect: Connect) -> None:
    client = connect(f"http://127.0.0.1:{rude_server}")
    log_many(client, 3)
    assert not client.flush(0.5)
    assert client.dropped() == {}


def test_the_queue_is_bounded_and_says_what_it_lost(connect: Connect, closed_port: int) -> None:
    """Without policies nothing may be encoded, so that rows stay in the queue."""
    client = connect(f"http://127.0.0.1:{closed_port}", queue_mb=0.1, exit_seconds=0.1)
    model = client.model("credit", "1")
    for row in range(1_000):
        model.log({"text": "x" * 1_000}, id=row)
        model.label(row, 1)
    assert client._worker.buffer.bytes <= 100_000
    waiting = len(client._worker.state.channels["credit", "1"].events)
    lost = client.dropped()["credit"]
    assert waiting + lost["predictions"]["queue_full"] + lost["labels"]["queue_full"] == 2_000


def test_rows_that_are_gathered_do_not_make_heartbeats_rarer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A beat is late by the time for which rows are gathered; the next one is not. After a sleep of the
    machine none is made up for.
    """
    client = Leadline("http://127.0.0.1:9", spool=False, server_policies=False, heartbeat_seconds=30.0)
    client.model("m")
    now = 1_000.0
    monkeypatch.setattr(encoder, "monotonic", lambda: now)
    beating, beats = Encoder(client._worker.state), []
    for now in (1_000.0, 1_030.9, 1_059.9, 1_060.3, 1_090.0, 5_000.0, 5_010.0, 5_030.0):
        before = len(client._worker.state.outbox.in_memory())
        beating.encode_waiting()
        if len(client._worker.state.outbox.in_memory()) > before:
            beats.append(now)
    assert beats == [1_000.0, 1_030.9, 1_060.3, 1_090.0, 5_000.0, 5_030.0]


def test_heartbeats_tell_what_the_process_uses(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder, heartbeat_seconds=0.05)
    log_many(client, 1)
    recorder.wait_for(lambda r: sum(len(batch["heartbeats"]) for batch in r.batches) >= 3)
    beats = [beat for batch in recorder.batches for beat in batch["heartbeats"]]
    for beat in beats[1:3]:
        assert beat["process"]["cpu_seconds"] > 0
        assert beat["process"]["threads"] >= 3
        assert beat["host"]["cpu_count"] >= 1
    times = [beat["timestamp"] for beat in beats]
    assert times == sorted(times)
    about = recorder.batches[0]["client"]
    assert set(about) == {
        "instance",
        "sequence",
        "started_at",
        "created_at",
        "host",
        "pid",
        "language",
        "library",
    }


def test_wrong_clocks_can_be_told(recorder: Recorder, connect: Connect) -> None:
    """Each try says what the client's clock shows; the client notes how far the server's `Date` is ahead."""
    client = connect(recorder, heartbeat_seconds=0.05)
    log_many(client, 1)
    recorder.wait_for(
        lambda r: any(b["clock_offset_seconds"] is not None for x in r.batches for b in x["heartbeats"])
    )
    offsets = [beat["clock_offset_seconds"] for batch in recorder.batches for beat in batch["heartbeats"]]
    assert abs(next(offset for offset in offsets if offset is not None)) < 30
    for request in recorder.requests:
        assert abs(float(request.headers["leadline-sent-at"]) - request.batch["client"]["created_at"]) < 60


def test_a_connection_is_used_again(connect: Connect) -> None:
    peers = set()

    class Watched(Recorder):
        pass

    with Watched() as recorder:
        original = recorder._server.get_request

        def noted() -> Any:
            connection, peer = original()
            peers.add(peer)
            return connection, peer

        recorder._server.get_request = noted  # type: ignore[method-assign]
        client = connect(recorder)
        for start in range(5):
            log_many(client, 1, start=start)
            assert client.flush()
        assert len(recorder.requests) >= 5
    assert len(peers) == 1


def test_many_threads_log_and_every_row_arrives_once(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    threads = [threading.Thread(target=log_many, args=(client, 400, 400 * n)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush(30.0)
    assert ids(recorder) == [f"r{row:05d}" for row in range(3_200)]
    assert client._worker.buffer.bytes == 0


def test_batches_are_cut_by_rows_and_sent_by_age(recorder: Recorder, connect: Connect) -> None:
    client = connect(recorder)
    log_many(client, 4_000)
    recorder.wait_for(lambda r: len(r.rows()) == 4_000, 30)
    assert max(batch["predictions"]["rows"] for batch in recorder.batches if "predictions" in batch) <= 1_100
