"""Matthews correlation coefficient."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.margins import of_margins
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def mcc(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Correlation of labels and decisions, -1..1 (Gorodkin's R_K with several classes); shape (...).

    NaN where labels or decisions hold one class only.
    """
    table = counts.table
    one = ((table.sum(-1) > 0).sum(-1) < 2) | ((table.sum(-2) > 0).sum(-1) < 2)
    problems = [(one, "labels or predictions hold one class only")]
    return of_margins(_correlation, counts, problems, (-1.0, 1.0))


def _correlation(hits: Any, labels: Any, predictions: Any) -> Any:
    n = labels.sum(-1)
    shared = (labels / n[..., None] * predictions).sum(-1)
    left = n - (labels / n[..., None] * labels).sum(-1)
    right = n - (predictions / n[..., None] * predictions).sum(-1)
    return (hits.sum(-1) - shared) / (np.sqrt(left) * np.sqrt(right))


METRIC = Metric(
    key="mcc",
    title="Matthews correlation",
    family="performance",
    summary="Correlation of labels and decisions.",
    tasks=frozenset({"binary", "multiclass"}),
    range=(-1.0, 1.0),
    worse="lower",
    reference="Matthews, Biochim. Biophys. Acta 405 (1975); Gorodkin, Comput. Biol. Chem. 28 (2004)",
    compute=mcc,
)
