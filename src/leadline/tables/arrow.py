"""Arrow arrays (of the C data interface, read through nanoarrow) become columns."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.tables.codes import encode, encode_views, joined
from leadline.tables.table import Column, Field, Physical, read
from leadline.tables.values import microseconds, narrow, nothing, seconds
from leadline.tables.vectors import Vectors

_PHYSICAL: dict[str, Physical] = {
    "n": "null", "b": "bool",
    **dict.fromkeys("cCsSiIlL", "int"), **dict.fromkeys("efg", "float"),
    "u": "string", "U": "string", "vu": "string",
    "z": "binary", "Z": "binary", "vz": "binary",
    "+l": "list", "+L": "list", "+vl": "list", "+vL": "list", "+s": "struct", "+m": "struct",
}  # fmt: skip
_PREFIXES: dict[str, Physical] = {
    "d:": "decimal", "td": "date", "ts": "timestamp", "tt": "time", "tD": "duration",
    "w:": "binary", "+w": "list",
}  # fmt: skip
_NUMBERS = dict(
    zip("cCsSiIlLefg", ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"), strict=True)
)
_UNITS = {"s": "s", "m": "ms", "u": "us", "n": "ns"}


def physical(schema: Any) -> Physical:
    """Physical type of an Arrow schema node; dictionaries and runs count as their values."""
    while schema.dictionary is not None:  # the entries of a dictionary may have one
        schema = schema.dictionary
    if schema.format == "+r":
        values = list(schema.children)[1]
        return "other" if values.dictionary is not None else physical(values)
    return _PHYSICAL.get(schema.format) or _PREFIXES.get(schema.format[:2], "other")


def fields(schema: Any, names: Sequence[str]) -> tuple[Field, ...]:
    """Fields of a struct schema, under the given unique names."""
    return tuple(field(name, child) for name, child in zip(names, schema.children, strict=True))


def field(name: str, schema: Any) -> Field:
    """The field of a schema node; structures have those of their parts."""
    parts = () if schema.format != "+s" or schema.dictionary is not None else schema.children
    return Field(name, physical(schema), tuple(field(part.name or "", part) for part in parts))


def structure(parts: Iterable[Column], valid: npt.NDArray[np.bool_] | None) -> Column:
    """The column of a structure, whose parts are null where it is."""
    return Column(nothing(), valid, parts=tuple(_where(part, valid) for part in parts))


def _where(part: Column, valid: npt.NDArray[np.bool_] | None) -> Column:
    if valid is None:
        return part
    both = valid if part.valid is None else part.valid & valid
    return replace(part, valid=both, parts=tuple(_where(inner, valid) for inner in part.parts))


@dataclass(frozen=True, slots=True)
class ArrowBatch:
    """A record batch: a struct array whose children are decoded when asked for."""

    rows: int
    array: Any
    positions: dict[str, int]

    def column(self, name: str) -> Column:
        child = self.array.child(self.positions[name])
        return read(lambda: decode(child, self.array.offset, self.rows))


def decode(array: Any, start: int = 0, length: int | None = None) -> Column:
    """The column of one Arrow array (or of `length` rows of it from `start` on)."""
    rows = array.length if length is None else length
    schema = array.schema
    kind = physical(schema)
    if kind == "other" and schema.format[:2] != "ti":
        return Column(nothing())  # unions, whose nulls do not lie in a bitmap
    if schema.format == "+r":
        return _runs(array, array.offset + start, rows)
    if kind == "null":
        return Column(np.zeros(rows), np.zeros(rows, bool))
    view = array.view()
    offset = array.offset + start
    valid = _valid(array, view, offset, rows)
    if schema.dictionary is not None:
        return _dictionary(array, view, offset, rows, valid)
    if kind == "string":
        return _string(schema.format, view, offset, rows, valid)
    if kind == "list":
        return Column(nothing(), valid, vectors=_vectors(array, view, offset, rows, valid))
    if schema.format == "+s":
        parts = (array.child(place) for place in range(array.n_children))
        return structure([decode(part, offset, rows) for part in parts], valid)
    if kind in ("binary", "struct", "other"):
        return Column(nothing(), valid)
    if schema.format.endswith((",32", ",64")):
        return Column(_narrow_decimals(array, offset, rows), valid)
    return Column(_values(schema.format, view, offset, rows), valid)


def _runs(array: Any, offset: int, rows: int) -> Column:
    """Values that hold for all rows up to the next end, which count from the beginning of the array."""
    ends = decode(array.child(0)).values
    values = array.child(1)
    codes = np.searchsorted(ends, np.arange(offset, offset + rows), "right")
    check_codes(codes, None, values.length)
    return through(decode(values), codes, None)


def _valid(array: Any, view: Any, offset: int, rows: int) -> npt.NDArray[np.bool_] | None:
    if array.n_buffers == 0 or array.null_count == 0:
        return None
    raw = _bytes(view.buffer(0))
    if not len(raw):
        return None
    valid = _bits(raw, offset, rows)
    return None if valid.all() else valid


def _bytes(buffer: Any) -> npt.NDArray[np.uint8]:
    return np.frombuffer(buffer, np.uint8) if buffer.size_bytes else np.empty(0, np.uint8)


def _bits(raw: npt.NDArray[np.uint8], offset: int, rows: int) -> npt.NDArray[np.bool_]:
    first = offset >> 3
    bits = np.unpackbits(raw[first : (offset + rows + 7) >> 3], bitorder="little")
    return bits[offset - 8 * first :][:rows].view(np.bool_)


def _part(view: Any, dtype: str, offset: int, rows: int) -> npt.NDArray[Any]:
    return _bytes(view.buffer(1)).view(dtype)[offset : offset + rows]


def _values(form: str, view: Any, offset: int, rows: int) -> npt.NDArray[Any]:
    if form in _NUMBERS:
        return _part(view, _NUMBERS[form], offset, rows)
    if form == "b":
        return _bits(_bytes(view.buffer(1)), offset, rows)
    if form.startswith("d:"):
        return _decimal(form, view, offset, rows)
    if form == "tdD":
        return microseconds(_part(view, "i4", offset, rows), "D")
    if form == "tdm":
        return microseconds(_part(view, "i8", offset, rows), "ms")
    unit = _UNITS[form[2]]
    width = "i4" if form in ("tts", "ttm") else "i8"
    ticks = _part(view, width, offset, rows)
    return seconds(ticks, unit) if form.startswith("tD") else microseconds(ticks, unit)


def _vectors(
    array: Any, view: Any, offset: int, rows: int, valid: npt.NDArray[np.bool_] | None
) -> Vectors | None:
    """Lists of numbers; None where they hold something else."""
    form, child = array.schema.format, array.child(0)
    if child.schema.format not in _NUMBERS or child.schema.dictionary is not None:
        return None
    inner = decode(child)
    numbers = inner.values
    if inner.valid is not None:  # a null within a list is no number
        numbers = np.where(inner.valid, numbers, np.nan)
    if form.startswith("+w:"):
        size = int(form[3:])
        starts = (offset + np.arange(rows, dtype=np.int64)) * size
        lengths = np.full(rows, size, np.int64)
    else:
        width = "i4" if form in ("+l", "+vl") else "i8"
        if form.startswith("+v"):
            starts, lengths = (_at_address(array, i, width, offset, rows).astype(np.int64) for i in (1, 2))
        else:
            ends = _bytes(view.buffer(1)).view(width).astype(np.int64)
            starts, lengths = ends[offset : offset + rows], np.diff(ends[offset : offset + rows + 1])
    if valid is not None:
        lengths = np.where(valid, lengths, 0)
    return Vectors(numbers, starts, lengths)


def _decimal(form: str, view: Any, offset: int, rows: int) -> npt.NDArray[np.float64]:
    scale, bits = _scale_and_bits(form)
    words = _bytes(view.buffer(1)).view("<u8").reshape(-1, bits // 64)[offset : offset + rows]
    return _scaled(_wide_integers(words), scale)


def _narrow_decimals(array: Any, offset: int, rows: int) -> npt.NDArray[np.float64]:
    """Decimals of 32 and 64 bits."""
    scale, bits = _scale_and_bits(array.schema.format)
    return _scaled(_at_address(array, 1, f"i{bits // 8}", offset, rows).astype(np.float64), scale)


def _at_address(array: Any, number: int, dtype: str, offset: int, rows: int) -> npt.NDArray[Any]:
    """Numbers of a buffer of which nanoarrow tells the address only: of narrow decimals and of list views."""
    address = array.buffers[number]
    if not rows or not address:
        return np.zeros(rows, dtype)
    size = (offset + rows) * np.dtype(dtype).itemsize
    return np.frombuffer(memoryview((ctypes.c_char * size).from_address(address)), dtype)[offset:]


def _scale_and_bits(form: str) -> tuple[int, int]:
    parts = form[2:].split(",")
    return int(parts[1]), int(parts[2]) if len(parts) > 2 else 128


def _scaled(whole: npt.NDArray[np.float64], scale: int) -> npt.NDArray[np.float64]:
    return whole / 10.0**scale if scale >= 0 else whole * 10.0**-scale


def _wide_integers(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Two's complement integers of several 64-bit words, the lowest first, as floats."""
    negative = words[:, -1].view(np.int64) < 0
    magnitude = words.copy()
    magnitude[negative] = ~magnitude[negative]
    carry = negative
    total = np.zeros(len(words))
    for place in range(words.shape[1]):
        word = magnitude[:, place] + carry
        carry = carry & (word == 0)
        total += word.astype(np.float64) * 2.0 ** (64 * place)
    return np.where(negative, -total, total)


def _string(form: str, view: Any, offset: int, rows: int, valid: npt.NDArray[np.bool_] | None) -> Column:
    if form == "vu":
        codes, texts = encode_views(*_views(view, offset, rows), valid)
    else:
        offsets = _bytes(view.buffer(1)).view("i4" if form == "u" else "i8")[offset : offset + rows + 1]
        offsets = offsets.astype(np.int64, copy=False)
        codes, texts = encode(_bytes(view.buffer(2)), offsets[:-1][:rows], np.diff(offsets), valid)
    return Column(narrow(codes, len(texts)), valid, texts or [""])


def _views(view: Any, offset: int, rows: int) -> tuple[npt.NDArray[np.uint64], list[npt.NDArray[np.uint8]]]:
    """The views of texts, and the bytes that do not lie in them; see `encode_views`."""
    views = _bytes(view.buffer(1)).view("<u8").reshape(-1, 2)[offset : offset + rows]
    return views, [_bytes(view.buffer(i)) for i in range(2, view.n_buffers - 1)]


def _dictionary(array: Any, view: Any, offset: int, rows: int, valid: npt.NDArray[np.bool_] | None) -> Column:
    codes = _part(view, _NUMBERS[array.schema.format], offset, rows)
    count = array.dictionary.length
    check_codes(codes, valid, count)
    if count == 0:
        if physical(array.schema) == "string":
            return Column(np.zeros(rows, np.uint8), np.zeros(rows, bool), [""])
        return Column(np.zeros(rows), np.zeros(rows, bool))
    return through(decode(array.dictionary), codes, valid)


def check_codes(codes: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None, count: int) -> None:
    """Hold that codes point to some of `count` entries; rows that are not valid may hold any code.

    Raises:
        ValueError: one does not. The compiled loops look nothing up that they were not promised.
    """
    used = codes if valid is None else codes[valid]
    if len(used) and not (used.min() >= 0 and used.max() < count):
        raise ValueError(f"codes from {used.min()} to {used.max()} of a dictionary of {count}")


def through(entries: Column, codes: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None) -> Column:
    """The column whose row i is entry `codes[i]`; rows that are not valid may hold any code."""
    if valid is not None:
        codes = np.where(valid, codes, 0)
    if entries.valid is not None:
        present = entries.valid[codes]
        valid = present if valid is None else valid & present
    if entries.vectors is not None:
        return Column(entries.values, valid, vectors=entries.vectors.take(codes))
    unique = entries.dictionary is not None and np.array_equal(entries.values, np.arange(len(entries.values)))
    values = codes if unique else entries.values[codes] if len(entries.values) else entries.values
    if entries.dictionary is not None:
        values = narrow(values, len(entries.dictionary))
    return Column(values, valid, entries.dictionary)


def concatenate(columns: Iterable[Column]) -> Column:
    """One column of all rows, in order (of one physical type)."""
    columns = list(columns)
    if len(columns) == 1:
        return columns[0]
    for column in columns:
        if column.unreadable:
            return column
    valid = None
    if any(column.valid is not None for column in columns):
        valid = np.concatenate(
            [
                np.ones(len(c.values if c.vectors is None else c.vectors), bool)
                if c.valid is None
                else c.valid
                for c in columns
            ]
        )
    parts = tuple(concatenate(part) for part in zip(*(column.parts for column in columns), strict=True))
    if parts:
        return Column(nothing(), valid, parts=parts)
    vectors = [column.vectors for column in columns if column.vectors is not None]
    if len(vectors) == len(columns):
        return Column(nothing(), valid, vectors=Vectors.joined(vectors))
    if not any(column.dictionary is not None for column in columns):
        return Column(np.concatenate([column.values for column in columns]), valid)
    tables, texts = joined([column.dictionary or [""] for column in columns])
    codes = [table[column.values] for table, column in zip(tables, columns, strict=True)]
    return Column(narrow(np.concatenate(codes), len(texts)), valid, texts)
