"""Batches of predictions and labels that cost their sender little: only ids and times are made anew."""

from __future__ import annotations

import http.client
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import leadline

MEDIA = {"Content-Type": "application/vnd.apache.arrow.stream"}
PREPARED = 8
"""Batches of features that are sent in turn."""


def baseline(folder: Path, features: int, rows: int = 5_000) -> Path:
    """What the models are compared to: ten days, by the hour."""
    generator = np.random.default_rng(0)
    at = int(time.time() * 1e6) - generator.integers(0, 10 * 86_400_000_000, rows)
    table = {
        "id": [str(i) for i in range(rows)], "at": at.astype("datetime64[us]"), "p": generator.random(rows),
        "y": generator.integers(0, 2, rows),
        **{f"feature_{i}": generator.normal(size=rows) for i in range(features)},
    }  # fmt: skip
    known = leadline.learn(table, id="id", timestamp="at", score="p", label="y", window="1h", budget="1/30d")
    return known.save(folder / "baseline")


class Traffic:
    """Bodies in the wire's Arrow form.

    Args:
        features: numbers of a row.
        rows: of a batch.
    """

    def __init__(self, features: int, rows: int) -> None:
        generator = np.random.default_rng(1)
        self._names = [f"feature_{i}" for i in range(features)]
        self._columns = [
            [pa.array(generator.normal(size=rows)) for _ in range(features)] for _ in range(PREPARED)
        ]
        self._scores = [pa.array(generator.random(rows)) for _ in range(PREPARED)]
        self._labels = [pa.array(generator.integers(0, 2, rows)) for _ in range(PREPARED)]
        self.rows = rows

    def predictions(self, number: int, times: npt.NDArray[np.float64] | None = None) -> bytes:
        """Predictions, by default of now, whose ids name the batch and the row."""
        own = number % PREPARED
        now = pa.array(np.full(self.rows, time.time()) if times is None else times)
        columns = [self._ids(number), now, self._scores[own], *self._columns[own]]
        return _stream(["id", "timestamp", "score", *self._names], columns)

    def labels(self, number: int) -> bytes:
        """The labels of the predictions of a batch."""
        return _stream(["id", "label"], [self._ids(number), self._labels[number % PREPARED]])

    def _ids(self, number: int) -> pa.Array:
        return pa.array(np.arange(number * self.rows, (number + 1) * self.rows)).cast(pa.string())


def _stream(names: list[str], columns: list[pa.Array]) -> bytes:
    batch = pa.record_batch(columns, names=names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def send(connection: http.client.HTTPConnection, model: str, section: str, body: bytes, key: str) -> int:
    """Post a body until it is taken; how often the server was busy."""
    busy = 0
    while True:
        path = f"/api/v1/ingest?model={model}&version=1&section={section}"
        connection.request("POST", path, body, {**MEDIA, "Idempotency-Key": key})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status == 202:
            return busy
        if answer.status not in (429, 503):
            raise RuntimeError(f"{answer.status}: {said[:300]!r}")
        busy += 1
        time.sleep(0.1)
