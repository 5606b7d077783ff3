"""Is one side of a numeric column the other one under a linear map, in all rows or in a part of them?

The reference's cells are moved by the map, put into the current side's cells and mixed with unmoved ones;
the part that was moved follows by least squares. A map that holds leaves no distance. Where the current
cells are too coarse to show a shape, means, deviations and extremes, which are exact, have to agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Column, Side
from leadline.diagnosis.noise import kolmogorov_mean, kolmogorov_noise, undone
from leadline.profiles.numeric import NumericAxis

Floats = npt.NDArray[np.float64]

_FINE = 0.1
"""The current cells show a shape when no cell of many values holds more than this share."""

_GAP = 4.5
"""Most standard errors between the moments and what a proven map predicts of them."""

_RESOLVED = 1e-4
"""Smallest deviation, in the reference's, that sums of squares resolve."""

LEAST = 0.1
"""Smallest part of the rows whose shape shows a map; fewer may be anything far out."""

ALIKE = 3.0
"""Squared misfits that differ by less are alike: chance does that."""

PROVEN = 0.75
"""Share of the distance that a cause has to undo, unless what is left is noise."""


@dataclass(frozen=True)
class Fit:
    """One map `factor * x + offset` of a part of the rows.

    Attributes:
        part: share of the rows that were moved.
        distance, left: Kolmogorov-Smirnov distance without and with the map.
        share: part of the distance that is gone.
        misfit: how badly shape and moments agree, in units of their noise; the least is the best.
        proven: more than noise was there, nothing but noise is left, and the moments agree; of a part of the
            rows also: no move of all of them, by another mean and deviation, fits nearly as well.
    """

    factor: float
    offset: float
    part: float
    distance: float
    left: float
    share: float
    misfit: float
    proven: bool


class Fitter:
    """Fits maps to one numeric column; build once for a column.

    Args:
        column: its reference and current counts, on the cells of `axis`.
    """

    def __init__(self, column: Column, axis: NumericAxis) -> None:
        self.column, self.axis = column, axis
        self.before, self.now = column.distributions
        self.noise, self.mean = kolmogorov_noise(column.harmonic), kolmogorov_mean(column.harmonic)
        self._change = self.now.below - self.before.below
        self._fine = float(np.where(axis.atoms, 0.0, column.now.shares).max(initial=0.0)) <= _FINE
        far = (self.before.mean - column.before.mean) / (column.before.deviation or 1.0)
        self._kurtosis = max(float((self.before.mass * far**4).sum()), 1.8)

    def fit(self, factor: float, offset: float) -> Fit:
        """How well one map explains the current side: in all rows if that does, else in the best part."""
        return self.fits([(factor, offset)])[0]

    def fits(self, maps: Iterable[tuple[float, float]]) -> list[Fit]:
        """The fit of each map, a factor and an offset; many together cost little more than one."""
        return self._fitted(list(maps), self._mixed)

    def _judged(self, factor: float, offset: float, part: float, left: float) -> Fit:
        distance = self.column.distance
        share = undone(distance, left, self.mean)
        gap = float(np.abs(self._gaps(factor, offset, part)).max())
        seen = distance > self.noise and (left <= self.noise or share >= 0.97)
        misfit = float(np.hypot(2 * left / self.noise, gap / 2))
        proven = share >= PROVEN and seen and gap <= _GAP and part >= LEAST
        # Of any small move some part in some unit can be found that looks like it; a sign leaves no choice.
        proven = proven and (part == 1 or factor < 0 or misfit * misfit + ALIKE <= self._whole)
        return Fit(factor, offset, part, distance, left, share, misfit, proven)

    @cached_property
    def _whole(self) -> float:
        """The least squared misfit of a move of all rows, from means and deviations, or from quantiles."""
        maps = [_moved((side.mean, side.deviation) for side in (self.column.before, self.column.now))]
        for tail in (0.25, 0.1):
            levels = tail, 0.5, 1 - tail
            sides = [[side.quantile(level) for level in levels] for side in (self.before, self.now)]
            maps.append(_moved((middle, high - low) for low, middle, high in sides))
        factors, offsets = np.array(maps, np.float64).T
        left = np.abs(self._change - self._full(factors, offsets)).max(-1)
        gaps = [np.abs(self._gaps(*each, 1.0)).max() for each in maps]
        return float(np.nanmin(np.square(2 * left / self.noise) + np.square(np.array(gaps) / 2)))

    def part(self, factor: float, offset: float) -> float:
        """The part of the rows that the map moved, by its shape."""
        return float(self._mixed(np.array([factor]), np.array([offset]))[0][0])

    def mixtures(self, maps: Iterable[tuple[float, float]]) -> list[Fit]:
        """The fit of each map in the part of the rows that fits best, also where all rows would do."""
        return self._fitted(list(maps), self._in_part)

    def _fitted(
        self, maps: list[tuple[float, float]], fit: Callable[..., tuple[Floats, Floats]]
    ) -> list[Fit]:
        factors, offsets = np.array(maps, np.float64).reshape(-1, 2).T
        found = zip(*(array.tolist() for array in (factors, offsets, *fit(factors, offsets))), strict=True)
        return [self._judged(*each) for each in found]

    def nearest(self, factors: Floats, keep: int) -> Floats:
        """The factors whose shapes fit best, for a search."""
        left = self._mixed(factors, np.zeros(len(factors)))[1]
        return factors[np.argsort(left, kind="stable")[:keep]]

    def _mixed(self, factors: Floats, offsets: Floats) -> tuple[Floats, Floats]:
        """Part of the rows that each map moved, all of them if that does, and the distance that is left."""
        full = self._full(factors, offsets)
        left = np.abs(self._change - full).max(-1)
        moves = (full * full).sum(-1) > 0
        whole = (left <= self.noise) | ~moves
        part, mixed = self._best_part(full)
        return np.where(whole, moves, part), np.where(whole, left, mixed)

    def _in_part(self, factors: Floats, offsets: Floats) -> tuple[Floats, Floats]:
        return self._best_part(self._full(factors, offsets))

    def _full(self, factors: Floats, offsets: Floats) -> Floats:
        """What each map changes at the edges where it moves all rows."""
        return self.before.below_edges(self.axis, factors[:, None], offsets[:, None]) - self.before.below

    def _best_part(self, full: Floats) -> tuple[Floats, Floats]:
        norm = (full * full).sum(-1)
        part = np.clip(full @ self._change / np.where(norm > 0, norm, 1.0), 0.0, 1.0)
        return part, np.abs(self._change - part[:, None] * full).max(-1)

    def _gaps(self, factor: float, offset: float, part: float) -> Floats:
        """Mean, deviation and range against what the map predicts, in standard errors."""
        before, now = self.column.before, self.column.now
        # As NumPy's numbers: at the ends of the float range they become infinite, where Python's raise.
        first = np.float64(factor) * before.mean + offset
        mean = (1 - part) * before.mean + part * first
        square = (1 - part) * (np.square(before.deviation) + np.square(before.mean)) + part * (
            np.square(factor * before.deviation) + np.square(first)
        )
        deviation = float(np.sqrt(max(square - mean * mean, 0.0)))
        gaps = [0.0]
        if now.clipped:
            return np.array([_apart(_reach(now), max(abs(factor) * _reach(before), _reach(before)))])
        slope = (1 - part) + part * factor
        error = np.hypot(
            deviation / np.sqrt(max(now.size, 1.0)),
            slope * before.deviation / np.sqrt(max(before.size, 1.0)),
        )
        gaps.append((now.mean - mean) / max(error, 1e-300))
        if self._fine:
            return np.array(gaps)
        if now.deviation > _RESOLVED * self.axis.scale:
            kurtosis = self._kurtosis if part == 1 else self._kurtosis * 2
            spread = np.sqrt((kurtosis - 1) / 4 / max(self.column.harmonic, 1.0))
            gaps.append(float(np.log(now.deviation / max(deviation, 1e-300))) / max(spread, 0.02))
        elif part == 1:
            gaps.append(_apart(now.maximum - now.minimum, abs(factor) * (before.maximum - before.minimum)))
        return np.array(gaps)


def _moved(sides: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Factor and offset from one middle and spread to another; nothing moves where there is no spread."""
    (middle, spread), (other, wider) = sides
    factor = wider / spread if spread > 0 and wider > 0 else 1.0
    return factor, other - factor * middle


def _reach(side: Side) -> float:
    return max(abs(side.maximum), abs(side.minimum))


def _apart(a: float, b: float) -> float:
    """How far two extremes differ; a factor of two is within what samples do."""
    if not (a > 0 and b > 0):
        return 0.0 if a == b else 99.0
    return float(4 * np.log(a / b) / np.log(3))


def levels() -> Sequence[float]:
    """Levels of the quantiles that a shift is read from."""
    return tuple(np.linspace(0.1, 0.9, 9).tolist())
