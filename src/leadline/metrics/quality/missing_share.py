"""Missing."""

from __future__ import annotations

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.quality._result import EVERY, NO_ROWS, share
from leadline.metrics.summary import Summary


def missing_share(summary: Summary) -> Measured:
    """Share of rows that are null, NaN or empty text, 0 to 1; NaN with a reason without rows."""
    return share(summary.null + summary.nan + summary.empty, summary.rows, NO_ROWS)


METRIC = Metric(
    key="missing_share",
    title="Missing",
    family="quality",
    summary="Share of rows that are null, NaN or empty text.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    unit="share",
    reference="Wilson (1927), JASA 22, 209-212 (interval)",
    compute=missing_share,
)
