"""Constant."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.quality._result import EVERY, NO_VALUES, exact
from leadline.metrics.summary import Summary


def constant(summary: Summary) -> Measured:
    """1 where all values are the same, else 0; NaN with a reason without values."""
    known = (summary.values > 0) & np.isfinite(summary.distinct)
    return exact(
        np.where(known, (summary.distinct_low == 1) & (summary.distinct_high == 1), np.nan), NO_VALUES
    )


METRIC = Metric(
    key="constant",
    title="Constant",
    family="quality",
    summary="Whether there is only one value.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    unit="yes or no",
    reference="a count",
    compute=constant,
)
