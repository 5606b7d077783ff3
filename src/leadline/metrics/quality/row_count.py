"""Rows."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.quality._result import EVERY, NO_ROWS, exact
from leadline.metrics.summary import Summary


def row_count(summary: Summary) -> Measured:
    """Number of rows (sum of weights in a weighted check), present or not; shape (K,)."""
    return exact(summary.rows.astype(float), NO_ROWS)


METRIC = Metric(
    key="row_count",
    title="Rows",
    family="quality",
    summary="Number of rows.",
    kinds=EVERY,
    range=(0.0, np.inf),
    worse="either",
    unit="rows",
    reference="a count",
    compute=row_count,
)
