"""Durable ingest over HTTP: predictions of 20 features a second, acknowledged, on this machine.

The server is a process of its own (`leadline up`); senders are processes that post ready-made batches in the
client's wire format, as fast as they are acknowledged. Acknowledged means committed.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
import uuid

import numpy as np

FEATURES = 20


def bodies(rows: int, count: int, packed: bool) -> list[bytes]:
    """Batches of one model: 20 numbers, a score, an id and a time for each row."""
    generator = np.random.default_rng(1)
    found = []
    for _ in range(count):
        section = {
            "rows": rows,
            "id": [uuid.uuid4().hex for _ in range(rows)],
            "timestamp": (time.time() - generator.random(rows) * 3600).tolist(),
            "score": generator.random(rows).tolist(),
            "features": {f"feature_{i}": generator.normal(size=rows).tolist() for i in range(FEATURES)},
        }
        text = json.dumps({"format": 1, "model": "speed", "version": "1", "predictions": section}).encode()
        found.append(gzip.compress(text, 1) if packed else text)
    return found


def post(
    port: int, sent: list[bytes], seconds: float, packed: bool, done: multiprocessing.Queue[int]
) -> None:
    """Send the batches in turn, under new keys, until the time is over; tells how many were acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    end, taken = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        if packed:
            headers["Content-Encoding"] = "gzip"
        connection.request("POST", "/api/v1/ingest", sent[taken % len(sent)], headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 429:
            time.sleep(0.1)
            continue
        assert answer.status == 202, answer.status
        taken += 1
    done.put(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000, help="of a batch")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--senders", type=int, default=4)
    options = parser.parse_args()
    print(f"{FEATURES} features, batches of {options.rows:,}, {options.senders} senders")
    for packed in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "leadline", "up", "--data", folder, "--port", "0", "--no-tokens"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            sent, done = bodies(options.rows, 8, packed), multiprocessing.Queue()
            senders = [
                multiprocessing.Process(target=post, args=(port, sent, options.seconds, packed, done))
                for _ in range(options.senders)
            ]
            for sender in senders:
                sender.start()
            batches = sum(done.get() for _ in senders)
            for sender in senders:
                sender.join()
            process.terminate()
            process.wait()
        kind = "gzip" if packed else "plain"
        print(f"{kind:>6}: {batches * options.rows / options.seconds:>10,.0f} predictions/s durable")


if __name__ == "__main__":
    main()
