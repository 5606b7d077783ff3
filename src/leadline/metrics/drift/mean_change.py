"""Change of the mean."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import NUMERIC, Z95, Measured, Metric
from leadline.metrics.drift._bounds import clipped
from leadline.metrics.drift._moments import current_moments, reference_moments
from leadline.metrics.drift._result import result
from leadline.metrics.pair import Pair


def mean_change(pair: Pair) -> Measured:
    """Mean of current minus mean of reference, in standard deviations of the reference.

    Exact from the sums of the cells. In the column's own unit where the reference is constant; NaN with a
    reason where a side has no values.
    """
    before, after = reference_moments(pair), current_moments(pair)
    m, n = np.maximum(pair.m_effective, 1.0), np.maximum(pair.n_effective, 1.0)
    value = after.mean - before.mean
    # The reference's rows also move the standard deviation that norms the change (Hedges 1981).
    norming = value * before.skewness + value**2 * before.log_spread / 4
    reach = Z95 * np.sqrt(np.maximum(before.variance + norming, 0.0) / m + after.variance / n)
    error = before.mean_error + after.mean_error + clipped(pair)
    if pair.reference_sums is None or pair.current_sums is None:
        error = np.where(pair.unbounded, np.inf, error)
    return result(pair, value, low=value - reach, high=value + reach, bin_error=error)


METRIC = Metric(
    key="mean_change",
    title="Change of the mean",
    family="drift",
    summary="How far the mean has moved, in standard deviations of the reference.",
    kinds=NUMERIC,
    range=(-np.inf, np.inf),
    worse="either",
    neutral=0.0,
    unit="sd",
    reference="Glass (1976), Educ. Researcher 5(10), 3-8 (Glass's delta); Welch (1947), Biometrika 34, 28-35",
    compute=mean_change,
)
