"""Reads damaged Arrow IPC files, in a process that may end: damage.py FOLDER SEED COUNT.

Each file is a whole one with some bytes changed, taken out or cut off. Whatever it holds, its columns are
read, or it is refused with a `DataError`.
"""

from __future__ import annotations

import random
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa

from leadline.errors import DataError
from leadline.tables.arrow_files import arrow_table

ROWS = 100
_PATTERNS = (b"\xff\xff\xff\xff", bytes(4), b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80")


def table() -> pa.Table:
    """Columns of every layout."""
    some = [None if row % 5 == 0 else row for row in range(ROWS)]
    return pa.table({
        "integer": pa.array(some, pa.int32()), "number": pa.array(some, pa.float64()),
        "truth": [row % 2 == 0 for row in range(ROWS)], "nothing": pa.nulls(ROWS),
        "text": [None if row is None else f"text {row}" for row in some],
        "large": pa.array([f"large {row}" for row in range(ROWS)], pa.large_string()),
        "view": pa.array([None if row is None else f"no longer within its view {row}" for row in some],
                         pa.string_view()),
        "category": pa.array([f"category {row % 3}" for row in range(ROWS)]).dictionary_encode(),
        "decimal": pa.array(some, pa.decimal128(9, 2)), "small_decimal": pa.array(some, pa.decimal32(9, 2)),
        "time": pa.array(np.arange(ROWS), pa.timestamp("ns", "UTC")), "day": pa.array(some, pa.date32()),
        "vector": pa.array([[1.0, 2.0]] * ROWS, pa.list_(pa.float32(), 2)),
        "list": [None if row is None else [row] * (row % 4) for row in some],
        "list_view": pa.array([[row, row] for row in range(ROWS)], pa.list_view(pa.int64())),
        "object": [{"a": 1, "b": "x"}] * ROWS,
        "map": pa.array([[("a", 1)]] * ROWS, pa.map_("string", "int8")), "bytes": [b"bytes"] * ROWS,
        "union": pa.UnionArray.from_sparse(pa.array([0] * ROWS, pa.int8()), [pa.array(range(ROWS))]),
        "last": pa.array(range(ROWS)),
    })  # fmt: skip


def content(form: str, compression: str | None, rows: pa.Table) -> bytes:
    """A whole file or stream of two batches."""
    written, options = BytesIO(), pa.ipc.IpcWriteOptions(compression=compression)
    make = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
    with make(written, rows.schema, options=options) as writer:
        writer.write_table(rows, max_chunksize=(len(rows) + 1) // 2)
    return written.getvalue()


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """The same with up to four faults, of which half hit what the file says of itself."""
    found = bytearray(whole)
    heads = [i for i in range(0, len(whole) - 4, 8) if whole[i : i + 4] == b"\xff\xff\xff\xff"]
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(found))
        if heads and chance.random() < 0.5:
            place = min(chance.choice(heads) + chance.randrange(400), len(found) - 1)
        fault = chance.randrange(5)
        if fault == 0:
            found[place] = chance.randrange(256)
        elif fault == 1:
            found[place] ^= 1 << chance.randrange(8)
        elif fault < 4:
            found[place : place + 4] = chance.choice(_PATTERNS)
        elif chance.random() < 0.3:
            del found[place : place + chance.randint(1, 64)]
    return bytes(found)


def read(path: Path) -> None:
    """Look at every value."""
    source = arrow_table("damaged", [str(path)])
    for batch in source.batches():
        for item in source.fields:
            column = batch.column(item.name)
            rows = [batch.rows] if column.vectors is None and item.physical not in _NO_VALUES else []
            assert rows == [len(column.values)] * len(rows)
            assert column.valid is None or len(column.valid) == batch.rows
            if column.dictionary is not None:
                assert len(list(column.dictionary)) > column.values.max(initial=0)
            if column.vectors is not None:
                column.vectors.take(np.arange(len(column.vectors)))


_NO_VALUES = ("list", "struct", "binary", "other")


def main(folder: Path, seed: int, count: int) -> None:
    chance, rows = random.Random(seed), table()
    wholes = [
        content(form, compression, part)
        for form in ("file", "stream")
        for compression in (None, "lz4", "zstd")
        for part in (rows, *(rows.select([name]) for name in rows.column_names))
    ]
    refused = 0
    for number in range(count):
        path = folder / f"{number % 2}.arrow"
        path.write_bytes(damaged(wholes[number % len(wholes)], chance))
        try:
            read(path)
        except DataError:
            refused += 1
    print(f"{refused} of {count} refused")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
