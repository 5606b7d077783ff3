"""Out of range."""

from __future__ import annotations

from leadline.metrics.declare import NUMERIC, Measured, Metric
from leadline.metrics.quality._result import NO_VALUES, share
from leadline.metrics.summary import Summary


def out_of_range_share(summary: Summary) -> Measured:
    """Share of finite values outside the reference's smallest and largest, 0 to 1.

    NaN with a reason without values.
    """
    return share(summary.outside, summary.values, NO_VALUES)


METRIC = Metric(
    key="out_of_range_share",
    title="Out of range",
    family="quality",
    summary="Share of values outside the reference's range.",
    kinds=NUMERIC,
    range=(0.0, 1.0),
    worse="higher",
    unit="share",
    reference="Wilson (1927), JASA 22, 209-212 (interval)",
    compute=out_of_range_share,
)
