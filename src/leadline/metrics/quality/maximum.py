"""Maximum."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import NUMERIC, Measured, Metric
from leadline.metrics.quality._result import NO_VALUES, NOT_NUMERIC, absent, exact
from leadline.metrics.summary import Summary


def maximum(summary: Summary) -> Measured:
    """The largest finite value, in the column's unit; NaN with a reason without values."""
    if summary.maximum is None:
        return absent(summary.rows, NOT_NUMERIC)
    return exact(np.where(summary.values > 0, summary.maximum, np.nan), NO_VALUES)


METRIC = Metric(
    key="maximum",
    title="Maximum",
    family="quality",
    summary="The largest finite value.",
    kinds=NUMERIC,
    range=(-np.inf, np.inf),
    worse="either",
    unit="value",
    reference="an order statistic",
    compute=maximum,
)
