"""From statistics to surprise: how unlikely a value is among the values of the other reference windows.

Every number about the reference leaves out the windows around the one judged, so that reference windows and
new ones are scored alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from leadline.monitors.budget.evidence import Booleans, Floats, Integers

OWN_SPREAD = 60.0
"""Windows that share nothing with each other at which a channel's own spread counts for half; the rest is the
mean spread (of logarithms) of its group."""

TAIL = 0.75
"""The upper quarter of a channel's values is taken as exponential."""

TAIL_PRIOR = 16.0
"""Tail values of its own at which a source counts for half of its tail's scale."""

EACH = 150
"""References up to this many windows leave out windows one by one, longer ones in FOLDS folds."""

FOLDS = 20
BLOCK = 2_000_000
"""Numbers that are sorted at once."""

LARGEST = 60.0
"""Standardised values beyond this say no more; keeps sums finite where the reference never varied."""


STILL, UNHEARD = 1e-6, 100.0
"""Distances of a column whose shares never moved by more than this in the reference, and the surprise of one
that moves beyond its floor: no storm of another column is as loud."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Mean and standard deviation of each channel, with the number of values behind them."""

    mean: Floats
    deviation: Floats
    count: Floats


def spread(values: Floats, centred: Booleans) -> Spread:
    """Over all windows, for each channel; NaN is left out.

    Args:
        values: shape (R, C).
        centred: shape (C,): channels whose mean is 0 by construction. It is not estimated: what one window
            adds to the mean of the others with one sign it takes away with the other, which would let every
            window look farther out than a new one.
    """
    return _spread(values, centred, lambda numbers: numbers.sum(0))


def spread_without_block(values: Floats, centred: Booleans, reach: int) -> Spread:
    """For each window over all windows but those at most `reach` away: shapes (R, C)."""
    return _spread(values, centred, lambda numbers: _outside(numbers, reach))


def _spread(values: Floats, centred: Booleans, total: Callable[[Floats], Floats]) -> Spread:
    known = np.isfinite(values)
    count = total(known.astype(float))
    # Sums of squares are taken around a common centre, so that little is lost to rounding.
    centre = np.where(centred, 0.0, np.where(known, values, 0.0).sum(0) / np.maximum(known.sum(0), 1))
    filled = np.where(known, values - centre, 0.0)
    mean = np.where(centred, 0.0, total(filled) / np.maximum(count, 1))
    squares = np.maximum(total(filled**2) - count * mean**2, 0.0)
    return Spread(mean + centre, np.sqrt(squares / np.maximum(count - ~centred, 1)), count)


def _outside(values: Floats, reach: int) -> Floats:
    sums = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, out=sums[1:])
    here = np.arange(len(values))
    stop, start = np.minimum(here + reach + 1, len(values)), np.maximum(here - reach, 0)
    return sums[-1] - (sums[stop] - sums[start])


def steadied(found: Spread, natural: Floats, group: Integers, scale: Integers) -> Floats:
    """Standard deviations drawn to those of their group, and widened for the estimated mean.

    Args:
        found: of channels in the last axis.
        natural: shape (C,): what a deviation is measured in before it is compared with the group.
        group: shape (C,): integers; -1: not drawn to any.
        scale: shape (C,): windows merged; neighbours share all but one of them.
    """
    apart = found.count / scale
    weight = apart / (apart + OWN_SPREAD)
    deviation = np.maximum(found.deviation, 1e-8 * natural)
    result = deviation.copy()
    for key in np.unique(group[group >= 0]):
        inside = group == key
        logs = np.log(deviation[..., inside] / natural[inside])
        own = weight[..., inside]
        drawn = own * logs + (1 - own) * logs.mean(-1, keepdims=True)
        result[..., inside] = np.exp(drawn) * natural[inside]
    return result * np.sqrt(1 + 1 / np.maximum(found.count, 1.0))


@dataclass(frozen=True, eq=False)
class Tail:
    """Where the upper quarter of each channel begins, and the mean excess over that: shapes (C,)."""

    start: Floats
    scale: Floats

    def surprise(self, z: Floats) -> Floats:
        """-log of the tail probability under an exponential upper quarter; NaN where z is."""
        return -np.log(1 - TAIL) + (z - self.start) / self.scale


def fit_tail(z: Floats, source: Integers) -> Tail:
    """The tails of channels, their scale pooled over the channels of a source and drawn to the median one.

    Args:
        z: shape (R, C); NaN unknown.
        source: shape (C,): integers from 0.
    """
    width = max(1, BLOCK // max(len(z), 1))
    blocks = [_tails(z[:, start : start + width]) for start in range(0, z.shape[1], width)]
    if not blocks:
        return Tail(np.empty(0), np.empty(0))
    start, excess, count = (np.concatenate(found) for found in zip(*blocks, strict=True))
    channels = np.bincount(source)
    pooled = (np.bincount(source, excess) / np.maximum(channels, 1))[source]
    pooled = np.maximum(pooled, 1e-6)
    typical = np.log(np.median(pooled[count > 0])) if (count > 0).any() else 0.0
    # A source that never varied has no tail of its own: it takes the median one.
    own = np.where(pooled > 1e-6, count, 0)
    scale = np.exp((own * np.log(pooled) + TAIL_PRIOR * typical) / (own + TAIL_PRIOR))
    return Tail(start, scale)


def _tails(z: Floats) -> tuple[Floats, Floats, Floats]:
    """Upper quartile of each channel, mean excess over it, and how many values exceed it."""
    ranked = np.sort(z.T, axis=1)
    known = np.isfinite(ranked).sum(1)
    place = TAIL * np.maximum(known - 1, 0)
    low = place.astype(np.intp)
    channel = np.arange(len(ranked))
    below, above = ranked[channel, low], ranked[channel, np.minimum(low + 1, np.maximum(known - 1, 0))]
    start = np.where(known > 0, below + (place - low) * (above - below), 0.0)
    over = ranked > start[:, None]
    count = over.sum(1).astype(float)
    excess = np.where(over, ranked - start[:, None], 0.0).sum(1) / np.maximum(count, 1)
    return start, excess, count


def reference_surprise(z: Floats, source: Integers, gap: int) -> Floats:
    """Surprise of every reference window by the tails of the windows around it left out: shape (R, C)."""
    windows = len(z)
    folds = windows if windows <= EACH else FOLDS
    edges = np.linspace(0, windows, folds + 1).astype(int)
    result = np.empty_like(z)
    for start, stop in pairwise(edges):
        rest = np.concatenate([z[: max(0, start - gap)], z[stop + gap :]])
        result[start:stop] = fit_tail(rest, source).surprise(z[start:stop])
    return result


def loudest(surprise: Floats, allowed: Booleans, source: Integers, sources: int) -> Floats:
    """The largest surprise of each source over its channels worth an alert: shape (m, S), -inf none."""
    if not len(surprise):
        return np.empty((0, sources))
    order = np.argsort(source, kind="stable")
    counted = np.where(allowed & np.isfinite(surprise), surprise, -np.inf)[:, order]
    starts = np.searchsorted(source[order], np.arange(sources))
    return np.maximum.reduceat(counted, starts, axis=1) if sources else counted[:, :0]
