"""Empty text."""

from __future__ import annotations

from leadline.metrics.declare import CATEGORICAL, Measured, Metric
from leadline.metrics.quality._result import NO_ROWS, share
from leadline.metrics.summary import Summary


def empty_share(summary: Summary) -> Measured:
    """Share of rows that are empty text, 0 to 1; NaN with a reason without rows."""
    return share(summary.empty, summary.rows, NO_ROWS)


METRIC = Metric(
    key="empty_share",
    title="Empty text",
    family="quality",
    summary="Share of rows that are empty text.",
    kinds=CATEGORICAL,
    range=(0.0, 1.0),
    worse="higher",
    unit="share",
    reference="Wilson (1927), JASA 22, 209-212 (interval)",
    compute=empty_share,
)
