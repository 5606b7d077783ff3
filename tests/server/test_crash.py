"""The server is killed at random moments under load: nothing that it took is lost, nothing is there twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leadline
from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.schedule import instant
from leadline.server.judging import counting
from leadline.server.service import Service, now
from leadline_client import Leadline

START = instant("2026-04-01") / 1e6


class Receiver:
    """A webhook that keeps the keys and bodies of what it took; the first of every three is refused."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any]] = []
        receiver, tries = self, iter(range(10**9))

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = 500 if next(tries) % 3 == 0 else 204
                if status == 204:
                    receiver.taken.append((self.headers["Idempotency-Key"], json.loads(body)))
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


FORKING = """
import os, sys
import duckdb, nanoarrow, uvicorn
import leadline.comparison, leadline.server.app, leadline.server.run, leadline.server.service
from leadline.cli.main import main
for line in sys.stdin:
    if (child := os.fork()) == 0:
        main(sys.argv[1:])
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
"""Has loaded all that `leadline up` does, and is one anew for each line."""


class Servers:
    """`leadline up`, one process after the other on the same folder and port; starting one takes little."""

    def __init__(self, folder: Path, port: int, baseline: Path) -> None:
        command = [
            sys.executable, "-c", FORKING, "up", "--data", str(folder), "--port", str(port), "--no-tokens",
            "--days", "3660", "--allow-private-targets", "--baseline", f"credit={baseline}",
        ]  # fmt: skip
        self.parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @contextmanager
    def up(self) -> Iterator[Callable[[signal.Signals], None]]:
        """One that has begun to listen; gives what ends it with a signal, and waits until it has ended."""
        assert self.parent.stdin is not None
        self.parent.stdin.write("\n")
        self.parent.stdin.flush()
        said = sorted([self.said(), self.said()])
        assert [said[0].isdigit(), "listens on" in said[1]] == [True, True], said
        ended = False

        def end(number: signal.Signals) -> None:
            nonlocal ended
            os.kill(int(said[0]), number)
            assert self.said() == "ended"
            ended = True

        try:
            yield end
        finally:
            if not ended:
                end(signal.SIGKILL)

    def said(self) -> str:
        """The next line of the process that forks, or of the server."""
        assert self.parent.stdout is not None
        return self.parent.stdout.readline().strip()

    def close(self) -> None:
        """No further one."""
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.close()
        self.parent.wait(30)
        self.parent.stdout.close()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


WAITING = 100
"""Batches of the client beyond which nothing new is logged."""


class Load(threading.Thread):
    """Logs predictions and labels of five days until it is stopped, and knows what it logged."""

    def __init__(self, client: Leadline) -> None:
        super().__init__()
        self.client = client
        self.handle = client.model("credit", version="7")
        self.chance = random.Random(1)
        self.stopping = threading.Event()
        self.predictions: list[str] = []
        self.labels: dict[str, None] = {}

    def run(self) -> None:
        while not self.stopping.wait(0.05):
            # However slow the machine is: what waits is sent before more comes.
            if len(self.client._worker.state.outbox.outstanding()) > WAITING:
                continue
            for _ in range(self.chance.randint(1, 20)):
                row = f"row {len(self.predictions)}"
                at = START + self.chance.random() * 5 * 86_400
                self.predictions.append(row)
                self.handle.log({"age": 17 + len(row)}, id=row, score=self.chance.random(), timestamp=at)
                labelled = f"row {self.chance.randrange(len(self.predictions) + 20)}"
                if labelled not in self.labels:
                    self.labels[labelled] = None
                    self.handle.label(labelled, self.chance.randint(0, 1), at + 86_400)


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rule that every row breaks makes an alert certain."""
    generator = np.random.default_rng(0)
    size = 2_000
    rows = {
        "id": [str(i) for i in range(size)],
        "at": (instant("2026-01-01") + np.arange(size) * 600_000_000).astype("datetime64[us]"),
        "age": generator.integers(18, 90, size),
        "p": generator.random(size),
        "y": generator.integers(0, 2, size),
    }
    found = leadline.learn(
        rows, id="id", timestamp="at", score="p", label="y", window="1d", rules={"age": {"min": 60}}
    )
    return found.save(tmp_path_factory.mktemp("crash") / "baseline")


KILLS = int(os.environ.get("LEADLINE_TEST_KILLS", "1000"))
"""Of the long run; a thousand take about half an hour."""


@pytest.mark.parametrize("rounds", [20, pytest.param(KILLS, marks=pytest.mark.long)])
def test_nothing_is_lost_and_nothing_is_twice(
    rounds: int, tmp_path: Path, baseline: Path, receiver: Receiver
) -> None:
    folder, port, chance = tmp_path / "data", free_port(), random.Random(rounds)
    url = f"http://127.0.0.1:{port}"
    client = Leadline(
        url, interval_seconds=0.1, spool=str(tmp_path / "spool"), server_policies=False, timeout_seconds=5
    )
    load, servers = Load(client), Servers(folder, port, baseline)
    try:
        for number in range(rounds):
            with servers.up() as end:
                if number == 0:
                    channel = {"name": "hook", "kind": "webhook", "settings": {"url": receiver.url}}
                    hook = json.dumps(channel).encode()
                    request = urllib.request.Request(f"{url}/api/v1/channels", hook, method="POST")
                    urllib.request.urlopen(request).close()
                    load.start()
                client.flush(0)  # it waits no longer for a server that is away
                threading.Event().wait(chance.uniform(0.05, 1.0))
                end(signal.SIGKILL)
        with servers.up() as end:
            load.stopping.set()
            load.join()
            assert client.flush(120)
            assert client.dropped() == {}
            end(signal.SIGTERM)
    finally:
        load.stopping.set()
        servers.close()
        client.close()
    check(folder, load, baseline, receiver)


def check(folder: Path, load: Load, baseline: Path, receiver: Receiver) -> None:
    """Rows, counts and messages after all that."""
    # A minute later, so that no message waits for others.
    service = Service(
        folder, days=3660, pause_seconds=3600, private_targets=True, clock=lambda: now() + 60_000_000
    )
    try:
        service.worker.round()
        assert service.worker.problems == {}
        for section, ids in (("predictions", load.predictions), ("labels", load.labels)):
            with service.store._file.reader() as reader:  # type: ignore[attr-defined]
                kept = reader.execute(f"SELECT id FROM {section}_1 ORDER BY 1").fetchall()
            assert [row for (row,) in kept] == sorted(ids)
        known = loaded(baseline.read_bytes(), "baseline")
        assert isinstance(known, Baseline)
        profiles = service.store.profiles("credit", counting.grid_name(counting.live(known)))
        assert sum(kept.rows for kept in profiles) == len(load.predictions)
        judgement = service.metadata.judgements.of("credit")
        assert judgement is not None
        record = json.loads(judgement.report)
        assert record["current"]["rows"] == len(load.predictions)
        labelled = len(set(load.labels) & set(load.predictions))
        assert record["performance"]["roc_auc"]["rows_current"] == labelled
        wait_until_delivered(service)
    finally:
        service.close()
    (alert,) = [a for a in receiver.taken if a[1]["alert"]["monitor"] == "rules"][:1]
    opened = {key for key, body in receiver.taken if body["event"] == "opened" and "/rules/" in key}
    assert opened == {alert[0]}, "one problem is opened once, however often it is judged"


def wait_until_delivered(service: Service) -> None:
    for _ in range(600):
        if service.metadata.channels.undelivered() == 0:
            return
        service.deliverer.wake()
        threading.Event().wait(0.1)
    raise AssertionError("messages were not delivered")
