"""Hellinger distance."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.drift._bias import root_bias, root_variance
from leadline.metrics.drift._result import EVERY, result
from leadline.metrics.drift._shares import divergence_interval, expected_counts
from leadline.metrics.pair import FOLD, Pair


def hellinger(pair: Pair) -> Measured:
    """Square root of half the sum of (sqrt p - sqrt q)^2 over the cells, 0 to 1.

    Numeric columns on 20 cells of equal reference mass, categorical ones on all. NaN with a reason where a
    side has no values.
    """
    folded = pair.fold(FOLD)
    p, q = np.broadcast_to(folded.p, folded.q.shape), folded.q
    square = np.minimum(((np.sqrt(p) - np.sqrt(q)) ** 2).sum(-1) / 2, 1.0)
    m, n, x, y = expected_counts(folded)
    root_p, root_q = np.sqrt(x / m), np.sqrt(y / n)
    kept_p = root_p - root_bias(x) / np.sqrt(m)
    kept_q = root_q - root_bias(y) / np.sqrt(n)
    bias = root_p * root_q - kept_p * kept_q
    affinity = 1 - square
    spread = (p * root_variance(y)).sum(-1) / n[..., 0] + (q * root_variance(x)).sum(-1) / m[..., 0]
    low, high = divergence_interval(folded, square, bias, (1 - affinity**2) * spread)
    return result(pair, np.sqrt(square), low=np.sqrt(low), high=np.minimum(np.sqrt(high), 1.0))


METRIC = Metric(
    key="hellinger",
    title="Hellinger distance",
    family="drift",
    summary="Distance between the square roots of the shares.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    neutral=0.0,
    reference="Le Cam, Yang (2000), Asymptotics in Statistics, chapter 3",
    compute=hellinger,
)
