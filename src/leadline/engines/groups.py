"""Where rows stand on the leading axes of a profile: blocks of entities, segments (times: `buckets`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from leadline.profiles.arrays import Axes
from leadline.profiles.columns import as_labels
from leadline.profiles.distinct import hash_numbers, mix
from leadline.profiles.grid import OTHER_SEGMENT, Segment
from leadline.tables.table import Column
from leadline.tables.texts import hashes

Group = npt.NDArray[np.intp]


class Grouping(Protocol):
    """Gives each row its place among the groups: buckets x versions of a profile."""

    columns: tuple[str, ...]

    @property
    def groups(self) -> int:
        """Number of groups; it may grow while rows are assigned."""
        ...

    @property
    def order(self) -> Group:
        """Shape (buckets x versions,): the group of each place of `axes`."""
        ...

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Shape (groups,): the bucket of each group, as it is named in `axes`."""
        ...

    @property
    def axes(self) -> Axes:
        """The axes of the groups found."""
        ...

    def assign(self, columns: Mapping[str, Column], rows: int) -> Group:
        """Shape (rows,): the group of each row."""
        ...


class EntityBlocks:
    """Rows by entity: every entity falls into one of some blocks, by its hash."""

    def __init__(self, column: str, blocks: int) -> None:
        self.columns: tuple[str, ...] = (column,)
        self.groups = blocks
        self.order = np.arange(blocks)
        self.starts = np.arange(blocks)
        self.axes = Axes(buckets=tuple(range(blocks)))

    def assign(self, columns: Mapping[str, Column], rows: int) -> Group:
        data = columns[self.columns[0]]
        if len(data.values) != rows:
            return np.zeros(rows, np.intp)
        if data.dictionary is None:
            found = mix(hash_numbers(data.values))
        elif len(data.dictionary) == 0:
            return np.zeros(rows, np.intp)
        else:
            found = hashes(data.dictionary)[data.values]
        return ((found >> np.uint64(32)) % np.uint64(self.groups)).astype(np.intp)


class SegmentCut:
    """The slices of one segment column: its values in the grid, and all others together.

    Attributes:
        column: the segment column; None: one slice with all rows.
        places: positions of the slices on the segment axis.
    """

    def __init__(self, column: str | None, values: Sequence[str], places: Sequence[int]) -> None:
        self.column = column
        self.places = list(places)
        self._index = {value: i for i, value in enumerate(values)}

    @property
    def size(self) -> int:
        """Number of slices."""
        return len(self.places)

    def assign(self, data: Column | None, rows: int) -> Group:
        """Shape (rows,): the slice of each row, from 0 on; missing and other values in the last."""
        last = self.size - 1
        if data is None or len(data.values) != rows:
            return np.full(rows, last, np.intp)
        coded = data if data.dictionary is not None else as_labels(data)
        texts = coded.dictionary or ()
        table = np.array([self._index.get(text, last) for text in texts] or [last], np.intp)
        place = table[coded.values] if len(texts) else np.full(rows, last, np.intp)
        if coded.valid is not None:
            place[~coded.valid] = last
        return place


def cuts(segments: Sequence[Segment]) -> list[SegmentCut]:
    """The cuts of a segment axis (without its first place, all rows), column by column.

    Without segments: one cut whose only slice is all rows.
    """
    if not segments:
        return [SegmentCut(None, (), (0,))]
    found = []
    for column in dict.fromkeys(name for name, _ in segments):
        places = [i + 1 for i, (name, _) in enumerate(segments) if name == column]
        values = [value for name, value in segments if name == column and value != OTHER_SEGMENT]
        found.append(SegmentCut(column, values, places))
    return found
