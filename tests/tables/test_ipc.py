"""Arrow IPC of any writer is read as its writer has it; what is damaged is refused, and ends no process."""

import random
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

sys.path.append(str(Path(__file__).parent))

import damage

from leadline.errors import DataError
from leadline.tables.arrow_files import arrow_table
from leadline.tables.batches import joined
from leadline.tables.ipc_metadata import Table, schema
from leadline.tables.pyarrow_table import memory_table


def columns(source):
    batch = joined(list(source.batches()), source.fields)
    return {item.name: shown(batch.column(item.name), batch.rows) for item in source.fields}


def shown(column, rows):
    valid = [True] * rows if column.valid is None else column.valid.tolist()
    if column.vectors is not None:
        vectors = column.vectors
        return [
            vectors.numbers[start : start + length].tolist() if good else None
            for start, length, good in zip(vectors.starts, vectors.lengths, valid, strict=True)
        ]
    if not len(column.values):
        return valid
    values = column.values.tolist()
    if column.dictionary is not None:
        values = [column.dictionary[code] for code in values]
    return [value if good else None for value, good in zip(values, valid, strict=True)]


@pytest.mark.parametrize("form", ["file", "stream"])
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_a_file_is_what_its_table_is(tmp_path, form, compression):
    rows = damage.table()
    path = tmp_path / "x.arrow"
    path.write_bytes(damage.content(form, compression, rows))
    found = arrow_table("x", [str(path)])
    assert found.fields == memory_table(rows, "x").fields
    values = columns(found)
    assert values.pop("list_view") == rows["list_view"].to_pylist()
    assert values == columns(memory_table(rows.drop_columns("list_view"), "x"))


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_what_polars_writes(tmp_path, compression):
    frame = pl.DataFrame({
        "text": ["a", None, "a text that is longer than its view"], "number": [1.5, None, 2.5],
        "category": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
        "vector": pl.Series([[1.0, 2.0], [3.0, 4.0], None], dtype=pl.Array(pl.Float32, 2)),
    })  # fmt: skip
    whole, stream = tmp_path / "x.arrow", tmp_path / "x.arrows"
    frame.write_ipc(whole, compression=compression)
    frame.write_ipc_stream(stream, compression=compression)
    for path in (whole, stream):
        found = columns(arrow_table("x", [str(path)]))
        assert found["text"] == frame["text"].to_list()
        assert found["number"] == frame["number"].to_list()
        assert found["category"] == ["x", "y", "x"]
        assert found["vector"] == [[1.0, 2.0], [3.0, 4.0], None]


def test_dictionaries_that_grow_and_change(tmp_path):
    one, more, other = (pa.array(texts).dictionary_encode() for texts in (["a", "b"], ["a", "b", "c"], ["z"]))
    for delta, batches in ((True, [one, more]), (False, [one, more, other])):
        path = tmp_path / "x.arrows"
        kind = pa.schema({"text": one.type})
        options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=delta)
        with pa.ipc.new_stream(str(path), kind, options=options) as writer:
            for batch in batches:
                writer.write_batch(pa.record_batch([batch], schema=kind))
        expected = [text for batch in batches for text in batch.to_pylist()]
        assert columns(arrow_table("x", [str(path)]))["text"] == expected


def test_a_file_cut_anywhere(tmp_path):
    whole = damage.content("file", None, damage.table().select(["integer", "text", "category"]))
    path = tmp_path / "x.arrow"
    chance = random.Random(1)
    for size in {0, 1, 6, 8, 12, 16, *(chance.randrange(len(whole)) for _ in range(50))}:
        path.write_bytes(whole[:size])
        try:
            found = columns(arrow_table("x", [str(path)]))
        except DataError:
            continue
        # Without its footer a file is a stream, which may end after any batch.
        assert {len(values) for values in found.values()} <= {0, 50, 100}


def test_columns_that_refer_to_the_same_columns_again_and_again():
    """Thirty fields, each with the next one twice as its parts, are a thousand million."""
    fields, start, size = 30, 32, 40
    whole = bytearray(start + size * fields)
    # Where the schema is, what it has (a list of fields), the list with one entry.
    struct.pack_into("<I4H4x iI II", whole, 0, 16, 8, 8, 0, 4, 12, 4, 1, start + 16 - 28)
    for number in range(fields):
        place = start + size * number
        # A field has the number of its type (a structure) and a list of parts.
        struct.pack_into("<8H iIB3x", whole, place, 16, 12, 0, 0, 8, 0, 0, 4, 16, 8, 13)
        if number < fields - 1:
            following = place + size + 16
            struct.pack_into("<III", whole, place + 28, 2, following - place - 32, following - place - 36)
    with pytest.raises(ValueError, match="without end"):
        schema(Table.root(bytes(whole)), 4)


@pytest.mark.parametrize("count", [150, pytest.param(20_000, marks=pytest.mark.long)])
def test_no_damage_ends_the_process(tmp_path, count):
    command = [sys.executable, damage.__file__, str(tmp_path), str(count), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (refused,) = re.findall(r"(\d+) of", done.stdout)
    assert int(refused) > count / 4, "else the damage did not reach what matters"


def test_views_of_nulls_may_point_anywhere(tmp_path):
    texts = pa.array([None, "a text that is longer than its view"], pa.string_view())
    buffers = texts.buffers()
    heads = bytearray(buffers[1].to_pybytes())
    heads[:16] = np.array([100, 0, 77, 1 << 30], np.int32).tobytes()
    odd = pa.Array.from_buffers(pa.string_view(), 2, [buffers[0], pa.py_buffer(bytes(heads)), *buffers[2:]])
    path = tmp_path / "x.arrow"
    with pa.ipc.new_stream(str(path), pa.schema({"text": pa.string_view()})) as writer:
        writer.write_batch(pa.record_batch([odd], names=["text"]))
    assert columns(arrow_table("x", [str(path)])) == {"text": [None, "a text that is longer than its view"]}


def test_the_first_version_of_feather_is_named(tmp_path):
    path = tmp_path / "old.feather"
    path.write_bytes(b"FEA1" + bytes(100) + b"FEA1")
    with pytest.raises(DataError, match="version 1 of Feather"):
        arrow_table("old", [str(path)])
