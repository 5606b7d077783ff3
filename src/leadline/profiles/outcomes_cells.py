"""Which cell a value falls into, fast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadline.profiles.outcomes_sums import Floats


class CellLookup:
    """Cells between inner edges: cell i holds inner[i - 1] <= value < inner[i].

    A table of slots over [low, high) resolves the values of slots that no edge lies in; the rest are
    searched. Values and edges go through the same rounding, which is monotone, so both ways agree.
    """

    SLOTS = 1 << 14

    def __init__(self, inner: tuple[float, ...], low: float = 0.0, high: float = 1.0) -> None:
        self.edges = np.array(inner, np.float64)
        self.low, self.high, self.step = low, high, self.SLOTS / (high - low)
        slot = self._slot(self.edges)
        inside = (slot >= 0) & (slot < self.SLOTS)
        crossed = np.bincount(slot[inside], minlength=self.SLOTS)
        self.start = np.cumsum(crossed) - crossed + int((slot < 0).sum())
        self.crossed = crossed > 0

    def cells(self, values: Floats) -> npt.NDArray[np.intp]:
        """The cell of each value; no value may be NaN."""
        slot = self._slot(values)
        outside = (slot < 0) | (slot >= self.SLOTS)
        slot[outside] = 0
        out = self.start[slot]
        search = np.flatnonzero(self.crossed[slot] | outside)
        if search.size:
            out[search] = np.searchsorted(self.edges, values[search], side="right")
        return out

    def _slot(self, values: Floats) -> npt.NDArray[np.intp]:
        width = self.high - self.low
        near = np.clip(values, self.low - width, self.high + width)
        return np.floor((near - self.low) * self.step).astype(np.intp)
