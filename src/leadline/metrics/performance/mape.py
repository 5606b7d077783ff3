"""Percentage errors."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.moments import mean_error
from leadline.metrics.performance.views import RegressionCounts


def mape(counts: RegressionCounts) -> Estimate:
    """Mean of |prediction - label| / |label| over the rows whose label is not 0, >= 0; shape (...)."""
    return mean_error(counts, "percentage", "percentage2", nonzero=True)


def smape(counts: RegressionCounts) -> Estimate:
    """Mean of 2 |prediction - label| / (|prediction| + |label|), 0..2; 0 where both are 0. Shape (...)."""
    return mean_error(counts, "symmetric", "symmetric2", range_=SMAPE.range)


MAPE = Metric(
    key="mape",
    title="Mean absolute percentage error",
    family="performance",
    summary="Mean distance of prediction and label, as a share of the label; labels of 0 are left out.",
    tasks=frozenset({"regression"}),
    range=(0.0, np.inf),
    worse="higher",
    unit="",
    reference="Hyndman and Koehler, Int. J. Forecast. 22 (2006)",
    compute=mape,
)

SMAPE = Metric(
    key="smape",
    title="Symmetric percentage error",
    family="performance",
    summary="Mean distance of prediction and label, as a share of their mean size.",
    tasks=frozenset({"regression"}),
    range=(0.0, 2.0),
    worse="higher",
    unit="",
    reference="Makridakis, Int. J. Forecast. 9 (1993)",
    compute=smape,
)
