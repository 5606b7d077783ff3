"""What a value was expected to be, from the values before it: its season, and a level that follows slowly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

CYCLES = 8
"""Values of the same slot of the season that are looked at: the latest ones."""

NEIGHBOURS = 2
"""Slots on either side whose values say what is usual around a slot."""

SLOT_PRIOR = 2.0
"""Values of the slot itself at which it counts for half; the rest is what is usual around it."""

LEVEL_PACE = 0.1
"""Share of a surprise by which the level follows it."""

HELD = 3.0
"""Mean deviations beyond which a value moves the level no further than one at that distance: so the level
stands nearly still while something is wrong, and still comes to what lasts."""

DEVIATION_MEMORY = 100
"""Values over which the mean deviation of the level is taken."""


@dataclass(frozen=True, eq=False)
class Expected:
    """All of shape (T, C), NaN where nothing can be said yet.

    Attributes:
        location: the expected value.
        seasonal: the part of it that the season says; 0 without a season.
        season: which season was used: its place among the candidates, -1 for none.
    """

    location: Floats
    seasonal: Floats
    season: Integers


def expect(values: Floats, seasons: Sequence[int]) -> Expected:
    """What each value was expected to be by the values before it.

    The season of a series is the one whose expectations were nearest to its values so far, of those that have
    been compared for a whole cycle.

    Args:
        values: shape (T, C), on a scale on which changes add; NaN unknown.
        seasons: lengths of the seasons that it may have, in steps.
    """
    usual = [np.zeros_like(values)]
    usual += [slots(values, length) for length in seasons]
    own = np.stack(usual, axis=2)
    own += level(values[:, :, None] - own)
    miss = np.abs(values[:, :, None] - own)
    location, seasonal = own[:, :, 0], usual[0]
    best, chosen = np.zeros(values.shape), np.full(values.shape, -1, np.intp)
    for place, length in enumerate(seasons):
        gain = _gain_so_far(miss[:, :, place + 1] - miss[:, :, 0], length)
        nearer = gain < best
        best, chosen = np.where(nearer, gain, best), np.where(nearer, place, chosen)
        location = np.where(nearer, own[:, :, place + 1], location)
        seasonal = np.where(nearer, usual[place + 1], seasonal)
    return Expected(location, seasonal, chosen)


def slots(values: Floats, length: int) -> Floats:
    """What was usual at the same slot of the last cycles: shape (T, C), NaN in the first cycle.

    The median of the slot's own values, drawn to the median of the slots around it the fewer there are.
    """
    own, count = lagged_median(values, range(length, CYCLES * length + 1, length))
    usual, _ = lagged_median(values, around(length))
    weight = count / (count + SLOT_PRIOR)
    return np.where(count > 0, weight * np.where(count > 0, own, 0.0) + (1 - weight) * usual, usual)


def around(length: int) -> list[int]:
    """How many steps before lie the slot of the last cycles and the slots around it."""
    cycles = range(length, CYCLES * length + 1, length)
    return [lag + near for lag in cycles for near in range(-NEIGHBOURS, NEIGHBOURS + 1) if lag + near > 0]


def lagged_median(values: Floats, lags: Sequence[int]) -> tuple[Floats, Floats]:
    """The median of the values so many steps before, and how many are known: shapes (T, C)."""
    stacked = np.full((len(lags), *values.shape), np.nan)
    for row, lag in enumerate(lags):
        stacked[row, lag:] = values[: max(len(values) - lag, 0)]
    stacked.sort(axis=0)
    count = np.isfinite(stacked).sum(0)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(stacked) - 1)
    picked = [np.take_along_axis(stacked, place[None], 0)[0] for place in (low, high)]
    return np.where(count > 0, (picked[0] + picked[1]) / 2, np.nan), count.astype(float)


def level(values: Floats) -> Floats:
    """The exponentially weighted mean of what was before, along the first axis; NaN before the first."""
    found = np.full(values.shape, np.nan)
    now, deviation = np.zeros(values.shape[1:]), np.zeros(values.shape[1:])
    count = np.zeros(values.shape[1:])
    known = np.isfinite(values)
    for step in range(len(values)):
        seen = known[step]
        begun = count > 0
        found[step] = np.where(begun, now, np.nan)
        miss = np.where(seen & begun, values[step] - now, 0.0)
        held = np.where(count > 1 / LEVEL_PACE, HELD * deviation, np.inf)
        now = np.where(
            begun, now + LEVEL_PACE * np.clip(miss, -held, held), np.where(seen, values[step], 0.0)
        )
        pace = seen / np.minimum(count + 1, DEVIATION_MEMORY)
        deviation = deviation + pace * (np.minimum(np.abs(miss), held) - deviation)
        count = count + seen
    return found


def _gain_so_far(difference: Floats, cycle: int) -> Floats:
    """Mean of the differences before each step; infinite until a cycle of them is known."""
    known = np.isfinite(difference)
    total = np.cumsum(np.where(known, difference, 0.0), axis=0)
    count = np.cumsum(known, axis=0)
    mean = np.where(count >= cycle, total / np.maximum(count, 1), np.inf)
    return np.concatenate([np.full((1, *difference.shape[1:]), np.inf), mean[:-1]])
