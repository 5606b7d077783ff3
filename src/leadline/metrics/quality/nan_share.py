"""NaN."""

from __future__ import annotations

from leadline.metrics.declare import NUMERIC, Measured, Metric
from leadline.metrics.quality._result import NO_ROWS, share
from leadline.metrics.summary import Summary


def nan_share(summary: Summary) -> Measured:
    """Share of rows that are NaN, 0 to 1; NaN with a reason without rows."""
    return share(summary.nan, summary.rows, NO_ROWS)


METRIC = Metric(
    key="nan_share",
    title="NaN",
    family="quality",
    summary="Share of rows that are not a number.",
    kinds=NUMERIC,
    range=(0.0, 1.0),
    worse="higher",
    unit="share",
    reference="Wilson (1927), JASA 22, 209-212 (interval)",
    compute=nan_share,
)
