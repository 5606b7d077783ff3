"""Likelihood-ratio (G) statistic of two samples."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Floats, Measured, Metric
from leadline.metrics.drift._result import EVERY, chi_squared_chance, result
from leadline.metrics.pair import FOLD, Pair


def g_test(pair: Pair) -> Measured:
    """Twice the log likelihood ratio of the table sides x cells; 0 or more.

    Numeric columns on 20 cells of equal reference mass, categorical ones on all; cells empty on both sides
    do not count. It grows with the number of rows; its p-value is that of `chi_squared`, which guards against
    the faults of both statistics. NaN with a reason where a side has no values.
    """
    folded = pair.fold(FOLD)
    share = folded.pooled
    parts = _surprise(folded.p, share) * folded.m + _surprise(folded.q, share) * folded.n
    return result(pair, np.maximum(2 * parts, 0.0), p_value=pair.once("chi_squared", chi_squared_chance))


def _surprise(shares: Floats, pooled: Floats) -> Floats:
    ratio = np.divide(
        shares, pooled, out=np.ones(pooled.shape), where=np.broadcast_to(shares > 0, pooled.shape)
    )
    relative: Floats = (shares * np.log(ratio)).sum(-1)
    return relative


METRIC = Metric(
    key="g_test",
    title="G statistic",
    family="drift",
    summary="Twice the log likelihood ratio of separate against common shares.",
    kinds=EVERY,
    range=(0.0, np.inf),
    worse="higher",
    neutral=0.0,
    reference="Wilks (1938), Ann. Math. Statist. 9, 60-62; Sokal, Rohlf (2012), Biometry, chapter 17",
    compute=g_test,
)
