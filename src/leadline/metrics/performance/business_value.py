"""Business value: what a decision earns or costs."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import NO_PAIRS, Estimate, mean_of, unavailable
from leadline.metrics.performance.views import BinaryCounts


def business_value(counts: BinaryCounts) -> Estimate:
    """Mean stated value of a labelled decision, in the stated unit; shape (...). NaN where none is stated."""
    t, s = counts.table, counts.table_squares
    if counts.gains is None:
        return unavailable(t.shape[:-2], "no business values are stated")
    g = counts.gains
    total = t.sum((-1, -2))
    return mean_of(
        total=(t * g).sum((-1, -2)),
        second=(s * g**2).sum((-1, -2)),
        third=(t * g**3).sum((-1, -2)),
        weighted_first=(s * g).sum((-1, -2)),
        counted=total,
        counted_squares=s.sum((-1, -2)),
        inflation=counts.inflation,
        problems=[(total == 0, NO_PAIRS)],
    )


METRIC = Metric(
    key="business_value",
    title="Business value",
    family="performance",
    summary="Mean gain or cost of a decision, from the stated value of each cell of the confusion matrix.",
    tasks=frozenset({"binary"}),
    range=(-np.inf, np.inf),
    worse="lower",
    reference="Elkan, IJCAI (2001)",
    compute=business_value,
)
