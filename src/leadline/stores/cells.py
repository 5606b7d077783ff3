"""Values of JSON as typed columns, in the layout of Arrow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.tables.values import as_float

Kind = Literal["integer", "number", "boolean", "text", "nested"]
"""What a value is: a whole number of 64 bits, another number, a truth value, a text, or a list or object."""

Bools = npt.NDArray[np.bool_]

_KINDS: Mapping[type, Kind] = {
    int: "integer", float: "number", bool: "boolean", str: "text", list: "nested", dict: "nested",
}  # fmt: skip
_DTYPES: Mapping[Kind, Any] = {
    "integer": np.int64, "number": np.float64, "boolean": np.bool_, "text": np.int64, "nested": np.int64,
}  # fmt: skip
NOT_FINITE = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
"""How the wire names the numbers that JSON has not."""


class Key(NamedTuple):
    """What is kept in a column of its own: the values of one kind of one field.

    Attributes:
        section: "" for what the wire itself names (score, label, ...), else the group: features, segment,
            steps, or scores for the score of each class.
        name: of the field.
        kind: of the values; a field whose values change their kind has several columns.
    """

    section: str
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Cells:
    """Values of one kind.

    Attributes:
        values: shape (rows,): numbers and truth values; of texts and nested values, their lengths in bytes.
        valid: shape (rows,), False where the row has no value of this kind; None: all have one.
        data: the bytes of all texts, one after another (nested values as JSON); b"" for other kinds.
    """

    values: npt.NDArray[Any]
    valid: Bools | None = None
    data: bytes = b""


def typed(values: Sequence[Any], not_finite: Mapping[str, Sequence[int]]) -> dict[Kind, Cells]:
    """The values of a JSON column by kind; none where all are null.

    Whole numbers beside others are numbers, as are those beyond 64 bits.

    Args:
        values: what JSON gives: None, bool, int, float, str, list or dict.
        not_finite: rows of NaN, Infinity and -Infinity, which are None in `values`.

    Raises:
        ValueError: a row of `not_finite` is not in the column, or holds a value, or its name is unknown.
    """
    types = set(map(type, values)) - {type(None)}
    kinds = {_KINDS[found] for found in types}
    if not_finite or kinds >= {"integer", "number"}:
        kinds = (kinds - {"integer"}) | {"number"}
    if len(kinds) == 1:
        kind = next(iter(kinds))
        valid = _present(values)
        try:
            cells = _cells(kind, values, valid)
        except OverflowError:  # whole numbers beyond 64 bits
            kind, cells = "number", _cells("number", values, valid)
        return {kind: _with_not_finite(cells, not_finite)}
    of_value = [_KINDS.get(type(value)) for value in values]
    found: dict[Kind, Cells] = {}
    for kind in sorted(kinds):
        mine = {kind, "integer"} if kind == "number" and "integer" not in kinds else {kind}
        valid = np.array([own in mine for own in of_value], np.bool_)
        part = [value if own in mine else None for value, own in zip(values, of_value, strict=True)]
        try:
            found[kind] = _cells(kind, part, valid)
        except OverflowError:
            found["number"] = _cells("number", part, valid)
    if "number" in found:
        found["number"] = _with_not_finite(found["number"], not_finite)
    return found


def finite(values: Sequence[Any]) -> Any:
    """A column as the wire has it: a list, or an object where some numbers are not finite."""
    odd: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        if type(value) is float and not math.isfinite(value):
            name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
            odd.setdefault(name, []).append(place)
    if not odd:
        return values
    hidden = {place for places in odd.values() for place in places}
    return {"values": [None if i in hidden else v for i, v in enumerate(values)], "not_finite": odd}


def texts(values: Sequence[str | None]) -> Cells:
    """Texts of which some may be missing."""
    return _cells("text", values, _present(values))


def constant(text: str, rows: int) -> Cells:
    """The same text in all rows."""
    data = _encoded(text)
    return Cells(np.full(rows, len(data), np.int64), None, data * rows)


def concatenated(kind: Kind, parts: Sequence[tuple[int, Cells | None]]) -> Cells:
    """One column of several parts, each with its number of rows; None: a part without such values."""
    values = [np.zeros(rows, _DTYPES[kind]) if cells is None else cells.values for rows, cells in parts]
    valid = None
    if any(cells is None or cells.valid is not None for _, cells in parts):
        valid = np.concatenate([_valid(rows, cells) for rows, cells in parts])
    return Cells(np.concatenate(values), valid, b"".join(cells.data for _, cells in parts if cells))


def take(kind: Kind, cells: Cells, keep: Bools) -> Cells:
    """The rows that a mask chooses."""
    valid = None if cells.valid is None else cells.valid[keep]
    if kind not in ("text", "nested"):
        return Cells(cells.values[keep], valid)
    ends = np.cumsum(cells.values)
    starts = ends - cells.values
    pieces = [cells.data[starts[row] : ends[row]] for row in np.flatnonzero(keep)]
    return Cells(cells.values[keep], valid, b"".join(pieces))


def _valid(rows: int, cells: Cells | None) -> Bools:
    if cells is None:
        return np.zeros(rows, np.bool_)
    return np.ones(rows, np.bool_) if cells.valid is None else cells.valid


def _present(values: Sequence[Any]) -> Bools | None:
    """Which values are there; None: all."""
    if None not in values:
        return None
    return np.array([value is not None for value in values], np.bool_)


def _cells(kind: Kind, values: Sequence[Any], valid: Bools | None) -> Cells:
    if kind in ("text", "nested"):
        encode = _encoded if kind == "text" else msgspec.json.encode
        pieces = [b"" if value is None else encode(value) for value in values]
        return Cells(np.fromiter(map(len, pieces), np.int64, len(pieces)), valid, b"".join(pieces))
    if valid is not None and kind != "number":
        values = [0 if value is None else value for value in values]
    try:
        return Cells(np.array(values, _DTYPES[kind]), valid)  # None becomes NaN, which `valid` hides
    except OverflowError:
        if kind != "number":
            raise
        return Cells(np.array([np.nan if value is None else as_float(value) for value in values]), valid)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _with_not_finite(cells: Cells, not_finite: Mapping[str, Sequence[int]]) -> Cells:
    if not not_finite:
        return cells
    values, valid = cells.values, _valid(len(cells.values), cells)
    for name, rows in not_finite.items():
        if name not in NOT_FINITE:
            raise ValueError(f"not_finite names {name!r}; accepted: {', '.join(NOT_FINITE)}")
        places = np.array(rows, np.int64)
        if ((places < 0) | (places >= len(values))).any():
            raise ValueError("not_finite names a row that is not in the column")
        if valid[places].any():
            raise ValueError("not_finite names a row that holds a value")
        values[places], valid[places] = NOT_FINITE[name], True
    return Cells(values, None if valid.all() else valid)
