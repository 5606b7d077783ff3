"""Arrow arrays as nobody expects them: dictionaries of dictionaries, runs, list views, damaged indices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import nanoarrow
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pytest

import leadline
from leadline.tables import open_table
from leadline.tables.table import Table

ROWS = 120


def texts(table: Table, name: str = "d") -> list[str | None]:
    found: list[str | None] = []
    for batch in table.batches():
        column = batch.column(name)
        valid = np.ones(batch.rows, bool) if column.valid is None else column.valid
        assert column.dictionary is not None
        cells = [column.dictionary[code] for code in column.values]
        found += [cell if ok else None for cell, ok in zip(cells, valid, strict=True)]
    return found


def vectors(table: Table, name: str = "d") -> list[list[float] | None]:
    found: list[list[float] | None] = []
    for batch in table.batches():
        column = batch.column(name)
        assert column.vectors is not None
        valid = np.ones(batch.rows, bool) if column.valid is None else column.valid
        for start, length, ok in zip(column.vectors.starts, column.vectors.lengths, valid, strict=True):
            found.append(column.vectors.numbers[start : start + length].tolist() if ok else None)
    return found


READ: dict[str, Callable[[pa.Table], Any]] = {
    "table": lambda table: table,
    "batch": lambda table: pa.RecordBatch.from_arrays([table["d"].combine_chunks()], names=["d"]),
    "reader": lambda table: table.to_reader(max_chunksize=2),
    "dataset": lambda table: pyarrow.dataset.dataset(table),
    "stream": lambda table: nanoarrow.c_array_stream(table),
    "pandas": lambda table: pd.DataFrame({"d": pd.arrays.ArrowExtensionArray(table["d"])}),
}


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("kind", [pa.list_view, pa.large_list_view, pa.list_, pa.large_list])
@pytest.mark.parametrize("part", [slice(0, 5), slice(1, 4), slice(2, 2)], ids=str)
def test_lists_are_their_numbers_however_they_are_laid_out(read: str, kind: Any, part: slice) -> None:
    cells = [[1.0, 2.0], None, [], [3.0], [4.0, 5.0, 6.0]]
    array = pa.array(cells, kind(pa.float64()))[part]
    assert vectors(open_table(READ[read](pa.table({"d": array})))) == cells[part]


def test_the_lists_of_a_view_may_overlap_and_stand_in_any_order() -> None:
    array = pa.ListViewArray.from_arrays([2, 0, 1], [2, 3, 0], pa.array([1.0, 2.0, 3.0, 4.0]))
    assert vectors(open_table(pa.table({"d": array}))) == [[3.0, 4.0], [1.0, 2.0, 3.0], []]


@pytest.mark.parametrize("read", [name for name in READ if name != "pandas"])
def test_a_dictionary_of_a_dictionary_is_the_texts_of_the_inner_one(read: str) -> None:
    inner = pa.DictionaryArray.from_arrays(pa.array([1, 0, None], pa.int8()), pa.array(["a", "b"]))
    outer = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2, 0], pa.int8()), inner)
    opened = open_table(READ[read](pa.table({"d": outer})))
    assert opened.fields[0].physical == "string"
    assert texts(opened) == ["b", "a", None, None, "b"]


def test_dictionaries_with_nulls_and_repeats_are_read_right() -> None:
    indices = pa.array([0, 1, 2, None, 3], pa.int8())
    entries = pa.array(["x", None, "x", "y"])
    table = pa.table({"d": pa.DictionaryArray.from_arrays(indices, entries)})
    assert texts(open_table(table)) == ["x", None, "x", None, "y"]


@pytest.mark.parametrize("wrong", [-1, 2, 256, 100_000_000])
@pytest.mark.parametrize("read", [pa.Table.to_reader, lambda table: table], ids=["reader", "table"])
def test_a_column_with_indices_beyond_its_dictionary_says_so(
    wrong: int, read: Callable[[pa.Table], Any]
) -> None:
    indices = pa.array([0, 1, wrong, None], pa.int32())
    column = pa.DictionaryArray.from_arrays(indices, pa.array(["x", "y"]), safe=False)
    opened = open_table(read(pa.table({"d": column})))
    (batch,) = opened.batches()
    said = f"ValueError: codes from {min(wrong, 0)} to {max(wrong, 1)} of a dictionary of 2"
    assert batch.column("d").unreadable == said


def test_a_column_with_texts_outside_of_their_bytes_says_so() -> None:
    offsets = pa.py_buffer(np.array([0, 3, -5, 10**6, 3], np.int32))
    column = pa.Array.from_buffers(pa.string(), 4, [None, offsets, pa.py_buffer(b"abc")])
    (batch,) = open_table(pa.table({"d": column}).to_reader()).batches()
    assert batch.column("d").unreadable == "ValueError: the text of row 1 lies outside of its bytes"


@pytest.mark.parametrize(
    "entries", [[b"x", b"y"], [[1.0], [2.0]], [["x"], ["y"]], [{"a": 1}, {"a": 2}]], ids=str
)
def test_dictionaries_of_any_type_are_null_where_their_indices_are(entries: list[Any]) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, None, 1], pa.int8()), pa.array(entries))
    (batch,) = open_table(pa.table({"d": column}).to_reader()).batches()
    assert batch.column("d").valid.tolist() == [True, False, True]


def odd_columns() -> dict[str, pa.Array]:
    """Columns of types that frames rarely hold, by what they are."""
    words = pa.array(["a", "b", None] * (ROWS // 3))
    runs = pa.array([50, 100, ROWS], pa.int32())
    numbers = pa.array(range(ROWS))
    either = pa.array([0, 1] * (ROWS // 2), pa.int8())
    return {
        "views": pa.array([[1.0, 2.0]] * ROWS, pa.list_view(pa.float64())),
        "large views": pa.array([[1.0, 2.0]] * ROWS, pa.large_list_view(pa.float64())),
        "views of texts": pa.array([["a"]] * ROWS, pa.list_view(pa.string())),
        "runs": pa.RunEndEncodedArray.from_arrays(runs, pa.array([1.0, 2.0, None])),
        "runs of a dictionary": pa.RunEndEncodedArray.from_arrays(
            runs, pa.array(["a", "b", None]).dictionary_encode()
        ),
        "dictionary of views": pa.DictionaryArray.from_arrays(
            either, pa.array([[1.0], [2.0]], pa.list_view(pa.float64()))
        ),
        "dictionary of structures": pa.DictionaryArray.from_arrays(either, pa.array([{"a": 1}, {"a": 2}])),
        "decimals": pa.array([Decimal("1.5"), None, Decimal(-2)] * (ROWS // 3), pa.decimal256(60, 2)),
        "decimals of hundreds": pa.array([Decimal(100), Decimal(200)] * (ROWS // 2), pa.decimal128(5, -2)),
        "months": pa.array([pa.MonthDayNano([1, 2, 3])] * ROWS),
        "map": pa.array([[("a", 1)]] * ROWS, pa.map_(pa.string(), pa.int8())),
        "union": pa.UnionArray.from_sparse(either, [numbers, words]),
        "structure of a union": pa.StructArray.from_arrays(
            [pa.UnionArray.from_sparse(either, [numbers, words])], names=["u"]
        ),
        "structure of views": pa.StructArray.from_arrays(
            [pa.array([[1.0]] * ROWS, pa.list_view(pa.float64()))], names=["v"]
        ),
        "structure of nothing": pa.array([{}] * ROWS, pa.struct([])),
        "days": pa.array([dt.date(2024, 1, 1)] * ROWS, pa.date64()),
    }


@pytest.mark.parametrize("read", ["table", "reader"])
@pytest.mark.parametrize("which", odd_columns())
def test_a_column_of_any_type_leaves_the_others_to_be_judged(which: str, read: str) -> None:
    """A good column beside it has shifted, and only that is said."""
    before = np.random.default_rng(3).normal(size=ROWS)
    odd = odd_columns()[which]
    sides = (READ[read](pa.table({"good": shifted, "odd": odd})) for shifted in (before, before + 3))
    found = {column.name: column for column in leadline.check(*sides).record.columns}
    assert found.pop("good").verdict == "alert"
    assert found
    for column in found.values():
        assert column.verdict in ("ok", "unknown")
        assert column.reason
