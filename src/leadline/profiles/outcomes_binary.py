"""A binary classifier's outcomes as additive integers: confusion matrix, score cells x outcome, sums."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.kernels import ADDRESS, WHOLE, address, available, kernel
from leadline.profiles.outcomes_cells import CellLookup
from leadline.profiles.outcomes_edges import CALIBRATION_BINS, score_edges
from leadline.profiles.outcomes_labels import MISSING
from leadline.profiles.outcomes_sums import (
    Bools,
    Floats,
    Integers,
    Weights,
    by_name,
    chunks,
    count_codes,
    decode_counts,
    decode_sum,
    decode_sums,
    moments,
    weighed,
    weighted_sums,
    wide_sum_by,
)

EPSILON = float(np.finfo(np.float64).eps)
"""Probabilities are clipped to [EPSILON, 1 - EPSILON] in the log loss, as scikit-learn does for float64."""

NEGATIVE, POSITIVE, UNLABELLED = 0, 1, 2

QUANTITIES = ("score", "score2", "log_loss", "log_loss2", "log_loss3", "brier", "brier2", "brier3")
"""What is summed for each outcome; a trailing 2 or 3 marks a power."""

STATUS = (
    "rows", "bad_weight", "clipped_weight",
    "label_missing", "label_unknown", "prediction_missing", "prediction_unknown",
    "score_missing", "score_infinite", "score_outside",
)  # fmt: skip
"""Counted conditions of rows; `score_outside` are finite scores beyond 0..1."""


class BinaryGrid(msgspec.Struct, frozen=True, tag="binary"):
    """How a binary model's outcomes are counted; learned once from the reference.

    Attributes:
        classes: names of the negative and the positive label.
        decision: where the decision comes from: "prediction", "score" (at `threshold`), or "" for none.
        threshold: the model decides for the positive class at scores of at least this, where known.
        threshold_why: where the threshold comes from, in words.
        inner: inner edges of the score cells, increasing; cell i holds inner[i - 1] <= score < inner[i];
            none: no score.
        atom_cells: cells that hold one score only.
        weight_scale: unit of weights; None: rows are not weighted.
    """

    classes: tuple[str, str]
    decision: str = "prediction"
    threshold: float | None = None
    threshold_why: str = ""
    inner: tuple[float, ...] = ()
    atom_cells: tuple[int, ...] = ()
    weight_scale: float | None = None

    @property
    def cells(self) -> int:
        """Number of score cells; 0 without a score."""
        return len(self.inner) + 1 if self.inner else 0


def learn_binary(
    classes: tuple[str, str],
    scores: npt.NDArray[Any] | None = None,
    score_valid: Bools | None = None,
    labels: npt.NDArray[Any] | None = None,
    predictions: npt.NDArray[Any] | None = None,
    threshold: float | None = None,
    weight_scale: float | None = None,
) -> BinaryGrid:
    """Learn the score cells and the decision from (a sample of) the reference.

    Args:
        classes: names of the negative and positive class, see `binary_classes`.
        scores: shape (n,), any range; null places as `score_valid` says; NaN and infinities are ignored.
        labels, predictions: codes, see `encode`.
        threshold: the stated one.
        weight_scale: see `weight_scale`; None: no weights.
    """
    if scores is None:
        decision = "prediction" if predictions is not None else ""
        return BinaryGrid(
            classes, decision, threshold, "stated" if threshold is not None else "", (), (), weight_scale
        )
    s = scores.astype(np.float64, copy=False)
    keep = np.isfinite(s) if score_valid is None else np.isfinite(s) & score_valid
    s = s[keep]
    decision, why = ("score", "default") if predictions is None else ("prediction", "")
    if threshold is not None:
        why = "stated"
    elif predictions is None:
        threshold = 0.5
    else:
        threshold, why = implied_threshold(s, predictions[keep])
    inner, atoms = score_edges(s, None if labels is None else labels[keep], threshold)
    return BinaryGrid(classes, decision, threshold, why, inner, atoms, weight_scale)


def implied_threshold(scores: Floats, predictions: npt.NDArray[Any]) -> tuple[float | None, str]:
    """The threshold that predictions follow, and how that is known; None where they follow none.

    Where any threshold of an interval would do, 0.5 if it is inside, else the smallest score of a positive
    decision.
    """
    positive, negative = scores[predictions == POSITIVE], scores[predictions == NEGATIVE]
    if not (positive.size and negative.size):
        return None, ""
    low, high = float(negative.max()), float(positive.min())
    if low >= high:
        return None, "the predictions follow no single threshold of the score"
    return (0.5 if low < 0.5 <= high else high), "implied by the predictions"


def empty_binary(grid: BinaryGrid) -> dict[str, Integers]:
    """The counts of no rows: the neutral element of adding."""
    counts, second = moments(grid.weight_scale)
    out = {"status": np.zeros(len(STATUS), np.int64), "confusion": np.zeros((3, 3, counts), np.int64)}
    if grid.cells:
        out["cells"] = np.zeros((grid.cells, 3, counts), np.int64)
        out["sums"] = np.zeros((3, len(QUANTITIES), second, 4), np.int64)
        out["bins"] = np.zeros((CALIBRATION_BINS, 4), np.int64)
    return out


def count_binary(
    grid: BinaryGrid,
    labels: npt.NDArray[Any] | None,
    predictions: npt.NDArray[Any] | None = None,
    scores: npt.NDArray[Any] | None = None,
    score_valid: Bools | None = None,
    weights: npt.NDArray[Any] | None = None,
) -> dict[str, Integers]:
    """Count one batch.

    Args:
        grid: from `learn_binary`.
        labels, predictions: shape (n,) codes 0, 1, `MISSING`, `UNKNOWN` (see `encode`); None: no such column.
        scores: shape (n,); null places as `score_valid` says. NaN and infinite scores are counted and left
            out; scores outside 0..1 are ranked but take no part in log loss, Brier score and calibration.
        weights: shape (n,), used when the grid is weighted; rows whose weight is null, NaN, infinite or
            negative are counted as `bad_weight` and left out.

    Returns:
        Integer arrays that add and subtract: `status`; `confusion` (label x prediction; negative, positive,
        none); `cells` (score cell x outcome negative, positive, unlabelled); `sums` (outcome x `QUANTITIES`);
        `bins`: sums of the labelled rows' scores in the calibration bins. With weights the last axis of
        counts is (rows, sum of w, sum of w squared).
    """
    out = empty_binary(grid)
    tool = _counter(grid)
    for rows, part in chunks(labels, predictions, scores, score_valid, weights):
        tool.add(out, rows, *part)
    return out


@lru_cache(maxsize=16)
def _counter(grid: BinaryGrid) -> _Counter:
    """Its tables are made once, and not for every window that is counted."""
    return _Counter(grid)


class _Counter:
    def __init__(self, grid: BinaryGrid) -> None:
        self.grid = grid

    @cached_property
    def lookup(self) -> CellLookup:
        return CellLookup(self.grid.inner)

    @cached_property
    def bin_of_cell(self) -> npt.NDArray[np.intp]:
        """The calibration bin of each cell: -1 outside 0..1; bins are unions of cells."""
        starts = np.array((-np.inf, *self.grid.inner))
        lower = np.arange(CALIBRATION_BINS) / CALIBRATION_BINS
        bins = np.searchsorted(lower, starts, side="right") - 1
        return np.where((starts < 0) | (starts > 1), -1, bins)

    def add(
        self,
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
        none = np.full(rows, MISSING, np.int16)
        labels = none if labels is None else labels
        predictions = none if predictions is None else predictions
        s = None if scores is None or not self.grid.cells else scores.astype(np.float64, copy=False)
        usable, w = weighed(status, rows, self.grid.weight_scale, weights)
        labels, predictions = labels[usable], predictions[usable]
        s = None if s is None else s[usable]
        score_valid = None if score_valid is None else score_valid[usable]
        finite = None
        if s is not None:
            finite = np.isfinite(s)
            infinite = np.isinf(s)
            if score_valid is not None:
                finite &= score_valid
                infinite &= score_valid
            status["score_infinite"] = int(infinite.sum())
            status["score_missing"] = len(s) - int(finite.sum()) - status["score_infinite"]
        if self.grid.decision == "score" and s is not None and finite is not None:
            decided = (s >= self.grid.threshold).astype(np.int16)
            predictions = np.where(finite, decided, np.int16(MISSING))
        self._confusion(out, status, labels, predictions, w)
        if s is not None and finite is not None:
            everything = bool(finite.all())
            kept = slice(None) if everything else finite
            self._scores(out, status, labels[kept], s[kept], None if w is None else w[kept])
        out["status"] += np.array(list(status.values()), np.int64)

    def _confusion(
        self,
        out: dict[str, Integers],
        status: dict[str, int],
        labels: Any,
        predictions: Any,
        w: Weights | None,
    ) -> None:
        # By both codes, from UNKNOWN = -2 over MISSING to POSITIVE = 1.
        both = labels.astype(np.intp) * 4 + (predictions + 10)
        table = count_codes(both, 16, w).reshape(4, 4, -1)
        for name, rows in (("label", table[..., 0].sum(1)), ("prediction", table[..., 0].sum(0))):
            status[f"{name}_unknown"], status[f"{name}_missing"] = int(rows[0]), int(rows[1])
        known = np.concatenate([table[2:], table[:2].sum(0, keepdims=True)])
        out["confusion"] += np.concatenate([known[:, 2:], known[:, :2].sum(1, keepdims=True)], 1)

    def _scores(
        self, out: dict[str, Integers], status: dict[str, int], labels: Any, s: Floats, w: Weights | None
    ) -> None:
        cell = self.lookup.cells(s)
        if w is None and available():
            status["score_outside"] = self._compiled(out, labels, s, cell)
            return
        outcome = np.where(labels < 0, UNLABELLED, labels).astype(np.intp)
        out["cells"] += count_codes(cell * 3 + outcome, self.grid.cells * 3, w).reshape(
            self.grid.cells, 3, -1
        )
        inside = (s >= 0) & (s <= 1)
        if not inside.all():
            status["score_outside"] = len(s) - int(inside.sum())
            s, outcome, cell = s[inside], outcome[inside], cell[inside]
            w = None if w is None else w[inside]
        labelled = outcome != UNLABELLED
        mass = s if w is None else s * w.w
        bins = self.bin_of_cell[cell]
        out["bins"] += wide_sum_by(bins[labelled], mass[labelled], CALIBRATION_BINS)
        for code in (NEGATIVE, POSITIVE, UNLABELLED):
            mine = outcome == code
            if mine.any():
                x, wx = s[mine], None if w is None else w[mine]
                sums = weighted_sums(_quantities(x, code), wx)
                out["sums"][code, : len(sums)] += sums

    def _compiled(self, out: dict[str, Integers], labels: Any, s: Floats, cell: npt.NDArray[np.intp]) -> int:
        """The same in one pass; how many scores lie outside 0..1."""
        s, labels = np.ascontiguousarray(s), np.ascontiguousarray(labels, np.int16)
        losses = _log_losses(np.where(labels == POSITIVE, s, 1 - s))
        outside: int = kernel(
            "binary", WHOLE, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, WHOLE, ADDRESS, ADDRESS, ADDRESS
        )(
            address(s), address(losses), address(labels), address(cell), address(self.bin_of_cell), len(s),
            address(out["cells"]), address(out["bins"]), address(out["sums"]),
        )  # fmt: skip
        return outside


def _log_losses(right: Floats) -> Floats:
    """Of the probabilities that were given to what came."""
    return np.asarray(-np.log(np.clip(right, EPSILON, 1 - EPSILON)))


def _quantities(s: Floats, outcome: int) -> Any:
    yield s
    yield s * s
    if outcome == UNLABELLED:
        return
    loss = _log_losses(s if outcome == POSITIVE else 1 - s)
    yield loss
    yield loss * loss
    yield loss * loss * loss
    error = 1 - s if outcome == POSITIVE else s
    squared = error * error
    yield squared
    yield squared * squared
    yield squared * squared * squared


def decode_binary(grid: BinaryGrid, counts: dict[str, npt.NDArray[np.int64]]) -> dict[str, Any]:
    """The same counts as float arrays, by the names of `metrics.performance.BinaryCounts`.

    Leading axes (windows, segments) of the counts are kept. Sums of weights are in units of the weight scale.
    """
    confusion, confusion_squares = decode_counts(counts["confusion"])
    out: dict[str, Any] = {
        "status": by_name(counts["status"], STATUS),
        "confusion_rows": counts["confusion"][..., 0].astype(np.float64),
        "confusion": confusion,
        "confusion_squares": confusion_squares,
        "threshold": grid.threshold,
    }
    if grid.cells:
        cells, squares = decode_counts(counts["cells"])
        edges = np.array((-np.inf, *grid.inner, np.inf))
        atoms = np.zeros(grid.cells, bool)
        atoms[list(grid.atom_cells)] = True
        sums, sums_squares = decode_sums(counts["sums"], QUANTITIES)
        out |= {
            "cells_rows": counts["cells"][..., 0].astype(np.float64),
            "cells": cells,
            "cells_squares": squares,
            "edges": edges,
            "atoms": atoms,
            "sums": sums,
            "sums_squares": sums_squares,
            "bin_scores": decode_sum(counts["bins"]),
            "bin_of_cell": _Counter(grid).bin_of_cell,
        }
    return out
