"""Type changed."""

from __future__ import annotations

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.quality._result import EVERY, NO_ROWS, exact
from leadline.metrics.summary import Summary


def type_changed(summary: Summary) -> Measured:
    """1 where the physical type differs from the reference's, else 0."""
    return exact(summary.type_changed.astype(float), NO_ROWS)


METRIC = Metric(
    key="type_changed",
    title="Type changed",
    family="quality",
    summary="Whether the physical type differs from the reference's.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    unit="yes or no",
    reference="a comparison of types",
    compute=type_changed,
)
