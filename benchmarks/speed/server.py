"""The server under load, on this machine: what it takes at most, and how it answers while it takes much.

`ingest`: durable predictions of 20 features a second over HTTP; senders are processes that post ready-made
batches as fast as they are acknowledged, which means committed.
`fleet`: 50 models of 50 features get 20,000 predictions a second, a tenth of them an hour late, so that
counting and judging go on, too; a reader asks for what the page shows. Told is how long answers take.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import multiprocessing
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from serving import Server, cpu_seconds, running
from traffic import MEDIA, Traffic, baseline, send

FEATURES = 20
PREPARED = 8

MODEL_FEATURES, FLEET_RATE, FLEET_BATCH = 50, 20_000, 2_000
HOUR = 3600.0
SEEDED_HOURS, SEEDED_ROWS, JUDGED = 6, 1_000, 3
"""Past of the first models, which are judged before the load begins, so that there is something to read."""

LATE = 0.1
"""Share of the load that is of the hour before."""

READ = (
    "/api/v1/models", "/api/v1/models/{model}/report", "/api/v1/models/{model}/operations", "/api/v1/alerts",
    "/api/v1/models/{model}/features/feature_0", "/healthz",
)  # fmt: skip
READ_PAUSE = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["ingest", "fleet"], nargs="?", help="default: both")
    parser.add_argument("--rows", type=int, default=2000, help="of a batch of `ingest`")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--models", type=int, default=50, help="of `fleet`")
    options = parser.parse_args()
    if options.part in (None, "ingest"):
        ingest(options.rows, options.seconds, options.senders)
    if options.part in (None, "fleet"):
        fleet(options.seconds, options.models)


def ingest(rows: int, seconds: float, senders: int) -> None:
    """As many as it takes, in each form of a body."""
    print(f"{FEATURES} features, batches of {rows:,}, {senders} senders")
    for form in ("gzip", "json", "arrow"):
        with tempfile.TemporaryDirectory() as folder, running(folder, {}) as server:
            sent: list[tuple[bytes, dict[str, str]]] = bodies(rows, form)
            done: Any = multiprocessing.Queue()
            others = [
                multiprocessing.Process(target=post, args=(server.port, sent, seconds, done))
                for _ in range(senders)
            ]
            before = server.cpu_seconds()
            for other in others:
                other.start()
            batches = sum(done.get() for _ in others)
            spent = server.cpu_seconds() - before
            for other in others:
                other.join()
        taken = batches * rows
        print(
            f"{form:>6}: {taken / seconds:>10,.0f} predictions/s durable, {taken / spent:,.0f} a CPU second"
        )


def bodies(rows: int, form: str) -> list[tuple[bytes, dict[str, str]]]:
    """Batches of one model: 20 numbers, a score, an id and a time for each row."""
    if form == "arrow":
        traffic = Traffic(FEATURES, rows)
        return [(traffic.predictions(number), MEDIA) for number in range(PREPARED)]
    generator, found = np.random.default_rng(1), []
    for _ in range(PREPARED):
        section = {
            "rows": rows,
            "id": [uuid.uuid4().hex for _ in range(rows)],
            "timestamp": (time.time() - generator.random(rows) * 3600).tolist(),
            "score": generator.random(rows).tolist(),
            "features": {f"feature_{i}": generator.normal(size=rows).tolist() for i in range(FEATURES)},
        }
        text = json.dumps({"format": 1, "model": "speed", "version": "1", "predictions": section}).encode()
        headers = {"Content-Type": "application/json"}
        if form == "gzip":
            found.append((gzip.compress(text, 1), {**headers, "Content-Encoding": "gzip"}))
        else:
            found.append((text, headers))
    return found


def post(port: int, sent: list[tuple[bytes, dict[str, str]]], seconds: float, done: Any) -> None:
    """Send the batches in turn, under new keys, until the time is over; tells how many were acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    end, taken = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        body, headers = sent[taken % len(sent)]
        path = "/api/v1/ingest?model=speed&version=1"
        connection.request("POST", path, body, {**headers, "Idempotency-Key": uuid.uuid4().hex})
        answer = connection.getresponse()
        answer.read()
        if answer.status == 429:
            time.sleep(0.1)
            continue
        assert answer.status == 202, answer.status
        taken += 1
    done.put(taken)


def fleet(seconds: float, models: int) -> None:
    """Reads while much comes in."""
    print(f"{models} models of {MODEL_FEATURES} features, {FLEET_RATE:,} predictions/s, {seconds:g} s")
    with tempfile.TemporaryDirectory() as folder:
        known = baseline(Path(folder), MODEL_FEATURES)
        names = [f"model-{i}" for i in range(models)]
        with running(f"{folder}/data", dict.fromkeys(names, known)) as server:
            seed(server, names[:JUDGED])
            told: Any = multiprocessing.Queue()
            loads = [
                multiprocessing.Process(target=load, args=(server.port, names, seconds, place, told))
                for place in range(2)
            ]
            before = server.cpu_seconds()
            for other in loads:
                other.start()
            answers = read(server, names[:JUDGED], seconds)
            spent = server.cpu_seconds() - before
            found = [told.get() for _ in loads]
            for other in loads:
                other.join()
            memory = server.memory().resident / 1e6
    batches, busy, behind, own = (sum(part[i] for part in found) for i in range(4))
    rows = batches * FLEET_BATCH
    print(
        f"   load: {rows / seconds:,.0f} predictions/s durable, {busy} times busy,"
        f" {behind / len(loads):.1f} s behind at the end; CPU of the server {spent / seconds:.2f} cores,"
        f" of the load {own / seconds:.2f}; {memory:.0f} MB"
    )
    for path, taken in answers.items():
        middle, most = np.percentile(taken, [50, 95]) * 1000
        print(f"{path:>48}: {len(taken):4} answers, p50 {middle:6.0f} ms, p95 {most:6.0f} ms")
    every = np.concatenate(list(answers.values()))
    print(f"{'all':>48}: {len(every):4} answers, p95 {np.percentile(every, 95) * 1000:6.0f} ms")


def seed(server: Server, names: list[str]) -> None:
    """Give models a past, and wait until all of it is judged."""
    traffic, generator = Traffic(MODEL_FEATURES, SEEDED_ROWS), np.random.default_rng(2)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    for place, name in enumerate(names):
        past = time.time() - HOUR * (1.5 + SEEDED_HOURS * generator.random(SEEDED_ROWS))
        send(connection, name, "predictions", traffic.predictions(10**6 + place, past), f"seed-{place}")
    began = time.monotonic()
    while not all(server.ask("GET", f"/api/v1/models/{name}/report")[0] == 200 for name in names):
        if time.monotonic() > began + 300:
            raise RuntimeError("the past was not judged within five minutes")
        time.sleep(1)
    print(f"   past: {len(names)} models judged after {time.monotonic() - began:.0f} s")


def load(port: int, names: list[str], seconds: float, place: int, told: Any) -> None:
    """Half of the rate; tells batches, how often the server was busy, seconds behind, and own CPU seconds."""
    traffic, generator = Traffic(MODEL_FEATURES, FLEET_BATCH), np.random.default_rng(place)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    pause, began, taken, busy = 2 * FLEET_BATCH / FLEET_RATE, time.monotonic(), 0, 0
    while time.monotonic() < began + seconds:
        number = 2 * taken + place
        times = time.time() - HOUR * (generator.random(FLEET_BATCH) < LATE)
        body = traffic.predictions(number, times)
        busy += send(connection, names[number % len(names)], "predictions", body, f"load-{number}")
        taken += 1
        time.sleep(max(0.0, began + taken * pause - time.monotonic()))
    wanted = seconds / pause
    told.put(
        (
            taken,
            busy,
            max(0.0, wanted - taken) * pause,
            cpu_seconds(multiprocessing.current_process().pid or 0),
        )
    )


def read(server: Server, names: list[str], seconds: float) -> dict[str, list[float]]:
    """What people look at, one after the other; seconds of each answer by path."""
    found: dict[str, list[float]] = {path: [] for path in READ}
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        path = READ[number % len(READ)]
        began = time.monotonic()
        status, said = server.ask("GET", path.format(model=names[number % len(names)]))
        found[path].append(time.monotonic() - began)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {msgspec.json.decode(said)}")
        number += 1
        time.sleep(READ_PAUSE)
    return found


if __name__ == "__main__":
    main()
