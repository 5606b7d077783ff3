"""What a store of a live system does; `leadline.stores.conformance` tests an implementation against it.

Batches are only ever added, each in one transaction with its key, so that what was acknowledged is there
once. Everything else follows from the batches, in the order of their numbers: which buckets of time a batch
changed, the rows of a bucket with the labels that belong to them, and the profiles counted of them. A store
therefore keeps, with the profiles, the number of the last batch that they hold, and whoever counts goes on
from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from leadline.errors import LeadlineError
from leadline.stores.cells import Cells, Key
from leadline.tables.table import Physical, Table

Moments = npt.NDArray[np.int64]
"""Microseconds since 1970 UTC."""

Section = Literal["predictions", "labels", "feedback"]

QUARTER = 900_000_000
"""Microseconds of a quarter of an hour, of which every bucket of every time zone is made."""

MODELS = 1_000
"""Most models of a store."""

FIELDS = 3_000
"""Most columns of a section of a model."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one section of a batch.

    Attributes:
        ids: texts; a prediction may lack one.
        timestamps: shape (rows,).
        columns: everything else.
    """

    ids: Cells
    timestamps: Moments
    columns: Mapping[Key, Cells]

    def __len__(self) -> int:
        return len(self.timestamps)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is kept at once, or not at all.

    Attributes:
        key: names the batch; a key that is known adds nothing.
        model: whose rows they are; a new name makes a new model.
        received_at: microseconds since 1970.
        answer: what was told of it, told again to whoever repeats the key.
        about: JSON of what came beside the rows.
        sections: the rows; a section without any is left out.
    """

    key: str
    model: str
    received_at: int
    answer: bytes
    about: bytes
    sections: Mapping[Section, Rows]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column to be read.

    Attributes:
        name: in the table that is read.
        keys: (section, name) of the fields that it may come from; the first that has a value counts.
        physical: its type where the values are of several kinds: "string" makes texts of all; with another
            type, rows with a text or a nested value in it come last, and are texts there.
    """

    name: str
    keys: tuple[tuple[str, str], ...]
    physical: Physical


ID, TIMESTAMP, LABEL_TIMESTAMP = "id", "timestamp", "label_timestamp"
"""Names of the fields of the section "" that every prediction has (or its label)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The profile of one bucket.

    Attributes:
        start, end: of the bucket.
        rows: counted in it.
        upto: number of the last batch that it knows of.
        content: of the saved profile.
    """

    start: int
    end: int
    rows: int
    upto: int
    content: bytes


class Pass(Protocol):
    """A look at the rows of a model as they were after some batch; nothing that comes later is in it."""

    def touched(self, after: int) -> Moments:
        """The quarters of an hour, ascending, whose rows or labels later batches than `after` changed."""
        ...

    def prepare(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Find the labels of the rows in some ranges of time [start, end), before any of them is read."""
        ...

    def read(self, start: int, end: int, wanted: Sequence[Wanted]) -> Table:
        """The predictions in [start, end), by time, each with the label that belongs to it.

        Of several labels for an id the one with the latest time counts; of equal ones, the one that came
        last. It belongs to the first prediction with that id that came in, and takes the place of a label
        that the prediction itself had.
        """
        ...


class RowStore(Protocol):
    """Keeps the rows of all models. One process owns it; every method may be called from any thread."""

    def append(self, batches: Sequence[Batch]) -> list[bytes | LeadlineError]:
        """Keep some batches durably, in one transaction, in this order.

        Returns:
            For each batch its answer (the first one, where its key is known), or why no part of it was kept:
            too many models, or too many columns.

        Raises:
            RetryableError: nothing was kept, and trying again may help.
        """
        ...

    def last(self) -> int:
        """Number of the last batch that was kept; 0: none."""
        ...

    def models(self) -> list[str]:
        """Names of all models, in the order in which they came."""
        ...

    def rows(self, model: str) -> dict[Section, int]:
        """Number of rows by section."""
        ...

    def looking(self, model: str, upto: int) -> AbstractContextManager[Pass]:
        """Look at the batches up to a number; the look ends with the `with` block."""
        ...

    def counted(self, model: str, grid: str) -> int:
        """Number of the last batch that the profiles on a grid know of; 0: none."""
        ...

    def profiles(self, model: str, grid: str) -> list[Kept]:
        """The profiles on a grid, by time."""
        ...

    def keep_profiles(self, model: str, grid: str, upto: int, profiles: Sequence[Kept]) -> None:
        """Put profiles in the place of those of the same buckets, in one transaction with `upto`.

        Those of other grids are dropped.
        """
        ...

    def forget_keys(self, before: int) -> None:
        """Forget the keys of batches that were received before a moment; their rows stay."""
        ...

    def close(self) -> None:
        """Let go of the files. What was kept stays."""
        ...
