"""The coarse cells on which windows are compared, chosen so that they do not favour the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.metrics.pair import FOLD, Pair
from leadline.monitors.series import FAMILIES
from leadline.monitors.views import side
from leadline.profiles.categorical import HASH_CELLS, CategoricalAxis
from leadline.profiles.profile import Profile
from leadline.profiles.sample import sampled_columns

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NAMED = 50
"""Most categories with a cell of their own."""

GROUPS = 16
"""Cells that the rarer categories share, by their hashes."""


_NEXT = ((0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2))
"""Neighbours among the quarters of the reference."""

_CERTAIN = 4.0
"""Standard errors from which on it is no chance that distant quarters lack each other's values."""


@dataclass(frozen=True)
class Fold:
    """Columns that are judged over time, and their folded cells.

    Attributes:
        columns: shape (K,): positions in the grid.
        order: shape (T,): cells of the grid, those of one folded cell side by side.
        starts: shape (offsets[-1],): where each folded cell begins in `order`.
        offsets: shape (K + 1,): column k's folded cells are [offsets[k], offsets[k + 1]).
        changing: shape (K,): columns whose values keep being replaced by new ones, in the reference already:
            that a value is new is nothing new there, and is not judged.
    """

    columns: Ints
    order: Ints
    starts: Ints
    offsets: Ints
    changing: npt.NDArray[np.bool_]

    def apply(self, cells: npt.NDArray[Any]) -> Floats:
        """Fold counts, shape (W, cells of the grid), into shape (W, offsets[-1])."""
        if len(self.starts) == 0:
            return np.zeros((len(cells), 0))
        found: Floats = np.add.reduceat(cells[:, self.order], self.starts, axis=1).astype(np.float64)
        found[:, self.offsets[1:][self.changing] - 1] = 0
        return found


def fold(baseline: Baseline) -> Fold:
    """The fold that suits a baseline: cells of nearly equal mass; frequent categories, groups of the rest."""
    grid = baseline.grid
    judged = [k for k in sampled_columns(grid) if grid.columns[k].role in FAMILIES]
    order, starts, offsets, length = [], [], [0], 0
    for k in judged:
        axis = grid.columns[k].axis
        if isinstance(axis, CategoricalAxis):
            to = categories(axis, rows_of(baseline.whole, k))
        else:
            counts = side(baseline.whole, np.array([k])).counts
            to = Pair(counts, counts, ordered=True).fold_map(FOLD)[0][0]
        place = np.argsort(to, kind="stable")
        begins = np.flatnonzero(np.diff(to[place], prepend=-1))
        order.append(place + int(grid.offsets[k]))
        starts.append(begins + length)
        length += len(place)
        offsets.append(offsets[-1] + len(begins))
    none = np.zeros(0, np.int64)
    return Fold(
        np.array(judged, np.int64),
        np.concatenate([none, *order]),
        np.concatenate([none, *starts]),
        np.array(offsets),
        np.array([changing(baseline, k) for k in judged], bool),
    )


def rows_of(whole: Profile, column: int) -> Ints:
    """Rows in each cell of a column of the grid."""
    cells = slice(int(whole.grid.offsets[column]), int(whole.grid.offsets[column + 1]))
    found: Ints = whole.sums["cells"][:, :, 0, cells].sum((0, 1))
    return found


def categories(axis: CategoricalAxis, rows: Ints) -> Ints:
    """The folded cell of each cell of a categorical column, shape (cells,), without gaps.

    The most frequent names have cells of their own, the rest share some by their hashes, be they known or
    not; never-seen values have the last one, where they can be told.

    Args:
        rows: shape (cells,): of the reference.
    """
    names = len(axis.vocabulary)
    alone = cells_alone(rows[:names])
    to = np.arange(axis.cells)
    to[alone:names] = alone + axis.hash_cells(axis.vocabulary[alone:]) * GROUPS // HASH_CELLS
    if axis.complete:
        to[names:] = alone + GROUPS
    else:
        to[names:] = alone + np.arange(HASH_CELLS) * GROUPS // HASH_CELLS
    return np.unique(to, return_inverse=True)[1].astype(np.int64)


def changing(baseline: Baseline, column: int) -> bool:
    """Values of a column keep being replaced: distant quarters of the reference hold fewer of each other's.

    Were values to come and go by chance, each quarter would hold as many of any other's.
    """
    return baseline.once(f"changing/{column}", lambda known: _changing(known, column))


def _changing(baseline: Baseline, column: int) -> bool:
    grid = baseline.grid
    axis, span = grid.columns[column].axis, slice(int(grid.offsets[column]), int(grid.offsets[column + 1]))
    if not isinstance(axis, CategoricalAxis) or not axis.complete or baseline.sampled:
        return False
    rows = baseline.profile.sums["cells"][:, :, 0, span].sum(1)
    total = rows.sum(-1)
    quarter = np.minimum(4 * (np.cumsum(total) - total / 2) / max(int(total.sum()), 1), 3).astype(np.intp)
    held = np.zeros((4, rows.shape[1]), np.int64)
    np.add.at(held, quarter, rows)
    size = held.sum(1)
    if size.min() == 0:
        return False
    lacks = np.array([[held[a, held[b] == 0].sum() / size[a] for b in range(4)] for a in range(4)])
    near, far = float(np.mean([lacks[a, b] for a, b in _NEXT])), float((lacks[0, 3] + lacks[3, 0]) / 2)
    chance = _CERTAIN * np.sqrt(2 * far * (1 - far) / size.min())
    return far - near > max(float(chance), baseline.settings.floors.share)


def place_unseen(rows: Ints, weights: Ints | None, baseline: Baseline, ours: bool) -> None:
    """Move values of windows that the rest of the reference does not hold to those never seen, in place.

    Of a window of the reference the rest are the others. Names are learned from all of them: to call none of
    a window's own values unseen would promise that windows to come have none either (Good 1953, The
    population frequencies of species and the estimation of population parameters).

    Args:
        rows: shape (W, cells of the grid).
        weights: shape (W, cells of the grid): their weights; None: without.
        ours: the windows are the reference's.
    """
    if baseline.sampled:  # names were learned from rows that are not counted, and favour no window
        return
    grid = baseline.grid
    for k, column in enumerate(grid.columns):
        if not isinstance(column.axis, CategoricalAxis) or not column.axis.complete:
            continue
        names = slice(int(grid.offsets[k]), int(grid.offsets[k + 1]) - 1)
        held = rows_of(baseline.whole, k)[:-1]
        if not ours:
            alone = np.broadcast_to(held == 0, (len(rows), len(held)))
        elif len(rows) == 1:  # the reference is one window: values that no other row has
            alone = (held == 1)[None, :]
        else:
            alone = rows[:, names] == held
        if not alone.any():  # as of later windows, unless the names were learned from more than the reference
            continue
        for counts in (rows,) if weights is None else (rows, weights):
            counts[:, names.stop] += np.where(alone, counts[:, names], 0).sum(-1)
            counts[:, names][alone] = 0


def cells_alone(rows: Ints) -> int:
    """How many categories, the most frequent first, have a cell of their own.

    Where the cut falls among names that are about as frequent as each other, those above it are there by
    luck, and the reference holds more of them than traffic to come will: with n names of r rows each, r n
    rows more (Good 1953). The cut is the last at which that is less than the sampling error of the reference
    itself.

    Args:
        rows: shape (names,): of the reference.
    """
    ordered, most = np.sort(rows), min(len(rows), NAMED)
    last = ordered[len(rows) - most :][::-1]  # of the names above each cut, the rarest
    first = np.append(ordered[::-1], 0)[1 : most + 1]  # of those below, the most frequent
    # Any number of rows above those of the first name below is the cut.
    cuts = np.stack([first + 1, (first + last + 1) // 2, last])
    reach = np.sqrt(cuts).astype(np.int64)
    near = np.searchsorted(ordered, cuts + reach, "right") - np.searchsorted(ordered, cuts - reach)
    lucky = (cuts * near / (2 * reach + 1)).min(0)  # rows more than in truth above each cut
    allowed = 0.5 * float(np.sqrt(rows.sum()))  # of a half of the rows; of other shares it is less
    fair = np.flatnonzero(lucky <= allowed)
    return int(fair[-1]) + 1 if len(fair) else 0
