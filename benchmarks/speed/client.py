"""What logging a prediction costs the thread that serves it: microseconds a call, 20 features.

Beside the client: `queue.put`, `json.dumps`, a line of `logging` to a file, and peers if they are
installed. Each is called in slices of a few milliseconds with pauses between them, as a service does, so
that background threads take their share of time as they would there; a call that they interrupt counts in
full. The server that is up is a process of its own. All take turns, because a machine changes its speed:
a figure is the median over the rounds, and beside it stands the ratio to `json.dumps`.
"""

from __future__ import annotations

import argparse
import json
import logging
import queue
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import machine

from leadline_client import Leadline
from leadline_client.testing import Recorder

FEATURES: dict[str, Any] = {
    **{f"amount_{place}": 1.25 * place for place in range(10)},
    **{f"count_{place}": place for place in range(6)},
    "channel": "app",
    "country": "DE",
    "segment": "returning customer",
    "device": None,
}
CALLS_A_SLICE = 200
PAUSE_SECONDS = 0.02

SERVER = """
import sys
from leadline_client.testing import Recorder
with Recorder() as recorder:
    print(recorder.url, flush=True)
    sys.stdin.read()
"""

Case = tuple[str, Callable[[], Any], Callable[[], Any]]
"""What it is, a call of it, and what ends its turn."""


def measured(call: Callable[[], Any], calls: int) -> tuple[float, ...]:
    """Median, 99th and 99.9th percentile of one call, in microseconds."""
    for _ in range(CALLS_A_SLICE):
        call()
    clock, taken = time.perf_counter_ns, []
    while len(taken) < calls:
        time.sleep(PAUSE_SECONDS)
        for _ in range(CALLS_A_SLICE):
            start = clock()
            call()
            taken.append(clock() - start)
    taken.sort()
    return tuple(taken[int(share * (len(taken) - 1))] / 1e3 for share in (0.5, 0.99, 0.999))


@contextmanager
def served() -> Iterator[str]:
    """Where a server in another process answers."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()


def of_leadline(client: Leadline, state: str) -> Iterator[Case]:
    """Both ways to log. A turn ends when its rows are encoded, so that the next is not disturbed by them."""
    model = client.model("credit", version="7")

    def log() -> None:
        model.log(FEATURES, score=0.25)

    def prediction() -> None:
        with model.prediction(features=FEATURES) as p:
            p.score = 0.25

    seconds = 30.0 if state == "up" else 0.5
    yield f"Leadline `log()`, server {state}", log, lambda: client.flush(seconds)
    yield f"Leadline `prediction()`, server {state}", prediction, lambda: client.flush(seconds)


def of_others(folder: Path) -> Iterator[Case]:
    """What a program might do instead."""
    waiting: queue.Queue[Any] = queue.Queue()
    yield "`queue.put`", lambda: waiting.put(FEATURES), waiting.queue.clear
    yield "`json.dumps`", lambda: json.dumps(FEATURES), lambda: None
    logger = logging.getLogger("benchmark")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.FileHandler(folder / "log.txt"))
    yield "`logging` to a file", lambda: logger.info("%s", FEATURES), lambda: None
    for name, make in (("prometheus_client", of_prometheus), ("whylogs", of_whylogs)):
        try:
            module = import_module(name)
        except ImportError:
            continue
        yield name, make(module), lambda: None


def of_prometheus(module: Any) -> Callable[[], Any]:
    """A histogram a numeric feature."""
    numeric = {name: value for name, value in FEATURES.items() if isinstance(value, (int, float))}
    histograms = [(module.Histogram(name, name), value) for name, value in numeric.items()]
    return lambda: [histogram.observe(value) for histogram, value in histograms]


def of_whylogs(module: Any) -> Callable[[], Any]:
    """A row into a profile."""
    profile = module.log(FEATURES).profile()
    return lambda: profile.track(FEATURES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="few calls, to see that it works")
    parser.add_argument("--calls", type=int, default=20_000, help="of each in a round")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    calls, rounds = (1_000, 1) if chosen.small else (chosen.calls, chosen.rounds)
    with Recorder() as gone:
        nowhere = gone.url
    with TemporaryDirectory() as name, served() as url:
        folder = Path(name)
        up = Leadline(url, "token", spool=folder / "up")
        down = Leadline(nowhere, "token", spool=folder / "down", server_policies=False)
        cases = [*of_leadline(up, "up"), *of_leadline(down, "down"), *of_others(folder)]
        found: dict[str, list[tuple[float, ...]]] = {what: [] for what, _, _ in cases}
        for _ in range(rounds):
            for what, call, end in cases:
                found[what].append(measured(call, calls))
                end()
        up.close(30.0)
        assert up.dropped() == {}, up.dropped()
        down.close()
    figures = {what: [median(figure) for figure in zip(*turns, strict=True)] for what, turns in found.items()}
    unit = figures["`json.dumps`"][0]
    print("## Client\n")
    print(machine.describe("leadline-client") + ". Microseconds on the caller's thread, 20 features.\n")
    print("| What | Median | p99 | p99.9 | Median / `json.dumps` |")
    print("|---|--:|--:|--:|--:|")
    for what, (middle, p99, p999) in figures.items():
        print(f"| {what} | {middle:.1f} | {p99:.1f} | {p999:.1f} | {middle / unit:.2f} |")
    print("\nTarget: median at most 5, p99 at most 50, server up or down.\n")


if __name__ == "__main__":
    main()
