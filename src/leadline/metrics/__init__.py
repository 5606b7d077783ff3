"""All metrics by key. A new metric is its own file and one line in the list of its family."""

from leadline.metrics.declare import Measured, Metric, Registry
from leadline.metrics.drift import DRIFT
from leadline.metrics.frechet import METRIC as FRECHET
from leadline.metrics.maximum_mean_discrepancy import METRIC as MAXIMUM_MEAN_DISCREPANCY
from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.quality import QUALITY

METRICS = Registry()
METRICS.register(*QUALITY, *DRIFT, MAXIMUM_MEAN_DISCREPANCY, FRECHET, *PERFORMANCE)

__all__ = ["METRICS", "Measured", "Metric", "Registry"]
