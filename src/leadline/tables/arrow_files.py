"""Arrow IPC: files (`.arrow`, `.feather`) and streams (`.arrows`), read batch by batch.

Files come from anywhere, and damaged ones must not end the process: what they say of themselves is checked
here before it is followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from leadline.errors import DataError
from leadline.tables import ipc_arrays
from leadline.tables.arrow import fields
from leadline.tables.ipc_arrays import Body, TooLargeError
from leadline.tables.ipc_metadata import Node
from leadline.tables.ipc_source import Source
from leadline.tables.names import unique_names
from leadline.tables.streams import StreamTable
from leadline.tables.table import Batch, Column, Field

T = TypeVar("T")


def arrow_table(name: str, files: Sequence[str]) -> StreamTable:
    """A table of Arrow IPC files that have the same columns.

    Raises:
        DataError: a file is damaged, or has other columns than the first.
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
            for body, dictionaries in _batches(file):
                yield _FileBatch(body.about.length, file, body, dictionaries, positions)

    return StreamTable(name, found, read, replayable=True)


@dataclass(frozen=True, slots=True)
class _FileBatch:
    """A record batch, whose columns are decoded when asked for."""

    rows: int
    file: str
    body: Body
    dictionaries: dict[int, Column]
    positions: dict[str, int]

    def column(self, name: str) -> Column:
        number = self.positions[name]
        return _guarded(self.file, lambda: ipc_arrays.column(self.body, number, self.dictionaries))


def _batches(file: str) -> Iterator[tuple[Body, dict[int, Column]]]:
    with open(file, "rb") as opened:
        batches = _guarded(file, lambda: Source.of(opened).batches())
        while (found := _guarded(file, lambda: next(batches, None))) is not None:
            yield found


def _fields(file: str) -> tuple[Field, ...]:
    with open(file, "rb") as opened:
        columns = _guarded(file, lambda: Source.of(opened).columns)
    return tuple(fields(Node("", "+s", columns, None, 0, 1), unique_names(node.name for node in columns)))


def _guarded(file: str, act: Callable[[], T]) -> T:
    try:
        return act()
    except DataError:
        raise
    except TooLargeError as error:
        raise DataError(
            "too large to be unpacked", where=file, found=str(error),
            accepted="buffers of at most 1 GiB, or of 1000 times their compressed size",
            next_step="Write the file in smaller batches, or without compression.",
        ) from None  # fmt: skip
    except Exception as error:
        raise DataError(
            "cannot be read as Arrow IPC",
            where=file,
            found=" ".join(str(error).split())[:400] or type(error).__name__,
            accepted="a whole Arrow IPC file or stream",
            next_step="The file may be truncated or damaged; write it again.",
        ) from None
