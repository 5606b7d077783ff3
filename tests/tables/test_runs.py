"""Run-end encoded columns, whole numbers of 128 bits, and few bytes that become many."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.tables import Batch, Table, open_table

ENDS = {"int16": pyarrow.int16(), "int32": pyarrow.int32(), "int64": pyarrow.int64()}


def texts_and_numbers(table: Table) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {item.name: [] for item in table.fields}
    for batch in table.batches():
        for name, values in found.items():
            values += _values(batch, name)
    return found


def _values(batch: Batch, name: str) -> list[object]:
    column = batch.column(name)
    valid = np.ones(batch.rows, bool) if column.valid is None else column.valid
    known = column.values.tolist()
    if column.dictionary is not None:
        known = [column.dictionary[code] for code in known]
    return [value if ok else None for value, ok in zip(known, valid, strict=True)]


class Stream:
    """An object with the Arrow PyCapsule interface, and nothing else."""

    def __init__(self, table: pyarrow.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def _written(table: pyarrow.Table, compression: str | None = None) -> bytes:
    out = io.BytesIO()
    options = pyarrow.ipc.IpcWriteOptions(compression=compression)
    with pyarrow.ipc.new_file(out, table.schema, options=options) as writer:
        writer.write_table(table)
    return out.getvalue()


@given(
    st.lists(st.tuples(st.integers(1, 9), st.one_of(st.none(), st.integers(-5, 5))), min_size=1, max_size=12),
    st.sampled_from(sorted(ENDS)),
    st.integers(0, 5),
)
def test_runs_are_the_values_that_they_stand_for(tmp_path_factory, runs, ends, start) -> None:  # type: ignore[no-untyped-def]
    """From a file, from memory, and from a slice of a stream."""
    stops = pyarrow.array(np.cumsum([length for length, _ in runs]), ENDS[ends])
    values = [value for _, value in runs]
    encoded = pyarrow.RunEndEncodedArray.from_arrays
    texts = pyarrow.array([None if v is None else str(v) for v in values], pyarrow.string())
    table = pyarrow.table(
        {"n": encoded(stops, pyarrow.array(values, pyarrow.float64())), "t": encoded(stops, texts)}
    )
    plain = {"n": [v for k, v in runs for _ in range(k)]}
    plain["t"] = [None if v is None else str(v) for v in plain["n"]]
    path = tmp_path_factory.mktemp("runs") / "runs.arrow"
    path.write_bytes(_written(table))
    for source in (str(path), table, Stream(table)):
        assert texts_and_numbers(open_table(source)) == plain
    sliced = texts_and_numbers(open_table(Stream(table.slice(start))))
    assert sliced == {name: column[start:] for name, column in plain.items()}


def test_ends_of_runs_that_do_not_rise_are_one_error(tmp_path: Path) -> None:
    stops = np.array([1000, 2000, 3000], np.int32)
    table = pyarrow.table(
        {"n": pyarrow.RunEndEncodedArray.from_arrays(pyarrow.array(stops), pyarrow.array([1.0, 2, 3]))}
    )
    whole = _written(table)
    assert whole.count(stops.tobytes()) == 1
    for wrong in ([2000, 1000, 3000], [-5, 2000, 3000], [1000, 2000, 2500], [0, 2000, 3000]):
        path = tmp_path / "runs.arrow"
        path.write_bytes(whole.replace(stops.tobytes(), np.array(wrong, np.int32).tobytes()))
        with pytest.raises(DataError, match=r"runs\.arrow"):
            texts_and_numbers(open_table(str(path)))


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_few_bytes_that_become_many_are_one_error(tmp_path: Path, codec: str) -> None:
    """The size that a buffer states is what is set aside for it."""
    whole = _written(pyarrow.table({"x": np.zeros(100_000)}), codec)
    stated = np.int64(800_000).tobytes()
    assert whole.count(stated) == 1
    path = tmp_path / "bomb.arrow"
    path.write_bytes(whole.replace(stated, np.int64(1 << 40).tobytes()))
    with pytest.raises(DataError, match=r"too large to be unpacked.*smaller batches"):
        texts_and_numbers(open_table(str(path)))


def test_rows_that_take_no_bytes_are_bounded(tmp_path: Path) -> None:
    rows = 1 << 30
    runs = pyarrow.RunEndEncodedArray.from_arrays(
        pyarrow.array([rows], pyarrow.int32()), pyarrow.array([1.0])
    )
    path = tmp_path / "rows.arrow"
    path.write_bytes(_written(pyarrow.table({"x": runs})))
    with pytest.raises(DataError, match="too large to be unpacked"):
        texts_and_numbers(open_table(str(path)))


def test_what_compresses_well_is_read(tmp_path: Path) -> None:
    path = tmp_path / "zeros.arrow"
    path.write_bytes(_written(pyarrow.table({"x": np.zeros(2_000_000)}), "zstd"))
    assert path.stat().st_size < 50_000
    assert not any(texts_and_numbers(open_table(str(path)))["x"])


@pytest.mark.parametrize("dtype", [polars.Int128, polars.UInt128])
def test_whole_numbers_of_128_bits_are_numbers(dtype: type[polars.DataType]) -> None:
    frame = polars.DataFrame({"x": polars.Series([1, None, 2**70], dtype=dtype), "y": [1, 2, 3]})
    for source in (frame, frame.lazy()):
        table = open_table(source)
        assert [item.physical for item in table.fields] == ["int", "int"]
        assert texts_and_numbers(table)["x"] == [1.0, None, float(2**70)]
