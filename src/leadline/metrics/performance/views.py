"""What a performance metric sees: the decoded counts of one side.

Arrays may have leading axes (windows, segments, classes), written `...` below. Counts are sums of weights in
a weighted check, and then `*_squares` are sums of squared weights; without weights both are rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BinaryCounts:
    """Outcomes of a binary model.

    Attributes:
        confusion, confusion_squares, confusion_rows: shape (..., 3, 3): label (negative, positive, none) x
            prediction (negative, positive, none).
        status: counted conditions of rows, each of shape (...).
        threshold: at or above which the model decides for the positive class, where known.
        cells, cells_squares, cells_rows: shape (..., C, 3): score cell x outcome (negative, positive,
            unlabelled); cells in increasing order of the score. None: no score.
        edges: shape (C + 1,); atoms: shape (C,) bool: the cell holds one score only.
        sums, sums_squares: by quantity, shape (..., 3) over the outcomes: sums of w x and of w squared x over
            rows with a score in 0..1.
        bin_scores: shape (..., B): sums of the labelled rows' scores in the calibration bins.
        bin_of_cell: shape (C,): calibration bin of each cell, -1 outside 0..1.
        inflation: sizes are divided by this noise inflation in standard errors.
        gains: value of a row by label x prediction, shape (2, 2); None: not stated.
    """

    confusion: Floats
    confusion_squares: Floats
    confusion_rows: Floats
    status: Mapping[str, Floats]
    threshold: float | None = None
    cells: Floats | None = None
    cells_squares: Floats | None = None
    cells_rows: Floats | None = None
    edges: Floats | None = None
    atoms: npt.NDArray[np.bool_] | None = None
    sums: Mapping[str, Floats] | None = None
    sums_squares: Mapping[str, Floats] | None = None
    bin_scores: Floats | None = None
    bin_of_cell: npt.NDArray[np.intp] | None = None
    inflation: Floats | float = 1.0
    gains: Floats | None = None

    @cached_property
    def table(self) -> Floats:
        """Labelled rows with a prediction: shape (..., 2, 2), label x prediction."""
        return self.confusion[..., :2, :2]

    @cached_property
    def table_squares(self) -> Floats:
        """Sums of squared weights of `table`."""
        return self.confusion_squares[..., :2, :2]

    @property
    def labelled(self) -> Floats:
        """Labelled rows, shape (...)."""
        return self.confusion_rows[..., :2, :].sum((-1, -2))


@dataclass(frozen=True)
class MulticlassCounts:
    """Outcomes of a model with K classes.

    Attributes:
        classes: names.
        confusion, confusion_squares, confusion_rows: shape (..., K + 2, K + 2): label x prediction; the
            places after the classes are other values, and none.
        status: counted conditions of rows, each of shape (...).
        cells, cells_squares: shape (..., K, C, 3): one-vs-rest score cells x outcome (another class, this
            class, unlabelled). None: no scores.
        atoms: shape (K, C) bool.
        dependence: standard error of a mean over the classes' ranks, as a part of what full dependence gives.
        ranks, ranks_squares: shape (..., K + 1): rows by the rank of the true class; last: other labels.
        sums, sums_squares: by quantity, shape (..., K + 1) over the classes of the label.
        inflation: sizes are divided by this noise inflation in standard errors.
    """

    classes: tuple[str, ...]
    confusion: Floats
    confusion_squares: Floats
    confusion_rows: Floats
    status: Mapping[str, Floats]
    cells: Floats | None = None
    cells_squares: Floats | None = None
    atoms: npt.NDArray[np.bool_] | None = None
    ranks: Floats | None = None
    ranks_squares: Floats | None = None
    sums: Mapping[str, Floats] | None = None
    sums_squares: Mapping[str, Floats] | None = None
    dependence: float = 1.0
    inflation: Floats | float = 1.0

    @cached_property
    def table(self) -> Floats:
        """Labelled rows with a prediction: shape (..., K + 1, K + 1); the last place is other values."""
        return self.confusion[..., :-1, :-1]

    @cached_property
    def table_squares(self) -> Floats:
        """Sums of squared weights of `table`."""
        return self.confusion_squares[..., :-1, :-1]

    @property
    def labelled(self) -> Floats:
        """Labelled rows, shape (...)."""
        return self.confusion_rows[..., :-1, :].sum((-1, -2))

    @cached_property
    def one_vs_rest(self) -> BinaryCounts:
        """Each class against all others, with the classes as the last leading axis: shape (..., K)."""
        fold = _fold_one_vs_rest
        return BinaryCounts(
            confusion=fold(self.confusion),
            confusion_squares=fold(self.confusion_squares),
            confusion_rows=fold(self.confusion_rows),
            status=self.status,
            cells=self.cells,
            cells_squares=self.cells_squares,
            atoms=self.atoms,
            inflation=np.asarray(self.inflation)[..., None],
        )


def _fold_one_vs_rest(matrix: Floats) -> Floats:
    """(..., K + 2, K + 2) -> (..., K, 3, 3)."""
    k = matrix.shape[-1] - 2
    known = matrix[..., :-1, :-1]
    hits = np.diagonal(known, axis1=-2, axis2=-1)[..., :k]
    labelled, predicted = known.sum(-1)[..., :k], known.sum(-2)[..., :k]
    total = known.sum((-1, -2))[..., None]
    no_label, no_prediction = matrix[..., -1, :], matrix[..., :, -1]
    out = np.empty((*matrix.shape[:-2], k, 3, 3))
    out[..., 1, 1] = hits
    out[..., 1, 0] = labelled - hits
    out[..., 0, 1] = predicted - hits
    out[..., 0, 0] = total - labelled - predicted + hits
    out[..., 2, 1] = no_label[..., :k]
    out[..., 2, 0] = no_label[..., :-1].sum(-1)[..., None] - no_label[..., :k]
    out[..., 1, 2] = no_prediction[..., :k]
    out[..., 0, 2] = no_prediction[..., :-1].sum(-1)[..., None] - no_prediction[..., :k]
    out[..., 2, 2] = matrix[..., -1, -1][..., None]
    return out


@dataclass(frozen=True)
class RegressionCounts:
    """Outcomes of a regression.

    Attributes:
        rows: labelled rows with a prediction, shape (...).
        labelled, labelled_squares: shape (..., 2): the same by weight, and those whose label is not 0.
        status: counted conditions of rows, each of shape (...).
        sums, sums_squares: by quantity, shape (...): sums of w x and of w squared x, in powers of the scales.
        residuals, residuals_squares: shape (..., C): cells of prediction - label; `residual_edges` (C + 1,).
        absolute, absolute_squares: likewise of its absolute value.
        centre, target_scale, error_scale: of the standardisation.
        inflation: sizes are divided by this noise inflation in standard errors.
    """

    rows: Floats
    labelled: Floats
    labelled_squares: Floats
    status: Mapping[str, Floats]
    sums: Mapping[str, Floats]
    sums_squares: Mapping[str, Floats]
    residuals: Floats
    residuals_squares: Floats
    residual_edges: Floats
    absolute: Floats
    absolute_squares: Floats
    absolute_edges: Floats
    centre: float
    target_scale: float
    error_scale: float
    inflation: Floats | float = 1.0


@dataclass(frozen=True)
class RatioCounts:
    """A ratio of two sums.

    Attributes:
        rows: rows counted, shape (...); `counted`, `counted_squares`: their sums of weights and squares.
        status: counted conditions of rows, each of shape (...).
        sums, sums_squares: by quantity, shape (...).
        unit: the ratio of the sums is in this unit.
        inflation: sizes are divided by this noise inflation in standard errors.
    """

    rows: Floats
    counted: Floats
    counted_squares: Floats
    status: Mapping[str, Floats]
    sums: Mapping[str, Floats]
    sums_squares: Mapping[str, Floats]
    unit: float = 1.0
    inflation: Floats | float = 1.0


def view(decoded: Mapping[str, Any], inflation: Floats | float = 1.0, gains: Any = None) -> Any:
    """The view that fits what `profiles.outcomes.decode` gave.

    Args:
        decoded: float arrays by name.
        inflation: noise inflation of this side, shape (...) or a number >= 1.
        gains: binary: value of a row by label x prediction: [[tn, fp], [fn, tp]].
    """
    if "classes" in decoded:
        return MulticlassCounts(**decoded, inflation=inflation)
    if "residuals" in decoded:
        return RegressionCounts(**decoded, inflation=inflation)
    if "counted" in decoded:
        return RatioCounts(**decoded, inflation=inflation)
    table = None if gains is None else np.asarray(gains, np.float64)
    return BinaryCounts(**decoded, inflation=inflation, gains=table)
