"""Arrow IPC: files (`.arrow`, `.feather`) and streams (`.arrows`), read batch by batch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from leadline.errors import DataError, MissingExtraError
from leadline.tables.arrow import ArrowBatch, fields
from leadline.tables.names import unique_names
from leadline.tables.streams import StreamTable
from leadline.tables.table import Batch, Column, Field

_MAGIC = b"ARROW1\x00\x00"


def arrow_table(name: str, files: Sequence[str]) -> StreamTable:
    """A table of Arrow IPC files that have the same columns.

    Raises:
        DataError: a file is damaged, or has other columns than the first.
        MissingExtraError: dictionaries in a file need pyarrow.
    """
    found = _fields(files[0])
    for file in files[1:]:
        if (here := _fields(file)) != found:
            raise DataError(
                "columns differ from those of the first file",
                where=file,
                found=[item.name for item in here],
                accepted=[item.name for item in found],
            )
    positions = {item.name: i for i, item in enumerate(found)}

    def read(columns: Sequence[str]) -> Iterator[Batch]:
        for file in files:
            for array in _arrays(file):
                yield _GuardedBatch(array.length, file, ArrowBatch(array.length, array, positions))

    return StreamTable(name, found, read, replayable=True)


@dataclass(frozen=True, slots=True)
class _GuardedBatch:
    """A batch whose buffers may be damaged."""

    rows: int
    file: str
    inner: Batch

    def column(self, name: str) -> Column:
        column: Column = _guarded(self.file, lambda: self.inner.column(name))
        return column


def _fields(file: str) -> tuple[Field, ...]:
    with open(file, "rb") as opened:
        schema = _guarded(file, lambda: _stream(opened, file).get_schema())
    return fields(schema, unique_names(child.name for child in schema.children))


def _arrays(file: str) -> Iterator[Any]:
    with open(file, "rb") as opened:
        stream = iter(_guarded(file, lambda: _stream(opened, file)))
        while (array := _guarded(file, lambda: next(stream, None))) is not None:
            yield array


def _stream(opened: Any, file: str) -> Any:
    import nanoarrow
    from nanoarrow.ipc import InputStream

    def start() -> None:
        # An IPC file is its magic, a stream, and a footer that random access needs.
        opened.seek(len(_MAGIC) if opened.read(len(_MAGIC)) == _MAGIC else 0)

    start()
    try:
        stream = nanoarrow.c_array_stream(InputStream.from_readable(opened))
        if not _has_dictionary(stream.get_schema()):
            return stream
        purpose = f"reading the dictionaries in {file!r}"
    except Exception:
        # Some writers (polars) leave no readable schema before the batches: only the footer has it.
        opened.seek(0)
        if opened.read(len(_MAGIC)) != _MAGIC or not _has_footer(opened):
            raise
        purpose = f"reading the footer of {file!r}"
    if find_spec("pyarrow") is None:
        raise MissingExtraError.named("pyarrow", "arrow", purpose)
    import pyarrow
    import pyarrow.ipc

    opened.seek(0)
    if not _has_footer(opened):
        return nanoarrow.c_array_stream(pyarrow.ipc.open_stream(opened))
    whole = pyarrow.ipc.open_file(opened)
    batches = (whole.get_batch(i) for i in range(whole.num_record_batches))
    return nanoarrow.c_array_stream(pyarrow.RecordBatchReader.from_batches(whole.schema, batches))


def _has_footer(opened: Any) -> bool:
    """The file is a whole IPC file; leaves the position at the beginning."""
    opened.seek(0, os.SEEK_END)
    size = opened.tell()
    opened.seek(max(0, size - 6))
    found: bool = opened.read(6) == _MAGIC[:6]
    opened.seek(0)
    return found


def _has_dictionary(schema: Any) -> bool:
    return schema.dictionary is not None or any(_has_dictionary(child) for child in schema.children)


def _guarded(file: str, act: Any) -> Any:
    try:
        return act()
    except (DataError, MissingExtraError):
        raise
    except Exception as error:
        raise DataError(
            "cannot be read as Arrow IPC",
            where=file,
            found=" ".join(str(error).split())[:400],
            accepted="a whole Arrow IPC file or stream",
            next_step="The file may be truncated or damaged; write it again.",
        ) from None
