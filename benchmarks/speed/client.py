"""What logging a prediction costs the thread that serves it: microseconds a call, 20 features.

Beside the client: `queue.put`, `json.dumps`, a line of `logging` to a file, and peers if they are
installed. Each is called in slices of a few milliseconds with pauses between them, as a service does, so
that background threads take their share of time as they would there; a call that they interrupt counts in
full.
"""

from __future__ import annotations

import argparse
import json
import logging
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
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


def measured(call: Callable[[], Any], calls: int) -> tuple[float, float, float]:
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
    return tuple(taken[int(share * (len(taken) - 1))] / 1e3 for share in (0.5, 0.99, 0.999))  # type: ignore[return-value]


@contextmanager
def client(up: bool, folder: Path) -> Iterator[Leadline]:
    """A client whose server answers, or is not there."""
    with Recorder() as recorder:
        if up:
            made = Leadline(recorder.url, "token", spool=folder)
            yield made
            made.close(30.0)
            assert made.dropped() == {}, made.dropped()
            return
        port = recorder.port
    made = Leadline(f"http://127.0.0.1:{port}", "token", spool=folder, server_policies=False)
    yield made
    made.close()


def of_leadline(up: bool, calls: int, folder: Path) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Both ways to log."""
    state = "up" if up else "down"
    with client(up, folder / state) as made:
        model = made.model("credit", version="7")

        def log() -> None:
            model.log(FEATURES, score=0.25)

        def prediction() -> None:
            with model.prediction(features=FEATURES) as p:
                p.score = 0.25

        yield f"Leadline `log()`, server {state}", measured(log, calls)
        yield f"Leadline `prediction()`, server {state}", measured(prediction, calls)


def of_others(calls: int, folder: Path) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """What a program might do instead."""
    waiting: queue.Queue[Any] = queue.Queue()
    yield "`queue.put`", measured(lambda: waiting.put(FEATURES), calls)
    yield "`json.dumps`", measured(lambda: json.dumps(FEATURES), calls)
    logger = logging.getLogger("benchmark")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    handler = logging.FileHandler(folder / "log.txt")
    logger.addHandler(handler)
    yield "`logging` to a file", measured(lambda: logger.info("%s", FEATURES), calls)
    logger.removeHandler(handler)
    handler.close()
    for name, make in (("prometheus_client", of_prometheus), ("whylogs", of_whylogs)):
        try:
            module = import_module(name)
        except ImportError:
            continue
        yield name, measured(make(module), max(1_000, calls // 20))


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
    parser.add_argument("--calls", type=int, default=20_000)
    chosen = parser.parse_args()
    calls = 1_000 if chosen.small else chosen.calls
    print("## Client\n")
    print(machine.describe("leadline-client") + ". Microseconds on the caller's thread, 20 features.\n")
    print("| What | Median | p99 | p99.9 |")
    print("|---|--:|--:|--:|")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for part in (
            of_leadline(True, calls, folder),
            of_leadline(False, calls, folder),
            of_others(calls, folder),
        ):
            for what, (median, p99, p999) in part:
                print(f"| {what} | {median:.1f} | {p99:.1f} | {p999:.1f} |")
    print("\nTarget: median at most 5, p99 at most 50, server up or down.\n")


if __name__ == "__main__":
    main()
