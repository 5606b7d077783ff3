"""Memory of the server under a steady load: predictions, labels and reads, as long as one likes.

The server is a process of its own, as `leadline up` runs it; rows have the times of now, their labels follow
ten rounds later, and the list of models and a report are read every second. Told is its resident memory,
minute by minute, what of it is DuckDB's, and the slopes of both over the second half.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import tempfile
import time
from pathlib import Path

import numpy as np
from serving import Server, running
from traffic import Traffic, baseline, send

FEATURES = 20
BATCH = 1_000
LATER = 10
"""Rounds over the models after which labels come."""

SAMPLE_SECONDS = 5


def load(port: int, models: int, rate: float) -> None:
    """Predictions and the labels of earlier ones, at so many rows a second, for ever."""
    traffic, connection = Traffic(FEATURES, BATCH), http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    began, number = time.monotonic(), 0
    while True:
        send(connection, f"model-{number % models}", "predictions", traffic.predictions(number), f"p{number}")
        earlier = number - LATER * models
        if earlier >= 0:
            send(connection, f"model-{earlier % models}", "labels", traffic.labels(earlier), f"l{earlier}")
        number += 1
        time.sleep(max(0.0, began + number * BATCH / rate - time.monotonic()))


def read(port: int) -> None:
    """Look at the models, every second, for ever."""
    server = Server(0, port)
    while True:
        time.sleep(1)
        server.ask("GET", "/api/v1/models")
        server.ask("GET", "/api/v1/models/model-0/report")


def watched(server: Server, minutes: float) -> list[tuple[float, float, float]]:
    """Minutes since the start, with the megabytes of the process and of DuckDB."""
    found: list[tuple[float, float, float]] = []
    began = time.monotonic()
    while (passed := (time.monotonic() - began) / 60) < minutes:
        memory = server.memory()
        found.append((passed, memory.resident / 1e6, sum(memory.store.values()) / 1e6))
        if len(found) % (60 // SAMPLE_SECONDS) == 1:
            largest = sorted(memory.store.items(), key=lambda one: -one[1])[:3]
            parts = ", ".join(f"{name.lower()} {size / 1e6:.0f}" for name, size in largest)
            resident, store = found[-1][1:]
            spent = server.cpu_seconds()
            print(
                f"{passed:6.1f} min {resident:7.0f} MB, DuckDB {store:5.0f} MB ({parts}); CPU {spent:5.0f} s",
                flush=True,
            )
        time.sleep(SAMPLE_SECONDS)
    return found


def told(found: list[tuple[float, float, float]]) -> str:
    """What the second half says."""
    minutes, resident, store = np.array(found).T
    half = minutes >= minutes[-1] / 2
    slopes = [np.polyfit(minutes[half], values[half], 1)[0] for values in (resident, store)]
    return (
        f"second half: {resident[half].mean():.0f} MB, {slopes[0]:+.1f} MB/min, of which DuckDB"
        f" {store[half].mean():.0f} MB, {slopes[1]:+.1f} MB/min; largest {resident.max():.0f} MB"
    )


def soaked(minutes: float, models: int, rate: float) -> list[tuple[float, float, float]]:
    """Run a server under load: minutes since its start, megabytes of the process and of DuckDB."""
    with tempfile.TemporaryDirectory() as folder:
        known = baseline(Path(folder), FEATURES)
        with running(f"{folder}/data", {f"model-{i}": known for i in range(models)}) as server:
            others = [
                multiprocessing.Process(target=load, args=(server.port, models, rate)),
                multiprocessing.Process(target=read, args=(server.port,)),
            ]
            for other in others:
                other.start()
            try:
                return watched(server, minutes)
            finally:
                for other in others:
                    other.kill()
                    other.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--models", type=int, default=3)
    parser.add_argument("--rate", type=float, default=2_000, help="rows a second")
    options = parser.parse_args()
    print(told(soaked(options.minutes, options.models, options.rate)))


if __name__ == "__main__":
    main()
