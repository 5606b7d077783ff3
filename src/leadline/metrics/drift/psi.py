"""Population stability index."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.drift._bias import entropy_bias, log_bias
from leadline.metrics.drift._result import EVERY, result
from leadline.metrics.drift._shares import (
    delta_variance,
    divergence_interval,
    expected_counts,
    log_ratio,
    smoothed,
)
from leadline.metrics.pair import COARSE_FOLD, Pair


def psi(pair: Pair) -> Measured:
    """Sum of (q - p) ln(q / p) over the cells; 0 or more, always finite.

    Numeric columns on 10 cells of equal reference mass, categorical ones on all. A cell that is empty on
    one side only gets half a row there. NaN with a reason where a side has no values.
    """
    folded = pair.fold(COARSE_FOLD)
    p, q = smoothed(folded)
    ratio, log = log_ratio(p, q)
    value = np.maximum(((q - p) * log).sum(-1), 0.0)
    m, n, x, y = expected_counts(folded)
    bias = entropy_bias(x) / m + entropy_bias(y) / n + q * log_bias(x) + p * log_bias(y)
    variance = delta_variance(folded, p, q, 1 - ratio - log, 1 - 1 / ratio + log)
    low, high = divergence_interval(folded, value, bias, variance)
    return result(pair, value, low=low, high=high)


METRIC = Metric(
    key="psi",
    title="Population stability index",
    family="drift",
    summary="Symmetric relative entropy of the shares on ten cells of equal reference mass.",
    kinds=EVERY,
    range=(0.0, np.inf),
    worse="higher",
    neutral=0.0,
    unit="nat",
    reference="Jeffreys (1946), Proc. R. Soc. A 186, 453; Yurdakul, Naranjo (2020), J. Risk Model Valid. 14",
    compute=psi,
)
