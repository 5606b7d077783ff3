"""Kullback-Leibler divergence."""

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


def kullback_leibler(pair: Pair) -> Measured:
    """Sum of q ln(q / p) over the cells, of current from reference, in nats; 0 or more, always finite.

    Numeric columns on 10 cells of equal reference mass, categorical ones on all. A cell that is empty on
    one side only gets half a row there. NaN with a reason where a side has no values.
    """
    folded = pair.fold(COARSE_FOLD)
    p, q = smoothed(folded)
    ratio, log = log_ratio(p, q)
    value = np.maximum((q * log).sum(-1), 0.0)
    _, n, x, y = expected_counts(folded)
    bias = entropy_bias(y) / n + q * log_bias(x)
    low, high = divergence_interval(folded, value, bias, delta_variance(folded, p, q, -ratio, log))
    return result(pair, value, low=low, high=high)


METRIC = Metric(
    key="kullback_leibler",
    title="Kullback-Leibler divergence",
    family="drift",
    summary="Relative entropy of the current shares from the reference's, on ten cells.",
    kinds=EVERY,
    range=(0.0, np.inf),
    worse="higher",
    neutral=0.0,
    unit="nat",
    reference="Kullback, Leibler (1951), Ann. Math. Statist. 22, 79-86",
    compute=kullback_leibler,
)
