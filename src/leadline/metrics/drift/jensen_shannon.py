"""Jensen-Shannon distance."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Floats, Measured, Metric
from leadline.metrics.drift._bias import entropy_bias
from leadline.metrics.drift._result import EVERY, result
from leadline.metrics.drift._shares import delta_variance, divergence_interval, expected_counts
from leadline.metrics.pair import FOLD, Pair


def jensen_shannon(pair: Pair) -> Measured:
    """Square root of the Jensen-Shannon divergence with logarithms to base 2, 0 to 1.

    Numeric columns on 20 cells of equal reference mass, categorical ones on all. NaN with a reason where a
    side has no values.
    """
    folded = pair.fold(FOLD)
    p, q = np.broadcast_to(folded.p, folded.q.shape), folded.q
    middle = (p + q) / 2
    slopes = _half_log(p, middle), _half_log(q, middle)
    divergence = np.clip((p * slopes[0] + q * slopes[1]).sum(-1), 0.0, 1.0)
    m, n, x, y = expected_counts(folded)
    mixed = (x / m + y / n) / 2
    # Rows that a sample from the mixture would need for the same noise, cell by cell.
    both = mixed / np.maximum(x / m**2 / 4 + y / n**2 / 4, 1e-300)
    bias = (entropy_bias(x) / m + entropy_bias(y) / n) / 2 - entropy_bias(both * mixed) / np.maximum(
        both, 1.0
    )
    variance = delta_variance(folded, p, q, *slopes)
    low, high = divergence_interval(folded, divergence, bias / np.log(2), variance)
    return result(pair, np.sqrt(divergence), low=np.sqrt(low), high=np.minimum(np.sqrt(high), 1.0))


def _half_log(shares: Floats, middle: Floats) -> Floats:
    used = shares > 0
    return np.log2(np.divide(shares, middle, out=np.ones_like(middle), where=used)) / 2


METRIC = Metric(
    key="jensen_shannon",
    title="Jensen-Shannon distance",
    family="drift",
    summary="Root of the mean relative entropy of both sides from their mixture, in bits.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    neutral=0.0,
    reference="Lin (1991), IEEE Trans. Inf. Theory 37, 145-151; Endres, Schindelin (2003), ibid. 49, 1858",
    compute=jensen_shannon,
)
