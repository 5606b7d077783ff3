"""F measures: the weighted harmonic mean of precision and recall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import NO_PAIRS, Estimate, effective_size, of_counts
from leadline.metrics.performance.margins import of_margins, over_present
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def f_beta(beta: float) -> Callable[[BinaryCounts | MulticlassCounts], Estimate]:
    """The F measure that holds recall `beta` times as important as precision, as a function of counts.

    (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp), 0..1. NaN where no label and no decision is
    positive.
    Several classes: unweighted mean (macro) over the classes that occur.
    """

    def compute(counts: BinaryCounts | MulticlassCounts) -> Estimate:
        if isinstance(counts, MulticlassCounts):
            return of_margins(lambda h, r, c: over_present(_each(h, r, c, beta), r, c), counts)
        t = counts.table
        problems = [
            (t.sum((-1, -2)) == 0, NO_PAIRS),
            (t[..., 1].sum(-1) + t[..., 1, 0] == 0, "no label and no decision is positive"),
        ]
        cells, squares = (a.reshape(*a.shape[:-2], 4)[..., 1:] for a in (t, counts.table_squares))
        found = of_counts(lambda x: _binary(x, beta), cells, squares, counts.inflation, problems)
        if beta != 1:
            return found
        # F1 rises with the share of hits among rows that are positive by label or decision.
        size = effective_size(cells.sum(-1), squares.sum(-1), counts.inflation)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = cells[..., 2] / cells.sum(-1)
        return replace(found, size=size, successes=share * size, shares=None, slopes=None)

    return compute


def f1_weighted(counts: MulticlassCounts) -> Estimate:
    """Mean of the classes' F1 weighted by their labels, 0..1."""
    return of_margins(lambda h, r, c: over_present(_each(h, r, c, 1.0), r, c, r), counts)


def f1_micro(counts: MulticlassCounts) -> Estimate:
    """F1 of all classes' decisions together, 0..1: the accuracy, with one label and one decision a row."""
    return of_margins(lambda h, r, c: h.sum(-1) / r.sum(-1), counts)


def _binary(x: Any, beta: float) -> Any:
    """x: (..., 3): false positives, false negatives, true positives."""
    hits = (1 + beta**2) * x[..., 2]
    return hits / (hits + beta**2 * x[..., 1] + x[..., 0])


def _each(hits: Any, labels: Any, predictions: Any, beta: float) -> Any:
    total = beta**2 * labels + predictions
    return (1 + beta**2) * hits / np.where(np.real(total) > 0, total, np.inf)


def _metric(key: str, title: str, beta: float, summary: str) -> Metric:
    return Metric(
        key=key,
        title=title,
        family="performance",
        summary=summary,
        tasks=frozenset({"binary", "multiclass"}),
        range=(0.0, 1.0),
        worse="lower",
        reference="van Rijsbergen, Information Retrieval, 2nd ed. (1979)",
        compute=f_beta(beta),
    )


F1 = _metric(
    "f1", "F1", 1.0, "Harmonic mean of precision and recall; with several classes their mean (macro)."
)
F2 = _metric("f2", "F2", 2.0, "Mean of precision and recall that holds recall twice as important.")
F_HALF = _metric(
    "f_half", "F0.5", 0.5, "Mean of precision and recall that holds precision twice as important."
)

F1_WEIGHTED = Metric(
    key="f1_weighted",
    title="F1, weighted",
    family="performance",
    summary="Mean of the classes' F1, weighted by how often each class is the label.",
    tasks=frozenset({"multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    reference="Sokolova and Lapalme, Inf. Process. Manag. 45 (2009)",
    compute=f1_weighted,
)

F1_MICRO = Metric(
    key="f1_micro",
    title="F1, micro",
    family="performance",
    summary="F1 of all classes' decisions counted together; equals the accuracy.",
    tasks=frozenset({"multiclass"}),
    range=(0.0, 1.0),
    worse="lower",
    reference="Sokolova and Lapalme, Inf. Process. Manag. 45 (2009)",
    compute=f1_micro,
)
