"""What every input becomes: a `Table` that hands out batches of NumPy columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError, LeadlineError
from leadline.tables.vectors import Vectors

Physical = Literal[
    "bool", "int", "float", "decimal", "string", "date", "timestamp", "time", "duration",
    "binary", "list", "struct", "null", "other",
]  # fmt: skip
"""Physical type of a column, whatever the frame or file calls it (a dictionary counts as its values)."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column's name and physical type, as found in the source.

    `name` is unique within a table: a repeated name gets a suffix (`price`, `price (2)`), an empty
    one becomes `(unnamed)`. `parts` are the fields of a structure; names of parts are as they are.
    """

    name: str
    physical: Physical
    parts: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one column in one batch.

    Attributes:
        values: shape (rows,). Numbers: any integer, bool or float dtype (decimals as float64;
            dates, timestamps and times as int64 microseconds since 1970 UTC or midnight;
            durations as float64 seconds). Text: integer codes into `dictionary`, within its bounds
            even where the value is null. Lists, and types that cannot be judged (binary, struct): a
            zero-length array.
        valid: shape (rows,) bool, False where the value is null; None when no value is null.
            Values at null places are arbitrary. NaN is a value here, not a null, except from
            pandas' NumPy-backed columns, which have no other word for null.
        dictionary: the distinct texts that codes point to, or None for numbers. Entries are
            unique; some may be unused.
        vectors: the numbers of a column of lists of numbers; None for all others.
        parts: the columns of a structure's parts, as its field has them; null where the structure is.
        unreadable: why the values cannot be read, in words; "" where they can. There are none then.
    """

    values: npt.NDArray[Any]
    valid: npt.NDArray[np.bool_] | None = None
    dictionary: Sequence[str] | None = None
    vectors: Vectors | None = None
    parts: tuple[Column, ...] = ()
    unreadable: str = ""

    def take(self, rows: npt.NDArray[Any] | slice) -> Column:
        """The rows that a mask, an array of row numbers or a slice chooses."""
        values = self.values[rows] if len(self.values) else self.values
        return Column(
            values,
            None if self.valid is None else self.valid[rows],
            self.dictionary,
            None if self.vectors is None else self.vectors.take(rows),
            tuple(part.take(rows) for part in self.parts),
            self.unreadable,
        )


@runtime_checkable
class Batch(Protocol):
    """Some consecutive rows. `column` may be called from several threads, once for each column."""

    @property
    def rows(self) -> int: ...

    def column(self, name: str) -> Column: ...


@runtime_checkable
class Table(Protocol):
    """Any input, opened.

    Attributes:
        name: for messages and reports: the path, or "reference" / "current".
        fields: the columns, in the source's order.
        rows: number of rows where it is known beforehand, else None.
        replayable: `batches` may be called again (False for one-shot streams).
        in_memory: all rows are at hand, in one batch.
    """

    @property
    def name(self) -> str: ...

    @property
    def fields(self) -> tuple[Field, ...]: ...

    @property
    def rows(self) -> int | None: ...

    @property
    def replayable(self) -> bool: ...

    @property
    def in_memory(self) -> bool: ...

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """Batches of the chosen columns (all by default), in row order.

        Tables in memory give one batch with all rows; files and streams give batches of at most
        some 100,000 rows (wide Parquet files 245,760), and hold at most two of them in memory.
        """
        ...

    def sample(self, columns: Sequence[str], rows: int, seed: int) -> Sample: ...


@dataclass(frozen=True, slots=True)
class Sample:
    """A seeded sample of a table's rows, and how to leave it out when the rest is counted.

    Attributes:
        batch: the sampled rows.
        starts, stops: shape (k,), int64: sorted, disjoint row ranges [start, stop) that were sampled.
    """

    batch: Batch
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]


def needed(batch: Batch, name: str) -> Column:
    """The column of a batch, where nothing can be done without its values.

    Raises:
        DataError: they cannot be read.
    """
    column = batch.column(name)
    if column.unreadable:
        raise DataError(
            "the column cannot be read", where=name, found=column.unreadable,
            next_step="Convert its values to one type.",
        )  # fmt: skip
    return column


def read(load: Callable[[], Column]) -> Column:
    """The column, or one without values that says why it cannot be read: it must not stop the others.

    Values may be objects of the caller, whose methods raise anything.

    Raises:
        LeadlineError: that `load` raises.
    """
    try:
        return load()
    except (LeadlineError, MemoryError):
        raise
    except Exception as error:
        return Column(np.zeros(0), unreadable=": ".join(filter(None, [type(error).__name__, _said(error)])))


def _said(error: Exception) -> str:
    """What an error says; "" where it cannot even be asked."""
    try:
        return " ".join(str(error).split())[:200]
    except Exception:
        return ""
