"""Pinball loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.moments import mean_error
from leadline.metrics.performance.views import RegressionCounts

LEVELS = (10, 50, 90)
"""Levels in percent at which the pinball loss is counted."""


def pinball(percent: int) -> Callable[[RegressionCounts], Estimate]:
    """Mean pinball loss of the prediction taken as this quantile of the label, as a function of counts.

    q max(y - p, 0) + (1 - q) max(p - y, 0), in the unit of the label, >= 0.
    """

    def compute(counts: RegressionCounts) -> Estimate:
        name = f"pinball_{percent}"
        return mean_error(counts, name, f"{name}_2", None, counts.error_scale)

    return compute


def _metric(percent: int) -> Metric:
    return Metric(
        key=f"pinball_{percent}",
        title=f"Pinball loss, {percent} %",
        family="performance",
        summary=f"Loss of the prediction when it is read as the {percent} % quantile of the label.",
        tasks=frozenset({"regression"}),
        range=(0.0, np.inf),
        worse="higher",
        unit="label",
        reference="Koenker and Bassett, Econometrica 46 (1978)",
        compute=pinball(percent),
    )


METRICS = tuple(_metric(percent) for percent in LEVELS)
