"""Rows of a batch: those that are counted, in the order in which they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from leadline.engines.groups import Group
from leadline.profiles.columns import Weights
from leadline.tables.table import Batch, Column

Mask = npt.NDArray[np.bool_]
Ranges = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Rows:
    """Some rows of a batch: what the counters work on (itself a `Batch`)."""

    batch: Batch
    keep: Mask | None
    _texts: dict[str, Column] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.batch.rows if self.keep is None else int(np.count_nonzero(self.keep))

    def column(self, name: str) -> Column:
        """The column's kept rows. Texts are remembered: their codes are small, finding them is slow."""
        if name in self._texts:
            return self._texts[name]
        data = self.batch.column(name)
        if self.keep is not None:
            data = data.take(self.keep)
        if data.dictionary is not None:
            self._texts[name] = data
        return data


@dataclass(frozen=True)
class OrderedRows:
    """Rows in another order (itself a `Batch`)."""

    parent: Rows
    order: npt.NDArray[np.intp]

    @property
    def rows(self) -> int:
        return len(self.order)

    def column(self, name: str) -> Column:
        """The column in the new order."""
        return self.parent.column(name).take(self.order)


def ordered(
    rows: Rows, place: Group | None, weights: Weights | None
) -> tuple[Rows | OrderedRows, Group | None, Weights | None]:
    """Rows, groups and weights, group by group: then each column need not put them in order by itself."""
    if place is None or not (place[1:] < place[:-1]).any():
        return rows, place, weights
    order = np.argsort(place, kind="stable")
    return (
        OrderedRows(rows, order),
        place[order],
        None if weights is None else Weights(weights.units[order]),
    )


def kept(skip: Ranges | None, first: int, rows: int) -> Mask | None:
    """Which of the rows [first, first + rows) lie in none of the ranges; None: all."""
    if skip is None:
        return None
    starts, stops = skip
    near = (stops > first) & (starts < first + rows)
    if not near.any():
        return None
    keep = np.ones(rows, bool)
    for start, stop in zip(starts[near], stops[near], strict=True):
        keep[max(0, start - first) : max(0, stop - first)] = False
    return keep
