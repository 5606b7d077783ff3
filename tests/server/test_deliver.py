"""Messages come at least once, signed, whatever the receiver does first."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from leadline.server import deliver
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.channels import Event
from leadline.stores.metadata.judgements import Judgement


class Receiver:
    """Answers with statuses in turn, the last one for ever; keeps what came."""

    def __init__(self, statuses: list[int]) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.enough = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
                receiver.came.append((dict(self.headers), body))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                if 200 <= status < 300:
                    receiver.enough.set()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?a=b"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiving() -> Iterator[Any]:
    made: list[Receiver] = []

    def make(*statuses: int) -> Receiver:
        made.append(Receiver(list(statuses)))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


def waiting(folder: Path, url: str) -> Metadata:
    """One message that waits for a webhook."""
    metadata = Metadata(folder / "m")
    metadata.channels.add_webhook(url, "secret", 1)
    judgement = Judgement("m", 1, 100, "d", "alert", "h", b"", b"")
    metadata.judgements.keep(judgement, lambda known: [])
    with metadata.database.transaction() as own:
        metadata.channels.tell(own, Event("m/windows/1/1/opened", b'{"event":"opened"}'), 100)
    return metadata


def test_a_receiver_that_fails_first_has_the_message_in_the_end(
    receiving: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "FIRST_PAUSE", 0)
    receiver = receiving(500, 302, 404, 429, 200)
    metadata = waiting(tmp_path, receiver.url)
    sender = deliver.Deliverer(metadata, lambda: 1_700_000_000_000_000)
    sender.wake()
    assert receiver.enough.wait(30)
    sender.close()
    assert metadata.channels.undelivered() == 0
    assert len(receiver.came) == 5
    assert {body for _, body in receiver.came} == {b'{"event":"opened"}'}
    assert {headers["Idempotency-Key"] for headers, _ in receiver.came} == {"m/windows/1/1/opened"}
    metadata.close()


def test_the_signature_is_that_of_time_and_body(receiving: Any) -> None:
    receiver = receiving(200)
    assert deliver.send(receiver.url, "secret", "k\u00e9y\n", b"body", 1_700_000_000_999_999) is None
    headers, body = receiver.came[0]
    time, _, found = headers["Leadline-Signature"].partition(",v1=")
    assert time == "t=1700000000"
    assert found == hmac.new(b"secret", b"1700000000." + body, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"].isascii()


def test_pauses_grow_to_an_hour_and_a_failure_is_shown(tmp_path: Path) -> None:
    metadata = waiting(tmp_path, "http://127.0.0.1:1/nobody")
    now = 1_000_000_000
    sender = deliver.Deliverer(metadata, lambda: -1)  # nothing is due yet
    sender._clock = lambda: now
    sender.close()
    pauses = []
    for _ in range(15):
        (message,) = metadata.channels.due(10**18)
        sender._deliver(message)
        (due,) = metadata.database.all("SELECT next_at FROM messages")[0]
        pauses.append((due - now) // 1_000_000)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]
    (webhook,) = metadata.channels.webhooks()
    assert webhook.undelivered == 1
    assert "refused" in (webhook.problem or "")
    metadata.close()


def test_no_answer_is_a_problem_and_no_error(receiving: Any) -> None:
    assert "status 500" in (deliver.send(receiving(500).url, "s", "k", b"", 0) or "")
    for url in (
        "http://127.0.0.1:1/",
        "http://nowhere.invalid/",
        "https://127.0.0.1:1/",
        "http://127.0.0.1:99999/",
    ):
        assert deliver.send(url, "s", "k", b"", 0)
