"""The body of an Arrow IPC message as arrays whose every offset lies within it.

An `Array` has what `leadline.tables.arrow.decode` reads of one. Nothing of it is handed to code that does not
check: what a file says of itself may be anything.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.tables.arrow import check_codes, decode, physical, structure, through
from leadline.tables.ipc_metadata import Node, Rows
from leadline.tables.table import Column
from leadline.tables.values import nothing

Bytes = npt.NDArray[np.uint8]

_WIDTHS = {
    **dict.fromkeys("cC", 1), **dict.fromkeys("sSe", 2), **dict.fromkeys("iIf", 4), **dict.fromkeys("lLg", 8),
    "tdD": 4, "tdm": 8, "tts": 4, "ttm": 4, "ttu": 8, "ttn": 8, "tiM": 4, "tiD": 8, "tin": 16,
}  # fmt: skip
_OFFSETS = {"u": "<i4", "z": "<i4", "U": "<i8", "Z": "<i8", "+l": "<i4", "+m": "<i4", "+L": "<i8"}


_LARGEST = 1 << 30
_GROWTH = 1_000
"""What is compressed may become `_LARGEST` bytes, or so many times as large as it is."""

_BARE_ROWS = 1 << 27
"""Rows of a batch that take no bytes of the file: those of nulls only, and of runs."""


class TooLargeError(ValueError):
    """A few bytes of a file become more than memory may hold."""


@dataclass(frozen=True)
class Array:
    """Values of a column, or of a part of one; the attributes are those of an Arrow array."""

    schema: Node
    length: int
    null_count: int
    held: Sequence[Bytes]
    parts: Sequence[Array]
    offset: int = 0
    dictionary: None = None

    @property
    def n_buffers(self) -> int:
        """How many buffers a reader asks for; after those of views come their lengths."""
        return len(self.held) + self.schema.is_view

    @property
    def n_children(self) -> int:
        """How many parts it has."""
        return len(self.parts)

    @property
    def buffers(self) -> list[int]:
        """Their addresses."""
        return [int(one.ctypes.data) for one in self.held]

    def view(self) -> Array:
        """Itself."""
        return self

    def buffer(self, number: int) -> Any:
        """One of them."""
        import nanoarrow

        return nanoarrow.c_buffer(self.held[number])

    def child(self, number: int) -> Array:
        """A part."""
        return self.parts[number]

    def present(self) -> npt.NDArray[np.bool_]:
        """Which values are not null."""
        if not self.null_count:
            return np.ones(self.length, np.bool_)
        return np.unpackbits(self.held[0], bitorder="little", count=self.length).view(np.bool_)


@dataclass(frozen=True)
class Body:
    """The rows of a message.

    Attributes:
        columns: all of them.
        about: what the message says.
        content: what it carries.
    """

    columns: Sequence[Node]
    about: Rows
    content: bytes

    def array(self, column: int) -> Array:
        """The values of a column.

        Raises:
            ValueError: they do not lie where the message says, or point to where nothing is.
        """
        found = self._array(self.columns[column], replace(self._begins[column]))
        if found.length != self.about.length:
            raise ValueError(f"a column of {found.length} rows in a batch of {self.about.length}")
        return found

    @cached_property
    def _begins(self) -> list[_Places]:
        """Where each column begins."""
        places, found = _Places(), []
        for node in self.columns:
            found.append(replace(places))
            places.skip(node, self.about)
        return found

    def _array(self, node: Node, places: _Places) -> Array:
        length, nulls = (int(number) for number in _row(self.about.nodes, places.node))
        more = places.more(node, self.about)
        held = [self._buffer(places.buffer + i) for i in range(node.buffers + more)]
        places.step(node, more)
        parts = [self._array(child, places) for child in node.children]
        if not 0 <= nulls <= length or length >= 2**31:
            raise ValueError(f"{length} values, of which {nulls} are null")
        found = Array(node, length, nulls, held, parts)
        return _checked(found)

    def _buffer(self, number: int) -> Bytes:
        place, size = (int(found) for found in _row(self.about.buffers, number))
        if place < 0 or size < 0 or place + size > len(self.content):
            raise ValueError(f"{size} bytes at {place} of a body of {len(self.content)}")
        raw = np.frombuffer(self.content, np.uint8, size, place) if size else np.empty(0, np.uint8)
        return raw if self.about.codec is None or not size else _decompressed(raw, self.about.codec)


@dataclass
class _Places:
    """Where the next column of a message begins, among its nodes, buffers and views."""

    node: int = 0
    buffer: int = 0
    view: int = 0

    def more(self, node: Node, about: Rows) -> int:
        """Buffers of a column beside those that all of its type have."""
        if not node.is_view:
            return 0
        found = int(_row(about.views, self.view))
        if not 0 <= found <= len(about.buffers):
            raise ValueError(f"a column of {found} buffers")
        return found

    def step(self, node: Node, more: int) -> None:
        """Behind the column, and before its parts."""
        self.node += 1
        self.buffer += node.buffers + more
        self.view += node.is_view

    def skip(self, node: Node, about: Rows) -> None:
        """Behind the column and its parts."""
        self.step(node, self.more(node, about))
        for child in node.children:
            self.skip(child, about)


def column(body: Body, number: int, dictionaries: Mapping[int, Column]) -> Column:
    """A column of a message.

    Args:
        body: of the message.
        number: of the column.
        dictionaries: by key.

    Raises:
        ValueError: it is damaged.
    """
    if physical(body.columns[number]) == "other":
        return Column(nothing())
    array = body.array(number)
    return _decoded(array, array.length, dictionaries)


def _decoded(array: Array, rows: int, dictionaries: Mapping[int, Column]) -> Column:
    """The first rows of an array; those of a structure may have more parts than it has rows."""
    node = array.schema
    kind = physical(node)
    if kind == "other":
        return Column(nothing())
    if node.format == "+s" and node.dictionary is None:
        parts = [_decoded(part, rows, dictionaries) for part in array.parts]
        return structure(parts, array.present()[:rows] if array.null_count else None)
    if node.dictionary is None:
        return decode(array, 0, rows)
    codes = decode(replace(array, schema=replace(node, dictionary=None)), 0, rows)
    entries = dictionaries.get(node.key)
    if entries is None:
        raise ValueError(f"no dictionary {node.key}")
    return _of_entries(codes, entries, kind)


def _of_entries(codes: Column, entries: Column, kind: str) -> Column:
    count = len(entries.values if entries.vectors is None else entries.vectors)
    if kind in ("binary", "struct"):
        return Column(nothing(), codes.valid)
    check_codes(codes.values, codes.valid, count)
    if not count:
        text = kind == "string"
        values = np.zeros(len(codes.values), np.uint8 if text else np.float64)
        return Column(values, np.zeros(len(values), bool), [""] if text else None)
    return through(entries, codes.values, codes.valid)


def _row(rows: npt.NDArray[np.int64], number: int) -> Any:
    if number >= len(rows):
        raise ValueError("fewer parts than the columns have")
    return rows[number]


def _checked(array: Array) -> Array:
    """The array, once all that it points to is known to be there."""
    form, length, held = array.schema.format, array.length, array.held
    if form in ("n", "+r") and length > _BARE_ROWS:
        raise TooLargeError(f"a batch of {length} rows, of which the file holds no bytes")
    if form == "n" or form.startswith("+u"):
        return array
    if form == "+r":
        _check_runs(array)
        return array
    if array.null_count and 8 * len(held[0]) < length:
        raise ValueError(f"{len(held[0])} bytes that say which of {length} values are null")
    if form in _OFFSETS:
        _check_offsets(_items(array, 1, _OFFSETS[form], length + 1 if length else 0), _end(array))
    elif form in ("vu", "vz"):
        return _check_views(array)
    elif form in ("+vl", "+vL"):
        starts, sizes = (_items(array, i, "<i4" if form == "+vl" else "<i8", length) for i in (1, 2))
        _check_ranges(starts, sizes, array.parts[0].length, array.present())
    elif form.startswith("+w:"):
        _check_room(array.parts[0].length, length * int(form[3:]))
    elif form == "+s":
        for part in array.parts:
            _check_room(part.length, length)
    elif form == "b":
        _check_room(8 * len(held[1]), length)
    else:
        _check_room(len(held[1]), length * _width(form))
    return array


def _width(form: str) -> int:
    if form.startswith("d:"):
        return int(form.rpartition(",")[2]) // 8
    if form.startswith("w:"):
        return int(form[2:])
    return 8 if form.startswith(("ts", "tD")) else _WIDTHS[form]


def _end(array: Array) -> int:
    return array.parts[0].length if array.parts else len(array.held[2])


def _items(array: Array, number: int, dtype: str, count: int) -> npt.NDArray[Any]:
    raw = array.held[number]
    _check_room(len(raw), count * np.dtype(dtype).itemsize)
    return raw[: count * np.dtype(dtype).itemsize].view(dtype)


def _check_room(found: int, needed: int) -> None:
    if found < needed:
        raise ValueError(f"{found} where {needed} should be")


def _check_offsets(offsets: npt.NDArray[Any], end: int) -> None:
    if len(offsets) and not (offsets[0] >= 0 and offsets[-1] <= end and (offsets[1:] >= offsets[:-1]).all()):
        raise ValueError(f"offsets that do not rise from 0 to {end}")


def _check_ranges(starts: Any, sizes: Any, end: int, present: npt.NDArray[np.bool_]) -> None:
    starts, sizes = starts[present].astype(np.int64), sizes[present].astype(np.int64)
    # In this order: a sum of two numbers that are within could not overflow.
    within = (starts >= 0) & (sizes >= 0) & (starts <= end) & (sizes <= end)
    if not within.all() or (starts + sizes > end).any():
        raise ValueError(f"lists beyond {end} values")


def _check_runs(array: Array) -> None:
    ends, values = array.parts
    if ends.null_count or ends.schema.format not in ("s", "i", "l"):
        raise ValueError("ends of runs that are no whole numbers")
    last = decode(ends).values
    _check_room(values.length, ends.length)
    if array.length and not (len(last) and last[0] > 0 and (last[1:] > last[:-1]).all()):
        raise ValueError("ends of runs that do not rise")
    _check_room(int(last[-1]) if len(last) else 0, array.length)


def _check_views(array: Array) -> Array:
    """The same views, with nothing where they are null: there they may point anywhere."""
    heads = _items(array, 1, "<i4", 4 * array.length).reshape(-1, 4)
    present = array.present()
    if not present.all():
        heads = np.where(present[:, None], heads, np.int32(0))
    ends = np.array([len(buffer) for buffer in array.held[2:]] or [0], np.int64)
    far = heads[heads[:, 0] > 12].astype(np.int64)
    named = (far[:, 2] >= 0) & (far[:, 2] < len(ends))
    if (heads[:, 0] < 0).any() or not named.all():
        raise ValueError("texts in buffers that are not there")
    if ((far[:, 3] < 0) | (far[:, 3] + far[:, 0] > ends[far[:, 2]])).any():
        raise ValueError("texts beyond the end of their buffers")
    held = [array.held[0], np.ascontiguousarray(heads).view(np.uint8).ravel(), *array.held[2:]]
    return Array(array.schema, array.length, array.null_count, held, array.parts)


def _decompressed(raw: Bytes, codec: int) -> Bytes:
    """What a buffer holds: first its size, then that, compressed or (size -1) as it is."""
    if len(raw) < 8:
        raise ValueError("a compressed buffer without its size")
    size = int(raw[:8].view("<i8")[0])
    if size == -1:
        return raw[8:]
    if size < 0:
        raise ValueError(f"a compressed buffer of {size} bytes")
    if size == 0:
        return np.empty(0, np.uint8)
    if size > max(_LARGEST, _GROWTH * len(raw)):
        raise TooLargeError(f"{len(raw)} compressed bytes that become {size}")
    import nanoarrow
    from nanoarrow.ipc import InputStream

    # nanoarrow knows both codecs, and is safe where the metadata are: so it is given such that are.
    message = _schema_of_bytes() + _one_buffer(size, len(raw), codec) + raw.tobytes() + bytes(-len(raw) % 8)
    array = next(iter(nanoarrow.c_array_stream(InputStream.from_readable(BytesIO(message)))))
    found = np.frombuffer(array.child(0).view().buffer(1), np.uint8)
    if len(found) != size:
        raise ValueError(f"a compressed buffer of {len(found)} bytes instead of {size}")
    return found


@cache
def _schema_of_bytes() -> bytes:
    """The message that says: one column of bytes."""
    import nanoarrow
    from nanoarrow.ipc import StreamWriter

    schema = nanoarrow.struct({"bytes": nanoarrow.uint8()})
    written = BytesIO()
    with StreamWriter.from_writable(written) as writer:
        writer.write_stream(nanoarrow.c_array_from_buffers(schema, 0, [None], children=[
            nanoarrow.c_array_from_buffers(nanoarrow.uint8(), 0, [None, None])
        ]))  # fmt: skip
    whole = written.getvalue()
    (size,) = struct.unpack_from("<i", whole, 4)
    return whole[: 8 + size]


def _one_buffer(rows: int, size: int, codec: int) -> bytes:
    """The metadata of a record batch: one column of bytes without nulls, in one compressed buffer."""
    message = struct.pack(
        # The message: where it is, where its fields are, and they.
        "<I 6H iIq hB5x"
        # The batch likewise, its one node, its two buffers, its compression.
        " 6H4x iIqII 4xI2q 4xI4q 3H2x ib3x",
        16, 12, 20, 16, 18, 4, 8, 12, 36, size + -size % 8, 4, 3,
        12, 24, 8, 4, 16, 20, 16, 24, rows, 36, 76, 1, rows, 0, 2, 0, 0, 0, size, 6, 8, 4, 8, codec,
    )  # fmt: skip
    return struct.pack("<Ii", 0xFFFFFFFF, len(message)) + message
