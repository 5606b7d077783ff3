"""Upper quartile."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import NUMERIC, Measured, Metric
from leadline.metrics.quality._quantiles import quantile
from leadline.metrics.summary import Summary


def quartile_high(summary: Summary) -> Measured:
    """The 0.75 quantile of the finite values, in the column's unit, bounded by its cell; see `quantile`.

    NaN with a reason without values.
    """
    return quantile(summary, 0.75)


METRIC = Metric(
    key="quartile_high",
    title="Upper quartile",
    family="quality",
    summary="Value with a quarter of the finite values above.",
    kinds=NUMERIC,
    range=(-np.inf, np.inf),
    worse="either",
    unit="value",
    reference="Hyndman, Fan (1996), Am. Stat. 50, 361-365 (type 7)",
    compute=quartile_high,
)
