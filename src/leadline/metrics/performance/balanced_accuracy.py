"""Balanced accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.margins import of_margins
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def balanced_accuracy(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Mean over the classes of the share of their rows decided rightly, 0..1; shape (...).

    Classes without labelled rows are left out; NaN with fewer than two such classes.
    """
    seen = (counts.table.sum(-1) > 0).sum(-1)

    def mean_recall(hits: Any, labels: Any, predictions: Any) -> Any:
        present = np.real(labels) > 0
        recall = np.where(present, hits / np.where(present, labels, 1.0), 0.0)
        return recall.sum(-1) / present.sum(-1)

    return of_margins(mean_recall, counts, [(seen < 2, "labels hold one class only")])


METRIC = Metric(
    key="balanced_accuracy",
    title="Balanced accuracy",
    family="performance",
    summary="Mean over the classes of the share of their rows that are decided rightly.",
    tasks=frozenset({"binary", "multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    reference="Brodersen et al., ICPR (2010)",
    compute=balanced_accuracy,
)
