"""Total variation distance."""

from __future__ import annotations

import numpy as np

from leadline.metrics import nulls
from leadline.metrics.declare import Floats, Measured, Metric
from leadline.metrics.drift._intervals import inverted
from leadline.metrics.drift._result import EVERY, chance, result
from leadline.metrics.pair import FOLD, Pair
from leadline.metrics.special import normal_sf

_FOLDED = 1 - 2 / np.pi
"""Variance of |X|, X standard normal."""

_SIZES = np.linspace(0.0, 6.0, 301)
_EXCESS = np.sqrt(2 / np.pi) * np.exp(-(_SIZES**2) / 2) - 2 * _SIZES * normal_sf(_SIZES)
"""E|z + X| - z of a standard normal X, by z."""

_FEW = 1 << 12
"""Cells up to which several truths at a time cost less than one after the other."""


def total_variation(pair: Pair) -> Measured:
    """Half the sum of |p - q| over the cells, 0 to 1: the share of rows that would have to move.

    Numeric columns on 20 cells, categorical ones on all; 0 for a constant column. NaN with a reason where a
    side has no values.
    """
    folded = pair.fold(FOLD)
    change = folded.q - folded.p
    value = np.abs(change).sum(-1) / 2
    low, high = _interval(folded, value, change)
    return result(pair, value, low=low, high=high, p_value=chance(pair, nulls.total_variation))


def _interval(pair: Pair, value: Floats, change: Floats) -> tuple[Floats, Floats]:
    """Each cell's |change| is a folded normal variable (Leone et al. 1961); the truth has their pattern."""
    m = np.maximum(pair.m_effective, 1.0)[..., None]
    n = np.maximum(pair.n_effective, 1.0)[..., None]
    rare = np.minimum((pair.reference + pair.current), 1.0)
    cell = np.sqrt(pair.pooled * (1 - pair.pooled) * (1 / m + 1 / n) * rare)
    safe = np.maximum(cell, 1e-300)
    pattern = np.abs(change) / np.maximum(2 * value, 1e-300)[..., None]
    # Changes of k cells sum to 0: their sizes are correlated, fully for two cells, hardly for many.
    squares = (cell**2).sum(-1)
    count = squares**2 / np.maximum((cell**4).sum(-1), 1e-300)
    free = np.maximum(count - 1, 1.0)
    noise = squares * _FOLDED * count / free / 4
    sign = np.sign(change)
    spread_p = 1 - (pair.p * sign).sum(-1) ** 2
    spread_q = 1 - (pair.q * sign).sum(-1) ** 2
    far = np.maximum(spread_p / m[..., 0] + spread_q / n[..., 0], 0.0) / 4
    # Where all rows share one cell nothing varies, and no change has a sign.
    far = np.where(squares > 0, far, 0.0)
    noise_mean = _EXCESS[0] * cell.sum(-1) / 2

    def law(truth: Floats) -> tuple[Floats, Floats, Floats]:
        z = 2 * truth[..., None] * pattern / safe
        mean = (_folded_mean(z) * cell).sum(-1) / 2
        share = np.minimum((noise_mean / np.maximum(mean, 1e-300)) ** 2, 1.0)
        return mean, np.sqrt(noise * share + far * (1 - share)), share / np.sqrt(free)

    low, high = inverted(value, law, 4 * (noise_mean + np.sqrt(noise + far)), 4 if change.size <= _FEW else 1)
    return low, np.minimum(high, 1.0)


def _folded_mean(z: Floats) -> Floats:
    """E|z + X| of a standard normal X, z >= 0."""
    return z + np.interp(z, _SIZES, _EXCESS)


METRIC = Metric(
    key="total_variation",
    title="Total variation",
    family="drift",
    summary="Share of rows that would have to change cell to make both sides equal.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    neutral=0.0,
    reference="Levin, Peres (2017), Markov Chains and Mixing Times, chapter 4",
    compute=total_variation,
)
