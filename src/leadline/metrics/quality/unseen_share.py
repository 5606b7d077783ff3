"""Unseen."""

from __future__ import annotations

from leadline.metrics.declare import CATEGORICAL, Measured, Metric
from leadline.metrics.quality._result import NO_VALUES, share
from leadline.metrics.summary import Summary


def unseen_share(summary: Summary) -> Measured:
    """Share of values that the reference never held, 0 to 1.

    NaN with a reason without values, and where the reference has too many values to tell.
    """
    return share(summary.unseen, summary.values, NO_VALUES)


METRIC = Metric(
    key="unseen_share",
    title="Unseen",
    family="quality",
    summary="Share of values that the reference never held.",
    kinds=CATEGORICAL,
    range=(0.0, 1.0),
    worse="higher",
    unit="share",
    reference="Wilson (1927), JASA 22, 209-212 (interval)",
    compute=unseen_share,
)
