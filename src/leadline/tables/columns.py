"""Dictionaries of columns, lists of rows and NumPy structured arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError
from leadline.tables.memory import MemoryTable, Rows
from leadline.tables.names import unique_names
from leadline.tables.pandas_frame import numpy_column
from leadline.tables.parts import DEPTH, MOST
from leadline.tables.table import Column, Field, Physical
from leadline.tables.values import as_float, narrow, nothing
from leadline.tables.vectors import of_objects

_EPOCH = datetime(1970, 1, 1)
_KINDS: tuple[tuple[tuple[type, ...], Physical], ...] = (
    ((bool, np.bool_), "bool"),
    ((int, np.integer), "int"),
    ((int, float, np.integer, np.floating), "float"),
    ((int, float, np.integer, np.floating, Decimal), "decimal"),
    ((str,), "string"),
    ((datetime,), "timestamp"),
    ((date,), "date"),
    ((time,), "time"),
    ((timedelta,), "duration"),
    ((bytes, bytearray), "binary"),
    ((list, tuple, np.ndarray), "list"),
    ((dict,), "struct"),
)
_NUMPY: dict[str, Physical] = {
    "b": "bool", "i": "int", "u": "int", "f": "float", "M": "timestamp", "m": "duration",
    "U": "string", "S": "string",
}  # fmt: skip


def columns_table(source: Mapping[Any, Any], name: str) -> MemoryTable:
    """A table of a mapping from column name to a list or array of values, all equally long."""
    names = unique_names(source)
    arrays = [_array(values, shown, name) for shown, values in zip(names, source.values(), strict=True)]
    lengths = {shown: len(values) for shown, values in zip(names, arrays, strict=True)}
    if len(set(lengths.values())) > 1:
        raise DataError("columns of different lengths", where=name, found=lengths, accepted="equal lengths")
    fields = tuple(_field(shown, values) for shown, values in zip(names, arrays, strict=True))

    def load(position: int, rows: Rows | None) -> Column:
        values = arrays[position] if rows is None else arrays[position][rows]
        return _column(values, fields[position])

    return MemoryTable(name, fields, len(arrays[0]) if arrays else 0, load)


def structured_table(source: npt.NDArray[Any], name: str) -> MemoryTable:
    """A table of a NumPy structured array."""
    return columns_table({key: source[key] for key in source.dtype.names or ()}, name)


def records_table(source: Sequence[Mapping[Any, Any]], name: str) -> MemoryTable:
    """A table of a list of rows, each a mapping; a key that a row lacks is null there."""
    keys: dict[Any, None] = {}
    for row in source:
        keys.update(dict.fromkeys(row))
    table = columns_table({key: [row.get(key) for row in source] for key in keys}, name)
    table.rows = len(source)
    return table


def _field(name: str, values: npt.NDArray[Any], depth: int = DEPTH) -> Field:
    """The field of a column; that of mappings has a part for each key, as deep as parts are told apart."""
    physical = _physical(values)
    if physical != "struct" or not depth:
        return Field(name, physical)
    keys = dict.fromkeys(key for value in values if not _is_null(value) for key in value)
    if len(keys) > MOST or not all(isinstance(key, str) for key in keys):
        return Field(name, physical)
    return Field(name, physical, tuple(_field(key, _part(values, key), depth - 1) for key in keys))


def _part(values: npt.NDArray[Any], key: str) -> npt.NDArray[Any]:
    """What mappings have under a key; null where they lack it."""
    return _array([None if _is_null(value) else value.get(key) for value in values], key, key)


def _array(values: Any, column: str, where: str) -> npt.NDArray[Any]:
    """One-dimensional array; lists of mixed or nullable values become objects, never text."""
    if isinstance(values, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(values.astype(object), None))
    if isinstance(values, np.ndarray):
        if values.ndim == 1:
            return values
        return _objects(list(values)) if values.ndim > 1 else _not_a_column(values, column, where)
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        return _not_a_column(values, column, where)
    if hasattr(values, "to_numpy"):
        return _array(np.asarray(values.to_numpy()), column, where)
    if hasattr(values, "__array__"):
        return _array(np.asarray(values), column, where)
    values = list(values)
    kinds = set(map(type, values))
    if kinds in ({float}, {int}, {bool}):
        try:
            return np.array(values)
        except OverflowError:
            return np.array(values, float)
    return _objects(values)


def _not_a_column(values: Any, column: str, where: str) -> npt.NDArray[Any]:
    raise DataError(
        f"column {column!r} is not a sequence of values",
        where=where,
        found=type(values).__name__,
        accepted="a list or a one-dimensional array for each column",
    )


def _objects(values: list[Any]) -> npt.NDArray[Any]:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _is_null(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, float | np.floating | np.datetime64 | np.timedelta64 | Decimal):
        return False if isinstance(value, float | np.floating | Decimal) else bool(np.isnat(value))
    return type(value).__name__ in ("NAType", "NaTType")


def _is_nan(value: Any) -> bool:
    # A signalling NaN of decimals objects to being compared.
    return value.is_nan() if isinstance(value, Decimal) else bool(value != value)


def _physical(values: npt.NDArray[Any]) -> Physical:
    if values.dtype.kind != "O":
        return _NUMPY.get(values.dtype.kind, "other")
    kinds = {type(value) for value in values if not _is_null(value)}
    if not kinds:
        return "null"
    for accepted, physical in _KINDS:
        if all(issubclass(kind, accepted) and not _bool_in_number(kind, accepted) for kind in kinds):
            return physical
    # NaN beside texts is how lists say null: NaN alone does not make a column of texts mixed.
    return "string"


def _bool_in_number(kind: type, accepted: tuple[type, ...]) -> bool:
    return issubclass(kind, bool) and bool not in accepted


def _column(values: npt.NDArray[Any], field: Field) -> Column:
    kind = field.physical
    if kind == "string":
        return _texts(values)
    if values.dtype.kind != "O":
        return numpy_column(values, nan_is_null=False)
    missing = np.fromiter((_is_null(value) for value in values), bool, len(values))
    valid = ~missing if missing.any() else None
    if kind == "list":
        return Column(nothing(), valid, vectors=of_objects(values, valid))
    if kind == "struct":
        parts = (_column(_part(values, part.name), part) for part in field.parts)
        return Column(nothing(), valid, parts=tuple(parts))
    if kind in ("binary", "other"):
        return Column(nothing(), valid)
    if kind == "null":
        return Column(np.zeros(len(values)), np.zeros(len(values), bool))
    return Column(_numbers(values, missing, kind), valid)


def _numbers(values: npt.NDArray[Any], missing: npt.NDArray[np.bool_], kind: Physical) -> npt.NDArray[Any]:
    convert: Any = {
        "timestamp": _instant,
        "date": _day,
        "time": _clock,
        "duration": timedelta.total_seconds,
    }.get(kind)
    present = values[~missing]
    if convert is not None:
        present = np.array([convert(value) for value in present])
        dtype: Any = np.float64 if kind == "duration" else np.int64
    else:
        dtype = {"bool": np.bool_, "int": np.int64}.get(kind, np.float64)
    try:
        found = present.astype(dtype)
    except (OverflowError, ValueError):
        found = np.array([as_float(value) for value in present])
    result = np.zeros(len(values), found.dtype)
    result[~missing] = found
    return result


def _instant(value: datetime) -> int:
    if value.tzinfo is None:
        return (value - _EPOCH) // timedelta(microseconds=1)
    offset = value.utcoffset() or timedelta()
    return (value.replace(tzinfo=None) - _EPOCH - offset) // timedelta(microseconds=1)


def _day(value: date) -> int:
    return (value.toordinal() - _EPOCH.toordinal()) * 86_400_000_000


def _clock(value: time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def _texts(values: npt.NDArray[Any]) -> Column:
    listed = values.tolist()
    kinds = set(map(type, listed))
    if kinds <= {str, NoneType}:
        return _plain_texts(listed, NoneType in kinds)
    known: dict[str, int] = {}
    codes = np.zeros(len(values), np.int32)
    valid = np.ones(len(values), bool)
    for i, value in enumerate(listed):
        if _is_null(value) or _is_nan(value):
            valid[i] = False
            continue
        text = value if type(value) is str else _text(value)
        codes[i] = known.setdefault(text, len(known))
    return Column(narrow(codes, len(known)), None if valid.all() else valid, list(known) or [""])


def _plain_texts(values: list[str | None], nullable: bool) -> Column:
    """The same where there are only texts and None: of those nobody has to look at each."""
    texts = [text for text in dict.fromkeys(values) if text is not None]
    known: dict[str | None, int] = {None: 0} | {text: code for code, text in enumerate(texts)}
    codes = np.fromiter(map(known.__getitem__, values), np.int32, len(values))
    valid = np.array([text is not None for text in values]) if nullable else None
    return Column(narrow(codes, len(texts)), valid, texts or [""])


def _text(value: Any) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
