"""Histograms whose cells grow with the value: quantiles of latencies and delays that add up.

Cell k holds values above 2^((k - 1) / 64) and up to 2^(k / 64), so that a quantile is known
to within 0.55 % of itself. Cells are those of OpenTelemetry's exponential histograms and Prometheus'
native ones at scale 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

CELLS_PER_DOUBLING = 64
LOWEST, HIGHEST = -20 * CELLS_PER_DOUBLING, 40 * CELLS_PER_DOUBLING
"""Values up to 2^-20 count as zero, values above 2^40 as above: in milliseconds a nanosecond and 35 years."""

RELATIVE_ERROR = (2 ** (1 / CELLS_PER_DOUBLING) - 1) / (2 ** (1 / CELLS_PER_DOUBLING) + 1)
"""Largest distance of a quantile between 2^-20 and 2^40 to the exact one, in parts of the exact one."""

NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Quantile:
    """A quantile with a 95 % interval that holds for every distribution of independent values.

    Attributes:
        value: within `RELATIVE_ERROR` of the order statistic of rank ceil(q n).
        low, high: edges of cells, so they never cut the interval short; 0 and infinity where the values are
            too few to say.
    """

    value: float
    low: float
    high: float


def cells_of(values: Floats) -> Counts:
    """The cell of each value: `LOWEST` for zero, `HIGHEST` + 1 for above; `LOWEST` - 1 for what is no amount
    (negative, NaN)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        cell = np.ceil(np.log2(values) * CELLS_PER_DOUBLING)
    amount = values >= 0
    return np.where(amount, np.clip(np.where(amount, cell, 0), LOWEST, HIGHEST + 1), LOWEST - 1).astype(
        np.int64
    )


@dataclass(frozen=True, eq=False)
class ExponentialHistogram:
    """Counts of values of at least 0; adds and subtracts exactly.

    Attributes:
        first: cell of the first count; 0 without counts.
        counts: shape (cells,), from the first cell that was hit to the last.
        zero, above: counts of values too small and too large for a cell.
        invalid: values that were negative or NaN; they take part in nothing else.
    """

    first: int = 0
    counts: Counts = field(default_factory=lambda: np.empty(0, np.int64))
    zero: int = 0
    above: int = 0
    invalid: int = 0

    @classmethod
    def of(cls, values: npt.ArrayLike) -> ExponentialHistogram:
        """Count values of any shape."""
        found, count = np.unique(cells_of(np.asarray(values, np.float64).ravel()), return_counts=True)
        return cls.of_cells(dict(zip(found.tolist(), count.tolist(), strict=True)))

    @classmethod
    def of_cells(cls, counts: Mapping[int, int]) -> ExponentialHistogram:
        """From counts by cell, as `cells_of` numbers them.

        Raises:
            DataError: there is no such cell, or a count is negative.
        """
        for cell, count in counts.items():
            if count < 0 or not LOWEST - 1 <= cell <= HIGHEST + 1:
                raise DataError(
                    "not a count of an exponential histogram",
                    found=f"{count} in cell {cell}",
                    accepted=f"at least 0 in cells {LOWEST - 1} to {HIGHEST + 1}",
                )
        inside = {cell: count for cell, count in counts.items() if count and LOWEST < cell <= HIGHEST}
        first = min(inside, default=0)
        dense = np.zeros(max(inside, default=-1) - first + 1 if inside else 0, np.int64)
        for cell, count in inside.items():
            dense[cell - first] = count
        return cls(first, dense, counts.get(LOWEST, 0), counts.get(HIGHEST + 1, 0), counts.get(LOWEST - 1, 0))

    def cells(self) -> dict[int, int]:
        """The counts that are not 0, by cell, ascending."""
        hit = np.flatnonzero(self.counts)
        inside = zip((hit + self.first).tolist(), self.counts[hit].tolist(), strict=True)
        found = {LOWEST - 1: self.invalid, LOWEST: self.zero, **dict(inside), HIGHEST + 1: self.above}
        return {cell: count for cell, count in found.items() if count}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExponentialHistogram) and self.cells() == other.cells()

    def __hash__(self) -> int:
        return hash(tuple(self.cells().items()))

    @property
    def total(self) -> int:
        """Number of values, without the invalid ones."""
        return int(self.counts.sum()) + self.zero + self.above

    def __add__(self, other: ExponentialHistogram) -> ExponentialHistogram:
        found = self.cells()
        for cell, count in other.cells().items():
            found[cell] = found.get(cell, 0) + count
        return ExponentialHistogram.of_cells(found)

    def __sub__(self, other: ExponentialHistogram) -> ExponentialHistogram:
        """Take back what was added.

        Raises:
            DataError: it was not in here.
        """
        found = self.cells()
        for cell, count in other.cells().items():
            found[cell] = found.get(cell, 0) - count
        return ExponentialHistogram.of_cells(found)

    def quantile(self, q: float) -> Quantile | None:
        """The q-quantile with its interval; None without values.

        Args:
            q: 0 to 1.
        """
        cells = self.cells()
        cell, count = (np.array([*part], np.int64) for part in (cells.keys(), cells.values()))
        found = quantiles(np.zeros(len(cell), np.int64), cell, count, 1, q)
        return None if np.isnan(found.value[0]) else Quantile(*(float(part[0]) for part in found.parts))


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Quantiles of several histograms, as `Quantile`: shapes (groups,), NaN where there are no values."""

    value: Floats
    low: Floats
    high: Floats

    @property
    def parts(self) -> tuple[Floats, Floats, Floats]:
        """Value, low and high."""
        return self.value, self.low, self.high


def quantiles(group: Counts, cell: Counts, count: Counts, groups: int, q: float) -> Quantiles:
    """The q-quantile of each of several histograms.

    Args:
        group, cell, count: shape (n,): which histogram, which cell, how often; ascending by group and cell.
        groups: number of histograms.
        q: 0 to 1.
    """
    amount = cell >= LOWEST
    group, cell, count = group[amount], cell[amount], count[amount]
    total = np.bincount(group, count, groups).astype(np.int64)
    up_to = np.cumsum(count)
    before = np.concatenate([[0], np.cumsum(total)])[:-1]
    known = total > 0

    def edges(rank: Counts) -> tuple[Floats, Floats]:
        """Where the value of each rank (from 1) lies."""
        if not len(cell):
            return np.zeros(groups), np.zeros(groups)
        inside = np.clip(rank, 1, np.maximum(total, 1))
        place = np.minimum(np.searchsorted(up_to, before + inside), len(cell) - 1)
        return cell_edges(cell[place])

    rank = np.ceil(q * total - 1e-9).astype(np.int64)
    low, high = edges(rank)
    both = low + np.where(np.isfinite(high), high, 0.0)
    value = np.where((low > 0) & np.isfinite(high), 2 * low * np.where(np.isfinite(high), high, 0.0), low)
    value = np.where((low > 0) & np.isfinite(high), value / np.maximum(both, 1e-300), value)
    lowest, highest = _ranks(total, q)
    below = np.where(lowest >= 1, edges(lowest)[0], 0.0)
    above = np.where(highest <= total, edges(highest)[1], np.inf)
    return Quantiles(*(np.where(known, part, np.nan) for part in (value, below, above)))


def cell_edges(cell: Counts) -> tuple[Floats, Floats]:
    """Where the values of cells lie, from above the first up to the second; of zero both are about 0."""
    high = np.exp2(np.where(cell > HIGHEST, np.inf, cell / CELLS_PER_DOUBLING))
    low = np.where(cell <= LOWEST, 0.0, np.exp2((np.minimum(cell, HIGHEST + 1) - 1) / CELLS_PER_DOUBLING))
    return low, high


def _ranks(total: Counts, q: float) -> tuple[Counts, Counts]:
    """Ranks of the order statistics that hold the q-quantile between them with 95 %: the binomial's 2.5 % and
    97.5 % quantiles by Cornish and Fisher, each moved outwards by one."""
    middle, spread = total * q, np.sqrt(total * q * (1 - q))
    skew = (1 - 2 * q) * (NORMAL_95**2 - 1) / 6
    low, high = (
        np.floor(middle - NORMAL_95 * spread + skew),
        np.ceil(middle + NORMAL_95 * spread + skew) + 1,
    )
    return low.astype(np.int64), high.astype(np.int64)
