"""Null."""

from __future__ import annotations

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.quality._result import EVERY, NO_ROWS, share
from leadline.metrics.summary import Summary


def null_share(summary: Summary) -> Measured:
    """Share of rows that are null, 0 to 1; NaN with a reason without rows."""
    return share(summary.null, summary.rows, NO_ROWS)


METRIC = Metric(
    key="null_share",
    title="Null",
    family="quality",
    summary="Share of rows that are null.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    unit="share",
    reference="Wilson (1927), JASA 22, 209-212 (interval)",
    compute=null_share,
)
