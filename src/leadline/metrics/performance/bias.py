"""Bias."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.moments import mean_error
from leadline.metrics.performance.views import RegressionCounts


def bias(counts: RegressionCounts) -> Estimate:
    """Mean of prediction - label in the unit of the label; shape (...). NaN without labelled rows."""
    return mean_error(counts, "error", "error2", None, counts.error_scale, range_=METRIC.range)


METRIC = Metric(
    key="bias",
    title="Bias",
    family="performance",
    summary="Mean of prediction minus label.",
    tasks=frozenset({"regression"}),
    range=(-np.inf, np.inf),
    worse="either",
    unit="label",
    reference="Hyndman and Koehler, Int. J. Forecast. 22 (2006)",
    compute=bias,
)
