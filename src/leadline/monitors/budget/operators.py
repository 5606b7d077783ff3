"""Baselines as linear operators: what weight each window has in the baseline of another.

A baseline mixes the mean of the same season slot with the mean of all windows, the more towards the slot the
more windows it has. The windows that may enter it are all but a block around the one judged, or a block
before it, so that sums over them are differences of running sums: a reference of a year of hours costs no
matrix of all its pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from leadline.monitors.budget.evidence import Booleans, Floats, Integers

SLOT_PRIOR = 2.0
"""Windows of its own at which a season slot counts for half of its baseline."""


class Operator(Protocol):
    """Makes the baselines of m targets of N windows, or of N stored means."""

    def averages(self, values: Floats, known: Booleans, column: Integers | None = None) -> Floats:
        """Baselines of columns that are unknown in some windows: means over the known ones, NaN without any.

        Args:
            values: shape (N, C), 0 where unknown.
            known: shape (N, K).
            column: shape (C,): which of the K each number belongs to; None: C is K, and each to its own.
        """
        ...

    def noise(self) -> Floats:
        """Variance of the baselines in units of a window's variance: shape (m, 1)."""
        ...


@dataclass(frozen=True)
class Allowed:
    """Which windows may enter the baseline of each of m targets: a block of them, or all others.

    Attributes:
        start, stop: shape (m,), 0 <= start <= stop <= N: the block.
        outside: the others may enter, not the block.
    """

    start: Integers
    stop: Integers
    outside: bool

    def but(self, none: Booleans, windows: int) -> Allowed:
        """Nothing allowed for some of the targets."""
        if self.outside:
            return Allowed(np.where(none, 0, self.start), np.where(none, windows, self.stop), True)
        return Allowed(self.start, np.where(none, self.start, self.stop), False)

    def sums(self, values: Floats) -> Floats:
        """Sums of the allowed rows of values (N, ...) for each target: shape (m, ...)."""
        running = np.zeros((len(values) + 1, *values.shape[1:]))
        np.cumsum(values, axis=0, out=running[1:])
        block = running[self.stop] - running[self.start]
        return running[-1] - block if self.outside else block

    def among(self, members: Integers, targets: Integers) -> Allowed:
        """The same for some of the targets, where only some windows, in order, are at hand."""
        start, stop = (np.searchsorted(members, end[targets]) for end in (self.start, self.stop))
        return Allowed(start, stop, self.outside)


def everything(targets: int) -> Allowed:
    """All windows, for every target."""
    none = np.zeros(targets, np.intp)
    return Allowed(none, none, True)


def leave_block_out(count: int, scale: int, gap: int) -> Allowed:
    """For each of `count` windows all but its own `scale` windows and `gap` more on both sides."""
    target = np.arange(count)
    return Allowed(np.maximum(target - scale + 1 - gap, 0), np.minimum(target + gap + 1, count), True)


def just_before(targets: Integers, scale: int, gap: int, length: int) -> Allowed:
    """The `length` windows that end `gap` windows before those compared."""
    stop = np.maximum(targets - scale + 1 - gap, 0)
    return Allowed(np.maximum(stop - length, 0), stop, False)


class Seasonal:
    """The operator of the seasonal baseline.

    Args:
        allowed: which of the windows may enter the baseline of each target.
        mix: shape (N, G + 1): season slots of those windows.
        wanted: shape (m, G + 1): season slots of the targets.
        centred: the first windows, so many, from whose mean all are taken, so that what is found does not
            depend on those that follow; None: from that of all.
    """

    def __init__(self, allowed: Allowed, mix: Floats, wanted: Floats, centred: int | None = None) -> None:
        """Weights of a target's windows: `slots` times their slots, and `rest`; 0 where none is allowed."""
        self.allowed, self.mix, self.centred = allowed, mix, centred
        self.windows = allowed.sums(mix)
        own = wanted * (self.windows / (self.windows + SLOT_PRIOR))
        self.slots = np.divide(own, self.windows, out=np.zeros_like(own), where=self.windows > 0)
        self.total = allowed.sums(np.ones((len(mix), 1)))
        rest = 1.0 - own.sum(1, keepdims=True)
        self.rest = np.divide(rest, self.total, out=np.zeros_like(self.total), where=self.total > 0)

    @cached_property
    def _by_slot(self) -> list[tuple[int, Integers, Integers, Allowed]]:
        """For each slot that is wanted: the targets, the windows of the slot, and which of them may enter."""
        found = []
        for slot in np.flatnonzero(self.slots.any(0)):
            targets, members = np.flatnonzero(self.slots[:, slot]), np.flatnonzero(self.mix[:, slot])
            found.append((int(slot), targets, members, self.allowed.among(members, targets)))
        return found

    def _weighted(self, values: Floats) -> Floats:
        found = self.rest * self.allowed.sums(values)
        for slot, targets, members, allowed in self._by_slot:
            part = allowed.sums(values[members] * self.mix[members, slot, None])
            found[targets] += self.slots[targets, slot, None] * part
        return found

    def averages(self, values: Floats, known: Booleans, column: Integers | None = None) -> Floats:
        """See `Operator.averages`."""
        column = np.arange(values.shape[1]) if column is None else column
        # Around the mean, so that little is lost to rounding, and of what never varies nothing.
        first, everything = slice(self.centred), bool(known.all())
        centre = values[first].sum(0) / np.maximum(known[first].sum(0), 1)[column]
        off = values - centre
        off = self._weighted(off if everything else np.where(known[:, column], off, 0.0))
        if everything and self.centred is None:
            return np.where(self.total > 0, centre + off, np.nan)
        weight = self._weighted(known.astype(float))[:, column]
        found = np.divide(off, weight, out=np.full(weight.shape, np.nan), where=weight > 1e-9)
        return centre + found

    def noise(self) -> Floats:
        """See `Operator.noise`."""
        squares = self.rest * (self.rest * self.total + 2 * (self.slots * self.windows).sum(1, keepdims=True))
        for slot, other in self._together():
            both = self.allowed.sums((self.mix[:, slot] * self.mix[:, other])[:, None])
            squares += (self.slots[:, slot] * self.slots[:, other])[:, None] * both
        return squares

    def _together(self) -> Iterator[tuple[int, int]]:
        """Pairs of slots that some window has a part of, each slot with itself among them."""
        for slot, _, members, _ in self._by_slot:
            for other in np.flatnonzero(self.mix[members].any(0)):
                yield slot, int(other)


@dataclass(frozen=True, eq=False)
class Stored:
    """Picks from stored means of slots, which share windows with each other.

    Attributes:
        weights: shape (m, N).
        overlap: shape (N, N): `overlap_of` the operator that made them.
    """

    weights: Floats
    overlap: Floats

    def averages(self, values: Floats, known: Booleans, column: Integers | None = None) -> Floats:
        """See `Operator.averages`."""
        if known.all():
            return np.where(self.weights.any(axis=1, keepdims=True), self._times(values), np.nan)
        weight = self._times(known.astype(float))
        weight = weight if column is None else weight[:, column]
        return np.divide(self._times(values), weight, out=np.full(weight.shape, np.nan), where=weight > 1e-9)

    def _times(self, values: Floats) -> Floats:
        """The weights times values, target by target: one product of all may round each otherwise."""
        return (self.weights[:, None] @ values)[:, 0]

    def noise(self) -> Floats:
        """See `Operator.noise`."""
        return (self.weights * self._times(self.overlap)).sum(1, keepdims=True)


def overlap_of(operator: Seasonal) -> Floats:
    """Products of the weights of each pair of targets: shape (m, m); for few targets."""
    weights = operator.slots @ operator.mix.T + operator.rest
    return weights @ weights.T


def merged(values: Floats, scale: int) -> Floats:
    """Means over the last `scale` rows, for every row; at the beginning over all there are."""
    if scale == 1:
        return values
    total = values.copy()
    for back in range(1, min(scale, len(values))):
        total[back:] += values[:-back]
    return total / np.minimum(np.arange(1, len(values) + 1), scale)[:, None]
