"""Tables that are in memory already: one batch, columns decoded when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from leadline.tables.sampling import chosen_rows, row_ranges
from leadline.tables.table import Batch, Column, Field, Sample, read

Rows = npt.NDArray[np.int64]
Load = Callable[[int, Rows | None], Column]
"""The column at a position: all rows, or those named."""

_KEEP_ROWS = 1 << 22


@dataclass(slots=True)
class MemoryBatch:
    """All rows, or the named ones, of a table in memory."""

    rows: int
    load: Load
    positions: dict[str, int]
    chosen: Rows | None = None
    kept: dict[str, Column] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        found = self.kept.get(name)
        if found is None:
            found = read(lambda: self.load(self.positions[name], self.chosen))
            small = found.dictionary is not None or found.values.base is not None
            if small and self.rows <= _KEEP_ROWS:
                self.kept[name] = found  # narrow codes and views are small, finding them again is slow
        return found


class MemoryTable:
    """A table whose columns are loaded by position."""

    replayable = True
    in_memory = True

    def __init__(self, name: str, fields: tuple[Field, ...], rows: int, load: Load) -> None:
        self.name = name
        self.fields = fields
        self.rows: int | None = rows
        self._positions = {item.name: i for i, item in enumerate(fields)}
        self._batch = MemoryBatch(rows, load, self._positions)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        yield self._batch

    def sample(self, columns: Sequence[str], rows: int, seed: int) -> Sample:
        starts, stops = row_ranges(self._batch.rows, rows, seed)
        chosen = chosen_rows(starts, stops)
        batch = MemoryBatch(len(chosen), self._batch.load, self._positions, chosen)
        return Sample(batch, starts, stops)
