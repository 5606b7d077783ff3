"""What pandas frames hold, whatever their types of columns and their index."""

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from columns_as_values import plain

from leadline.tables import open_table


def test_pandas_numpy_columns_say_null_with_nan_and_nat():
    frame = pd.DataFrame(
        {
            "f": [1.0, math.nan],
            "t": pd.to_datetime(["2024-01-01", None]),
            "d": pd.to_timedelta([1500, None], unit="ms"),
            "i": np.array([1, 2], np.int8),
            "b": [True, False],
        }
    )
    assert plain(open_table(frame)) == {
        "f": ("float", [1.0, None]),
        "t": ("timestamp", [1704067200000000, None]),
        "d": ("duration", [1.5, None]),
        "i": ("int", [1, 2]),
        "b": ("bool", [True, False]),
    }


@pytest.mark.parametrize(
    "index",
    [
        pd.DatetimeIndex(["1970-01-01 00:00:01", None], name="at"),
        pd.DatetimeIndex(["1970-01-01 01:00:01", None], name="at").tz_localize("Europe/Berlin"),
        pd.PeriodIndex(["1970-01-01 00:00:01", None], freq="s", name="at"),
        pd.MultiIndex.from_arrays(
            [["a", "b"], pd.DatetimeIndex(["1970-01-01 00:00:01", None])], names=["who", "at"]
        ),
    ],
    ids=["times", "times in a zone", "periods", "levels"],
)
def test_times_of_a_pandas_index_that_have_a_name_are_a_column(index):
    found = plain(open_table(pd.DataFrame({"x": [1, 2]}, index=index)))
    assert found == {"x": ("int", [1, 2]), "at": ("timestamp", [1_000_000, None])}
    as_column = pd.DataFrame({"x": [1, 2], "at": [5, 6]}, index=index)
    assert plain(open_table(as_column))["at"] == ("int", [5, 6])


def test_another_pandas_index_is_no_column():
    times = pd.DatetimeIndex(["1970-01-01", "1970-01-02"])
    for index in (times, pd.Index([1, 2], name="at"), pd.Index(["a", "b"], name="who")):
        assert set(plain(open_table(pd.DataFrame({"x": [1, 2]}, index=index)))) == {"x"}


def test_pandas_extension_columns():
    frame = pd.DataFrame(
        {
            "Int": pd.array([1, None], "Int64"),
            "Float": pd.array([0.5, None], "Float32"),
            "bool": pd.array([True, None], "boolean"),
            "string": pd.array(["a", None], "string"),
            "python string": pd.array(["a", None], pd.StringDtype("python")),
            "category": pd.Categorical(["x", None], categories=["y", "x"]),
            "numbers": pd.Categorical([3, None], categories=[5, 3]),
            "zone": pd.to_datetime(["2024-01-01 01:00", None]).tz_localize("Europe/Berlin"),
            "period": pd.PeriodIndex(["2024-01", None], freq="M"),
            "sparse": pd.arrays.SparseArray([0, 7]),
            "interval": pd.IntervalIndex.from_tuples([(0.5, 1.5), None]),
        }
    )
    assert plain(open_table(frame)) == {
        "Int": ("int", [1, None]),
        "Float": ("float", [0.5, None]),
        "bool": ("bool", [True, None]),
        "string": ("string", ["a", None]),
        "python string": ("string", ["a", None]),
        "category": ("string", ["x", None]),
        "numbers": ("int", [3, None]),
        "zone": ("timestamp", [1704067200000000, None]),
        "period": ("timestamp", [1704067200000000, None]),
        "sparse": ("int", [0, 7]),
        "interval": ("string", ["(0.5, 1.5]", None]),
    }


@pytest.mark.parametrize("dtype", [object, pd.StringDtype("python"), pd.StringDtype("python", np.nan)])
@pytest.mark.parametrize("repeated", [True, False])
def test_pandas_texts_are_told_apart_by_value_whether_their_objects_repeat_or_not(dtype, repeated):
    """Equal texts in different objects are one text, from a contiguous column and from every second row."""
    rng = np.random.default_rng(5)
    entries = ["a", "b" * 20, "", "\u00e9", None]
    copies = [None if text is None else text.encode().decode() for text in entries * 3]
    picked = [copies[i] for i in rng.integers(0, len(copies), 9_000)]
    values = picked if repeated else [None if text is None else text.encode().decode() for text in picked]
    series = pd.Series(values, dtype=dtype)
    for part in (series, series[::2]):
        found = plain(open_table(pd.DataFrame({"text": part})))["text"]
        assert found == ("string", [None if pd.isna(text) else text for text in part])


def test_pandas_object_columns_take_the_type_of_their_values():
    frame = pd.DataFrame(
        {
            "mixed": [1, "1", True, None],
            "bools": [True, None, False, True],
            "ints": [1, None, 3, 2**62],
            "beyond 64 bits": [1, 2**70, None, 3],
            "dates": [dt.date(1, 1, 1), None, dt.date(9999, 12, 31), dt.date(1970, 1, 2)],
            "zones": [
                dt.datetime(1970, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
                None,
                None,
                None,
            ],
            "times": [dt.time(0, 0, 1), None, dt.time(1), None],
            "decimals": [Decimal("0.1"), None, Decimal(2), None],
            "lists": [[1], None, [2, 3], []],
            "nothing": [None, None, None, None],
            "surrogates": ["\ud800", "a\0b", "", pd.NA],
        },
        dtype=object,
    )
    found = plain(open_table(frame.drop(columns="lists")))
    assert found["mixed"] == ("string", ["1", "1", "True", None])
    assert found["bools"] == ("bool", [True, None, False, True])
    assert found["ints"] == ("int", [1, None, 3, 2**62])
    assert found["beyond 64 bits"][1] == [1.0, 2.0**70, None, 3.0]
    assert found["dates"] == ("date", [-62135596800000000, None, 253402214400000000, 86400000000])
    assert found["zones"] == ("timestamp", [0, None, None, None])
    assert found["times"] == ("time", [1_000_000, None, 3_600_000_000, None])
    assert found["decimals"] == ("decimal", [0.1, None, 2.0, None])
    assert found["nothing"] == ("null", [None] * 4)
    assert found["surrogates"] == ("string", ["\ud800", "a\0b", "", None])
    table = open_table(frame)
    column = next(iter(table.batches())).column("lists")
    assert len(column.values) == 0
    assert column.valid.tolist() == [True, False, True, True]
