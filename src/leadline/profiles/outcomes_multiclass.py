"""A classifier of several classes: confusion matrix, ranks of the true class, one-vs-rest score cells."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.profiles.outcomes_binary import EPSILON
from leadline.profiles.outcomes_cells import CellLookup
from leadline.profiles.outcomes_edges import CELLS, score_edges
from leadline.profiles.outcomes_labels import MISSING
from leadline.profiles.outcomes_sums import (
    Bools,
    Floats,
    Integers,
    by_name,
    chunks,
    count_codes,
    decode_counts,
    decode_sums,
    moments,
    weighed,
    weighted_sums,
)

CELLS_OF_ALL = 12 * CELLS
"""Score cells of all classes together; with more than twelve classes each has fewer, but 256 or more."""

OTHER = "(other)"
"""Name of the class that stands for all without a place of their own."""

QUANTITIES = ("log_loss", "log_loss2", "log_loss3", "brier", "brier2", "brier3")

STATUS = (
    "rows", "bad_weight", "clipped_weight", "label_missing", "prediction_missing",
    "score_bad", "score_outside",
)  # fmt: skip
"""Counted conditions of rows; `score_bad`: a class score is null, NaN or infinite; `score_outside`: one lies
beyond 0..1."""


class MulticlassGrid(msgspec.Struct, frozen=True, tag="multiclass"):
    """How the outcomes of a model with several classes are counted; learned once from the reference.

    Attributes:
        classes: names of the labels that have a place of their own; codes are places, and other values
            (code UNKNOWN) are counted together as the last class, "(other)".
        decision: "prediction", "score" (the class with the largest score) or "".
        inner: inner edges of the cells of each class's score; none: no scores.
        atom_cells: cells that hold one score only, for each class.
        dependence: standard error of the mean over the classes' ROC AUC, as a part of the mean of their
            standard errors (1: fully dependent).
        weight_scale: unit of weights; None: rows are not weighted.
    """

    classes: tuple[str, ...]
    decision: str = "prediction"
    inner: tuple[tuple[float, ...], ...] = ()
    atom_cells: tuple[tuple[int, ...], ...] = ()
    dependence: float = 1.0
    weight_scale: float | None = None

    @property
    def cells(self) -> int:
        """Cells of the class with the most; 0 without scores."""
        return 1 + max(len(inner) for inner in self.inner) if self.inner else 0


def learn_multiclass(
    classes: tuple[str, ...],
    scores: npt.NDArray[Any] | None = None,
    score_valid: Bools | None = None,
    labels: npt.NDArray[Any] | None = None,
    predictions: npt.NDArray[Any] | None = None,
    weight_scale: float | None = None,
) -> MulticlassGrid:
    """Learn the score cells of each class from (a sample of) the reference.

    Args:
        classes: names, see `known_classes`.
        scores: shape (n, K), one column for each class; `score_valid` shape (n,).
        labels, predictions: codes, see `encode`.
    """
    decision = "prediction" if predictions is not None else "score" if scores is not None else ""
    if scores is None:
        return MulticlassGrid(classes, decision, weight_scale=weight_scale)
    s, keep = _usable(scores, score_valid)
    cells = min(CELLS, max(256, CELLS_OF_ALL // max(1, len(classes))))
    found = [
        score_edges(s[keep, k], None if labels is None else (labels[keep] == k).astype(np.int16), None, cells)
        for k in range(len(classes))
    ]
    inner, atoms = tuple(f[0] for f in found), tuple(f[1] for f in found)
    dependence = 1.0 if labels is None else _dependence(s[keep][:20_000], labels[keep][:20_000])
    return MulticlassGrid(classes, decision, inner, atoms, dependence, weight_scale)


def _dependence(s: Floats, labels: npt.NDArray[Any]) -> float:
    """How far the rows' influences on the classes' ROC AUC cancel in their mean."""
    together, apart = np.zeros(len(s)), 0.0
    for k in range(s.shape[1]):
        mine, others = labels == k, (labels >= 0) & (labels != k)
        if mine.sum() < 2 or others.sum() < 2:
            continue
        influence = np.zeros(len(s))
        influence[mine] = _placed(s[mine, k], s[others, k]) / mine.sum()
        influence[others] = -_placed(s[others, k], s[mine, k]) / others.sum()
        together += influence
        apart += float(np.sqrt((influence**2).sum()))
    return min(1.0, float(np.sqrt((together**2).sum())) / apart) if apart > 0 else 1.0


def _placed(values: Floats, among: Floats) -> Floats:
    """Share of `among` below each value, ties half, minus its mean."""
    ordered = np.sort(among)
    share = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    placed: Floats = share / (2 * len(ordered))
    return placed - placed.mean()


def _usable(scores: npt.NDArray[Any], valid: Bools | None) -> tuple[Floats, Bools]:
    s = scores.astype(np.float64, copy=False)
    keep = np.asarray(np.isfinite(s).all(-1))
    return s, keep if valid is None else keep & valid


def empty_multiclass(grid: MulticlassGrid) -> dict[str, Integers]:
    """The counts of no rows: the neutral element of adding."""
    k = len(grid.classes)
    counts, second = moments(grid.weight_scale)
    out = {
        "status": np.zeros(len(STATUS), np.int64),
        "confusion": np.zeros((k + 2, k + 2, counts), np.int64),
    }
    if grid.cells:
        out["ranks"] = np.zeros((k + 1, counts), np.int64)
        out["sums"] = np.zeros((k + 1, len(QUANTITIES), second, 4), np.int64)
        out["cells"] = np.zeros((k, grid.cells, 3, counts), np.int64)
    return out


def count_multiclass(
    grid: MulticlassGrid,
    labels: npt.NDArray[Any] | None,
    predictions: npt.NDArray[Any] | None = None,
    scores: npt.NDArray[Any] | None = None,
    score_valid: Bools | None = None,
    weights: npt.NDArray[Any] | None = None,
) -> dict[str, Integers]:
    """Count one batch.

    Args:
        labels, predictions: shape (n,) codes of `grid.classes`, `MISSING`, `UNKNOWN`; None: no such column.
        scores: shape (n, K). Rows with a score that is null (`score_valid`, shape (n,)), NaN or infinite are
            counted as `score_bad`, and only their decision is used.
        weights: as in `count_binary`.

    Returns:
        `status`; `confusion` (label x prediction: the classes, other, none); `ranks`: rows by the rank of the
        true class's score (0: the largest; of equal scores the later class ranks first; last: other);
        `sums` (class of the label, x `QUANTITIES`); `cells` (class x score cell x outcome other class, this
        class, unlabelled).
    """
    out = empty_multiclass(grid)
    lookups = [CellLookup(inner) for inner in grid.inner]
    for rows, part in chunks(labels, predictions, scores, score_valid, weights):
        _add(grid, lookups, out, rows, *part)
    return out


def _add(
    grid: MulticlassGrid,
    lookups: list[CellLookup],
    out: dict[str, Integers],
    rows: int,
    labels: Any,
    predictions: Any,
    scores: Any,
    score_valid: Any,
    weights: Any,
) -> None:
    status = dict.fromkeys(STATUS, 0)
    status["rows"] = rows
    k = len(grid.classes)
    none = np.full(rows, MISSING, np.int16)
    labels = none if labels is None else labels
    predictions = none if predictions is None else predictions
    has_scores = scores is not None and grid.cells > 0
    usable, w = weighed(status, rows, grid.weight_scale, weights)
    labels, predictions = labels[usable], predictions[usable]
    scores = scores[usable] if has_scores else None
    score_valid = None if score_valid is None else score_valid[usable]
    keep = None
    if has_scores:
        scores, keep = _usable(scores, score_valid)
        status["score_bad"] = len(keep) - int(keep.sum())
        if grid.decision == "score":
            predictions = np.full(len(keep), MISSING, np.int16)
            predictions[keep] = scores[keep].argmax(-1)
    label_place, predicted = _places(labels, k), _places(predictions, k)
    status["label_missing"] = int((label_place == k + 1).sum())
    status["prediction_missing"] = int((predicted == k + 1).sum())
    out["confusion"] += count_codes(label_place * (k + 2) + predicted, (k + 2) ** 2, w).reshape(
        k + 2, k + 2, -1
    )
    if keep is not None:
        outside = int(((scores[keep] < 0) | (scores[keep] > 1)).any(-1).sum())
        status["score_outside"] = outside
        _scores(grid, lookups, out, label_place[keep], scores[keep], None if w is None else w[keep])
    out["status"] += np.array(list(status.values()), np.int64)


def _places(codes: Any, k: int) -> npt.NDArray[np.intp]:
    return np.where(codes >= 0, codes, np.where(codes == MISSING, k + 1, k)).astype(np.intp)


def _scores(
    grid: MulticlassGrid, lookups: list[CellLookup], out: dict[str, Integers], place: Any, s: Floats, w: Any
) -> None:
    k = len(grid.classes)
    known, labelled = place < k, place <= k
    true = np.minimum(place, k - 1)
    own = np.take_along_axis(s, true[:, None], -1)
    later = np.arange(k) > true[:, None]
    rank = ((s > own) | ((s == own) & later)).sum(-1)
    rank = np.where(known, rank, k)
    out["ranks"] += count_codes(rank[labelled], k + 1, None if w is None else w[labelled])
    loss = -np.log(np.clip(np.where(known, own[:, 0], 0.0), EPSILON, 1 - EPSILON))
    hit = np.zeros(s.shape)
    hit[np.arange(len(s))[known], true[known]] = 1.0
    brier = ((s - hit) ** 2).sum(-1) + np.where(known, 0.0, 1.0)
    inside = ((s >= 0) & (s <= 1)).all(-1)
    for c in np.unique(place[labelled]):
        mine = (place == c) & inside
        x, b = loss[mine], brier[mine]
        powers = (x, x * x, x * x * x, b, b * b, b * b * b)
        out["sums"][c] += weighted_sums(iter(powers), None if w is None else w[mine])
    for c in range(k):
        outcome = np.where(labelled, (place == c).astype(np.intp), 2)
        cell = lookups[c].cells(s[:, c])
        counted = count_codes(cell * 3 + outcome, grid.cells * 3, w)
        out["cells"][c] += counted.reshape(grid.cells, 3, -1)


def decode_multiclass(grid: MulticlassGrid, counts: dict[str, npt.NDArray[np.int64]]) -> dict[str, Any]:
    """The same counts as float arrays, by the names of `metrics.performance.MulticlassCounts`."""
    confusion, squares = decode_counts(counts["confusion"])
    out: dict[str, Any] = {
        "classes": grid.classes,
        "dependence": grid.dependence,
        "status": by_name(counts["status"], STATUS),
        "confusion_rows": counts["confusion"][..., 0].astype(np.float64),
        "confusion": confusion,
        "confusion_squares": squares,
    }
    if grid.cells:
        cells, cells_squares = decode_counts(counts["cells"])
        ranks, ranks_squares = decode_counts(counts["ranks"])
        atoms = np.zeros((len(grid.classes), grid.cells), bool)
        for k, places in enumerate(grid.atom_cells):
            atoms[k, list(places)] = True
        sums, sums_squares = decode_sums(counts["sums"], QUANTITIES)
        out |= {
            "cells": cells,
            "cells_squares": cells_squares,
            "atoms": atoms,
            "ranks": ranks,
            "ranks_squares": ranks_squares,
            "sums": sums,
            "sums_squares": sums_squares,
        }
    return out
