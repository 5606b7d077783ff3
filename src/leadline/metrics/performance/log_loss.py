"""Log loss."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.probability import mean_loss
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def log_loss(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Mean negative log probability that the scores gave to the labels, in nats, 0..36; shape (...).

    Probabilities are clipped to [2^-52, 1 - 2^-52], as scikit-learn does for float64. NaN without labelled
    scores, and where scores lie outside 0..1.
    """
    return mean_loss(counts, "log_loss")


METRIC = Metric(
    key="log_loss",
    title="Log loss",
    family="performance",
    summary="Mean negative logarithm of the probability given to what happened.",
    tasks=frozenset({"binary", "multiclass"}),
    range=(0.0, np.inf),
    worse="higher",
    reference="Good, J. R. Stat. Soc. B 14 (1952)",
    compute=log_loss,
)
