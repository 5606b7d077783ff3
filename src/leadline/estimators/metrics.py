"""Which performance metrics can be estimated: their value and sensitivity on expected outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from leadline.estimators.average_precision import average_precision
from leadline.estimators.tables import NEGATIVE, POSITIVE, Bools, Filled, Floats, loss_pairs
from leadline.metrics.declare import Metric
from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.performance.gain import TOP
from leadline.metrics.performance.views import BinaryCounts

Value = Callable[[Filled], Floats]
Sensitivity = Callable[[Filled, Floats], Floats]

DECISIONS = (
    "accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "f2", "f_half", "mcc",
    "cohen_kappa", "business_value",
)  # fmt: skip
"""Metrics of the confusion matrix: they need the decision of each score cell."""

RANKINGS = ("roc_auc", "pr_auc", "gain", "lift")
"""Metrics of the order of scores: they need the probability of each score, not only sums over many."""


@dataclass(frozen=True)
class Estimable:
    """A performance metric that can be estimated.

    Attributes:
        metric: its declaration.
        value: of a filled table: shape (...); NaN where undefined.
        sensitivity: of a filled table and its value: by how much the value rises when one row turns from
            negative to positive: a row of each decision, shape (..., 3), where `by_decision`, else a row of
            each score cell, shape (..., C).
        by_decision: it is a function of the confusion matrix, else of the score cells.
        needs_decisions: it means nothing without decisions.
    """

    metric: Metric
    value: Value
    sensitivity: Sensitivity
    by_decision: bool = False
    needs_decisions: bool = False


def _of_confusion(metric: Metric) -> Sensitivity:
    """Central differences in each column of the confusion matrix."""

    def sensitivity(filled: Filled, value: Floats) -> Floats:
        view = filled.decisions
        out = np.zeros((*value.shape, 3))
        for decision in range(3):
            column = view.confusion[..., :2, decision]
            total = column.sum(-1)
            step = 1e-4 * total
            middle = np.clip(column[..., POSITIVE], step, total - step)
            ends = [_moved(metric, view, decision, total, middle + side * step) for side in (-1, 1)]
            slope = (ends[1] - ends[0]) / np.where(step > 0, 2 * step, 1.0)
            out[..., decision] = np.where(np.isfinite(slope), slope, 0.0)
        return out

    return sensitivity


def _moved(metric: Metric, view: BinaryCounts, decision: int, total: Floats, positives: Floats) -> Floats:
    confusion = view.confusion.copy()
    confusion[..., POSITIVE, decision] = positives
    confusion[..., NEGATIVE, decision] = total - positives
    return metric.compute(replace(view, confusion=confusion)).value


def _highest_first(filled: Filled) -> tuple[Floats, Floats]:
    """Positives and negatives of each cell, (..., C)."""
    cells = filled.cells[..., ::-1, :]
    return cells[..., POSITIVE], cells[..., NEGATIVE]


def _lowest_first(slope: Floats) -> Floats:
    return slope[..., ::-1]


def _of_roc_auc(filled: Filled, value: Floats) -> Floats:
    p, n = _highest_first(filled)
    total_p, total_n = p.sum(-1, keepdims=True), n.sum(-1, keepdims=True)
    above, below = np.cumsum(p, -1) - p / 2, total_n - (np.cumsum(n, -1) - n / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (below - above - value[..., None] * (total_n - total_p)) / (total_p * total_n)
    return _lowest_first(slope)


def _roc_auc(filled: Filled) -> Floats:
    p, n = _highest_first(filled)
    with np.errstate(divide="ignore", invalid="ignore"):
        above = (n * (np.cumsum(p, -1) - p / 2)).sum(-1)
        return above / (p.sum(-1) * n.sum(-1))


def _pr_auc(filled: Filled) -> Floats:
    return average_precision(*_ranked(filled)).value


def _of_pr_auc(filled: Filled, value: Floats) -> Floats:
    return _lowest_first(average_precision(*_ranked(filled)).slope)


def _ranked(filled: Filled) -> tuple[Floats, Floats, Floats, Bools]:
    """Positives, rows, variance of the positives and ties of each cell, highest first, in units of a row."""
    p, n = _highest_first(filled)
    unlabelled, row = filled.table.unlabelled, filled.weight[..., None]
    share = filled.positive / np.where(unlabelled > 0, unlabelled, 1.0)
    noise = (filled.positive * (1 - share)).sum(-1)[..., ::-1]
    return p / row, (p + n) / row, noise / row, filled.table.atoms[..., ::-1]


def _of_gain(top: float) -> Sensitivity:
    def sensitivity(filled: Filled, value: Floats) -> Floats:
        p, n = _highest_first(filled)
        rows = p + n
        before = np.cumsum(rows, -1) - rows
        with np.errstate(divide="ignore", invalid="ignore"):
            taken = (TOP * rows.sum(-1, keepdims=True) - before) / rows
            taken = np.clip(np.where(rows > 0, taken, 0.0), 0.0, 1.0)
            slope = (taken / top - value[..., None]) / p.sum(-1, keepdims=True)
        return _lowest_first(slope)

    return sensitivity


def _mean_loss(name: str) -> Value:
    def value(filled: Filled) -> Floats:
        scores = filled.table.scores
        total = filled.cells.sum((-1, -2))
        outside = (filled.cells.sum(-1) * ((scores < 0) | (scores > 1))).sum(-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (filled.cells * loss_pairs(scores)[name]).sum((-1, -2)) / total
        return np.where(outside > 0, np.nan, mean)

    return value


def _of_loss(name: str) -> Sensitivity:
    def sensitivity(filled: Filled, value: Floats) -> Floats:
        pair = loss_pairs(filled.table.scores)[name]
        with np.errstate(divide="ignore", invalid="ignore"):
            return (pair[:, POSITIVE] - pair[:, NEGATIVE]) / filled.cells.sum((-1, -2))[..., None]

    return sensitivity


def _estimable() -> dict[str, Estimable]:
    metrics = {metric.key: metric for metric in PERFORMANCE}
    found = {
        "roc_auc": Estimable(metrics["roc_auc"], _roc_auc, _of_roc_auc),
        "pr_auc": Estimable(metrics["pr_auc"], _pr_auc, _of_pr_auc),
    }
    for key in ("log_loss", "brier"):
        found[key] = Estimable(metrics[key], _mean_loss(key), _of_loss(key))
    for key, top in (("gain", 1.0), ("lift", TOP)):
        found[key] = Estimable(metrics[key], _value_of(metrics[key], "ranking"), _of_gain(top))
    for key in (*DECISIONS, "prevalence"):
        metric = metrics[key]
        value = _value_of(metric, "decisions")
        found[key] = Estimable(metric, value, _of_confusion(metric), True, key in DECISIONS)
    return {metric.key: found[metric.key] for metric in PERFORMANCE if metric.key in found}


def _value_of(metric: Metric, view: str) -> Value:
    return lambda filled: metric.compute(getattr(filled, view)).value


ESTIMABLE: dict[str, Estimable] = _estimable()
"""By key, in the order in which metrics are shown. The calibration error is not among them: its noise is
most of it."""
