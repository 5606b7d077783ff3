"""One value that took rows evenly from everywhere: what `default_value` and `stuck_value` have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.fits import PROVEN
from leadline.diagnosis.noise import (
    kolmogorov_mean,
    kolmogorov_noise,
    undone,
    variation_mean,
    variation_noise,
)
from leadline.diagnosis.words import named, number
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.numeric import NumericAxis

STUCK = 0.9
"""Share of the rows from which a value is stuck rather than a default."""

_LEAST = 0.02
_VALUES = 3
"""With fewer values than this "evenly from all others" says nothing."""
_FEW = 256
"""A reference of at most so many values has a cell for each."""
_OTHERS = 2
_USUAL = 0.01
"""Where more other columns moved, rows may have been chosen that hold a value of this share before."""
_EXACT = 1e-6
_ALL = 0.985
"""With nearly all rows in one cell only equal extremes prove one value."""
_RARE = 0.02
"""A cell of many values with less than this share of the reference is as narrow as one value."""


@dataclass(frozen=True)
class Spike:
    """One value and the rows that came to hold it.

    Attributes:
        value: a number, or the category.
        exact: the value is known; else it is the mean of what came into its cell, some other rows among it.
        part: share of the rows that moved to the value.
        before, now: its share on both sides.
        distance, left, share: distance without and with the spike, and the part of it that is gone.
    """

    value: float | str
    exact: bool
    part: float
    before: float
    now: float
    distance: float
    left: float
    share: float

    @property
    def words(self) -> str:
        """`−999`, `about −994`, or the category."""
        if isinstance(self.value, str):
            return named(self.value)
        return number(self.value) if self.exact else f"about {number(self.value)}"


def spikes(case: Case) -> Sequence[tuple[Column, Spike]]:
    """The spike of each suspect that has one.

    Where several other columns moved, too, a value that many rows held before proves nothing: the rows of
    one month hold one month, and those of one kind of customers more often what these have.
    """
    return case.once("spikes", lambda case: list(_spikes(case)))


def _spikes(case: Case) -> Sequence[tuple[Column, Spike]]:
    found = []
    for column in case.suspects:
        if not column.comparable:
            continue
        least = STUCK if np.count_nonzero(column.before.counts) < _VALUES else 0.0
        trials = (_spike(column, int(cell)) for cell in _candidates(column))
        proven = [spike for spike in trials if spike is not None and spike.part >= least]
        if proven:
            found.append((column, max(proven, key=lambda spike: spike.share)))
    if len(case.suspects) - len(found) <= _OTHERS:
        return found
    return [(column, spike) for column, spike in found if spike.before < _USUAL]


def _candidates(column: Column) -> npt.NDArray[np.intp]:
    gain = column.now.shares - column.before.shares
    if isinstance(column.axis, CategoricalAxis):
        gain = gain[: len(column.axis.vocabulary)]
    order = np.argsort(-gain, kind="stable")[:3]
    return order[gain[order] >= _LEAST]


def _spike(column: Column, cell: int) -> Spike | None:
    p, q = column.before.shares, column.now.shares
    if p[cell] >= 1:
        return None
    part = float((q[cell] - p[cell]) / (1 - p[cell]))
    predicted = (1 - part) * p
    predicted[cell] += part
    if isinstance(column.axis, NumericAxis):
        left = float(np.abs(np.cumsum(q - predicted)).max())
        noise, mean = kolmogorov_noise(column.harmonic), kolmogorov_mean(column.harmonic)
        value: float | str | None
        value, exact = _single(column, column.axis, cell, part)
    else:
        pooled = (p + q) / 2
        left = float(np.abs(q - predicted).sum() / 2)
        noise, mean = (
            variation_noise(pooled, column.harmonic),
            variation_mean((predicted + q) / 2, column.harmonic),
        )
        value, exact = cast("CategoricalAxis", column.axis).vocabulary[cell], True
    share = undone(column.distance, left, mean)
    if value is None or share < PROVEN or (left > noise and share < 0.97):
        return None
    return Spike(value, exact, part, float(p[cell]), float(q[cell]), column.distance, left, share)


def _single(column: Column, axis: NumericAxis, cell: int, part: float) -> tuple[float | None, bool]:
    """The one value that filled a cell, and whether it is exact; None where it may be several."""
    before, now = column.before, column.now
    if axis.atoms[cell]:
        return float(axis.edges[cell]), True
    came = now.counts[cell] - (1 - part) * before.counts[cell] * now.values / before.values
    total = now.sums[cell] - (1 - part) * before.sums[cell] * now.values / before.values
    value = axis.centre + axis.scale * float(total / max(came, 1e-300))
    if now.minimum == now.maximum:
        return now.minimum, True
    for extreme in (now.minimum, now.maximum):
        # A mean that equals the extreme leaves room for one value only.
        if before.shares[cell] == 0 and abs(value - extreme) <= _EXACT * max(abs(extreme), axis.scale):
            return extreme, True
    few = before.distinct <= _FEW
    if few and axis.outside[cell] and _alone(column, axis, cell):
        return (now.minimum if value < axis.centre else now.maximum), True
    if part >= (STUCK if few else _ALL) or before.shares[cell] > _RARE or (few and axis.outside[cell]):
        return None, False
    return (value, False) if _repeats(column, part) else (None, False)


def _alone(column: Column, axis: NumericAxis, cell: int) -> bool:
    """All rows without a cell of their own came into this one, and they hold one value."""
    now = column.now
    filled = np.flatnonzero(now.counts)
    others = filled[~axis.atoms[filled]]
    return others.tolist() == [cell] and now.distinct - (len(filled) - 1) == 1


def _repeats(column: Column, part: float) -> bool:
    """The number of distinct values is what is left when a part of the rows holds one and the same."""
    before, now = column.before, column.now
    if before.distinct <= _FEW:
        return now.distinct <= before.distinct + 2
    single = before.sample.repeated_share() == 0
    expected = now.values if single else before.distinct * min(1.0, now.values / before.values)
    # Nearer to "none is missing" than a quarter of the way is within the noise of the estimate.
    return now.distinct <= expected * (1 - part / 4)
