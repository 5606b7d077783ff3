"""What the messages of Arrow IPC say of their bodies, read so that no byte of a file is believed unseen.

Metadata are FlatBuffers: tables whose fields lie at offsets that they name themselves. Each read here is
checked by Python against the end of the message; a wrong offset is a wrong number or a `ValueError`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SCHEMA, DICTIONARY, ROWS = 1, 2, 3
"""Kinds of messages."""

_DEEPEST = 64
_FIELD_BYTES = 8
"""A field takes more of a schema than these; where there are more fields, some are referred to twice."""

_UNITS = "smun"


class Table:
    """A table of a FlatBuffers message."""

    __slots__ = ("_buffer", "_fields", "_place", "_size")

    def __init__(self, buffer: bytes, place: int) -> None:
        self._buffer, self._place = buffer, place
        self._fields = place - _read("<i", buffer, place)
        self._size = _read("<H", buffer, self._fields)

    @staticmethod
    def root(buffer: bytes) -> Table:
        """The outermost one."""
        return Table(buffer, _read("<I", buffer, 0))

    def number(self, field: int, form: str, default: int = 0) -> int:
        """A whole number, in the notation of `struct`."""
        place = self._at(field)
        return default if place is None else _read("<" + form, self._buffer, place)

    def table(self, field: int) -> Table | None:
        """A table within it; None: there is none."""
        place = self._follow(field)
        return None if place is None else Table(self._buffer, place)

    def needed(self, field: int) -> Table:
        """A table that must be there."""
        found = self.table(field)
        if found is None:
            raise ValueError(f"the metadata lack field {field}")
        return found

    def tables(self, field: int) -> Iterator[Table]:
        """All tables of a list."""
        for place in self.rows(field, np.dtype("<u4"), places=True):
            yield Table(self._buffer, int(place) + _read("<I", self._buffer, int(place)))

    def rows(self, field: int, dtype: np.dtype[Any], places: bool = False) -> npt.NDArray[Any]:
        """A list of structures, or where each of them is."""
        place = self._follow(field)
        if place is None:
            return np.empty(0, np.int64 if places else dtype)
        count, start = _read("<I", self._buffer, place), place + 4
        found = np.frombuffer(self._buffer, dtype, count, start) if count else np.empty(0, dtype)
        return start + dtype.itemsize * np.arange(count) if places else found

    def text(self, field: int) -> str:
        """A text; "" where there is none."""
        found: bytes = self.rows(field, np.dtype("u1")).tobytes()
        return found.decode()

    def _at(self, field: int) -> int | None:
        place = 4 + 2 * field
        offset = _read("<H", self._buffer, self._fields + place) if place < self._size else 0
        return self._place + offset if offset else None

    def _follow(self, field: int) -> int | None:
        place = self._at(field)
        return None if place is None else place + _read("<I", self._buffer, place)


def _checked(place: int) -> int:
    # A negative place would be counted from the end.
    if place < 0:
        raise ValueError("the metadata point to before their beginning")
    return place


def _read(form: str, buffer: bytes, place: int) -> int:
    try:
        return int(struct.unpack_from(form, buffer, _checked(place))[0])
    except struct.error:
        raise ValueError("the metadata point to beyond their end") from None


@dataclass(frozen=True, slots=True)
class Node:
    """A column, or a part of one. It has the attributes of an Arrow schema that reading arrays needs.

    Attributes:
        name: of the column.
        format: of its values, as the C data interface writes it; of its codes, where it has a dictionary.
        children: its parts.
        dictionary: what the codes stand for, or None.
        key: names the dictionary.
        buffers: how many it has itself, beside those of a view.
    """

    name: str
    format: str
    children: tuple[Node, ...]
    dictionary: Node | None
    key: int
    buffers: int

    @property
    def is_view(self) -> bool:
        """It has any number of buffers more."""
        return self.format in ("vu", "vz")


def schema(table: Table, version: int) -> tuple[Node, ...]:
    """The columns of a schema.

    Args:
        table: the schema.
        version: of the metadata; 4 is the fifth.
    """
    if table.number(0, "h"):
        raise ValueError("numbers with their highest byte first")
    left = [len(table._buffer) // _FIELD_BYTES]
    return tuple(_node(field, version, left, 0) for field in table.tables(1))


def _node(field: Table, version: int, left: list[int], depth: int) -> Node:
    left[0] -= 1
    if left[0] < 0 or depth > _DEEPEST:
        raise ValueError("columns within columns without end")
    kind, about = field.number(2, "B"), field.table(3)
    children = tuple(_node(child, version, left, depth + 1) for child in field.tables(5))
    values = _own(field.text(0), kind, about, children, version)
    encoding = field.table(4)
    if encoding is None:
        return values
    codes = encoding.table(1)
    form = "i" if codes is None else _integer(codes)
    return Node(values.name, form, (), values, encoding.number(0, "q"), 2)


def _own(name: str, kind: int, about: Table | None, children: tuple[Node, ...], version: int) -> Node:
    known = _KINDS.get(kind)
    if known is None:
        raise ValueError(f"a column of an unknown type ({kind})")
    form, buffers, parts = known
    if form == "+u":
        dense = about is not None and about.number(0, "h") == 1
        form, buffers = ("+ud:", 2) if dense else ("+us:", 1)
        buffers += version < 4
    elif callable(form):
        if about is None:
            raise ValueError("a column without its type")
        form = form(about)
    if parts is not None and len(children) != parts:
        raise ValueError(f"a column with {len(children)} parts instead of {parts}")
    return Node(name, form, children, None, 0, buffers)


def _integer(about: Table) -> str:
    bits = about.number(0, "i")
    forms = {8: "Cc", 16: "Ss", 32: "Ii", 64: "Ll"}
    if bits not in forms:
        raise ValueError(f"whole numbers of {bits} bits")
    return forms[bits][about.number(1, "B") != 0]


def _of(choices: str, about: Table, default: int = 0) -> str:
    number = about.number(0, "h", default)
    if not 0 <= number < len(choices):
        raise ValueError(f"a column of an unknown unit ({number})")
    return choices[number]


def _decimal(about: Table) -> str:
    bits = about.number(2, "i", 128)
    if bits not in (32, 64, 128, 256):
        raise ValueError(f"decimals of {bits} bits")
    return f"d:{about.number(0, 'i')},{about.number(1, 'i')},{bits}"


def _time(about: Table) -> str:
    return "tt" + _of(_UNITS, about, 1)


def _width(prefix: str, about: Table) -> str:
    width = about.number(0, "i")
    if width < 0:
        raise ValueError(f"values of {width} parts")
    return f"{prefix}{width}"


_KINDS: dict[int, tuple[Any, int, int | None]] = {
    1: ("n", 0, 0), 2: (_integer, 2, 0), 3: (lambda t: _of("efg", t), 2, 0), 4: ("z", 3, 0), 5: ("u", 3, 0),
    6: ("b", 2, 0), 7: (_decimal, 2, 0), 8: (lambda t: "td" + _of("Dm", t, 1), 2, 0), 9: (_time, 2, 0),
    10: (lambda t: f"ts{_of(_UNITS, t)}:{t.text(1)}", 2, 0), 11: (lambda t: "ti" + _of("MDn", t), 2, 0),
    12: ("+l", 2, 1), 13: ("+s", 1, None), 14: ("+u", 0, None), 15: (lambda t: _width("w:", t), 2, 0),
    16: (lambda t: _width("+w:", t), 1, 1), 17: ("+m", 2, 1), 18: (lambda t: "tD" + _of(_UNITS, t, 1), 2, 0),
    19: ("Z", 3, 0), 20: ("U", 3, 0), 21: ("+L", 2, 1), 22: ("+r", 0, 2), 23: ("vz", 2, 0),
    24: ("vu", 2, 0), 25: ("+vl", 3, 1), 26: ("+vL", 3, 1),
}  # fmt: skip
"""By number of a type: its format or what makes it of the type's table, its buffers, and its parts."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a record batch says of its body.

    Attributes:
        length: rows.
        nodes: shape (nodes, 2): length and number of nulls of each part, depth first.
        buffers: shape (buffers, 2): place in the body and bytes of each.
        views: for each column of views, how many buffers it has more.
        codec: what the buffers are compressed with: 0 LZ4, 1 zstd; None: nothing.
    """

    length: int
    nodes: npt.NDArray[np.int64]
    buffers: npt.NDArray[np.int64]
    views: npt.NDArray[np.int64]
    codec: int | None


def rows(table: Table) -> Rows:
    """What a record batch says."""
    compression = table.table(3)
    codec = None if compression is None else compression.number(0, "b")
    if codec not in (None, 0, 1):
        raise ValueError(f"an unknown compression ({codec})")
    length = table.number(0, "q")
    if not 0 <= length < 2**31:
        raise ValueError(f"a batch of {length} rows")
    pair = np.dtype(("<i8", 2))
    return Rows(length, table.rows(1, pair), table.rows(2, pair), table.rows(4, np.dtype("<i8")), codec)
