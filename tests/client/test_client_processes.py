"""Forks, exits and signals, with real processes; each program prints, the recorder counts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from leadline_client import Leadline
from leadline_client.spool import Packet
from leadline_client.testing import Recorder

Run = Callable[..., str]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")

BEGIN = """
    import os, sys, warnings
    warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks beside threads
    from leadline_client import Leadline
    client = Leadline(sys.argv[1], spool=sys.argv[2], interval_seconds=0.01, exit_seconds=40.0)
    model = client.model("credit", "1")
"""


def test_no_row_is_sent_twice_or_lost_across_a_fork(
    recorder: Recorder, tmp_path: Path, run_program: Run
) -> None:
    """As servers fork workers: the parent has logged, has rows waiting, and an open connection."""
    run_program(
        BEGIN
        + """
    model.log({}, id="parent before")
    assert client.flush()
    model.log({}, id="parent waiting")
    children = []
    for child in range(4):
        pid = os.fork()
        if pid == 0:
            for row in range(50):
                model.log({}, id=f"child {child} row {row}")
            model.label("parent before", child)
            sys.exit(0)
        children.append(pid)
    model.log({}, id="parent after")
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    """,
        recorder.url,
        tmp_path / "spool",
    )
    expected = {"parent before", "parent waiting", "parent after"}
    expected |= {f"child {child} row {row}" for child in range(4) for row in range(50)}
    assert Counter(row["id"] for row in recorder.rows()) == Counter(expected)
    assert len(recorder.rows("labels")) == 4
    about = [batch["client"] for batch in recorder.batches]
    assert len({one["instance"] for one in about}) == len({one["pid"] for one in about}) == 5
    keys = [request.headers["idempotency-key"] for request in recorder.requests]
    assert len(keys) == len(set(keys))


def test_a_fork_in_the_midst_of_logging_does_not_hang(
    recorder: Recorder, tmp_path: Path, run_program: Run
) -> None:
    """Other threads of the parent hold locks at any time."""
    run_program(
        BEGIN
        + """
    import faulthandler, threading
    client = Leadline(sys.argv[1], spool=sys.argv[2], interval_seconds=0.01, queue_mb=1.0)
    model = client.model("credit", "2")
    over = threading.Event()
    def log_on():
        while not over.is_set():
            model.log({"a": 1})
    threads = [threading.Thread(target=log_on, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for child in range(6):
        pid = os.fork()
        if pid == 0:
            faulthandler.dump_traceback_later(25)
            model.log({}, id=f"child {child}")
            os._exit(0 if client.flush(30) else 1)
        assert os.waitpid(pid, 0)[1] == 0
    over.set()
    """,
        recorder.url,
        tmp_path / "spool",
    )
    found = {row["id"] for row in recorder.rows()}
    assert found >= {f"child {child}" for child in range(6)}


def test_workers_of_multiprocessing_deliver_at_their_end(
    recorder: Recorder, tmp_path: Path, run_program: Run
) -> None:
    run_program(
        BEGIN
        + """
    import multiprocessing
    def work(name):
        model.log({}, id=name)
    model.log({}, id="parent")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=work, args=(f"worker {n}",)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    """,
        recorder.url,
        tmp_path / "spool",
    )
    assert Counter(row["id"] for row in recorder.rows()) == Counter(
        ["parent", "worker 0", "worker 1", "worker 2"]
    )


def test_the_end_of_one_client_is_not_the_end_of_another(
    recorder: Recorder, tmp_path: Path, run_program: Run
) -> None:
    run_program(
        BEGIN
        + """
    import gc, multiprocessing.util
    other = Leadline(sys.argv[1], spool=False)
    other.model("other").log({})
    assert other.close()
    del other
    gc.collect()
    model.log({}, id="a")
    assert client.flush(30) and client.dropped() == {}
    """,
        recorder.url,
        tmp_path / "spool",
    )
    assert "a" in {row["id"] for row in recorder.rows()}


def test_the_end_of_a_program_delivers_what_is_left(
    recorder: Recorder, tmp_path: Path, run_program: Run
) -> None:
    run_program(
        BEGIN.replace("0.01", "60.0")
        + """
    for row in range(2_000):
        model.log({"a": row}, id=row)
    """,
        recorder.url,
        tmp_path / "spool",
    )
    assert len(recorder.rows()) == 2_000
    assert recorder.batches[-1]["heartbeats"], "the last batch says the totals"


def test_an_end_by_an_exception_or_a_signal_delivers_too(
    recorder: Recorder, tmp_path: Path, start_program: Callable[..., subprocess.Popen[str]]
) -> None:
    """As servers stop workers: SIGTERM, turned into an exit."""
    program = start_program(
        BEGIN
        + """
    import signal
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    model.log({}, id="a")
    print("ready", flush=True)
    signal.pause()
    """,
        recorder.url,
        tmp_path / "spool",
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    program.send_signal(signal.SIGTERM)
    program.communicate(timeout=30)
    assert program.returncode == 3
    assert [row["id"] for row in recorder.rows()] == ["a"]


def test_the_end_does_not_wait_for_a_server_that_is_away(
    closed_port: int, tmp_path: Path, run_program: Run
) -> None:
    """What cannot be delivered is on disk; a deadline of a minute is not used up."""
    printed = run_program(
        BEGIN.replace("interval_seconds=0.01", "interval_seconds=0.01, server_policies=False")
        + """
    import atexit, time
    started = []
    atexit.register(lambda: print(time.monotonic() - started[0]))
    client.model("credit").log({})
    from leadline_client import worker
    atexit.unregister(worker._close_all)
    atexit.register(worker._close_all)
    started.append(time.monotonic())
    worker._close_all()
    """,
        f"http://127.0.0.1:{closed_port}",
        tmp_path / "spool",
    )
    assert float(printed) < 30
    assert list((tmp_path / "spool").rglob("*.batch"))


def test_a_signal_handler_may_log_while_its_thread_does(
    recorder: Recorder, tmp_path: Path, run_program: Run
) -> None:
    run_program(
        BEGIN
        + """
    import signal
    hits = []
    def handler(*_):
        hits.append(model.log({}, id=f"signal {len(hits)}"))
        signal.setitimer(signal.ITIMER_REAL, 0.0005)
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005)
    row = 0
    while len(hits) < 200:
        model.log({}, id=f"row {row}")
        row += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert client.flush(50)
    assert client.dropped() == {}, client.dropped()
    print(row + len(hits))
    """,
        recorder.url,
        tmp_path / "spool",
    )
    found = [row["id"] for row in recorder.rows()]
    assert len(found) == len(set(found))
    assert sum(name.startswith("signal") for name in found) >= 200


@pytest.mark.parametrize("which", ["encoder", "sender"])
def test_rows_come_again_once_a_thread_can_be_started(
    which: str, recorder: Recorder, connect: Callable[..., Leadline], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may refuse a thread for a while: rows are counted as lost then, and later ones arrive."""
    start = threading.Thread.start

    def refused(thread: threading.Thread) -> None:
        if thread.name == f"leadline-{which}":
            raise RuntimeError("can't start new thread")
        start(thread)

    client = connect(recorder)
    model = client.model("credit")
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        model.log({}, id="lost")
    assert client.dropped() == {"credit": {"predictions": {"invalid: RuntimeError": 1}}}
    model.log({}, id="kept")
    assert client.flush()
    assert [row["id"] for row in recorder.rows()] == ["kept"]


def test_no_thread_socket_or_file_before_the_first_row(tmp_path: Path, run_program: Run) -> None:
    printed = run_program(
        """
    import os, sys, threading
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    import leadline_client
    assert "ssl" not in sys.modules and "http.client" not in sys.modules and "re" in sys.modules
    client = leadline_client.Leadline("http://127.0.0.1:9", spool=sys.argv[1])
    model = client.model("credit")
    p = model.prediction(features={})
    assert threading.active_count() == 1
    assert not os.path.exists(sys.argv[1])
    assert client.flush() and client.close()
    after = len(os.listdir("/proc/self/fd")) if before else 0
    heavy = {"numpy", "pandas", "sklearn", "requests", "asyncio"} & set(sys.modules)
    print(after - before, sorted(heavy))
    """,
        tmp_path / "spool",
    )
    assert printed == "0 []\n"
    assert sys.executable


WEB_APPLICATION = """
    import sys
    import uvicorn
    from leadline_client import Leadline, current_prediction
    from leadline_client.middleware import AsgiMiddleware

    client = Leadline(
        sys.argv[1], spool=sys.argv[2], server_policies=False, interval_seconds=60.0, exit_seconds=40.0
    )

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        current_prediction().score = 0.5
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"answer"})

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            print(self.servers[0].sockets[0].getsockname()[1], flush=True)

    watched = AsgiMiddleware(app, client.model("credit"))
    Server(uvicorn.Config(watched, port=0, log_level="error")).run()
"""


@pytest.mark.parametrize("away", [False, True])
def test_a_web_application_that_ends_by_a_signal_loses_nothing(
    away: bool,
    recorder: Recorder,
    closed_port: int,
    start_program: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    url = f"http://127.0.0.1:{closed_port}" if away else recorder.url
    program = start_program(WEB_APPLICATION, url, tmp_path / "spool")
    assert program.stdout is not None
    with urlopen(f"http://127.0.0.1:{int(program.stdout.readline())}/predict") as answer:
        assert answer.read() == b"answer"
    program.terminate()
    program.communicate(timeout=60)
    assert program.returncode == -signal.SIGTERM, "uvicorn ends beyond the reach of exit handlers"
    kept = [Packet.from_bytes(path.read_bytes(), path.name, None) for path in tmp_path.rglob("*.batch")]
    assert sum(packet.rows.get("predictions", 0) for packet in kept) == away
    assert len(recorder.rows()) == (not away)
