"""The one table that estimates are made from: rows by score cell, decision and outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError
from leadline.metrics.performance.views import BinaryCounts
from leadline.profiles.outcomes_binary import EPSILON, BinaryGrid
from leadline.profiles.outcomes_cells import CellLookup

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEGATIVE, POSITIVE, NONE = 0, 1, 2
"""Places of decisions and of outcomes; NONE: no decision, or no label."""

DECISIONS_DIFFER = 0.01
"""Beyond this share of rows the decisions of a window do not follow the threshold of the reference."""


@dataclass(frozen=True)
class ScoreTable:
    """Rows of one or more windows by score cell x decision x outcome; leading axes are windows.

    Attributes:
        rows: shape (..., C, 3, 3): sums of weights (rows, without weights) by score cell, decision
            (negative, positive, none) and outcome (negative, positive, unlabelled). Rows without a finite
            score are in none.
        squares: likewise of squared weights.
        scores: shape (C,): the score that stands for a cell: exact for cells that hold one score only.
        atoms: shape (C,): which cells do.
        gains: value of a row by label x decision, see `BinaryCounts`.
        inflation: noise inflation of each window, shape (...) or a number.
    """

    rows: Floats
    squares: Floats
    scores: Floats
    atoms: Bools
    gains: Floats | None = None
    inflation: Floats | float = 1.0

    @property
    def labelled(self) -> Floats:
        """Sums of weights of labelled rows: shape (..., C, 3, 2)."""
        return self.rows[..., :2]

    @property
    def unlabelled(self) -> Floats:
        """Sums of weights of unlabelled rows: shape (..., C, 3)."""
        return self.rows[..., NONE]

    @cached_property
    def mass(self) -> Floats:
        """Sums of weights of each cell, shape (..., C)."""
        return _over_nine(self.rows, np.ones((3, 3)))

    @cached_property
    def total(self) -> Floats:
        """Sums of weights, shape (...)."""
        return self.mass.sum(-1)

    def without_labels(self) -> ScoreTable:
        """The same rows, none of them labelled."""
        rows = _forgotten(self.rows)
        squares = rows if self.squares is self.rows else _forgotten(self.squares)
        return replace(self, rows=rows, squares=squares)


@dataclass(frozen=True)
class Filled:
    """A table whose unlabelled rows have expected outcomes: the same counts as of known outcomes.

    Attributes:
        table: the rows.
        positive: expected positives among the unlabelled rows, shape (..., C, 3), by cell and decision.
    """

    table: ScoreTable
    positive: Floats

    @cached_property
    def cells(self) -> Floats:
        """Rows by cell and outcome (negative, positive), shape (..., C, 2)."""
        known = [_over_nine(self.table.rows, np.arange(3) == outcome) for outcome in range(3)]
        expected = self.positive @ np.ones(3)
        return np.stack([known[NEGATIVE] + known[NONE] - expected, known[POSITIVE] + expected], -1)

    @cached_property
    def confusion(self) -> Floats:
        """Rows by outcome (negative, positive, none of them) and decision, shape (..., 3, 3)."""
        counted, expected = self.table.rows.sum(-3), self.positive.sum(-2)
        out = np.zeros(counted.shape)
        out[..., NEGATIVE, :] = counted[..., NEGATIVE] + counted[..., NONE] - expected
        out[..., POSITIVE, :] = counted[..., POSITIVE] + expected
        return out

    @cached_property
    def weight(self) -> Floats:
        """Mean weight of a row, shape (...); 1 without weights."""
        if self.table.squares is self.table.rows:
            return np.ones(self.table.total.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = self.table.squares.sum((-1, -2, -3)) / self.table.total
        return np.where(weight > 0, weight, 1.0)

    @cached_property
    def decisions(self) -> BinaryCounts:
        """What metrics of the confusion matrix read."""
        return BinaryCounts(
            confusion=self.confusion,
            confusion_squares=self.confusion * self.weight[..., None, None],
            confusion_rows=self.confusion,
            status={},
            inflation=self.table.inflation,
            gains=self.table.gains,
        )

    @cached_property
    def ranking(self) -> BinaryCounts:
        """What metrics of the ranking read."""
        cells = np.concatenate([self.cells, np.zeros_like(self.cells[..., :1])], -1)
        squares = cells * self.weight[..., None, None]
        return replace(
            self.decisions, cells=cells, cells_squares=squares, cells_rows=cells, atoms=self.table.atoms
        )


def of_counts(counts: BinaryCounts) -> ScoreTable:
    """The table of counted outcomes: each score cell lies on one side of the threshold.

    Where there is no threshold, or the decisions of a window do not follow it, its rows count as undecided:
    metrics of the ranking and of probabilities can still be estimated, those of decisions need rows.

    Raises:
        DataError: there is no score.
    """
    if counts.cells is None or counts.cells_squares is None or counts.edges is None or counts.atoms is None:
        raise DataError(
            "performance without labels needs a score",
            found="outcomes without score cells",
            next_step="Name the column of the scores in `score`.",
        )
    chosen = np.full(len(counts.atoms), NONE)
    if counts.threshold is not None:
        chosen = np.where(counts.edges[:-1] >= counts.threshold, POSITIVE, NEGATIVE)
    member = (chosen[:, None] == np.arange(3)).astype(np.float64)
    by_decision = np.einsum("...co,cd->...do", counts.cells, member).sum(-1)
    seen = counts.confusion.sum(-2)
    with np.errstate(divide="ignore", invalid="ignore"):
        differs = np.abs(by_decision - seen)[..., POSITIVE] / seen[..., :2].sum(-1)
    follows = (differs <= DECISIONS_DIFFER)[..., None, None]
    member = np.where(follows, member, np.array([0.0, 0.0, 1.0]))
    rows = counts.cells[..., None, :] * member[..., None]
    weighted = counts.cells_squares is not counts.cells
    return ScoreTable(
        rows=rows,
        squares=counts.cells_squares[..., None, :] * member[..., None] if weighted else rows,
        scores=cell_scores(counts.edges, counts.atoms),
        atoms=counts.atoms,
        gains=counts.gains,
        inflation=counts.inflation,
    )


def of_rows(
    grid: BinaryGrid,
    scores: npt.NDArray[Any],
    decisions: npt.NDArray[Any] | None = None,
    labels: npt.NDArray[Any] | None = None,
    weights: Floats | None = None,
) -> ScoreTable:
    """The table of rows.

    Args:
        grid: the score cells. scores: shape (n,); rows whose score is NaN or infinite are left out.
        decisions: shape (n,) codes 0 and 1, negative for none; None: the score at the grid's threshold.
        labels: shape (n,) codes 0 and 1, negative for none; None: no labels.
        weights: shape (n,), not negative; None: 1 each.
    """
    s = np.asarray(scores, np.float64)
    keep = np.isfinite(s)
    s = s[keep]
    if decisions is not None:
        chosen = _places(decisions[keep])
    elif grid.threshold is not None:
        chosen = (s >= grid.threshold).astype(np.intp)
    else:
        chosen = np.full(len(s), NONE)
    outcome = np.full(len(s), NONE) if labels is None else _places(labels[keep])
    w = np.ones(len(s)) if weights is None else weights[keep]
    at = (CellLookup(grid.inner).cells(s) * 3 + chosen) * 3 + outcome
    shape = (grid.cells, 3, 3)
    size = grid.cells * 9
    atoms = np.zeros(grid.cells, bool)
    atoms[list(grid.atom_cells)] = True
    rows = np.bincount(at, w, size).reshape(shape).astype(np.float64)
    return ScoreTable(
        rows=rows,
        squares=rows if weights is None else np.bincount(at, w * w, size).reshape(shape).astype(np.float64),
        scores=cell_scores(np.array((-np.inf, *grid.inner, np.inf)), atoms),
        atoms=atoms,
    )


def cell_scores(edges: Floats, atoms: Bools) -> Floats:
    """The score that stands for each cell, shape (C,): the middle; the only one; the finite edge."""
    low, high = edges[:-1], edges[1:]
    inside = np.isfinite(low) & np.isfinite(high)
    middle = np.where(inside, low + (np.where(inside, high, 0.0) - np.where(inside, low, 0.0)) / 2, 0.0)
    outer = np.where(np.isfinite(low), low, high)
    return np.where(atoms, low, np.where(inside, middle, outer))


def loss_pairs(scores: Floats) -> dict[str, Floats]:
    """Log loss and squared error of each cell's score for outcome negative and positive: shape (C, 2)."""
    p = np.clip(scores, EPSILON, 1 - EPSILON)
    return {
        "log_loss": np.stack([-np.log1p(-p), -np.log(p)], -1),
        "brier": np.stack([scores**2, (1 - scores) ** 2], -1),
    }


def _forgotten(rows: Floats) -> Floats:
    out = np.zeros(rows.shape)
    out[..., NONE] = rows.sum(-1)
    return out


def _over_nine(rows: Floats, weights: npt.NDArray[Any]) -> Floats:
    """Weighted sums over decision and outcome; NumPy's own sums over short axes take ten times as long."""
    flat = np.broadcast_to(weights, (3, 3)).astype(np.float64).reshape(9)
    return rows.reshape(*rows.shape[:-2], 9) @ flat


def _places(codes: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    present = (codes == 0) | (codes == 1)
    return np.where(present, np.where(present, codes, 0), NONE).astype(np.intp)
