"""Which cell a value falls into, fast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from leadline.kernels import ADDRESS, REAL, WHOLE, address, available, kernel
from leadline.profiles.outcomes_sums import Floats


class CellLookup:
    """Cells between inner edges: cell i holds inner[i - 1] <= value < inner[i].

    A table of slots over [low, high) says how many edges lie before a slot, and two comparisons count those
    within it; values of slots with more edges, as beyond both ends, are searched. Values and edges go through
    the same rounding, which is monotone, so all ways agree.

    Args:
        inner: increasing edges.
        low, high: the part of the line that the table covers, low < high.
    """

    SLOTS = 1 << 11

    def __init__(self, inner: Sequence[float] | Floats, low: float = 0.0, high: float = 1.0) -> None:
        self.edges = np.array(inner, np.float64)
        self.low, self.high = low, high
        # Between numbers next to 0 the quotient is beyond the largest float.
        self.step = min(self.SLOTS / (high - low), np.finfo(np.float64).max)
        slot = self._slot(self.edges)
        inside = np.bincount(slot, minlength=self.SLOTS + 2)
        self.before = (np.cumsum(inside) - inside).astype(np.uint16)
        self.padded = np.append(self.edges, [np.nan, np.nan])  # which no value reaches, not even infinity
        self.crowded = inside > 2

    def cells(self, values: Floats) -> npt.NDArray[np.intp]:
        """The cell of each value; no value may be NaN."""
        if available():
            values, out = np.ascontiguousarray(values, np.float64), np.empty(len(values), np.intp)
            kernel(
                "cells", None, ADDRESS, WHOLE, REAL, REAL, WHOLE, ADDRESS, ADDRESS, ADDRESS, WHOLE, ADDRESS
            )(
                address(values), len(values), self.low, self.step, self.SLOTS, address(self.before),
                address(self.crowded), address(self.padded), len(self.edges), address(out),
            )  # fmt: skip
            return out
        slot = self._slot(values)
        before = self.before.take(slot).astype(np.intp)
        # An edge in a later slot is larger than the value, so that it need not be told from one in this slot.
        out = before + (values >= self.padded.take(before))
        before += 1
        out += values >= self.padded.take(before)
        search = np.flatnonzero(self.crowded.take(slot))
        if search.size:
            out[search] = np.searchsorted(self.edges, values[search], side="right")
        return out

    def _slot(self, values: Floats) -> npt.NDArray[np.intp]:
        """Slots count from 1; 0 and the last are all that lies before and behind."""
        with np.errstate(over="ignore"):
            found = values - self.low
            found *= self.step
        found += 1.0
        np.maximum(found, 0.0, out=found)
        np.minimum(found, self.SLOTS + 1.0, out=found)
        return found.astype(np.intp)
