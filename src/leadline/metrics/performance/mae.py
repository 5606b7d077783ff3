"""Mean absolute error."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.moments import mean_error, with_cells
from leadline.metrics.performance.views import RegressionCounts


def mae(counts: RegressionCounts) -> Estimate:
    """Mean of |prediction - label| in the unit of the label, >= 0; shape (...). NaN without labelled rows."""
    found = mean_error(counts, "absolute", "error2", "absolute3", counts.error_scale)
    return with_cells(found, counts, 1)


METRIC = Metric(
    key="mae",
    title="Mean absolute error",
    family="performance",
    summary="Mean distance of prediction and label.",
    tasks=frozenset({"regression"}),
    range=(0.0, np.inf),
    worse="higher",
    unit="label",
    reference="Hyndman and Koehler, Int. J. Forecast. 22 (2006)",
    compute=mae,
)
