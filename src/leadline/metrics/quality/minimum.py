"""Minimum."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import NUMERIC, Measured, Metric
from leadline.metrics.quality._result import NO_VALUES, NOT_NUMERIC, absent, exact
from leadline.metrics.summary import Summary


def minimum(summary: Summary) -> Measured:
    """The smallest finite value, in the column's unit; NaN with a reason without values."""
    if summary.minimum is None:
        return absent(summary.rows, NOT_NUMERIC)
    return exact(np.where(summary.values > 0, summary.minimum, np.nan), NO_VALUES)


METRIC = Metric(
    key="minimum",
    title="Minimum",
    family="quality",
    summary="The smallest finite value.",
    kinds=NUMERIC,
    range=(-np.inf, np.inf),
    worse="either",
    unit="value",
    reference="an order statistic",
    compute=minimum,
)
