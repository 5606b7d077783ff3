"""What a quality metric sees: what was counted of one side of K columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Summary:
    """Counts of one side of K columns of one sort (numeric, or categorical).

    Weighted checks hold sums of weights where it says "rows". Arrays have shape (K,) unless stated.
    Where a number does not exist it is NaN.

    Attributes:
        rows: all rows.
        null, nan, infinite, empty: rows that are null, NaN, infinite, empty text.
        counts: shape (K, C): rows with a present, finite value in each cell.
        values: their total.
        unseen: rows whose value the reference never held; NaN where it is not decidable.
        outside: rows out of the reference's range (numeric).
        outliers: rows beyond the fences fixed by the reference (numeric).
        type_changed: bool: the physical type differs from the reference's.
        distinct, distinct_low, distinct_high: number of distinct values: exact while small (then all
            three are equal), with a 95 % interval after.
        edges: shape (K, C + 1): cell c holds values in [edges[c], edges[c + 1]), in the column's own
            unit; the outermost finite edges are this side's extremes (numeric).
        atoms: shape (K, C) bool: the cell holds one value only.
        total: sum of the present, finite values minus `centre`, divided by `scale`.
        squares: sum of the squares of the same.
        centre, scale: of the standardisation.
        minimum, maximum: extremes of the finite values.
    """

    rows: Floats
    null: Floats
    nan: Floats
    infinite: Floats
    empty: Floats
    counts: Floats
    unseen: Floats
    outside: Floats
    outliers: Floats
    type_changed: npt.NDArray[np.bool_]
    distinct: Floats
    distinct_low: Floats
    distinct_high: Floats
    edges: Floats | None = None
    atoms: npt.NDArray[np.bool_] | None = None
    total: Floats | None = None
    squares: Floats | None = None
    centre: Floats | None = None
    scale: Floats | None = None
    minimum: Floats | None = None
    maximum: Floats | None = None

    @cached_property
    def values(self) -> Floats:
        """Rows with a present, finite value."""
        return self.counts.sum(-1)

    @cached_property
    def upto(self) -> Floats:
        """Shape (K, C): rows in each cell and those before it."""
        return np.cumsum(self.counts, -1)
