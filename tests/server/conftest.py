"""A server in this process, with a clock that tests set, and small traffic to send it."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest

import leadline
from leadline.schedule import instant
from leadline.server.access import passwords
from leadline.server.access.gate import digest
from leadline.server.run import listening, server
from leadline.server.service import Service
from leadline_client import Leadline as Client

PASSWORD = "a long enough password"

ROLES = {"id": "id", "timestamp": "at", "score": "p", "label": "y", "version": "version"}


@dataclass
class Clock:
    """Microseconds since 1970, as tests set them."""

    now: int = instant("2026-06-01")

    def __call__(self) -> int:
        return self.now


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A server that answers."""

    service: Service
    url: str
    token: str
    clock: Clock
    clients: list[Client] = field(default_factory=list)

    def ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        body: bytes | None = None,
        token: str | None = "",
        headers: dict[str, str] | None = None,
        whole: bool = True,
    ) -> Answer:
        """An answer to a request; `token=None` sends none; `whole=False` does not wait for the body."""
        content = body if document is None else json.dumps(document).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.token}"
        request = urllib.request.Request(self.url + path, content, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, response.headers, response.read() if whole else b"")
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def signed_in(self, name: str, role: str = "admin", models: list[str] | None = None) -> dict[str, str]:
        """Headers of the browser of a new person who signed in."""
        person = {"name": name, "password": PASSWORD}
        assert self.ask("POST", "/api/v1/users", {**person, "role": role, "models": models}).status == 201
        return self.sign_in(name)

    def sign_in(self, name: str, password: str = "") -> dict[str, str]:
        """Headers of another browser of somebody."""
        entry = {"name": name, "password": password or PASSWORD}
        found = self.ask("POST", "/api/v1/session", entry, token=None)
        assert found.status == 201, found.body
        cookie = found.headers["Set-Cookie"].partition(";")[0]
        return {"Cookie": cookie, "X-CSRF-Token": found.document["csrf"]}

    def client(self, **options: Any) -> Client:
        """The real client."""
        made = Client(self.url, self.token, interval_seconds=0.05, spool=False, **options)
        self.clients.append(made)
        return made

    def give(self, baseline: Path, model: str = "credit") -> None:
        """Give a model a baseline."""
        found = self.ask("POST", f"/api/v1/models/{model}/baseline", body=baseline.read_bytes())
        assert found.status == 200, found.body

    def send(
        self, rows: dict[str, Any], model: str = "credit", labels: bool = True, chunk: int = 5_000
    ) -> None:
        """Log rows with the real client, and their labels a day later."""
        client = self.client()
        handle = client.model(model, version="7")
        seconds = rows["at"].astype(np.int64) / 1e6
        for first in range(0, len(rows["id"]), chunk):
            part = slice(first, first + chunk)
            handle.log_batch(
                {name: np.asarray(rows[name])[part].tolist() for name in ("amount", "age", "channel")},
                id=rows["id"][part],
                score=rows["p"][part].tolist(),
                timestamp=seconds[part].tolist(),
            )
            if labels:
                late = (seconds[part] + 86_400).tolist()
                handle.label_batch(rows["id"][part], rows["y"][part].tolist(), late)
            assert client.flush(60)

    def judge(self) -> None:
        """Count and judge what came, now."""
        self.service.worker.round()

    def report(self, model: str = "credit") -> dict[str, Any]:
        """What is said of a model now."""
        self.judge()
        assert self.service.worker.problems == {}
        found: dict[str, Any] = self.ask("GET", f"/api/v1/models/{model}/report").document
        return found


@contextmanager
def running(folder: Path, clock: Clock | None = None, **options: Any) -> Iterator[Running]:
    """A server whose worker runs when it is told to; `web` has options of `leadline.server.run.server`."""
    clock, web_options = clock or Clock(), options.pop("web", {})
    # Messages go to receivers on this machine, and wait for no others.
    options = {"pause_seconds": 3600.0, "private_targets": True, "gather_seconds": 0.0, **options}
    service = Service(folder, clock=clock, **options)
    try:
        if not service.metadata.tokens.all():
            with service.metadata.database.transaction() as own:
                service.metadata.tokens.add(own, "tests", digest("secret"), "admin", clock())
        with listening("127.0.0.1", 0) as socket:
            web = server(service, open=False, **web_options)
            thread = threading.Thread(target=web.run, kwargs={"sockets": [socket]})
            thread.start()
            found = Running(service, f"http://127.0.0.1:{socket.getsockname()[1]}", "secret", clock)
            try:
                yield found
            finally:
                for client in found.clients:
                    client.close()
                web.should_exit = True
                thread.join()
    finally:
        service.close()


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are quickly kept, and quickly guessed."""
    monkeypatch.setattr(passwords, "COST", (4, 8, 1))


@pytest.fixture(scope="session")
def serve() -> Callable[..., Any]:
    """Starts a server on a folder: `with serve(folder) as live`."""
    return running


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], None]:
    """Waits for something that comes by itself."""

    def waited(holds: Callable[[], Any]) -> None:
        end = monotonic() + 300
        while not holds():
            assert monotonic() < end, "it did not come"
            threading.Event().wait(0.02)

    return waited


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Running]:
    """A server without models."""
    with running(tmp_path / "data") as found:
        yield found


def traffic(
    days: int, rows: int, start: str, seed: int, *, shift: float = 0.0, shifted_from: int = 0
) -> dict[str, Any]:
    """Rows of a binary model over some days; from a day on, one column is shifted."""
    generator = np.random.default_rng(seed)
    size = days * rows
    day = np.repeat(np.arange(days), rows)
    micros = instant(start) + day * 86_400_000_000 + generator.integers(0, 86_400_000_000, size)
    risk = generator.normal(0, 1, size)
    late = day >= shifted_from
    return {
        "id": [f"{start}-{seed}-{i}" for i in range(size)],
        "at": micros.astype("datetime64[us]"),
        "version": ["7"] * size,
        "amount": np.round(generator.normal(50, 10, size) + shift * late * 10, 6),
        "age": generator.integers(18, 90, size),
        "channel": generator.choice(["app", "web", "branch"], size).tolist(),
        "p": 1 / (1 + np.exp(-risk)),
        "y": (generator.random(size) < 1 / (1 + np.exp(-risk))).astype(np.int64),
    }


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    """Quiet weeks."""
    return traffic(45, 150, "2026-01-01", 1)


@pytest.fixture(scope="session")
def baseline_file(reference: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return leadline.learn(reference, window="1d", budget="1/30d", **ROLES).save(
        tmp_path_factory.mktemp("baseline") / "credit.leadline"
    )


@pytest.fixture(scope="session")
def make_traffic() -> Callable[..., dict[str, Any]]:
    return traffic


class Receiver:
    """An HTTP server that answers with statuses in turn, the last one for ever, and keeps what came."""

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
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?a=b"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def documents(self) -> list[Any]:
        """What came, read as JSON."""
        return [json.loads(body) for _, body in self.came]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiving() -> Iterator[Callable[..., Receiver]]:
    """Makes receivers of statuses."""
    made: list[Receiver] = []

    def make(*statuses: int) -> Receiver:
        made.append(Receiver([*statuses] or [204]))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()
