"""Estimates for models of several classes: one-vs-rest calibration, normalised for each row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.estimators.calibration import LABELLED_MIN, REFITS, SEED
from leadline.estimators.estimated import Estimated, explained, unavailable, with_interval
from leadline.estimators.isotonic import isotonic
from leadline.estimators.metrics import ESTIMABLE
from leadline.estimators.rows import ROWS_MAX
from leadline.estimators.tables import NONE, Filled, Floats, ScoreTable
from leadline.metrics.declare import Metric
from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.performance.views import MulticlassCounts
from leadline.profiles.outcomes_cells import CellLookup
from leadline.profiles.outcomes_multiclass import MulticlassGrid

Codes = npt.NDArray[np.intp]

RANKINGS = ("roc_auc", "pr_auc")
DECISIONS = (
    "accuracy", "balanced_accuracy", "precision", "precision_weighted", "recall", "f1", "f1_weighted",
    "f1_micro", "mcc", "cohen_kappa",
)  # fmt: skip
MULTICLASS: dict[str, Metric] = {
    metric.key: metric for metric in PERFORMANCE if metric.key in (*RANKINGS, *DECISIONS)
}
"""Metrics that are estimated for several classes, by key."""


@dataclass(frozen=True)
class ScoredRows:
    """Rows with usable scores: the cell of each class's score (n, K), and the decision (n,)."""

    cells: Codes
    decisions: Codes


@dataclass(frozen=True)
class MulticlassCalibrator:
    """The chance of each class in the cells of its score.

    Attributes:
        grid: the cells. fits: shape (1 + B, K, C): the calibration, then its refits.
        reference: the labelled rows; labels: shape (n,).
        weights: shape (1 + B, n): 1, then the Bayesian bootstrap weights of the refits.
        reason: why there is none, "" else.
    """

    grid: MulticlassGrid
    fits: Floats
    reference: ScoredRows
    labels: Codes
    weights: Floats
    reason: str = ""
    _corrections: dict[str, Floats] = field(default_factory=dict, repr=False, compare=False)

    def correction(self, key: str) -> Floats:
        """Realised less expected value of a metric on the reference, and in each refit: shape (1 + B,)."""
        if key not in self._corrections:
            known = np.eye(len(self.grid.classes))[self.labels]
            gaps = []
            for b, w in enumerate(self.weights):
                expected = self.chances(self.reference, b)
                sides = [_value(self.grid, self.reference, x, w, key) for x in (known, expected)]
                gaps.append(sides[0] - sides[1])
            self._corrections[key] = np.nan_to_num(np.array(gaps))
        return self._corrections[key]

    def chances(self, rows: ScoredRows, fit: int) -> Floats:
        """Chances of the classes for each row, shape (n, K), summing to 1."""
        raw = self.fits[fit][np.arange(len(self.grid.classes)), rows.cells]
        total = raw.sum(-1, keepdims=True)
        return np.where(total > 0, raw / np.where(total > 0, total, 1.0), 1.0 / raw.shape[-1])


def calibrate_multiclass(
    grid: MulticlassGrid,
    scores: Floats,
    labels: npt.NDArray[Any],
    decisions: npt.NDArray[Any] | None = None,
) -> MulticlassCalibrator:
    """Learn one isotonic calibration for each class against the rest.

    Args:
        grid: with score cells. scores: shape (n, K); rows with a score that is not finite are left out.
        labels: shape (n,) codes of the classes, negative for none or another value.
        decisions: likewise; None: the class with the largest score.

    Returns:
        A calibrator; with fewer than `LABELLED_MIN` labelled rows one that says so in `reason`.
    """
    rng = np.random.default_rng(SEED)
    usable = np.flatnonzero(np.isfinite(scores).all(-1) & (labels >= 0))
    if len(usable) > ROWS_MAX:
        usable = np.sort(rng.choice(usable, ROWS_MAX, replace=False))
    rows = _rows(grid, scores[usable], None if decisions is None else decisions[usable])
    known, n = labels[usable].astype(np.intp), len(usable)
    if n < LABELLED_MIN:
        reason = f"needs {LABELLED_MIN} labelled reference rows, found {n}"
        return MulticlassCalibrator(grid, np.empty((0, 0, 0)), rows, known, np.empty((0, n)), reason)
    weights = np.concatenate([np.ones((1, n)), rng.standard_exponential((REFITS, n))])
    fits = np.empty((1 + REFITS, len(grid.classes), grid.cells))
    for k in range(len(grid.classes)):
        for b, w in enumerate(weights):
            at = rows.cells[:, k]
            mass, positive = _summed(at, w, grid.cells), _summed(at, w * (known == k), grid.cells)
            fits[b, k] = isotonic(positive, mass)
    return MulticlassCalibrator(grid, fits, rows, known, weights)


def cbpe_multiclass(
    calibrator: MulticlassCalibrator,
    scores: Floats,
    decisions: npt.NDArray[Any] | None = None,
    metrics: Iterable[str] | None = None,
) -> dict[str, Estimated]:
    """Estimate metrics of one window of several classes, each of shape ().

    As `cbpe`: expected outcomes, corrected by what the reference shows them to be off by, with the noise of
    the labels (each row's is drawn from its chances) and of the calibration.

    Args:
        scores, decisions: as in `calibrate_multiclass`. metrics: keys of `MULTICLASS`; None: all.
    """
    keys = list(MULTICLASS if metrics is None else metrics)
    usable = np.flatnonzero(np.isfinite(scores).all(-1))
    reason = calibrator.reason or ("" if len(usable) else "no row has a score")
    if reason:
        return {key: unavailable((), reason, "cbpe") for key in keys}
    rows = _rows(calibrator.grid, scores[usable], None if decisions is None else decisions[usable])
    chances = calibrator.chances(rows, 0)
    slopes = {key: _slope(calibrator.grid, rows, chances, key) for key in keys}
    moves: dict[str, list[float]] = {key: [] for key in keys}
    for b in range(1, len(calibrator.fits)):
        moved = calibrator.chances(rows, b) - chances
        for key in keys:
            moves[key].append(float((moved * slopes[key]).sum()))
    return {
        key: _estimated(calibrator, rows, chances, key, slopes[key], np.array(moves[key])) for key in keys
    }


def _summed(at: Codes, weights: Floats, size: int) -> Floats:
    return np.bincount(at, weights, size).astype(np.float64)


def _rows(grid: MulticlassGrid, scores: Floats, decisions: npt.NDArray[Any] | None) -> ScoredRows:
    cells = [CellLookup(inner).cells(scores[:, k]) for k, inner in enumerate(grid.inner)]
    chosen = scores.argmax(-1) if decisions is None else decisions
    return ScoredRows(np.stack(cells, -1), np.where(chosen >= 0, chosen, len(grid.classes)).astype(np.intp))


def _estimated(
    calibrator: MulticlassCalibrator,
    rows: ScoredRows,
    chances: Floats,
    key: str,
    slope: Floats,
    moves: Floats,
) -> Estimated:
    value = _value(calibrator.grid, rows, chances, np.ones(len(chances)), key)
    labels = float(((chances * slope**2).sum(-1) - (chances * slope).sum(-1) ** 2).sum())
    gaps = calibrator.correction(key)
    spread = gaps[1:] + moves
    error = np.sqrt(max(labels, 0.0) + spread.var(ddof=1))
    low, high = MULTICLASS[key].range
    value = float(np.clip(value + gaps[0], low, high))
    size = np.asarray(float(len(chances)))
    found = with_interval(MULTICLASS[key], np.asarray(value), np.asarray(error), size, "cbpe", binary=False)
    found = explained(found, ~np.isfinite(found.value), "not defined for these rows")
    return replace(found, label_free_share=1.0)


def _value(grid: MulticlassGrid, rows: ScoredRows, chances: Floats, weights: Floats, key: str) -> float:
    if key in RANKINGS:
        shares = [
            float(ESTIMABLE[key].value(_against_rest(grid, rows, chances, weights, k)))
            for k in range(chances.shape[-1])
        ]
        usable = np.isfinite(shares)
        return float(np.mean(np.array(shares)[usable])) if usable.any() else np.nan
    view = _view(grid, _confusion(rows, chances, weights))
    return float(MULTICLASS[key].compute(view).value)


def _slope(grid: MulticlassGrid, rows: ScoredRows, chances: Floats, key: str) -> Floats:
    """By how much the value rises when a row's label is each class, up to a constant: shape (n, K)."""
    one, k = np.ones(len(chances)), chances.shape[-1]
    if key in RANKINGS:
        out = np.empty(chances.shape)
        for c in range(k):
            filled = _against_rest(grid, rows, chances, one, c)
            slope = ESTIMABLE[key].sensitivity(filled, ESTIMABLE[key].value(filled))
            out[:, c] = slope[rows.cells[:, c]] / k
        return np.where(np.isfinite(out), out, 0.0)
    confusion = _confusion(rows, chances, one)
    step = 1e-4 * len(chances)
    table = np.zeros((k, k + 1))
    for decision in np.flatnonzero(confusion.sum(0)):
        change = np.zeros((k, k, k + 1))
        change[np.arange(k), np.arange(k), decision] = step
        ends = [
            MULTICLASS[key].compute(_view(grid, np.maximum(confusion + side * change, 0.0))).value
            for side in (-1, 1)
        ]
        table[:, decision] = np.nan_to_num((ends[1] - ends[0]) / (2 * step))
    return table[:, rows.decisions].T


def _confusion(rows: ScoredRows, chances: Floats, weights: Floats) -> Floats:
    """Expected labels by decision, shape (K, K + 1); the last decision is none."""
    k = chances.shape[-1]
    return np.stack([np.bincount(rows.decisions, weights * c, k + 1) for c in chances.T])


def _view(grid: MulticlassGrid, confusion: Floats) -> MulticlassCounts:
    k = len(grid.classes)
    full = np.zeros((*confusion.shape[:-2], k + 2, k + 2))
    full[..., :k, :k], full[..., :k, -1] = confusion[..., :k], confusion[..., k]
    return MulticlassCounts(grid.classes, full, full, full, {})


def _against_rest(grid: MulticlassGrid, rows: ScoredRows, chances: Floats, weights: Floats, k: int) -> Filled:
    counts, positive = np.zeros((grid.cells, 3, 3)), np.zeros((grid.cells, 3))
    counts[:, NONE, NONE] = np.bincount(rows.cells[:, k], weights, grid.cells)
    positive[:, NONE] = np.bincount(rows.cells[:, k], weights * chances[:, k], grid.cells)
    atoms = np.zeros(grid.cells, bool)
    atoms[list(grid.atom_cells[k])] = True
    return Filled(ScoreTable(counts, counts, np.zeros(grid.cells), atoms), positive)
