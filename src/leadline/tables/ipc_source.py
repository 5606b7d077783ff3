"""The messages of an Arrow IPC file or stream, one by one."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from leadline.tables import ipc_arrays
from leadline.tables.arrow import concatenate
from leadline.tables.ipc_arrays import Body
from leadline.tables.ipc_metadata import DICTIONARY, ROWS, SCHEMA, Node, Rows, Table, rows, schema
from leadline.tables.table import Column

_MAGIC = b"ARROW1"
_FEATHER_1 = b"FEA1"
_BEGIN = 8
"""Where the first message of a file is: behind the magic and two bytes of nothing."""

_BLOCK = np.dtype([("place", "<i8"), ("metadata", "<i4"), ("", "<i4"), ("body", "<i8")])


class CompressedError(ValueError):
    """A body is compressed where that is not taken."""


@dataclass
class Source:
    """An open file or stream; whatever is wrong with it is a `ValueError`.

    Attributes:
        opened: what can be read at any place.
        size: of it.
        compressed: whether its bodies may be: how large they become is known only when it is too late.
        columns: of its batches.
        blocks: where its dictionaries and batches are; None: one behind the other from `begin`.
        begin: where the first message is.
        dictionaries: read so far, by key.
    """

    opened: BinaryIO
    size: int
    compressed: bool = True
    columns: tuple[Node, ...] = ()
    blocks: Sequence[int] | None = None
    begin: int = 0
    dictionaries: dict[int, Column] = field(default_factory=dict)

    @staticmethod
    def of(opened: BinaryIO, compressed: bool = True) -> Source:
        """Read what the file says of itself."""
        found = Source(opened, opened.seek(0, os.SEEK_END), compressed)
        if found.part(0, min(len(_FEATHER_1), found.size)) == _FEATHER_1:
            raise ValueError("version 1 of Feather, which came before Arrow IPC")
        if found.part(0, min(len(_MAGIC), found.size)) == _MAGIC:
            found.begin = _BEGIN
            if found.part(max(0, found.size - len(_MAGIC)), len(_MAGIC)) == _MAGIC:
                found._read_footer()
                return found
        for kind, version, header, _, _ in found._messages():
            if kind != SCHEMA:
                break
            found.columns = schema(header, version)
            return found
        raise ValueError("no schema at the beginning")

    def part(self, place: int, size: int) -> bytes:
        """A part of the file.

        Raises:
            ValueError: it has not so many bytes.
        """
        if place < 0 or size < 0 or place + size > self.size:
            raise ValueError(f"{size} bytes at {place} of a file of {self.size}")
        self.opened.seek(place)
        found = self.opened.read(size)
        if len(found) != size:
            raise ValueError("the file became shorter")
        return found

    def batches(self) -> Iterator[tuple[Body, dict[int, Column]]]:
        """The record batches in order, each with the dictionaries that it refers to."""
        for kind, _, header, place, size in self._messages():
            if kind == DICTIONARY:
                self._add_dictionary(header, self.part(place, size))
            elif kind == ROWS:
                yield Body(self.columns, self._rows(header), self.part(place, size)), dict(self.dictionaries)

    def _read_footer(self) -> None:
        end = self.size - len(_MAGIC) - 4
        (size,) = struct.unpack("<i", self.part(end, 4))
        footer = Table.root(self.part(end - size, size))
        self.columns = schema(footer.needed(1), footer.number(0, "h"))
        blocks = np.concatenate([footer.rows(2, _BLOCK), footer.rows(3, _BLOCK)])
        self.blocks = [int(place) for place in blocks["place"]]

    def _messages(self) -> Iterator[tuple[int, int, Table, int, int]]:
        """Kind, version and header of each message, and place and size of its body."""
        if self.blocks is not None:
            for place in self.blocks:
                found = self._message(place)
                if found is not None:
                    yield found
            return
        place = self.begin
        while place < self.size and (found := self._message(place)) is not None:
            yield found
            place = found[3] + found[4]

    def _message(self, place: int) -> tuple[int, int, Table, int, int] | None:
        (size,) = struct.unpack("<i", self.part(place, 4))
        place += 4
        if size == -1:  # before the size since version 0.15 of the format
            (size,) = struct.unpack("<i", self.part(place, 4))
            place += 4
        if size == 0:
            return None
        message = Table.root(self.part(place, size))
        body = message.number(3, "q")
        if body < 0:
            raise ValueError(f"a body of {body} bytes")
        return message.number(1, "B"), message.number(0, "h"), message.needed(2), place + size, body

    def _rows(self, header: Table) -> Rows:
        found = rows(header)
        if found.codec is not None and not self.compressed:
            raise CompressedError("compressed buffers")
        return found

    def _add_dictionary(self, header: Table, content: bytes) -> None:
        key = header.number(0, "q")
        column = next((node.dictionary for node in _coded(self.columns) if node.key == key), None)
        if column is None:
            return  # of values within lists: nothing is computed of those
        found = ipc_arrays.column(Body([column], self._rows(header.needed(1)), content), 0, {})
        known = self.dictionaries.get(key)
        is_more = header.number(2, "B") != 0 and known is not None
        self.dictionaries[key] = concatenate([known, found]) if is_more and known is not None else found


def _coded(columns: Sequence[Node]) -> Iterator[Node]:
    """Columns that have a dictionary, and parts of structures that do."""
    for node in columns:
        if node.dictionary is not None:
            yield node
        elif node.format == "+s":
            yield from _coded(node.children)
