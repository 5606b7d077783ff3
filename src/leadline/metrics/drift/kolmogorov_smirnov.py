"""Kolmogorov-Smirnov distance."""

from __future__ import annotations

import numpy as np

from leadline.metrics import nulls
from leadline.metrics.declare import NUMERIC, Floats, Measured, Metric
from leadline.metrics.drift._intervals import norm_interval
from leadline.metrics.drift._result import chance, result
from leadline.metrics.pair import Pair

_MEAN, _DEVIATION, _SKEWNESS = 0.8687, 0.2603, 0.861
"""Of Kolmogorov's limit law."""

_ONE_MEAN, _ONE_DEVIATION = 0.3989, 0.3014
"""Of half the size of one normal variable."""

_STEP = 0.5826
"""-zeta(1/2) / sqrt(2 pi): what a path seen in steps of variance 1 lacks of its maximum."""


def kolmogorov_smirnov(pair: Pair) -> Measured:
    """Largest distance between the two distribution functions, 0 to 1, on all cells.

    The value is the largest distance at an edge of a cell. Inside a cell with shares p and q the distance
    can exceed the larger of its edges by at most min(p, q); atoms add nothing. NaN with a reason where a
    side has no values; a constant column is an atom like any other.
    """
    d = pair.difference
    size = np.abs(d)
    at = size.argmax(-1)[..., None]
    value = np.take_along_axis(size, at, -1)[..., 0]
    inside = np.maximum(d[..., :-1] + pair.q, pair.p - d[..., :-1])
    highest = np.where(pair.is_atom, 0.0, inside).max(-1)
    f = np.take_along_axis(np.broadcast_to(pair.reference_before, d.shape), at, -1)[..., 0]
    g = np.take_along_axis(pair.current_before, at, -1)[..., 0]
    low, high = _interval(pair, value, f, g)
    return result(
        pair,
        value,
        low=low,
        high=high,
        p_value=chance(pair, nulls.kolmogorov_smirnov),
        bin_error=np.maximum(highest - value, 0.0),
    )


def _interval(pair: Pair, value: Floats, f: Floats, g: Floats) -> tuple[Floats, Floats]:
    """A bridge seen at few places has a smaller maximum (Broadie, Glasserman, Kou 1997), down to one normal.

    The power is 2.8 for one normal variable, and 1.5 for the flat peak of a smooth difference.
    """
    m, n = np.maximum(pair.m_effective, 1.0), np.maximum(pair.n_effective, 1.0)
    before = np.cumsum(pair.pooled, -1)
    spread = np.sqrt(np.maximum((before * (1 - before)).max(-1), 0.0))
    tie = (pair.pooled**2).sum(-1)
    fine = np.maximum(1 - 2 * tie, 0.0) ** 0.5
    unit = 2 * spread * np.sqrt(1 / m + 1 / n)
    mean = unit * np.maximum(_ONE_MEAN, _MEAN - _STEP * np.sqrt(tie))
    noise = unit * (_ONE_DEVIATION + (_DEVIATION - _ONE_DEVIATION) * fine)
    far = np.sqrt(f * (1 - f) / m + g * (1 - g) / n)
    power = np.minimum(1.5 + 1.5 * np.sqrt(tie), 2.8)
    return norm_interval(value, mean, noise, far, skewness=_SKEWNESS, ceiling=1.0, power=power)


METRIC = Metric(
    key="kolmogorov_smirnov",
    title="Kolmogorov-Smirnov distance",
    family="drift",
    summary="Largest distance between the two distribution functions.",
    kinds=NUMERIC,
    range=(0.0, 1.0),
    worse="higher",
    neutral=0.0,
    reference="Smirnov (1939), Bull. Math. Univ. Moscou 2(2); Massey (1951), JASA 46, 68-78",
    compute=kolmogorov_smirnov,
)
