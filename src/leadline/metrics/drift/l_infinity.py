"""Largest change of a cell's share."""

from __future__ import annotations

import numpy as np

from leadline.metrics import nulls
from leadline.metrics.declare import Floats, Measured, Metric
from leadline.metrics.drift._intervals import norm_interval
from leadline.metrics.drift._result import EVERY, chance, result
from leadline.metrics.pair import FOLD, Pair

_POWER = 2.8
"""Of one normal variable: mean of |truth + noise|."""

_CELLS = np.log([1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0])
_MEAN = np.array([0.7979, 1.1284, 1.3264, 1.5698, 1.8807, 2.1666, 2.5096, 2.7470, 3.4354])
_DEVIATION = np.array([0.6028, 0.6028, 0.5860, 0.5562, 0.5124, 0.4721, 0.4276, 0.4001, 0.3349])
_SKEWNESS = np.array([1.0, 0.70, 0.61, 0.57, 0.57, 0.61, 0.68, 0.72, 0.80])
"""Mean, deviation and skewness of the largest of k independent |N(0, 1)|, by log k."""


def l_infinity(pair: Pair) -> Measured:
    """Largest |p - q| over the cells, 0 to 1.

    Numeric columns on 20 cells, categorical ones on all. Its p-value is that of the most surprising cell. NaN
    with a reason where a side has no values.
    """
    folded = pair.fold(FOLD)
    size = np.abs(folded.q - folded.p)
    at = size.argmax(-1)[..., None]
    value = np.take_along_axis(size, at, -1)[..., 0]
    p = np.take_along_axis(np.broadcast_to(folded.p, size.shape), at, -1)[..., 0]
    q = np.take_along_axis(folded.q, at, -1)[..., 0]
    low, high = _interval(folded, value, p, q)
    return result(pair, value, low=low, high=high, p_value=chance(pair, nulls.largest_cell))


def _interval(pair: Pair, value: Floats, p: Floats, q: Floats) -> tuple[Floats, Floats]:
    m, n = np.maximum(pair.m_effective, 1.0), np.maximum(pair.n_effective, 1.0)
    cell = pair.pooled * (1 - pair.pooled) * (1 / m + 1 / n)[..., None]
    largest = cell.max(-1)
    # Cells with small variance rarely hold the maximum: they count by the fourth power of their sd.
    count = (cell**2).sum(-1) / np.maximum(largest**2, 1e-300)
    # Two cells mirror each other, k cells are worth k - 1.
    free = np.log(np.maximum(np.where(count < 2.5, count / 2, count - 1), 1.0))
    unit = np.sqrt(largest)
    mean, noise = unit * np.interp(free, _CELLS, _MEAN), unit * np.interp(free, _CELLS, _DEVIATION)
    far = np.sqrt(p * (1 - p) / m + q * (1 - q) / n)
    lean = np.interp(free, _CELLS, _SKEWNESS)
    return norm_interval(value, mean, noise, far, skewness=lean, ceiling=1.0, power=_POWER)


METRIC = Metric(
    key="l_infinity",
    title="L-infinity distance",
    family="drift",
    summary="Largest change of the share of one cell.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    neutral=0.0,
    unit="share",
    reference="Chebyshev distance of the two vectors of shares; Deza, Deza (2009), Encyclopedia of Distances",
    compute=l_infinity,
)
