"""What a store of a live system does; `leadline.stores.conformance` tests an implementation against it.

Batches are only ever added, each in one transaction with its key, so that what was acknowledged is there
once. Everything else follows from the batches, in the order of their numbers: which buckets of time a batch
changed, the rows of a bucket with the labels that belong to them, and the profiles counted of them. A store
therefore keeps, with the profiles, the number of the last batch that they hold, and whoever counts goes on
from there.

Rows do not stay for ever. Of a range of time it is first said, together with the profiles that hold what is
counted of it, that the rows of all batches up to a number are stubs (what a late label needs, without the
features) or gone; only then, bit by bit, do their values go. Whoever reads states the batches that count.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError, LeadlineError
from leadline.schedule import Zone
from leadline.stores.cells import Cells, Key
from leadline.stores.contents import digest
from leadline.stores.operations_kinds import Counts
from leadline.tables.table import Physical, Table

Moments = npt.NDArray[np.int64]
"""Microseconds since 1970 UTC."""

Section = Literal["predictions", "labels", "feedback"]


class TooManyFields(DataError):
    """A model has no room for some columns of a batch.

    Attributes:
        beyond: these columns, by section.
    """

    def __init__(self, model: str, beyond: Mapping[Section, Sequence[Key]]) -> None:
        self.beyond = beyond
        super().__init__(
            f"too many fields of {' and '.join(beyond)}", where=model, accepted=f"at most {FIELDS} in all",
            next_step="Give features the same names in each row; what differs by row belongs into "
            "their values.",
        )  # fmt: skip


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
class Bucket:
    """What is known of a kept profile without reading it.

    Attributes:
        start, end: of the bucket, or of the buckets whose sum it is.
        rows: counted in it.
        upto: number of the last batch that it knows of.
        digest: `Kept.digest`: where nothing else was counted, it is the same.
    """

    start: int
    end: int
    rows: int
    upto: int
    digest: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The profile of one bucket, or of several together.

    Attributes:
        start, end: of the bucket, or from the begin of the first to the end of the last one.
        rows: counted in it.
        upto: number of the last batch that it knows of.
        content: of the packed profile, the counts.
        samples: of the packed profile, what only merges; b"" also where it was not asked for.
        frozen: of a packed profile with what cannot be counted again; b"": all of it can.
    """

    start: int
    end: int
    rows: int
    upto: int
    content: bytes
    samples: bytes = b""
    frozen: bytes = b""

    @property
    def digest(self) -> str:
        """Names content and samples."""
        return digest(self.content) + digest(self.samples)

    @property
    def bucket(self) -> Bucket:
        """What is listed of it."""
        return Bucket(self.start, self.end, self.rows, self.upto, self.digest)


@dataclass(frozen=True, slots=True)
class Aged:
    """What is no longer kept of the rows of a range of time.

    Attributes:
        start, end: of the range, microseconds since 1970.
        stubs: number of the last batch whose rows in it are stubs; 0: none.
        gone: number of the last batch whose rows in it are gone; 0: none.
    """

    start: int
    end: int
    stubs: int
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: rows by section, and the quarters of an hour that are to be counted anew."""

    ids: tuple[str, ...]
    rows: Mapping[Section, int]
    quarters: Moments


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of a model that belong to no prediction: those that wait, and those that were given up."""

    waiting: int
    lost: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A store at one moment.

    Attributes:
        files: by name: where it is, and how many bytes of it count.
        rows: by model and section.
    """

    files: Mapping[str, tuple[Path, int]]
    rows: Mapping[str, Mapping[Section, int]]


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes on disk of a model: of rows by section, and of profiles and their sums, of so many buckets."""

    rows: Mapping[Section, int]
    profiles: int
    buckets: int


class Pass(Protocol):
    """A look at the rows of a model as they were after some batch; nothing that comes later is in it."""

    def touched(self, after: int) -> Moments:
        """The quarters of an hour, ascending, whose rows or labels later batches than `after` changed."""
        ...

    def fields(self) -> Sequence[Key]:
        """What predictions hold and what their labels are: a key for each kind of values that came."""
        ...

    def prepare(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Find the labels of the rows in some ranges of time [start, end), before any of them is read."""
        ...

    def read(
        self, start: int, end: int, wanted: Sequence[Wanted], after: int = 0, upto: int | None = None
    ) -> Table:
        """The predictions in [start, end), by time, each with the label that belongs to it.

        Only those of batches beyond `after`, up to and with `upto`. Of several labels for an id the one with
        the latest time counts; of equal ones, the one that came last. It belongs to the first prediction with
        that id that came in, and takes the place of a label that the prediction itself had.
        """
        ...


class RowStore(Protocol):
    """Keeps the rows of all models. One process owns it; every method may be called from any thread."""

    def append(self, batches: Sequence[Batch]) -> list[bytes | LeadlineError]:
        """Keep some batches durably, in one transaction, in this order.

        Returns:
            For each batch its answer (the first one, where its key is known), or why no part of it was kept:
            too many models, or `TooManyFields`.

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

    def grids(self, model: str) -> list[str]:
        """Names of the grids that there are profiles on."""
        ...

    def buckets(
        self, model: str, grid: str, since: int = 0, until: int | None = None, sums: bool = False
    ) -> list[Bucket]:
        """The buckets on a grid that end after `since` and begin before `until`, by time; nothing is read.

        Args:
            sums: list the sums of several buckets instead, the widest of those that begin together first.
        """
        ...

    def profiles(self, model: str, grid: str, since: int = 0, until: int | None = None) -> list[Kept]:
        """The profiles on a grid of buckets that end after `since` and begin before `until`, by time."""
        ...

    def fewest(
        self,
        model: str,
        grid: str,
        since: int,
        until: int,
        longest: int | None = None,
        samples: bool = True,
    ) -> list[Kept]:
        """Profiles that together hold each bucket that begins in [since, until) once, by time.

        They are those of the buckets, and in the place of as many as possible their sums.

        Args:
            longest: microseconds that a sum may span; None: any.
            samples: read them, too.
        """
        ...

    def keep_sum(self, model: str, grid: str, whole: Kept, of: Sequence[Bucket]) -> bool:
        """Keep what some buckets, one after another, hold together; it is gone when one of them changes.

        Sums may lie within each other, and never overlap in part.

        Args:
            whole: from the begin of a first one to the end of a last one, or longer.
            of: all the buckets in that time.

        Returns:
            Whether they still are the buckets of that time; if not, nothing is kept.
        """
        ...

    def keep_profiles(
        self, model: str, grid: str, upto: int, profiles: Sequence[Kept], aged: Sequence[Aged] = ()
    ) -> None:
        """Put profiles in the place of those that begin in their time, in one transaction with `upto`.

        So go the sums that hold one of these. Profiles of other grids are dropped, unless a part of them is
        frozen: it could not be counted again.

        Args:
            aged: what is said of rows from now on, each in the place of what was said of the same range.
        """
        ...

    def take_profiles(self, grid: str, batch: Batch, profiles: Sequence[Kept]) -> bytes | LeadlineError:
        """Keep a batch, and what it makes of the profiles of its model's buckets, in one transaction.

        Profiles take the place of others as in `keep_profiles`, and know of the batch; which batches are
        counted stays as it is.

        Returns:
            The answer to the batch, or why nothing was kept; see `append`. Where its key is known, its first
            answer, and nothing changes.

        Raises:
            RetryableError: nothing was kept, and trying again may help.
        """
        ...

    def count_operations(self, model: str) -> int:
        """Add what came since the last time to the counts of a model's hours.

        Counts, and the number of the last batch that they know of, are kept in one transaction.

        Returns:
            That number.
        """
        ...

    def operations(self, model: str, start: int, end: int, version: str | None = None) -> Counts:
        """What is counted of a model in the hours [start, end), hours since 1970 UTC.

        Args:
            version: only of that version; None: of all together.
        """
        ...

    def age_operations(self, model: str, hours_before: int, gone_before: int, place: Zone) -> None:
        """Put what is counted of a model's old hours together by day, and drop what is older still.

        Args:
            hours_before: days that ended by this moment are counted in their first hour from then on.
            gone_before: what was counted a day before this moment, or earlier, goes.
            place: whose days are meant.
        """
        ...

    def before(self, moment: int) -> int:
        """Number of the last batch before the first one that was received at a moment or later."""
        ...

    def ageing(self, model: str, before: int, upto: int, to: Literal["stubs", "gone"]) -> Moments:
        """The quarters of an hour, ascending, before a moment, with predictions that are not yet aged.

        Args:
            upto: number of the last batch whose rows count.
            to: what `aged` does not yet say of them.
        """
        ...

    def span(self, model: str) -> int:
        """Microseconds over which the predictions of a model lie that are not forgotten.

        By when they came, or by their own times but for a hundredth at either end, whichever is longer: what
        is played back comes at once, and one wrong clock is no century.
        """
        ...

    def aged(self, model: str) -> list[Aged]:
        """What is no longer kept of the rows of a model, by time."""
        ...

    def shrink(self, model: str, needed: Collection[tuple[str, str]], rows: int) -> int:
        """Take the values of some rows that are stubs or gone off the disk.

        Args:
            needed: (section, name) of the fields that a stub keeps, beside what the wire itself names.
            rows: at most so many; what comes in waits as long.

        Returns:
            How many there were; 0: nothing is left to do.
        """
        ...

    def forget_profiles(self, model: str, before: int) -> int:
        """Drop the profiles of buckets that ended by a moment, and their sums; returns how many buckets."""
        ...

    def forget_unjoined(self, model: str, before: int) -> int:
        """Give up labels and feedback that came before a moment and belong to no prediction.

        Returns:
            How many labels there were; `labels` counts them.
        """
        ...

    def labels(self, model: str) -> Labels:
        """Labels that belong to no prediction."""
        ...

    def erase(self, model: str, column: str, values: Sequence[str], received_at: int) -> Erased:
        """Erase rows, and all labels and feedback with their ids, as a numbered batch of its own.

        The numbers of the buckets' quarters are `touched` by it. All sums of the model's buckets go.

        Args:
            column: "" for the id, else the name of a feature or segment.
            values: of it, as texts.
        """
        ...

    def scrub(self) -> None:
        """Take what was erased out of the files: nothing of it can be read from them afterwards."""
        ...

    def size(self, model: str) -> Size:
        """Bytes on disk, as of the last checkpoint; space is taken in blocks of a quarter of a megabyte."""
        ...

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The files of the store as they are now; their bytes do not change within the `with` block.

        Rows go on coming meanwhile.
        """
        ...

    def write_parquet(self, model: str, section: Section, path: Path) -> int:
        """Write all rows of a section to a new Parquet file, columns by their names; returns how many."""
        ...

    def try_write(self) -> None:
        """Write about a megabyte durably, and take it away again; nothing of what is kept changes.

        Raises:
            RetryableError: it could not be written, and trying again may help.
        """
        ...

    def forget_keys(self, before: int) -> None:
        """Forget the keys of batches that were received before a moment; their rows stay."""
        ...

    def close(self) -> None:
        """Let go of the files. What was kept stays."""
        ...
