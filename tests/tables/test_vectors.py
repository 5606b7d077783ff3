"""Lists of numbers come out of every input as the same vectors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.schema import Kind
from leadline.settings import Settings
from leadline.tables import first_look, open_table
from leadline.tables.roles import infer
from leadline.tables.table import Column
from leadline.tables.vectors import Vectors, of_objects

ROWS = [[1.0, 2.0], None, [3.0, 4.0], [5.0], []]


def lists(column: Column) -> list[list[float] | None]:
    """What a column of vectors holds, row by row."""
    vectors = column.vectors
    assert vectors is not None
    valid = [True] * len(vectors) if column.valid is None else column.valid.tolist()
    rows = [
        vectors.numbers[start : start + length].tolist()
        for start, length in zip(vectors.starts.tolist(), vectors.lengths.tolist(), strict=True)
    ]
    return [row if there else None for row, there in zip(rows, valid, strict=True)]


def only_column(source: object, name: str = "v") -> Column:
    return next(iter(open_table(source).batches())).column(name)


@pytest.mark.parametrize(
    "source",
    [
        {"v": ROWS},
        [{"v": row} for row in ROWS],
        pd.DataFrame({"v": ROWS}),
        pd.DataFrame({"v": [None if row is None else np.array(row, np.float32) for row in ROWS]}),
        pd.DataFrame({"v": pd.Series(ROWS, dtype=pd.ArrowDtype(pa.list_(pa.float64())))}),
        pl.DataFrame({"v": ROWS}, schema={"v": pl.List(pl.Float64)}),
        pa.table({"v": pa.array(ROWS, pa.list_(pa.float32()))}),
        pa.table({"v": pa.array(ROWS, pa.large_list(pa.float64()))}),
        pa.table({"v": pa.chunked_array([pa.array(ROWS[:2], pa.list_(pa.int16())), ROWS[2:]])}),
        pa.table({"v": pa.array([[9.0], *ROWS, [9.0]])}).slice(1, 5),
    ],
    ids=[
        "columns", "rows", "pandas", "pandas arrays", "pandas arrow",
        "polars", "arrow", "large", "chunks", "slice",
    ],
)  # fmt: skip
def test_every_input_gives_the_same_lists(source):
    assert lists(only_column(source)) == ROWS


@pytest.mark.parametrize(
    "source",
    [
        {"v": np.arange(6.0).reshape(3, 2)},
        pd.DataFrame({"v": list(np.arange(6.0).reshape(3, 2))}),
        pl.DataFrame({"v": np.arange(6.0).reshape(3, 2)}),
        pa.table({"v": pa.FixedSizeListArray.from_arrays(pa.array(np.arange(6.0)), 2)}),
        pa.table({"v": pa.FixedSizeListArray.from_arrays(pa.array(np.arange(-2.0, 8.0)), 2)}).slice(1, 3),
    ],
    ids=["array", "pandas", "polars", "arrow", "slice"],
)
def test_vectors_of_one_length_come_from_arrays_too(source):
    assert lists(only_column(source)) == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]


def test_vectors_come_from_files(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"v": pa.array(ROWS, pa.list_(pa.float32()))}), path)
    assert lists(only_column(path)) == ROWS


def test_fixed_lists_keep_their_nulls():
    vectors = pa.array([[1.0, 2.0], None, [3.0, 4.0]], pa.list_(pa.float32(), 2))
    assert lists(only_column(pa.table({"v": vectors}))) == [[1.0, 2.0], None, [3.0, 4.0]]


def test_a_null_within_a_list_is_no_number():
    found = lists(only_column(pa.table({"v": pa.array([[1.0, None]])})))
    assert found[0][0] == 1.0
    assert np.isnan(found[0][1])


@pytest.mark.parametrize("values", [[["a"], ["b"]], [[[1.0]], [[2.0, 3.0]]], [[{}], [{}]]])
def test_lists_of_other_things_are_no_vectors(values):
    for source in (pd.DataFrame({"v": values}), {"v": values}, pa.table({"v": pa.array(values)})):
        column = only_column(source)
        assert column.vectors is None
        assert len(column.values) == 0


def test_the_reason_of_the_kind_tells_vectors_from_other_lists():
    table = open_table({"numbers": [[1.0, 2.0]] * 60, "texts": [["a"]] * 60})
    schema = infer(table.fields, first_look(table), Settings())
    assert [column.kind for column in schema] == [Kind.VECTOR, Kind.VECTOR]
    assert schema[0].why == "vector: lists of numbers"
    assert "not compared" in schema[1].why


@given(
    st.lists(st.lists(st.floats(-9, 9), max_size=4), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_rows_can_be_chosen_and_joined(rows, random):
    vectors = of_objects([np.array(row) for row in rows], None)
    assert vectors is not None
    order = random.sample(range(len(rows)), len(rows))
    cut = random.randint(0, len(rows))
    chosen = np.array(order)
    again = Vectors.joined([vectors.take(chosen[:cut]), vectors.take(chosen[cut:])])
    assert lists(Column(np.empty(0), None, None, again)) == [rows[i] for i in order]
    for length in range(1, 5):
        matrix, fits = again.matrix(length)
        assert fits.tolist() == [len(rows[i]) == length for i in order]
        expected = [rows[i] for i in order if len(rows[i]) == length]
        assert matrix[fits].tolist() == expected
        assert np.isnan(matrix[~fits]).all()
