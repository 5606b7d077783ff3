"""How far off a value is: now, for some time, and against the value before; and how rare that has been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.monitors.budget.surprise import TAIL
from leadline.monitors.operations.expected import Expected, around, expect, lagged_median
from leadline.monitors.operations.series import LEAST_CHANGE, Series

Floats = npt.NDArray[np.float64]

CHANNELS = ("level", "slow", "jump")
"""A value against the expected one; the same of the last values together; the change since the last value."""

SLOW_PACE = 0.3
SLOT_SHARE = 0.5
"""How much of its spread (of logarithms) a slot of the season has of its own at most; the rest is common."""

SLOT_SPREAD_PRIOR = 20.0
"""Values around a slot at which it has half of that."""

NORMAL_DEVIATION = 1.4826
"""Standard deviations of normal values in a median absolute deviation."""

LEAST_EXCESS = 0.1
"""Mean excess, in spreads, below which no tail is thought to be short."""

TINY = 1e-12
"""Spread of what never varied, so that any change of it is large."""

FEWEST = 20
"""Values before which nothing is called rare."""

REFITS = 200
"""Times at most that the tails are fitted anew over a series."""


@dataclass(frozen=True, eq=False)
class Surprise:
    """Of C series and the channels of each.

    Attributes:
        values: shape (T, C, channels): -log of the tail probability of each value among those before it; NaN
            where that cannot be said.
        expected: on the scales of the series.
        scale: shape (T, C): spread of the values around what is expected.
        start, tail: shape (T, C, channels): where the upper quarter of a channel began, in spreads, and the
            mean excess over it.
    """

    values: Floats
    expected: Expected
    scale: Floats
    start: Floats
    tail: Floats


def surprise(series: Sequence[Series], seasons: Sequence[int]) -> Surprise:
    """How surprising each value is by the values before it.

    Args:
        series: at least one, all of one length.
        seasons: lengths of the seasons that they may have, in steps.
    """
    values = np.stack([one.scaled() for one in series], axis=1)
    found = expect(values, seasons)
    rest = values - found.location
    scale = _spread(rest, seasons, found, series, values)
    z = rest / scale
    plain = values - found.seasonal
    channels = np.stack([z, _slow(z), _jump(plain) / scale], axis=2)
    for place, one in enumerate(series):
        if one.worse != "up":
            channels[:, place] = -channels[:, place] if one.worse == "down" else np.abs(channels[:, place])
    start, tail = _tails(channels)
    return Surprise(-np.log(1 - TAIL) + (channels - start) / tail, found, scale, start, tail)


def _spread(
    rest: Floats, seasons: Sequence[int], expected: Expected, series: Sequence[Series], values: Floats
) -> Floats:
    """Spread of the values around what was expected, by those before: shape (T, C)."""
    size = np.abs(rest)
    overall = _running_median(size)
    scale = overall.copy()
    for place, length in enumerate(seasons):
        used = expected.season == place
        if used.any():
            own, count = lagged_median(size, around(length))
            share = SLOT_SHARE * count / (count + SLOT_SPREAD_PRIOR)
            with np.errstate(divide="ignore", invalid="ignore"):
                mixed = np.exp(share * np.log(np.where(count > 0, own, 1.0)) + (1 - share) * np.log(overall))
            scale = np.where(used & (own > 0), mixed, scale)
    least = np.full(rest.shape, LEAST_CHANGE)
    for place, one in enumerate(series):
        if one.transform == "none":
            least[:, place] = LEAST_CHANGE * _running_median(np.abs(values[:, [place]]))[:, 0]
    noise = np.stack([one.error() for one in series], axis=1)
    found = np.fmax(np.fmax(NORMAL_DEVIATION * scale, least), noise) + TINY
    return np.where(np.isfinite(scale), found, np.nan)


def _running_median(values: Floats) -> Floats:
    """Of the values before each step, taken anew as they grow in number: shape (T, C)."""
    found = np.full(values.shape, np.nan)
    for start, stop in _blocks(len(values)):
        ranked = np.sort(values[:start], axis=0)
        count = np.isfinite(ranked).sum(0)
        middle = np.take_along_axis(ranked, np.maximum(count - 1, 0)[None] // 2, 0)[0]
        found[start:stop] = np.where(count >= FEWEST, middle, np.nan)
    return found


def _blocks(steps: int) -> list[tuple[int, int]]:
    """Stretches of steps that are judged by the same values before them."""
    width = max(1, -(-steps // REFITS))
    return [(start, min(start + width, steps)) for start in range(width, steps, width)]


def _slow(z: Floats) -> Floats:
    """Exponentially weighted mean of the values up to each step."""
    found = np.full(z.shape, np.nan)
    now = np.zeros(z.shape[1:])
    known = np.isfinite(z)
    for step in range(len(z)):
        now = np.where(known[step], now + SLOW_PACE * (np.where(known[step], z[step], 0.0) - now), now)
        found[step] = np.where(known[step], now, np.nan)
    return found


def _jump(values: Floats) -> Floats:
    """The change since the step before."""
    return np.concatenate([np.full((1, *values.shape[1:]), np.nan), np.diff(values, axis=0)])


def _tails(channels: Floats) -> tuple[Floats, Floats]:
    """Where the upper quarter of the values before each step begins, and their mean excess over that."""
    start, tail = np.full(channels.shape, np.nan), np.full(channels.shape, np.nan)
    flat = channels.reshape(len(channels), -1)
    for first, stop in _blocks(len(channels)):
        ranked = np.sort(flat[:first], axis=0)
        count = np.isfinite(ranked).sum(0)
        place = np.floor(TAIL * np.maximum(count - 1, 0)).astype(np.intp)
        edge = np.take_along_axis(ranked, place[None], 0)[0]
        over = ranked > edge
        excess = np.where(over, ranked - edge, 0.0).sum(0) / np.maximum(over.sum(0), 1)
        usable = count >= FEWEST
        shape = channels.shape[1:]
        start[first:stop] = np.where(usable, edge, np.nan).reshape(shape)
        tail[first:stop] = np.where(usable, np.maximum(excess, LEAST_EXCESS), np.nan).reshape(shape)
    return start, tail
