"""Recall: of the positive labels, the share that was found."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import NO_PAIRS, Estimate, proportion
from leadline.metrics.performance.margins import of_margins, over_present
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def recall(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Share of positive labels that were decided positive, 0..1; shape (...). NaN without a positive label.

    Several classes: unweighted mean (macro) over the classes that occur, 0 for a class never a label. The
    mean weighted by labels is the accuracy.
    """
    if isinstance(counts, MulticlassCounts):
        return of_margins(_macro, counts)
    t, squares = counts.table, counts.table_squares[..., 1, :].sum(-1)
    positive = t[..., 1, :].sum(-1)
    problems = [(t.sum((-1, -2)) == 0, NO_PAIRS), (positive == 0, "no label is positive")]
    return proportion(t[..., 1, 1], positive, squares, counts.inflation, problems)


def _macro(hits: Any, labels: Any, predictions: Any) -> Any:
    each = hits / np.where(np.real(labels) > 0, labels, np.inf)
    return over_present(each, labels, predictions)


METRIC = Metric(
    key="recall",
    title="Recall",
    family="performance",
    summary="Share of positive labels that were found; with several classes their mean (macro).",
    tasks=frozenset({"binary", "multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    unit="share",
    reference="Kent et al., Am. Doc. 6 (1955)",
    compute=recall,
)
