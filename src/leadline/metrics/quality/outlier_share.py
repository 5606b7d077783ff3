"""Outliers."""

from __future__ import annotations

from leadline.metrics.declare import NUMERIC, Measured, Metric
from leadline.metrics.quality._result import NO_VALUES, share
from leadline.metrics.summary import Summary


def outlier_share(summary: Summary) -> Measured:
    """Share of finite values beyond the reference's quartiles by 1.5 interquartile ranges, 0 to 1.

    NaN with a reason without values.
    """
    return share(summary.outliers, summary.values, NO_VALUES)


METRIC = Metric(
    key="outlier_share",
    title="Outliers",
    family="quality",
    summary="Share of values beyond the reference's fences.",
    kinds=NUMERIC,
    range=(0.0, 1.0),
    worse="higher",
    unit="share",
    reference="Tukey (1977), Exploratory Data Analysis, chapter 2",
    compute=outlier_share,
)
