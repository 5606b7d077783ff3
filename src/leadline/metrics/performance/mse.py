"""Mean squared error and its root."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate, log_interval
from leadline.metrics.performance.moments import mean_error, with_cells
from leadline.metrics.performance.views import RegressionCounts


def mse(counts: RegressionCounts) -> Estimate:
    """Mean of (prediction - label)^2 in the squared unit of the label, >= 0; shape (...)."""
    mean = mean_error(counts, "error2", "error4", "error6", counts.error_scale**2)
    low, high = log_interval(mean.value, mean.standard_error, mean.size, mean.skewness)
    return with_cells(replace(mean, low=low, high=high), counts, 2)


def rmse(counts: RegressionCounts) -> Estimate:
    """Root of the mean squared error, in the unit of the label, >= 0; shape (...)."""
    square = mse(counts)
    value = np.sqrt(square.value)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = None if square.standard_error is None else square.standard_error / (2 * value)
        relative = None if error is None else error / value
    exact = value == 0
    skewness = square.skewness
    if skewness is not None and relative is not None:
        # The root bends the law of the mean square: third cumulant by the second-order delta method.
        skewness = np.where(exact, 0.0, skewness - 3 * relative)
    return Estimate(
        value=value,
        standard_error=None if error is None else np.where(exact, 0.0, error),
        low=None if square.low is None else np.sqrt(np.maximum(square.low, 0.0)),
        high=None if square.high is None else np.sqrt(square.high),
        bin_error=square.bin_error,
        reason=square.reason,
        size=square.size,
        skewness=skewness,
        shares=square.shares,
        slopes=square.slopes,
    )


MSE = Metric(
    key="mse",
    title="Mean squared error",
    family="performance",
    summary="Mean squared distance of prediction and label.",
    tasks=frozenset({"regression"}),
    range=(0.0, np.inf),
    worse="higher",
    unit="label squared",
    reference="Hyndman and Koehler, Int. J. Forecast. 22 (2006)",
    compute=mse,
)

RMSE = Metric(
    key="rmse",
    title="Root mean squared error",
    family="performance",
    summary="Root of the mean squared distance of prediction and label.",
    tasks=frozenset({"regression"}),
    range=(0.0, np.inf),
    worse="higher",
    unit="label",
    reference="Hyndman and Koehler, Int. J. Forecast. 22 (2006)",
    compute=rmse,
)
