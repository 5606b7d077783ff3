"""Where the values of one side of a numeric column lie, from its cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.profiles.numeric import NumericAxis

Floats = npt.NDArray[np.float64]

_CLOSE = 1e-9
"""Values this close, as a part of themselves or of the scale, are the same value."""


@dataclass(frozen=True)
class Distribution:
    """Masses on intervals: a side's cells within its extremes.

    Attributes:
        mass, low, high, mean: shape (C,): share of the values, where they lie, and their mean.
        below: shape (C + 1,): share below each edge.
        atom: shape (C,) bool.
    """

    mass: Floats
    low: Floats
    high: Floats
    mean: Floats
    below: Floats
    atom: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, axis: NumericAxis, counts: Floats, sums: Floats, minimum: float, maximum: float
    ) -> Distribution:
        """Of the rows in each cell, shape (C,), the sums of their standardised values, and the extremes."""
        mass = counts / max(float(counts.sum()), 1e-300)
        low = np.clip(axis.edges[:-1], minimum, maximum)
        high = np.clip(axis.edges[1:], minimum, maximum)
        high = np.where(axis.atoms, low, high)
        mean = axis.centre + axis.scale * sums / np.maximum(counts, 1e-300)
        mean = np.clip(np.where(counts > 0, mean, low), low, high)
        below = np.concatenate([[0.0], np.cumsum(mass)])
        return cls(mass, low, high, mean, below, axis.atoms)

    def quantile(self, level: float) -> float:
        """The value below which this share lies, linear within a cell."""
        cell = int(np.clip(np.searchsorted(self.below, level, "right") - 1, 0, len(self.mass) - 1))
        inside = (level - self.below[cell]) / max(self.mass[cell], 1e-300)
        return float(self.low[cell] + np.clip(inside, 0.0, 1.0) * (self.high[cell] - self.low[cell]))

    def share_below(self, points: Floats) -> Floats:
        """Share of the values below each point."""
        ends, steps = self._spread
        places, jumps = self._places
        smooth = np.interp(points, ends, steps) if len(ends) else np.zeros(len(points))
        return smooth + jumps[np.searchsorted(places, points, "left")]

    def below_edges(
        self, axis: NumericAxis, factor: Floats | float = 1.0, offset: Floats | float = 0.0
    ) -> Floats:
        """Share of the mapped values `factor * x + offset` below each edge of an axis, shape (..., C + 1).

        Factor and offset are numbers, or of shape (..., 1). A mapped value that meets an atom of the axis up
        to rounding falls into that atom's cell.
        """
        points = (axis.edges[1:-1] - offset) / factor
        ends, steps = self._spread
        places, jumps = self._places
        found = np.interp(points, ends, steps) if len(ends) else np.zeros(points.shape)
        rising = np.asarray(factor) > 0
        if len(places):
            after = axis.atoms[:-1]
            count = np.searchsorted(places, points)
            right = np.minimum(count, len(places) - 1)
            left = np.maximum(right - 1, 0)
            near = np.where(points - places[left] < places[right] - points, left, right)
            reach = _CLOSE * np.maximum(np.abs(places[near]), axis.scale / np.abs(factor))
            met = np.abs(places[near] - points) <= reach
            if not rising.all():
                count = np.where(rising, count, np.searchsorted(places, points, "right"))
            found += jumps[np.where(met, near + np.where(rising, after, ~after), count)]
        below = np.zeros((*points.shape[:-1], axis.cells + 1))
        below[..., 1:-1] = np.where(rising, found, 1.0 - found)
        below[..., -1] = 1.0
        return below

    @cached_property
    def _spread(self) -> tuple[Floats, Floats]:
        """Ends of the cells of many values, and the shares of such values below them."""
        spread = (self.mass > 0) & ~self.atom
        total = np.cumsum(self.mass[spread])
        ends = np.stack([self.low[spread], self.high[spread]], -1).ravel()
        return ends, np.stack([total - self.mass[spread], total], -1).ravel()

    @cached_property
    def _places(self) -> tuple[Floats, Floats]:
        """Atoms that hold rows, and the shares of the atoms before each."""
        held = (self.mass > 0) & self.atom
        return self.low[held], np.concatenate([[0.0], np.cumsum(self.mass[held])])


def snap(axis: NumericAxis, values: Floats) -> Floats:
    """Values that equal an atom of the axis up to rounding become that atom; the others stay."""
    atoms = axis.edges[:-1][axis.atoms]
    if not len(atoms) or not len(values):
        return values
    right = np.clip(np.searchsorted(atoms, values), 0, len(atoms) - 1)
    left = np.maximum(right - 1, 0)
    near = np.where(np.abs(atoms[right] - values) < np.abs(values - atoms[left]), atoms[right], atoms[left])
    reach = _CLOSE * np.maximum(np.abs(near), axis.scale)
    return np.where(np.abs(near - values) <= reach, near, values)
