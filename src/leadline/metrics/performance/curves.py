"""Curves of a binary model and of a regression, drawn from cells: at most 100 points each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leadline.metrics.performance.calibration_error import calibration_bins
from leadline.metrics.performance.estimate import Floats
from leadline.metrics.performance.ranking import Ranking, ranking
from leadline.metrics.performance.views import BinaryCounts, RegressionCounts

POINTS = 100
"""Most points of a curve."""


@dataclass(frozen=True, slots=True)
class CurveKind:
    """A curve that can be drawn.

    Attributes:
        key, title, x, y: its name, and the titles of the axes.
        points: gives shape (points, 2), at most `POINTS`, of one side without leading axes; empty where there
            is nothing to draw.
    """

    key: str
    title: str
    x: str
    y: str
    points: Callable[..., Floats]


def roc(counts: BinaryCounts) -> Floats:
    """False positive rate against recall, from (0, 0) to (1, 1)."""
    r = _usable(counts)
    if r is None:
        return _nothing()
    x, y = _from_zero(r.negative) / r.n, _from_zero(r.positive) / r.p
    return _thinned(np.stack([x, y], -1))


def precision_recall(counts: BinaryCounts) -> Floats:
    """Recall against precision, from the highest scores on."""
    r = _usable(counts)
    if r is None:
        return _nothing()
    hits, rows = np.cumsum(r.positive), np.cumsum(r.positive + r.negative)
    some = rows > 0
    return _thinned(np.stack([hits[some] / r.p[0], hits[some] / rows[some]], -1))


def gains(counts: BinaryCounts) -> Floats:
    """Share of rows, the highest scores first, against the share of positives among them."""
    r = _usable(counts)
    if r is None:
        return _nothing()
    rows = _from_zero(r.positive + r.negative)
    return _thinned(np.stack([rows / rows[-1], _from_zero(r.positive) / r.p], -1))


def calibration(counts: BinaryCounts) -> Floats:
    """Mean score against prevalence in the ten bins of the calibration error."""
    binned = calibration_bins(counts)
    if binned is None or np.any(counts.status["score_outside"] > 0):
        return _nothing()
    rows, positive, scores, _ = binned
    some = rows > 0
    return np.stack([scores[some] / rows[some], positive[some] / rows[some]], -1)


def residuals(counts: RegressionCounts) -> Floats:
    """Residual against the share of rows at or below it."""
    total = counts.residuals.sum()
    if total == 0:
        return _nothing()
    inner = counts.residual_edges[1:-1]
    share = np.cumsum(counts.residuals)[:-1] / total
    moves = np.diff(share, prepend=0.0) + np.diff(share, append=1.0) > 0
    return _thinned(np.stack([inner[moves], share[moves]], -1))


BINARY_CURVES = (
    CurveKind("roc", "ROC curve", "false positive rate", "recall", roc),
    CurveKind("precision_recall", "Precision and recall", "recall", "precision", precision_recall),
    CurveKind("calibration", "Calibration", "mean score", "share of positives", calibration),
    CurveKind("gain", "Gain", "share of rows, highest scores first", "share of positives found", gains),
)

REGRESSION_CURVES = (
    CurveKind("residuals", "Residuals", "prediction - label", "share of rows at or below", residuals),
)


def _usable(counts: BinaryCounts) -> Ranking | None:
    r = ranking(counts)
    if not isinstance(r, Ranking) or r.p[0] == 0 or r.n[0] == 0:
        return None
    return r


def _from_zero(mass: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(mass)])


def _nothing() -> Floats:
    return np.empty((0, 2))


def _thinned(points: Floats) -> Floats:
    """At most `POINTS` of the points, evenly along the curve; both ends are kept."""
    points = points[np.concatenate([[True], np.any(np.diff(points, axis=0) != 0, axis=1)])]
    if len(points) <= POINTS:
        return points
    span = np.ptp(points, axis=0)
    length = np.abs(np.diff(points / np.where(span > 0, span, 1.0), axis=0)).sum(-1)
    along = np.concatenate([[0.0], np.cumsum(length)])
    wanted = np.searchsorted(along, np.linspace(0, along[-1], POINTS) * (1 - 1e-12))
    kept: Floats = points[np.unique(np.concatenate([[0], wanted[1:-1], [len(points) - 1]]))]
    return kept
