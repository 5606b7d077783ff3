"""Ranks of scores within cells: what ROC AUC, PR AUC, gain and lift share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.metrics.performance.estimate import Estimate, Floats, Problems, effective_size, unavailable
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts

Bools = npt.NDArray[np.bool_]

CROWDED, CROWD = 0.25, 10.0
"""More than this share of the rows, and at least so many, in one cell of scores that differ: no ranking."""


@dataclass(frozen=True)
class Ranking:
    """Labelled rows by score cell, shape (..., C), the highest score first.

    Attributes:
        positive, negative: sums of weights; `positive_squares`, `negative_squares` of squared weights.
        tied: shape (C,) or (..., C) bool: the rows of the cell are truly tied.
        size: effective number of rows of the scarcer class, shape (...).
        problems: why nothing can be computed.
    """

    positive: Floats
    negative: Floats
    positive_squares: Floats
    negative_squares: Floats
    tied: Bools
    size: Floats
    problems: Problems

    @property
    def p(self) -> Floats:
        """All positives, shape (..., 1)."""
        return self.positive.sum(-1, keepdims=True)

    @property
    def n(self) -> Floats:
        """All negatives, shape (..., 1)."""
        return self.negative.sum(-1, keepdims=True)

    @property
    def unranked(self) -> Problems:
        """Why there is no area: nothing to rank, or scores so far off that they share a reference cell."""
        rows = np.where(self.tied, 0.0, self.positive + self.negative)
        squares = self.positive_squares + self.negative_squares
        crowd = np.where(squares > 0, rows * rows / np.where(squares > 0, squares, 1.0), 0.0)
        share = rows / np.maximum(self.p + self.n, 1e-300)
        crowded = ((share > CROWDED) & (crowd >= CROWD)).any(-1)
        return [*self.problems, (crowded, "the cells of the reference do not tell these scores apart")]


def ranking(counts: BinaryCounts) -> Ranking | Estimate:
    """The ranking of a binary view, or, where it has no score, an estimate that says so."""
    if counts.cells is None or counts.cells_squares is None or counts.atoms is None:
        return unavailable(counts.confusion.shape[:-2], "there is no score")
    cells, squares = counts.cells[..., ::-1, :], counts.cells_squares[..., ::-1, :]
    positive, negative = cells[..., 1], cells[..., 0]
    p2, n2 = squares[..., 1], squares[..., 0]
    p, n = positive.sum(-1), negative.sum(-1)
    size = np.minimum(
        effective_size(p, p2.sum(-1), counts.inflation), effective_size(n, n2.sum(-1), counts.inflation)
    )
    problems = [
        (p + n == 0, "no labelled row has a score"),
        (p == 0, "no label is positive"),
        (n == 0, "no label is negative"),
    ]
    return Ranking(positive, negative, p2, n2, counts.atoms[..., ::-1], size, problems)


def macro(per_class: Estimate, counts: MulticlassCounts) -> Estimate:
    """Unweighted mean over the classes (last axis) with labels.

    The classes' errors are related as they were in the reference (`MulticlassCounts.dependence`).
    """
    value = per_class.value
    seen = counts.one_vs_rest.confusion[..., 1, :].sum(-1) > 0
    usable = seen & ~np.isnan(value)
    number = np.maximum(usable.sum(-1), 1)

    def mean(x: Floats | None) -> Floats | None:
        return None if x is None else np.where(usable, x, 0.0).sum(-1) / number

    none = usable.sum(-1) == 0
    reason = np.where(none, "no class can be told from the others", "").astype(object)
    cleaned = mean(value)
    assert cleaned is not None
    value, part = np.where(none, np.nan, cleaned), counts.dependence
    error, low, high = (mean(x) for x in (per_class.standard_error, per_class.low, per_class.high))
    return Estimate(
        value=value,
        standard_error=None if error is None else part * error,
        low=None if low is None else value - part * (value - low),
        high=None if high is None else value + part * (high - value),
        bin_error=mean(per_class.bin_error),
        reason=reason if none.any() else None,
        size=np.where(usable, per_class.size, 0.0).sum(-1) / number,
    )
