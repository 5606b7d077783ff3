"""What goes in comes out, whatever the frame, file or reader."""

import datetime as dt
import math
from decimal import Decimal

import nanoarrow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.feather
import pyarrow.parquet
import pytest
from columns_as_values import plain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.errors import DataError
from leadline.tables import first_look, open_table
from leadline.tables.table import Table

DATES = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
TIMES = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NOW = dt.datetime(2024, 5, 6, 7, 8, 9, 1)
COLUMNS = {
    "int": (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "float": (st.floats(), pa.float64()),
    "string": (TEXTS, pa.string()),
    "bool": (st.booleans(), pa.bool_()),
    "timestamp": (TIMES, pa.timestamp("us")),
    "date": (DATES, pa.date32()),
}


@st.composite
def arrow_tables(draw):
    rows = draw(st.integers(0, 30))
    columns = {}
    for kind, (values, dtype) in COLUMNS.items():
        cells = draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
        columns[kind] = pa.array(cells, dtype)
    return pa.table(columns)


def expected(table):
    """The same from pyarrow's own values."""
    found = {}
    epoch = dt.datetime(1970, 1, 1)
    for kind in table.column_names:
        cells = table.column(kind).to_pylist()
        if kind == "timestamp":
            cells = [None if c is None else (c - epoch) // dt.timedelta(microseconds=1) for c in cells]
        if kind == "date":
            cells = [None if c is None else (c - epoch.date()).days * 86_400_000_000 for c in cells]
        found[kind] = (kind, cells)
    return found


def same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert a[name][0] == b[name][0], name
        assert len(a[name][1]) == len(b[name][1]), name
        for x, y in zip(a[name][1], b[name][1], strict=True):
            assert (x == y and type(x) is type(y)) or (
                isinstance(x, float) and isinstance(y, float) and math.isnan(x) and math.isnan(y)
            ), (name, x, y)


def as_objects(table):
    return {name: table.column(name).to_pylist() for name in table.column_names}


def as_pandas_arrow(table):
    return table.to_pandas(types_mapper=pd.ArrowDtype)


IN_MEMORY = {
    "pyarrow table": lambda t: t,
    "sliced pyarrow table": lambda t: pa.concat_tables([t.slice(0, 1), t, t.slice(0, 2)]).slice(
        min(1, t.num_rows), t.num_rows
    ),
    "several chunks": lambda t: pa.concat_tables([t.slice(0, 3), t.slice(3)]),
    "reader": lambda t: t.to_reader(max_chunksize=7),
    "record batch": lambda t: pa.RecordBatch.from_arrays(
        [column.combine_chunks() for column in t.columns], names=t.column_names
    ),
    "dataset": pa.dataset.dataset,
    "polars": lambda t: pl.from_arrow(t),
    "polars lazy": lambda t: pl.from_arrow(t).lazy(),
    "pandas, Arrow types": as_pandas_arrow,
    "nanoarrow stream": lambda t: nanoarrow.c_array_stream(t),
    "large strings": lambda t: t.set_column(2, "string", t.column("string").cast(pa.large_string())),
    "string views": lambda t: t.set_column(2, "string", t.column("string").cast(pa.string_view())),
    "dictionaries": lambda t: t.set_column(2, "string", t.column("string").dictionary_encode()),
}  # fmt: skip


@pytest.mark.parametrize("form", IN_MEMORY)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(arrow_tables())
def test_every_frame_gives_the_values_it_was_made_of(form, table):
    opened = open_table(IN_MEMORY[form](table))
    assert isinstance(opened, Table)
    same(plain(opened), expected(table))


@settings(max_examples=25, deadline=None)
@given(arrow_tables())
def test_lists_of_python_values_give_these_values(table):
    # A column without a value has no type in a list.
    kept = [name for name in table.column_names if table.column(name).null_count < table.num_rows]
    table = table.select(kept)
    same(plain(open_table(as_objects(table))), expected(table))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def write_csv(table, path):
    pl.from_arrow(table).write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S%.6f")


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        (".parquet", lambda t, p: pa.parquet.write_table(t, p, row_group_size=8)),
        (".feather", lambda t, p: pa.feather.write_feather(t, p)),
        (".arrow", lambda t, p: pa.feather.write_feather(t, p, compression="uncompressed")),
        (".jsonl", lambda t, p: pl.from_arrow(t.select(["string", "bool"])).write_ndjson(p)),
    ],
)
def test_files_give_the_values_they_were_made_of(folder, suffix, write):
    table = pa.table(
        {
            "int": pa.array([1, None, -(2**63), 2**63 - 1] * 10),
            "float": pa.array([0.1, math.nan, -math.inf, None] * 10),
            "string": pa.array(["", "x\0y", None, "日本語 🚢"] * 10),
            "bool": pa.array([True, False, None, True] * 10),
            "timestamp": pa.array([dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31), None, NOW] * 10),
            "date": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), None, NOW.date()] * 10),
        }
    )
    path = folder / f"table{suffix}"
    write(table, path)
    found = plain(open_table(path))
    same(found, {name: value for name, value in expected(table).items() if name in found})


def test_csv_gives_the_values_and_finds_the_types(folder):
    path = folder / "table.csv"
    path.write_text(
        "n,x,s,b,day,ts\n"
        '1,1.5,"a, b",true,2024-05-06,2024-05-06 07:08:09.000001\n'
        ",NaN,,,,\n"
        '-3,inf,"q""q",false,0001-01-01,9999-12-31 00:00:00\n'
    )
    epoch = dt.datetime(1970, 1, 1)
    micro = dt.timedelta(microseconds=1)
    found = plain(open_table(str(path)))
    assert found["n"] == ("int", [1, None, -3])
    assert found["s"] == ("string", ["a, b", None, 'q"q'])
    assert found["b"] == ("bool", [True, None, False])
    assert found["day"][1][2] == (dt.datetime(1, 1, 1) - epoch) // micro
    assert found["ts"][1][::2] == [
        (NOW - epoch) // micro,
        (dt.datetime(9999, 12, 31) - epoch) // micro,
    ]
    assert found["x"][0] == "float"
    assert found["x"][1][0] == 1.5
    assert math.isnan(found["x"][1][1])
    assert found["x"][1][2] == math.inf


def test_values_that_cannot_be_judged_keep_their_nulls_and_type():
    table = pa.table(
        {
            "list": pa.array([[1], None, [None]]),
            "deep": pa.array([{"a": {"b": {"c": {"d": 1}}}}, None, {"a": {"b": {"c": {"d": None}}}}]),
            "binary": pa.array([b"x", None, b""]),
            "vector": pa.array([[1.0, 2.0], None, [3.0, 4.0]], pa.list_(pa.float32(), 2)),
            "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int8())),
        }
    )
    opened = open_table(table)
    batch = next(iter(opened.batches()))
    assert [item.physical for item in opened.fields] == ["list", "struct", "binary", "list", "struct"]
    for item in opened.fields:
        column = batch.column(item.name)
        assert column.valid.tolist() == [True, False, True]
        assert len(column.values) == 0


@pytest.mark.parametrize("bits", [32, 64, 128, 256])
def test_decimals_are_the_nearest_floats(bits):
    texts = ["-0.05", "123.45", "0.00", "-9999.99", "0.01"]
    cells = [Decimal(text) for text in texts] + [None]
    kind = {32: pa.decimal32, 64: pa.decimal64, 128: pa.decimal128, 256: pa.decimal256}[bits](8, 2)
    found = plain(open_table(pa.table({"d": pa.array(cells, kind)})))
    assert found["d"] == ("decimal", [float(text) for text in texts] + [None])


def test_decimals_beyond_64_bits_are_close():
    cells = [Decimal(10) ** 30, -(Decimal(10) ** 30), Decimal(2) ** 64, -(Decimal(2) ** 64) - 1]
    found = plain(open_table(pa.table({"d": pa.array(cells, pa.decimal128(38, 2))})))
    assert found["d"][1] == pytest.approx([float(cell) for cell in cells], rel=1e-15)


def test_times_and_durations_of_every_unit():
    units = ("s", "ms", "us", "ns")
    table = pa.table(
        {f"ts {u}": pa.array([1, None], pa.int64()).cast(pa.timestamp(u, "Asia/Tokyo")) for u in units}
        | {f"d {u}": pa.array([1, None], pa.int64()).cast(pa.duration(u)) for u in units}
        | {
            "t": pa.array([dt.time(0, 0, 1), None], pa.time32("s")),
            "d64": pa.array([1000, None], pa.date64()),
        }
    )
    found = plain(open_table(table))
    assert [found[f"ts {u}"][1][0] for u in units] == [1_000_000, 1_000, 1, 0]
    assert [found[f"d {u}"][1][0] for u in units] == [1.0, 1e-3, 1e-6, 1e-9]
    assert found["t"] == ("time", [1_000_000, None])


def test_numbers_are_not_copied():
    values = np.arange(1000.0)
    for source in (
        {"x": values},
        pd.DataFrame({"x": values}, copy=False),
        pl.DataFrame({"x": values}),
        pa.table({"x": pa.array(values)}),
    ):
        column = next(iter(open_table(source).batches())).column("x")
        again = next(iter(open_table(source).batches())).column("x")
        assert np.shares_memory(column.values, again.values)


@pytest.mark.parametrize("source", [{}, [], pd.DataFrame(), pl.DataFrame(), pa.table({})])
def test_a_table_without_columns_or_rows_opens(source):
    table = open_table(source)
    assert table.fields == ()
    assert table.rows == 0


def test_rows_without_a_column_are_null_there():
    found = plain(open_table([{"a": 1}, {"b": "x", "a": None}]))
    assert found == {"a": ("int", [1, None]), "b": ("string", [None, "x"])}


def test_structured_arrays_are_tables():
    array = np.array([(1, "x", 0.5), (2, "yy", math.nan)], dtype=[("a", "i4"), ("b", "U3"), ("c", "f4")])
    found = plain(open_table(array))
    assert found["a"] == ("int", [1, 2])
    assert found["b"] == ("string", ["x", "yy"])
    assert math.isnan(found["c"][1][1])


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["price", "price"], ["price", "price (2)"]),
        (["", "a", ""], ["(unnamed)", "a", "(unnamed) (2)"]),
        (["a", "a", "a (2)"], ["a", "a (3)", "a (2)"]),
        (["é", "日本", "x\ny"], ["é", "日本", "x\ny"]),
    ],
)
def test_names_are_unique_whatever_the_source(names, shown, tmp_path):
    arrays = [pa.array([i]) for i in range(len(names))]
    table = pa.table(arrays, names=names)
    frame = pd.DataFrame([range(len(names))], columns=names)
    path = tmp_path / "names.parquet"
    pa.parquet.write_table(table, path)
    for source in (table, frame, path, table.to_reader()):
        found = plain(open_table(source))
        assert list(found) == shown
        assert [cells for _, cells in found.values()] == [[i] for i in range(len(names))]


def test_names_that_are_not_text_become_text():
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=[0, None, ("a", "b"), 1.5])
    assert [item.name for item in open_table(frame).fields] == ["0", "(unnamed)", "a.b", "1.5"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (None, "NoneType"),
        (3, "int"),
        ([1, 2], "list"),
        ({"a": 3}, "'a' is not a sequence"),
        ({"a": [1], "b": [1, 2]}, "different lengths"),
        (pa.chunked_array([[1]]), "not a table"),
    ],
)
def test_what_is_no_table_is_refused_in_words(source, says):
    with pytest.raises(DataError, match=says):
        open_table(source)


def test_a_reader_is_read_once_and_a_look_does_not_use_it_up():
    table = pa.table({"a": range(100), "s": [str(i) for i in range(100)]})
    opened = open_table(table.to_reader(max_chunksize=10))
    assert not opened.replayable
    assert first_look(opened).rows == 100
    assert plain(opened)["a"][1] == list(range(100))
    with pytest.raises(DataError, match="read already"):
        list(opened.batches())


def test_a_sampled_reader_can_be_counted_afterwards():
    table = pa.table({"a": range(1000), "s": pa.array([str(i % 7) for i in range(1000)]).dictionary_encode()})
    opened = open_table(table.to_reader(max_chunksize=100))
    sample = opened.sample(["a"], 50, 3)
    assert sample.batch.rows == 50
    assert opened.rows == 1000
    assert opened.replayable
    for _ in range(2):
        assert plain(opened)["s"][1] == [str(i % 7) for i in range(1000)]


def test_a_lazy_frame_is_read_again_each_time():
    opened = open_table(pl.LazyFrame({"a": [1, 2, 3]}).filter(pl.col("a") > 1))
    assert opened.replayable
    assert plain(opened) == plain(opened) == {"a": ("int", [2, 3])}


def test_polars_categories_and_enums_keep_their_texts():
    pl.Series(["seen", "elsewhere"], dtype=pl.Categorical)
    frame = pl.DataFrame(
        {
            "c": pl.Series(["u", None, "v"], dtype=pl.Categorical),
            "e": pl.Series(["lo", "hi", None], dtype=pl.Enum(["hi", "lo", "unused"])),
        }
    )
    assert plain(open_table(frame)) == {
        "c": ("string", ["u", None, "v"]),
        "e": ("string", ["lo", "hi", None]),
    }


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "D"])
@pytest.mark.parametrize("kind", ["M8", "m8"])
def test_times_in_the_other_byte_order_are_the_same_times(kind, unit):
    ticks = np.array([0, 1, 86_400_000], np.int64)
    ticks[1] = np.iinfo(np.int64).min  # no time
    here, there = (plain(open_table({"t": ticks.astype(f"{order}{kind}[{unit}]")})) for order in ("<", ">"))
    assert here == there
    assert here["t"][1][1] is None


def test_numbers_wider_than_float64_are_the_nearest_ones():
    wide = np.array([1.5, 0, 0], np.longdouble)
    wide[1:] = np.array([2, -2], np.longdouble) ** np.array([9001], np.longdouble)
    if not np.isfinite(wide).all():
        pytest.skip("long double is float64 here")
    assert plain(open_table({"x": wide})) == {"x": ("float", [1.5, math.inf, -math.inf])}


def test_ten_thousand_columns_open(tmp_path):
    frame = pd.DataFrame(np.zeros((3, 10_000)))
    opened = open_table(frame)
    assert len(opened.fields) == 10_000
    batch = next(iter(opened.batches()))
    assert all(len(batch.column(item.name).values) == 3 for item in opened.fields[::1000])


@pytest.mark.parametrize(
    "form", ["pyarrow table", "several chunks", "polars", "pandas, Arrow types", "string views"]
)
@pytest.mark.parametrize("distinct", [3, 300, 30_000])
def test_long_text_columns_give_the_values_they_were_made_of(form, distinct):
    rng = np.random.default_rng(distinct)
    cells = [None if i % 11 == 0 else f"text {i}" for i in rng.integers(0, distinct, 30_000)]
    table = pa.table({"a": range(30_000), "b": [None] * 30_000, "string": cells})
    assert plain(open_table(IN_MEMORY[form](table)))["string"] == ("string", cells)


@pytest.mark.parametrize("form", [*IN_MEMORY])
def test_a_column_of_nothing_but_nulls_is_null_everywhere(form):
    table = pa.table({"a": [1, 2], "n": pa.nulls(2), "string": pa.array([None, None], pa.string())})
    found = plain(open_table(IN_MEMORY[form](table)))
    assert found["n"] == ("null", [None] * len(found["n"][1]))
    assert found["string"][0] == "string"
    assert set(found["string"][1]) == {None}
