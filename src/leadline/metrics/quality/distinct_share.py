"""Distinct."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.quality._result import EVERY, NO_VALUES, UNKNOWN, chosen
from leadline.metrics.summary import Summary


def distinct_share(summary: Summary) -> Measured:
    """Distinct values over values, 0 to 1: exact while few, then with the interval of the sample.

    NaN with a reason without values, and of a part of a table, whose distinct values are not known.
    """
    known = (summary.values > 0) & np.isfinite(summary.distinct)
    n = np.where(known, summary.values, 1.0)
    why = np.where(summary.values > 0, UNKNOWN, NO_VALUES).astype(object)
    value = chosen(known, np.minimum(summary.distinct / n, 1.0))
    low = chosen(known, np.minimum(summary.distinct_low / n, value))
    high = chosen(known, np.minimum(np.maximum(summary.distinct_high / n, value), 1.0))
    return Measured(
        value=value,
        low=low,
        high=high,
        bin_error=chosen(known, np.zeros(n.shape)),
        reason=None if known.all() else np.where(known, "", why).astype(object),
    )


METRIC = Metric(
    key="distinct_share",
    title="Distinct",
    family="quality",
    summary="Number of distinct values over the number of values.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="either",
    unit="share",
    reference="Bar-Yossef et al. (2002), RANDOM, 1-10 (the sample behind the count)",
    compute=distinct_share,
)
