"""Cohen's kappa."""

from __future__ import annotations

from typing import Any

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.margins import of_margins
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts


def cohen_kappa(counts: BinaryCounts | MulticlassCounts) -> Estimate:
    """Agreement of labels and decisions beyond chance, -1..1; shape (...).

    NaN where all labels and all decisions are one class.
    """
    table = counts.table
    n = table.sum((-1, -2))
    constant = ((table.sum(-1) == n[..., None]) & (table.sum(-2) == n[..., None])).any(-1)
    return of_margins(_kappa, counts, [(constant, "labels and predictions are one class only")], (-1.0, 1.0))


def _kappa(hits: Any, labels: Any, predictions: Any) -> Any:
    n = labels.sum(-1)
    chance = (labels / n[..., None] * predictions).sum(-1)
    return (hits.sum(-1) - chance) / (n - chance)


METRIC = Metric(
    key="cohen_kappa",
    title="Cohen's kappa",
    family="performance",
    summary="Agreement of labels and decisions beyond what chance gives.",
    tasks=frozenset({"binary", "multiclass"}),
    range=(-1.0, 1.0),
    worse="lower",
    reference="Cohen, Educ. Psychol. Meas. 20 (1960)",
    compute=cohen_kappa,
)
