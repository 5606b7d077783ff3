"""Rows as numbers of one scale: normal scores of cells, and indicators of frequent categories and of gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.metrics.special import normal_isf
from leadline.monitors.folding import changing
from leadline.profiles.arrays import EMPTY_TEXT, NAN, NULL
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.sample import MISSING, UNREADABLE, RowSample, sampled_columns
from leadline.schema import Role

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]
Integers = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]

SHARE_MIN = 0.02
"""Categories and gaps with at least this share of the reference, and of the rest, have an indicator."""

LEVELS_MAX = 10
"""Most indicators of a column."""

COORDINATES_MAX = 100
"""Most coordinates: beyond, numbers come before indicators, and columns in the order of their names."""


@dataclass(frozen=True)
class Coordinate:
    """One coordinate of a row: a number for each cell of a column; mean 0 and variance 1 in the reference.

    Attributes:
        place: of the column among those of a sample.
        column: its name.
        ordered: a normal score; else an indicator.
        table: shape (cells + 2,): the last two of missing and of unreadable values.
    """

    place: int
    column: str
    ordered: bool
    table: Rows


@dataclass(frozen=True)
class Coordinates:
    """The coordinates of a baseline's rows."""

    listed: tuple[Coordinate, ...]

    @classmethod
    def of(cls, baseline: Baseline) -> Coordinates:
        """Those of the features; none where fewer than two columns have any."""
        found = sorted(_listed(baseline), key=lambda c: (not c.ordered, c.column))[:COORDINATES_MAX]
        several = len({coordinate.place for coordinate in found}) > 1
        return cls(tuple(found) if several else ())

    def __len__(self) -> int:
        return len(self.listed)

    @property
    def ordered(self) -> Booleans:
        """Shape (p,): normal scores."""
        return np.array([coordinate.ordered for coordinate in self.listed], bool)

    @property
    def places(self) -> Integers:
        """Shape (p,): the column of each coordinate."""
        return np.array([coordinate.place for coordinate in self.listed], np.intp)

    def rows(self, sample: RowSample, chosen: npt.NDArray[Any]) -> Rows:
        """Shape (n, p): the chosen rows of a sample."""
        found = np.empty((len(chosen), len(self.listed)), np.float32, order="F")
        codes: dict[int, Integers] = {}
        for j, coordinate in enumerate(self.listed):
            if coordinate.place not in codes:
                codes[coordinate.place] = sample.cells[chosen, coordinate.place].astype(np.intp)
            code, cells = codes[coordinate.place], len(coordinate.table) - 2
            at = np.where(code == MISSING, cells, np.where(code == UNREADABLE, cells + 1, code))
            found[:, j] = coordinate.table[at]
        return np.ascontiguousarray(found)


def _listed(baseline: Baseline) -> Iterator[Coordinate]:
    grid, whole = baseline.grid, baseline.whole
    cells, rows = whole.sums["cells"][0, 0, 0], whole.rows
    gaps = whole.sums["specials"][0, 0, 0][:, [NULL, NAN, EMPTY_TEXT]].sum(-1)
    for place, k in enumerate(sampled_columns(grid)):
        column = grid.columns[k]
        if column.role not in (Role.FEATURE, Role.SEGMENT) or rows == 0:
            continue
        counts = cells[grid.offsets[k] : grid.offsets[k + 1]].astype(np.float64)
        ordered = isinstance(column.axis, NumericAxis)
        if ordered:
            scores = _normal_scores(counts)
            if scores is not None:
                yield Coordinate(place, column.name, True, _table(scores))
            levels = np.zeros(0, np.intp)
        elif changing(baseline, k):  # those that are frequent now will be gone
            levels = np.zeros(0, np.intp)
        else:
            levels = _frequent(counts, rows)
        for level in levels.tolist():
            yield Coordinate(place, column.name, False, _indicator(len(counts), level, counts[level] / rows))
        if SHARE_MIN <= gaps[k] / rows <= 1 - SHARE_MIN:
            yield Coordinate(place, column.name, False, _indicator(len(counts), len(counts), gaps[k] / rows))


def _normal_scores(counts: Floats) -> Floats | None:
    """Gaussian quantiles of the mid-ranks of cells; None where all rows lie in one."""
    total = counts.sum()
    if np.count_nonzero(counts) < 2:
        return None
    middle = np.clip((np.cumsum(counts) - counts / 2) / total, 0.5 / total, 1 - 0.5 / total)
    scores = -normal_isf(middle)
    mean = scores @ counts / total
    return (scores - mean) / np.sqrt((scores - mean) ** 2 @ counts / total)


def _frequent(counts: Floats, rows: int) -> Integers:
    """The frequent categories, without the largest where they are all: it is what the others leave."""
    order = np.argsort(-counts, kind="stable")[:LEVELS_MAX]
    chosen = order[(counts[order] >= SHARE_MIN * rows) & (counts[order] <= (1 - SHARE_MIN) * rows)]
    return chosen[1:] if counts[chosen].sum() >= (1 - SHARE_MIN) * counts.sum() else chosen


def _table(scores: Floats) -> Rows:
    """A missing value lies in the middle."""
    return np.append(scores, [0.0, 0.0]).astype(np.float32)


def _indicator(cells: int, cell: int, share: float) -> Rows:
    hit = np.zeros(cells + 2)
    hit[cell] = 1.0
    return ((hit - share) / np.sqrt(share * (1 - share))).astype(np.float32)
