"""pandas data frames, with every kind of column, without importing pandas."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.tables.arrow import physical, through
from leadline.tables.memory import MemoryTable, Rows
from leadline.tables.names import unique_names
from leadline.tables.pyarrow_table import chunked_column, taken
from leadline.tables.table import Column, Field, Physical
from leadline.tables.values import as_float, microseconds, narrow, nothing, seconds
from leadline.tables.vectors import of_objects

_NUMPY: dict[str, Physical] = {
    "b": "bool", "i": "int", "u": "int", "f": "float", "M": "timestamp", "m": "duration",
    "U": "string", "S": "string",
}  # fmt: skip
_OBJECTS: dict[str, Physical] = {
    "boolean": "bool", "integer": "int", "floating": "float", "mixed-integer-float": "float",
    "decimal": "decimal", "datetime64": "timestamp", "datetime": "timestamp", "date": "date",
    "timedelta64": "duration", "timedelta": "duration", "time": "time", "bytes": "binary",
    "empty": "null", "string": "string",
}  # fmt: skip

_LOOK = 4096
"""Values whose identity tells whether a column's objects repeat."""


def is_pandas(source: object) -> bool:
    """The source is a pandas DataFrame."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def pandas_table(frame: Any, name: str) -> MemoryTable:
    """A table of a pandas DataFrame; of its index, times with a name become columns behind the others."""
    times = _times_of_index(frame)
    names = unique_names([*frame.columns, *times])
    physicals: list[Physical] = [_physical(dtype, frame, i) for i, dtype in enumerate(frame.dtypes)]
    physicals += ["timestamp"] * len(times)
    fields = tuple(Field(shown, kind) for shown, kind in zip(names, physicals, strict=True))
    behind = list(times.values())

    def load(position: int, rows: Rows | None) -> Column:
        own = position - len(frame.columns)
        series = frame.iloc[:, position] if own < 0 else behind[own]
        if rows is not None:
            if isinstance(series.dtype, np.dtype) and series.dtype.kind in "biufmM":
                return numpy_column(series.to_numpy()[rows])  # without an index of the rows
            if _in_arrow(series.dtype):
                return taken(series.array.__arrow_array__(), rows)
            series = series.take(rows)
        return _column(series, fields[position].physical)

    return MemoryTable(name, fields, len(frame), load)


def _times_of_index(frame: Any) -> dict[Any, Any]:
    """The levels of the index that have a name and hold times, but those that are a column, too."""
    found: dict[Any, Any] = {}
    for level, name in enumerate(frame.index.names):
        if name is None or name in frame.columns:
            continue
        values = frame.index.get_level_values(level)
        if values.dtype.kind == "M" or type(values.dtype).__name__ == "PeriodDtype":
            found[name] = values.to_series()
    return found


def _physical(dtype: Any, frame: Any, position: int) -> Physical:
    if isinstance(dtype, np.dtype):
        if dtype.kind != "O":
            return _NUMPY.get(dtype.kind, "other")
        return _object_physical(frame.iloc[:, position])
    family = type(dtype).__name__
    if family == "CategoricalDtype":
        return _index_physical(dtype.categories)
    if family == "ArrowDtype":
        return physical(_arrow_schema(dtype.pyarrow_dtype))
    if family == "StringDtype":
        return "string"
    if family in ("DatetimeTZDtype", "PeriodDtype"):
        return "timestamp"
    if family == "IntervalDtype":
        return "string"
    inner = getattr(dtype, "numpy_dtype", None)
    if inner is None:
        inner = getattr(dtype, "subtype", None)
    if isinstance(inner, np.dtype):
        return "string" if inner.kind == "O" else _NUMPY.get(inner.kind, "other")
    return "other"


def _index_physical(categories: Any) -> Physical:
    frame = categories.to_frame()
    return _physical(frame.dtypes.iloc[0], frame, 0)


def _object_physical(series: Any) -> Physical:
    found = sys.modules["pandas"].api.types.infer_dtype(series, skipna=True)
    if found in ("mixed", "unknown-array"):
        present = series[series.notna().to_numpy()]
        kinds = set(map(type, present))
        if kinds and all(issubclass(kind, (list, tuple, np.ndarray)) for kind in kinds):
            return "list"
        if kinds and all(issubclass(kind, dict) for kind in kinds):
            return "struct"
    return _OBJECTS.get(found, "string")


def _arrow_schema(dtype: Any) -> Any:
    import nanoarrow

    return nanoarrow.c_schema(dtype)


def _column(series: Any, kind: Physical) -> Column:
    dtype = series.dtype
    family = type(dtype).__name__
    if family == "CategoricalDtype":
        return _categorical(series, kind)
    if _in_arrow(dtype):
        return chunked_column(series.array.__arrow_array__())
    if family in ("SparseDtype",):
        return _column(series.sparse.to_dense(), kind)
    if family == "PeriodDtype":
        return _column(series.dt.to_timestamp(), kind)
    if kind == "string":
        return _texts(series)
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return numpy_column(series.to_numpy())
    return _unpacked(series, kind)


def _in_arrow(dtype: Any) -> bool:
    """The values lie in an array of pyarrow."""
    return type(dtype).__name__ == "ArrowDtype" or getattr(dtype, "storage", None) == "pyarrow"


def _categorical(series: Any, kind: Physical) -> Column:
    values = series.array
    codes = np.asarray(values.codes)
    valid = codes >= 0
    present = None if valid.all() else valid
    pandas = sys.modules["pandas"]
    if len(values.categories) == 0:
        return _nulls(len(codes), kind)
    return through(_column(pandas.Series(values.categories), kind), codes, present)


def _nulls(rows: int, kind: Physical) -> Column:
    if kind == "string":
        return Column(np.zeros(rows, np.uint8), np.zeros(rows, bool), [""])
    return Column(np.zeros(rows), np.zeros(rows, bool))


def _texts(series: Any) -> Column:
    """Text of each value; missing values of every sort are null."""
    try:
        codes, texts = _factorized(series)
    except TypeError:  # lists, mappings: values without a hash
        codes, texts = np.zeros(0, np.int64), [None]
    if not all(isinstance(text, str) for text in texts):
        # Values of different types may be equal (1, True) and have different texts.
        missing = series.isna()
        shown = [None if null else str(value) for value, null in zip(series, missing, strict=True)]
        codes, texts = sys.modules["pandas"].factorize(np.array(shown, object))
    entries = list(map(str, texts))  # NumPy's own texts become plain ones
    if not entries:
        return _nulls(len(codes), "string")
    valid = codes >= 0
    return Column(narrow(np.maximum(codes, 0), len(entries)), None if valid.all() else valid, entries)


def _factorized(series: Any) -> tuple[npt.NDArray[np.intp], Any]:
    """Codes, -1 where missing, and the distinct values.

    The cells of a frame mostly point to few objects. Telling pointers apart is many times faster than telling
    texts apart, which is then done for the few.
    """
    factorize = sys.modules["pandas"].factorize
    objects = series.to_numpy()
    if objects.dtype.kind != "O" or len(set(map(id, objects[:_LOOK].tolist()))) > _LOOK // 4:
        return factorize(series)
    codes, pointers = factorize(np.ndarray(len(objects), np.intp, np.ascontiguousarray(objects)))
    row = np.empty(len(pointers), np.intp)
    row[codes] = np.arange(len(codes))
    merged, values = factorize(objects[row])
    return merged[codes], values


def _unpacked(series: Any, kind: Physical) -> Column:
    """Nullable, time zone and object columns of one physical type."""
    missing = np.asarray(series.isna())
    valid = ~missing if missing.any() else None
    if kind == "list":
        return Column(nothing(), valid, vectors=of_objects(series.to_numpy(), valid))
    if kind in ("struct", "binary", "other"):
        return Column(nothing(), valid)
    if kind == "null":
        return Column(np.zeros(len(series)), np.zeros(len(series), bool))
    if kind in ("timestamp", "date"):
        return _times(series, valid)
    if kind == "time":
        return Column(np.array([_clock(value) for value in series], np.int64), valid)
    if kind == "duration":
        return numpy_column(np.asarray(series.astype("timedelta64[us]")))
    dtype = {"bool": "bool", "float": "float64", "decimal": "float64"}.get(kind)
    if dtype is None:
        own = getattr(series.dtype, "numpy_dtype", None)
        dtype = own if own is not None else "int64"
    present = series[~missing]
    try:
        values = np.zeros(len(series), dtype)
        values[~missing] = present.to_numpy(dtype=dtype)
    except (OverflowError, ValueError):
        values = np.zeros(len(series))
        values[~missing] = [as_float(value) for value in present]
    return Column(values, valid)


def _times(series: Any, valid: npt.NDArray[np.bool_] | None) -> Column:
    pandas = sys.modules["pandas"]
    if series.dtype.kind == "M":
        ticks = series.dt.tz_convert("UTC").dt.tz_localize(None) if series.dt.tz is not None else series
        return numpy_column(ticks.to_numpy())
    values = np.zeros(len(series), np.int64)
    present = np.ones(len(series), bool) if valid is None else valid
    values[present] = [_instant(value, pandas) for value in series[present]]
    return Column(values, valid)


def _instant(value: Any, pandas: Any) -> int:
    """Microseconds since 1970 UTC of a datetime, date or timestamp object."""
    if isinstance(value, np.datetime64):
        return int(value.astype("datetime64[us]").astype(np.int64))
    zone = getattr(value, "tzinfo", None)
    if zone is not None:
        offset = (value.utcoffset() or timedelta()) // timedelta(microseconds=1)
        return int(np.datetime64(value.replace(tzinfo=None), "us").astype(np.int64)) - offset
    return int(np.datetime64(value, "us").astype(np.int64))


def _clock(value: Any) -> int:
    if value is None or value != value:
        return 0
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def numpy_column(values: npt.NDArray[Any], nan_is_null: bool = True) -> Column:
    """The column of a NumPy array; NaN counts as null where the frame has no other word for it."""
    kind = values.dtype.kind
    if kind == "f" and values.dtype.itemsize > 8:
        with np.errstate(over="ignore"):  # infinity is what is nearest
            values = values.astype(np.float64)
    if kind in "mM":
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        valid = ~np.isnat(values)
        unit, step = np.datetime_data(values.dtype)
        if unit not in ("s", "ms", "us", "ns") or step != 1:
            values = values.astype(f"{kind}8[us]")
            unit = "us"
        ticks = values.view(np.int64)
        column = seconds(ticks, unit) if kind == "m" else microseconds(ticks, unit)
        return Column(column, None if valid.all() else valid)
    if kind == "f" and nan_is_null:
        missing = np.isnan(values)
        return Column(values, ~missing if missing.any() else None)
    if kind in "bifu":
        return Column(values)
    return Column(nothing())
