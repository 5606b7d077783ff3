"""Memory of the server under a steady load: predictions, labels and reads, as long as one likes.

The server is a process of its own (`leadline up`); rows have the times of now, ids repeat for labels, and
the list of models and a report are read every second. Told is its resident memory, minute by minute, and
the slope of the second half.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import leadline

FEATURES = 20
BATCH = 1_000


def baseline(folder: Path) -> Path:
    """What the models are compared to: ten days, by the hour."""
    generator = np.random.default_rng(0)
    size = 5_000
    at = int(time.time() * 1e6) - generator.integers(0, 10 * 86_400_000_000, size)
    rows = {f"feature_{i}": generator.normal(size=size) for i in range(FEATURES)}
    table = {
        "id": [str(i) for i in range(size)], "at": at.astype("datetime64[us]"), "p": generator.random(size),
        "y": generator.integers(0, 2, size), **rows,
    }  # fmt: skip
    known = leadline.learn(table, id="id", timestamp="at", score="p", label="y", window="1h", budget="1/30d")
    return known.save(folder / "baseline")


def memory_mb(process: int) -> float:
    """Resident memory."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the server has ended")


def ask(port: int, method: str, path: str, body: bytes | None = None, key: str = "") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Idempotency-Key": key, "Content-Encoding": "gzip"} if key else {}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def load(port: int, models: int, rate: float, stop: threading.Event) -> None:
    """Batches of predictions, each with the labels of an earlier one, at so many rows a second."""
    generator, number, pause = np.random.default_rng(1), 0, BATCH / rate
    began = time.monotonic()
    while not stop.is_set():
        number += 1
        rows = {f"feature_{i}": generator.normal(size=BATCH).tolist() for i in range(FEATURES)}
        document = {
            "format": 1,
            "model": f"model-{number % models}",
            "predictions": {
                "rows": BATCH, "id": [f"{number}-{i}" for i in range(BATCH)],
                "timestamp": [time.time()] * BATCH, "score": generator.random(BATCH).tolist(),
                "features": rows,
            },
        }  # fmt: skip
        if number > 10 * models:
            earlier = number - 10 * models
            document["labels"] = {
                "rows": BATCH, "id": [f"{earlier}-{i}" for i in range(BATCH)],
                "label": generator.integers(0, 2, BATCH).tolist(),
            }  # fmt: skip
        body = gzip.compress(json.dumps(document).encode(), 1)
        while ask(port, "POST", "/api/v1/ingest", body, f"key-{number}") in (429, 503):
            time.sleep(0.2)
        stop.wait(max(0.0, began + number * pause - time.monotonic()))


def read(port: int, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        ask(port, "GET", "/api/v1/models")
        ask(port, "GET", "/api/v1/models/model-0/report")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--models", type=int, default=3)
    parser.add_argument("--rate", type=float, default=2_000, help="rows a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        known = baseline(Path(folder))
        given = [f"--baseline=model-{i}={known}" for i in range(options.models)]
        command = [sys.executable, "-m", "leadline", "up", "--data", f"{folder}/data", "--port", "0",
                   "--no-tokens", *given]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        stop = threading.Event()
        threads = [
            threading.Thread(target=load, args=(port, options.models, options.rate, stop)),
            threading.Thread(target=read, args=(port, stop)),
        ]
        for thread in threads:
            thread.start()
        found: list[tuple[float, float]] = []
        began = time.monotonic()
        try:
            while (passed := (time.monotonic() - began) / 60) < options.minutes:
                found.append((passed, memory_mb(process.pid)))
                if len(found) % 12 == 1:
                    print(f"{passed:6.1f} min {found[-1][1]:8.0f} MB", flush=True)
                time.sleep(5)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            process.terminate()
            process.wait()
        minutes, memory = np.array(found).T
        half = minutes > options.minutes / 2
        slope = np.polyfit(minutes[half], memory[half], 1)[0]
        print(
            f"second half: {memory[half].mean():.0f} MB, {slope:+.1f} MB/min; largest {memory.max():.0f} MB"
        )


if __name__ == "__main__":
    main()
