"""Precision: of the positive decisions, the share that is right."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import NO_PAIRS, Estimate, proportion
from leadline.metrics.performance.margins import of_margins, over_present
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def precision(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Share of the labelled positive decisions that are right, 0..1; shape (...). NaN without one.

    Several classes: unweighted mean (macro) over the classes that occur, 0 for a class never predicted.
    """
    if isinstance(counts, MulticlassCounts):
        return of_margins(_macro, counts)
    t, squares = counts.table, counts.table_squares[..., 1].sum(-1)
    chosen = t[..., 1].sum(-1)
    problems = [(t.sum((-1, -2)) == 0, NO_PAIRS), (chosen == 0, "nothing was predicted positive")]
    return proportion(t[..., 1, 1], chosen, squares, counts.inflation, problems)


def precision_weighted(counts: MulticlassCounts) -> Estimate:
    """Mean of the classes' precisions weighted by their labels, 0..1; 0 for a class never predicted."""
    return of_margins(lambda h, r, c: over_present(_each(h, c), r, c, r), counts)


def _macro(hits: Any, labels: Any, predictions: Any) -> Any:
    return over_present(_each(hits, predictions), labels, predictions)


def _each(hits: Any, predictions: Any) -> Any:
    return hits / np.where(np.real(predictions) > 0, predictions, np.inf)


METRIC = Metric(
    key="precision",
    title="Precision",
    family="performance",
    summary="Share of positive decisions that are right; with several classes their mean (macro).",
    tasks=frozenset({"binary", "multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    unit="share",
    reference="Kent et al., Am. Doc. 6 (1955)",
    compute=precision,
)

WEIGHTED = Metric(
    key="precision_weighted",
    title="Precision, weighted",
    family="performance",
    summary="Mean of the classes' precisions, weighted by how often each class is the label.",
    tasks=frozenset({"multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    reference="Sokolova and Lapalme, Inf. Process. Manag. 45 (2009)",
    compute=precision_weighted,
)
