"""Specificity: of the negative labels, the share left alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import NO_PAIRS, Estimate, proportion
from leadline.metrics.performance.margins import of_margins, over_present
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def specificity(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Share of negative labels that were decided negative, 0..1; shape (...). NaN without a negative label.

    Several classes: unweighted mean (macro), each class against all others.
    """
    if isinstance(counts, MulticlassCounts):
        return of_margins(_macro, counts)
    t, squares = counts.table, counts.table_squares[..., 0, :].sum(-1)
    negative = t[..., 0, :].sum(-1)
    problems = [(t.sum((-1, -2)) == 0, NO_PAIRS), (negative == 0, "no label is negative")]
    return proportion(t[..., 0, 0], negative, squares, counts.inflation, problems)


def _macro(hits: Any, labels: Any, predictions: Any) -> Any:
    others = labels.sum(-1)[..., None] - labels
    right = others - (predictions - hits)
    return over_present(right / np.where(np.real(others) > 0, others, np.inf), labels, predictions)


METRIC = Metric(
    key="specificity",
    title="Specificity",
    family="performance",
    summary="Share of negative labels that were left alone; with several classes their mean (macro).",
    tasks=frozenset({"binary", "multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    unit="share",
    reference="Yerushalmy, Public Health Rep. 62 (1947)",
    compute=specificity,
)
