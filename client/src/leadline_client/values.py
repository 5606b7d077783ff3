"""What a caller may pass, as what JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from typing import Any
from uuid import UUID

MISSING = frozenset({"NAType", "NaTType"})
"""Names of the types of pandas' own markers; the client knows them without pandas."""


class Unusable(ValueError):
    """What was passed is no row or table; the message says why and holds no data."""


def identifier(value: Any) -> str | None:
    """An id as text, the same for 7, "7", a NumPy 7 and the 7.0 that a frame with gaps makes of it.

    None for a missing one.
    """
    if type(value) is str:
        return value
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if value is None or type(value).__name__ in MISSING:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if value.is_integer():
            return str(int(value))
    return str(value)


def unix_seconds(value: Any) -> float | None:
    """A time as seconds since 1970 in UTC; a time without a zone is in UTC. None for a missing one.

    Raises:
        Unusable: it is no time. ValueError: a text that is not ISO 8601.
    """
    if value is None or type(value).__name__ in MISSING:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value[:-1] + "+00:00" if value[-1:] in ("Z", "z") else value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc).timestamp()
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":
        return unix_seconds(value.astype("datetime64[us]").item())
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if math.isnan(value):
            return None
        if math.isinf(value):
            raise Unusable("a time is finite")
        return float(value)
    raise Unusable(f"{type(value).__name__} is no time; accepted: Unix seconds, datetime, ISO 8601")


def named_values(features: Any, names: Sequence[str]) -> Mapping[Any, Any]:
    """One row's features by name: of a mapping, a named tuple, a dataclass, a pydantic model, a Series, a
    frame with one row, or of values in the order of `names` (f0, f1, ... where there are none).

    Raises:
        Unusable: not one row, or not as many values as names, or nothing of that.
    """
    if isinstance(features, dict):
        return features
    if features is None:
        return {}
    if isinstance(features, Mapping):
        return dict(features)
    for method in ("_asdict", "model_dump"):
        if hasattr(features, method):
            found: Mapping[Any, Any] = getattr(features, method)()
            return found
    if is_dataclass(features):
        return {field.name: getattr(features, field.name) for field in fields(features)}
    if hasattr(features, "columns") or hasattr(features, "column_names"):
        frame = Frame(features)
        if frame.rows != 1:
            raise Unusable(f"features are one row, found {frame.rows}; log_batch takes many")
        return {name: values[0] for name, values in frame.read(0, 1).items()}
    if hasattr(features, "to_dict"):
        return dict(features.to_dict())
    return _in_order(features, names)


def _in_order(features: Any, names: Sequence[str]) -> Mapping[Any, Any]:
    if isinstance(features, (str, bytes)):
        raise Unusable("features are a mapping or a sequence of values, found a text")
    values = features.tolist() if hasattr(features, "tolist") else list(features)
    if len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    names = names or [f"f{place}" for place in range(len(values))]
    if len(names) != len(values):
        raise Unusable(f"{len(values)} values for {len(names)} feature names")
    return dict(zip(names, values))


class Frame:
    """The columns of many rows, whatever holds them, read slice by slice.

    Takes a mapping of columns, a pandas or polars frame, an Arrow table or a two-dimensional array. A single
    text, number or None stands for a column that holds nothing else.

    Raises:
        Unusable: something else, or columns of different lengths.
    """

    def __init__(self, data: Any, names: Sequence[str] = ()) -> None:
        self.columns: dict[str, Any] = _columns(data, names)
        lengths = {len(column) for column in self.columns.values() if not _is_constant(column)}
        if len(lengths) > 1:
            raise Unusable(f"columns have different lengths: {sorted(lengths)}")
        self.rows = lengths.pop() if lengths else 0

    def read(self, start: int, stop: int) -> dict[str, list[Any]]:
        """The values of some rows, column by column, as plain Python values."""
        return {name: part(column, start, stop) for name, column in self.columns.items()}


def part(column: Any, start: int, stop: int) -> list[Any]:
    """Some values of a column as a list."""
    if _is_constant(column):
        return [column] * (stop - start)
    values = (column.iloc if hasattr(column, "iloc") else column)[start:stop]
    for method in ("tolist", "to_list", "to_pylist"):
        if hasattr(values, method):
            found: list[Any] = getattr(values, method)()
            return found
    return list(values)


def _is_constant(column: Any) -> bool:
    return column is None or isinstance(column, (str, bytes, int, float))


def _columns(data: Any, names: Sequence[str]) -> dict[str, Any]:
    if data is None:
        return {}
    if isinstance(data, Mapping):
        return {str(name): column for name, column in data.items()}
    # An Arrow table calls its columns' names so; its `columns` are the columns themselves.
    listed = getattr(data, "column_names", None)
    if listed is None:
        listed = getattr(data, "columns", None)
    if listed is not None:
        return {str(name): data[name] for name in listed}
    if getattr(data, "ndim", 0) == 2:
        names = names or [f"f{place}" for place in range(data.shape[1])]
        if len(names) != data.shape[1]:
            raise Unusable(f"{data.shape[1]} columns for {len(names)} feature names")
        return {name: data[:, place] for place, name in enumerate(names)}
    raise Unusable(f"{type(data).__name__} holds no columns; accepted: a mapping of columns or a dataframe")


_TEXTUAL = (UUID, PurePath, IPv4Address, IPv6Address)


def plain(value: Any) -> Any:
    """What JSON can hold of a value that it cannot; a NaN may come out.

    Raises:
        TypeError: nothing sensible can. No text is made of unknown objects: it could tell anything.
    """
    if type(value).__name__ in MISSING:
        return None
    if getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m"):
        return value.astype(str).tolist() if hasattr(value, "astype") else str(value)
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, tensors
        return value.tolist()
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (Decimal, Fraction)):
        return float(value)
    if isinstance(value, _TEXTUAL):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)) or hasattr(value, "to_list"):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def finite(value: Any) -> Any:
    """A nested value in which null stands for what is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    if value is None or isinstance(value, (str, int)):
        return value
    return finite(plain(value))
