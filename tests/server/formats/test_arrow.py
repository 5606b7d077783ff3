"""An Arrow stream is the batch that JSON would be; a hostile one is a told error and no more."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow
import pytest

from leadline.errors import DataError
from leadline.server.intake import wire
from leadline.server.intake.formats import arrow

OWN, GROUPS = ("id", "timestamp", "score", "prediction"), ("features", "segment")


def stream(table: pyarrow.Table, **options: Any) -> bytes:
    target = io.BytesIO()
    with pyarrow.ipc.new_stream(
        target, table.schema, options=pyarrow.ipc.IpcWriteOptions(**options)
    ) as writer:
        writer.write_table(table, max_chunksize=2)
    return target.getvalue()


TABLE = pyarrow.table(
    {
        "id": ["a", "b", "c"],
        "timestamp": pyarrow.array([1_500, 2_000, None], pyarrow.timestamp("ms", "UTC")),
        "score": [0.25, float("nan"), float("-inf")],
        "age": pyarrow.array([1, None, 3], pyarrow.int8()),
        "features.city": pyarrow.array(["x", None, "x"]).dictionary_encode(),
        "segment.country": ["DE", "FR", None],
        "embedding": [[1.0, 2.0], [float("nan")], None],
        "day": pyarrow.array([0, 1, None], pyarrow.date32()),
        "price": pyarrow.array([1, None, 2], pyarrow.decimal128(5, 2)),
        "ok": [True, None, False],
    }
)


def test_each_type_is_what_json_has() -> None:
    assert arrow.columns(stream(TABLE), OWN, GROUPS) == {
        "rows": 3,
        "id": ["a", "b", "c"],
        "timestamp": [1.5, 2.0, None],
        "score": {"values": [0.25, None, None], "not_finite": {"NaN": [1], "-Infinity": [2]}},
        "features": {
            "age": [1, None, 3],
            "city": ["x", None, "x"],
            "embedding": [[1.0, 2.0], [None], None],
            "day": ["1970-01-01", "1970-01-02", None],
            "price": [1.0, None, 2.0],
            "ok": [True, None, False],
        },
        "segment": {"country": ["DE", "FR", None]},
    }


def test_scores_by_class() -> None:
    table = pyarrow.table({"score.cat": [0.9, 0.2], "score.dog": [0.1, 0.8]})
    found = arrow.columns(stream(table), OWN, GROUPS)
    assert {name: values.listed() for name, values in found["score"].items()} == {
        "cat": [0.9, 0.2],
        "dog": [0.1, 0.8],
    }


def test_a_batch_is_kept_with_its_rows_and_refusals() -> None:
    table = pyarrow.table({"id": ["a", None], "label": [1, 0], "timestamp": [1.0, 2.0]})
    batch = wire.read_arrow(stream(table), "m", None, "labels", "key", 10**15)
    assert batch.sections["labels"].ids.data == b"a"
    assert b"id is null" in batch.answer


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
@pytest.mark.parametrize("column", ["id", "features.city"])
def test_compressed_buffers_are_not_opened(compression: str, column: str) -> None:
    """A few bytes of them could fill the memory; `zeros` is compressed 1000 to 1."""
    zeros = pyarrow.table({column: np.zeros(100_000).astype(str)}).select([column])
    if column != "id":
        zeros = zeros.set_column(0, column, zeros[column].combine_chunks().dictionary_encode())
    with pytest.raises(DataError, match="compressed buffers"):
        arrow.columns(stream(zeros, compression=compression), OWN, GROUPS)


def test_a_column_without_a_place_is_named() -> None:
    with pytest.raises(DataError, match="colour: unknown column"):
        arrow.columns(stream(pyarrow.table({"id": ["a"], "colour": [1]})), ("id", "label"), ())


FUZZ = """
import random, sys
from leadline.errors import DataError
from leadline.server.intake import wire
good = sys.stdin.buffer.read()
chance = random.Random(int(sys.argv[1]))
kept = 0
for _ in range(int(sys.argv[2])):
    body = bytearray(good)
    for _ in range(chance.choice([1, 2, 4, 16])):
        body[chance.randrange(len(body))] = chance.choice([0, 127, 128, 255, chance.randrange(256)])
    if chance.random() < 0.2:
        del body[chance.randrange(len(body)):]
    try:
        wire.read_arrow(bytes(body), "m", None, "predictions", "key", 10**15)
        kept += 1
    except DataError:
        pass
print(kept)
"""


def test_changed_bytes_end_in_a_batch_or_a_told_error_and_never_in_a_crash() -> None:
    seed = random.Random(5).randrange(10**6)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FUZZ, str(seed), "1500"],
        input=stream(TABLE),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, (seed, done.returncode, done.stderr[-2000:])
    assert 0 < int(done.stdout) < 1500
