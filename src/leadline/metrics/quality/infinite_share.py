"""Infinite."""

from __future__ import annotations

from leadline.metrics.declare import NUMERIC, Measured, Metric
from leadline.metrics.quality._result import NO_ROWS, share
from leadline.metrics.summary import Summary


def infinite_share(summary: Summary) -> Measured:
    """Share of rows that are infinite of either sign, 0 to 1; NaN with a reason without rows."""
    return share(summary.infinite, summary.rows, NO_ROWS)


METRIC = Metric(
    key="infinite_share",
    title="Infinite",
    family="quality",
    summary="Share of rows that are infinite.",
    kinds=NUMERIC,
    range=(0.0, 1.0),
    worse="higher",
    unit="share",
    reference="Wilson (1927), JASA 22, 209-212 (interval)",
    compute=infinite_share,
)
