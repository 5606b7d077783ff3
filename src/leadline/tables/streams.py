"""Tables that come in batches: readers, scanners, and objects with the Arrow PyCapsule interface."""

from __future__ import annotations

import os
import pickle
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from leadline.errors import DataError
from leadline.tables.arrow import ArrowBatch, decode, fields
from leadline.tables.batches import HeldBatch, joined, picked
from leadline.tables.memory import MemoryTable, Rows
from leadline.tables.names import unique_names
from leadline.tables.sampling import row_ranges
from leadline.tables.table import Batch, Column, Field, Sample

Read = Callable[[Sequence[str]], Iterator[Batch]]


class StreamTable:
    """A table read from its beginning to its end; `read` is called with the columns for each pass."""

    in_memory = False

    def __init__(self, name: str, fields: tuple[Field, ...], read: Read, *, replayable: bool) -> None:
        self.name = name
        self.fields = fields
        self.rows: int | None = None
        self.replayable = replayable
        self._read = read

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        chosen = [item.name for item in self.fields] if columns is None else list(columns)
        yield from self._read(chosen)

    def first(self, rows: int) -> Batch:
        """At least `rows` of the first rows, where there are so many; a reader is not used up."""
        parts: list[Batch] = []
        for batch in self.batches():
            parts.append(batch)
            if sum(part.rows for part in parts) >= rows:
                break
        return joined(parts, self.fields)

    def sample(self, columns: Sequence[str], rows: int, seed: int) -> Sample:
        """One pass to count the rows where their number is not known, one to take the sample."""
        wanted = [item for item in self.fields if item.name in set(columns)]
        if self.rows is None:
            self.rows = sum(batch.rows for batch in self.batches([item.name for item in wanted[:1]]))
        starts, stops = row_ranges(self.rows, rows, seed)
        return Sample(picked(self.batches(columns), wanted, starts, stops), starts, stops)


class OneShotTable(StreamTable):
    """A reader that can be read once. A sample needs the rows twice: then they go to a temporary file."""

    def __init__(self, name: str, stream: Any) -> None:
        schema = stream.get_schema()
        names = unique_names(child.name for child in schema.children)
        super().__init__(name, fields(schema, names), self._once, replayable=False)
        self._positions = {shown: i for i, shown in enumerate(names)}
        self._arrays: Iterator[Any] | None = iter(stream)

    def _once(self, columns: Sequence[str]) -> Iterator[Batch]:
        if self._arrays is None:
            raise DataError(
                "the reader was read already",
                where=self.name,
                next_step="Pass a table, a file, or a fresh reader.",
            )
        arrays, self._arrays = self._arrays, None
        for array in _guarded(arrays, self.name):
            yield ArrowBatch(array.length, array, self._positions)

    def first(self, rows: int) -> Batch:
        if self.replayable:
            return super().first(rows)
        held = []
        arrays = self._arrays if self._arrays is not None else iter(())
        for array in _guarded(arrays, self.name):
            held.append(array)
            if sum(item.length for item in held) >= rows:
                break
        if self._arrays is not None:
            self._arrays = chain(held, arrays)
        return joined([ArrowBatch(item.length, item, self._positions) for item in held], self.fields)

    def sample(self, columns: Sequence[str], rows: int, seed: int) -> Sample:
        if not self.replayable:
            self._spool()
        return super().sample(columns, rows, seed)

    def _spool(self) -> None:
        """Decoded batches go to a private temporary file, which lives as long as the table."""
        handle, path = tempfile.mkstemp(suffix=".batches", prefix="leadline-")
        weakref.finalize(self, _remove, path)
        rows = 0
        with os.fdopen(handle, "wb") as file:
            for batch in self._once([]):
                held = {item.name: batch.column(item.name) for item in self.fields}
                pickle.dump(HeldBatch(batch.rows, held), file, protocol=5)
                rows += batch.rows
        self.rows = rows
        self.replayable = True
        self._read = lambda columns: _spooled(path)


def _spooled(path: str) -> Iterator[Batch]:
    with open(path, "rb") as file:
        while True:
            try:
                yield pickle.load(file)
            except EOFError:
                return


def _remove(path: str) -> None:
    if os.path.exists(path):
        os.remove(path)


def _guarded(arrays: Iterator[Any], name: str) -> Iterator[Any]:
    while True:
        try:
            array = next(arrays, None)
        except DataError:
            raise
        except Exception as error:
            found = " ".join(str(error).split())[:400]
            raise DataError("the reader failed", where=name, found=found) from None
        if array is None:
            return
        yield array


def capsule_table(source: Any, name: str) -> StreamTable | MemoryTable:
    """A table of an object with `__arrow_c_stream__`.

    What has a length (a table) can be read again; what has none (a reader) is read once.
    """
    import nanoarrow

    try:
        stream = nanoarrow.c_array_stream(source)
        schema = stream.get_schema()
    except Exception as error:
        raise DataError("the Arrow stream cannot be read", where=name, found=str(error)) from None
    if schema.format != "+s":
        raise DataError(
            "an Arrow column, not a table",
            where=name,
            found=schema.format,
            accepted="a stream of record batches",
        )
    if not (hasattr(source, "__len__") or hasattr(source, "num_rows")):
        return OneShotTable(name, stream)
    names = unique_names(child.name for child in schema.children)
    positions = {shown: i for i, shown in enumerate(names)}

    def read(columns: Sequence[str]) -> Iterator[Batch]:
        for array in _guarded(iter(nanoarrow.c_array_stream(source)), name):
            yield ArrowBatch(array.length, array, positions)

    return StreamTable(name, fields(schema, names), read, replayable=True)


def array_table(source: Any, name: str) -> MemoryTable:
    """A table of an object with `__arrow_c_array__` (one record batch)."""
    import nanoarrow

    array = nanoarrow.c_array(source)
    if array.schema.format != "+s":
        raise DataError(
            "an Arrow column, not a table", where=name, found=array.schema.format, accepted="a record batch"
        )
    names = unique_names(child.name for child in array.schema.children)

    def load(position: int, rows: Rows | None) -> Column:
        column = decode(array.child(position), array.offset, array.length)
        return column if rows is None else column.take(rows)

    return MemoryTable(name, fields(array.schema, names), array.length, load)
