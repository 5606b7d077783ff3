"""The cells of a numeric column: learned once from its values, then the same for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.file import Arrays
from leadline.profiles.orders import Order, SortedValues

Floats = npt.NDArray[np.float64]

CELLS = 256
"""Equal-mass cells of a numeric column."""

UNIT_BITS = 30
"""Sums are kept in units of 2**-30 of the column's scale (see `NumericAxis.exponents`)."""

NEAR = 8.0
"""Standardised values up to this far from the centre are kept in the finest unit."""

CLIP = 2.0**20
"""Standardised values are clipped here before they are summed; the clipped rows are counted."""

EXPONENTS = 18
"""Number of units in use: cells reach to at most NEAR * 2**(EXPONENTS - 1) >= CLIP."""

_GUARDS = np.array([0.25, 1.0, 4.0, 16.0, 256.0, 65536.0])
"""Scales beyond the extremes at which cells without any value of the reference end."""


@dataclass(frozen=True)
class NumericAxis:
    """Cells of a numeric column: 256 of equal reference mass, finer in both tails, guards outside.

    Attributes:
        edges: shape (C + 1,), strictly increasing, first -inf and last inf; cell c holds the values
            in [edges[c], edges[c + 1]).
        atoms: shape (C,) bool: the cell holds one value, its lower edge.
        centre, scale: values are summed as (x - centre) / scale; mean and standard deviation of the
            data the grid was learned from (scale 1 where that is 0 or not finite).
        low, high: smallest and largest value the grid was learned from (nan: none); cells outside are
            guards.
        fence_low, fence_high: Tukey's fences, quartiles -+ 1.5 interquartile ranges. Both are edges,
            so that outliers are counted exactly.
        random_edges: the edges are order statistics of the reference rows that were counted.
    """

    edges: Floats
    atoms: npt.NDArray[np.bool_]
    centre: float
    scale: float
    low: float
    high: float
    fence_low: float
    fence_high: float
    random_edges: bool

    @property
    def cells(self) -> int:
        return len(self.atoms)

    @cached_property
    def exponents(self) -> npt.NDArray[np.int64]:
        """Shape (C,): the sums of cell c are integers in units of 2**(exponents[c] - UNIT_BITS).

        With units that grow with the distance from the centre, 10**9 rows in one cell cannot
        overflow 64 bits, and every value is rounded to 2**-31 of the scale or, far out, of itself.
        """
        bound = np.abs(self.standardise(self.edges))
        reach = np.minimum(np.maximum(bound[:-1], bound[1:]), CLIP)
        return np.ceil(np.log2(np.maximum(reach / NEAR, 1.0))).astype(np.int64)

    @cached_property
    def near(self) -> tuple[int, int]:
        """First and past-the-last of the cells with the finest unit; they lie side by side. Equal: none."""
        fine = np.flatnonzero(self.exponents == 0)
        return (int(fine[0]), int(fine[-1]) + 1) if len(fine) else (0, 0)

    @property
    def units(self) -> Floats:
        """Shape (C,): the unit of each cell's sum, in scales."""
        return np.ldexp(1.0, self.exponents - UNIT_BITS)

    @cached_property
    def outside(self) -> npt.NDArray[np.bool_]:
        """Shape (C,): the cell lies out of the range that the grid was learned from."""
        return (self.edges[1:] <= self.low) | (self.edges[:-1] > self.high)

    @cached_property
    def outlying(self) -> npt.NDArray[np.bool_]:
        """Shape (C,): the cell lies beyond a fence."""
        return (self.edges[1:] <= self.fence_low) | (self.edges[:-1] > self.fence_high)

    def standardise(self, values: Floats) -> Floats:
        """(values - centre) / scale."""
        with np.errstate(over="ignore"):
            found = values - self.centre
            found *= 1.0 / self.scale
            return found

    @property
    def middles(self) -> Floats:
        """Shape (C,): the middle of each cell, the finite end of one without end, or the centre."""
        reach = CLIP * self.scale
        low, high = (np.where(np.isfinite(ends), ends, np.nan) for ends in (self.edges[:-1], self.edges[1:]))
        middle = np.where(np.isnan(low), high, np.where(np.isnan(high), low, low / 2 + high / 2))
        middle = np.where(np.isnan(middle), self.centre, middle)
        return np.clip(middle, self.centre - reach, self.centre + reach)

    def to_state(self) -> tuple[dict[str, Any], Arrays]:
        """Plain facts (floats as hexadecimal texts) and arrays, of which `from_state` makes an equal axis."""
        facts = {name: getattr(self, name).hex() for name in _FLOATS}
        return facts | {"random_edges": self.random_edges}, {"edges": self.edges, "atoms": self.atoms}

    @classmethod
    def from_state(cls, facts: Mapping[str, Any], arrays: Arrays) -> NumericAxis:
        """The axis that `to_state` described."""
        centre, scale, low, high, fence_low, fence_high = (float.fromhex(facts[name]) for name in _FLOATS)
        return cls(
            arrays["edges"], arrays["atoms"], centre, scale, low, high, fence_low, fence_high,
            facts["random_edges"],
        )  # fmt: skip

    @classmethod
    def learn(cls, values: Floats | Order, cells: int = CELLS, random_edges: bool = True) -> NumericAxis:
        """Learn the axis from sorted, finite values (may be empty), or from what orders them.

        Edges are exact order statistics: `cells` cells of equal mass; in both tails ranks that halve
        down to a single row; a value that holds more than a quarter of a cell at such a rank, and
        every value when there are at most `cells` distinct ones, becomes an atom. Non-atomic cells so
        hold at most 1/256 + 1/1024 of the rows, which bounds the error of a binned Kolmogorov-Smirnov
        distance (0.0049).
        """
        if isinstance(values, np.ndarray):
            if len(values) == 0:
                return cls.of_nothing(random_edges)
            values = SortedValues(values)
        # Values near the largest float overflow on the way to infinity, which is dropped below.
        with np.errstate(over="ignore", invalid="ignore"):
            return cls._learn(values, cells, random_edges)

    @classmethod
    def of_nothing(cls, random_edges: bool = True) -> NumericAxis:
        """The axis of a column without a finite value: one cell."""
        edges = np.array([-np.inf, np.inf])
        return cls(edges, np.zeros(1, bool), 0.0, 1.0, np.nan, np.nan, np.nan, np.nan, random_edges)

    @classmethod
    def _learn(cls, order: Order, cells: int, random_edges: bool) -> NumericAxis:
        size, low, high = len(order.values), order.low + 0.0, order.high + 0.0
        atoms = order.few(cells)
        steps = _ranks(size, cells)
        quartiles = np.array([size // 4, size // 2, (3 * size) // 4])
        ranks = np.unique(np.concatenate([steps, quartiles]))
        ordered = order.at(ranks)
        q1, middle, q3 = (float(x) for x in ordered[np.searchsorted(ranks, quartiles)])
        centre, scale = _scaled(order, middle)
        between = _net(atoms, centre, scale)
        if atoms is None:
            chosen = np.unique(ordered[np.searchsorted(ranks, steps)])
            atoms = chosen[order.ties(chosen) > max(1, size // (4 * cells))]
        else:
            chosen = atoms
        reach = 1.5 * (q3 - q1)
        fence_low, fence_high = q1 - reach, q3 + reach
        guards = np.concatenate([low - scale * _GUARDS, high + scale * _GUARDS])
        after = np.nextafter(atoms, np.inf)
        beyond = np.nextafter([high, fence_high], np.inf)
        edges = np.concatenate([chosen, between, after, guards, beyond, [low, fence_low]])
        edges = np.unique(np.concatenate([edges[np.isfinite(edges)], [-np.inf, np.inf]])) + 0.0
        is_atom = np.nextafter(edges[:-1], np.inf) == edges[1:]
        is_atom[0] = False
        return cls(edges, is_atom, centre, scale, low, high, fence_low, fence_high, random_edges)


_FLOATS = ("centre", "scale", "low", "high", "fence_low", "fence_high")


def _scaled(order: Order, middle: float) -> tuple[float, float]:
    """Mean and standard deviation; 1 stands for a deviation of 0 or beyond the floating range."""
    shift, second = order.moments(middle)
    centre, variance = middle + shift, second - shift * shift
    if variance < 1e-6 * shift * shift:
        variance = float(np.mean((order.values - centre) ** 2))
    scale = float(np.sqrt(max(variance, 0.0)))
    if not np.isfinite(centre):
        centre = middle
    if not np.isfinite(scale):
        scale = order.high / 2 - order.low / 2
    tiny = np.spacing(abs(centre)) * 4
    return centre, scale if np.isfinite(scale) and scale > max(tiny, 1e-300) else 1.0


def _net(atoms: Floats | None, centre: float, scale: float) -> Floats:
    """Edges an eighth of a scale apart between many atoms: a small sample of a continuous column leaves
    wide gaps, into which the values of a larger one fall.
    """
    if atoms is None or len(atoms) < 32:
        return np.empty(0)
    net = centre + scale * np.arange(-32, 33) / 8
    return net[(net > atoms[0]) & (net < atoms[-1])]


def _ranks(size: int, cells: int) -> npt.NDArray[np.int64]:
    """Ranks of the edges: equal steps, and steps that halve towards both ends."""
    even = np.arange(cells) * size // cells
    tail = size // cells // 2 ** np.arange(1, 64)
    tail = tail[tail > 0]
    return np.unique(np.concatenate([even, tail, size - 1 - tail, [0, size - 1]]))
