"""Calibration: what a score means, learned from the labelled rows of a reference, with its uncertainty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from leadline.estimators.isotonic import isotonic
from leadline.estimators.tables import Filled, Floats, ScoreTable

REFITS = 50
"""Bayesian bootstrap refits of the calibration."""

LABELLED_MIN = 300
"""Labelled reference rows below which nothing is estimated."""

SEED = 20
"""Of every random draw of an estimator: the same counts and rows give the same estimates."""


@dataclass(frozen=True)
class Calibrator:
    """The probability of the positive class in each score cell.

    Attributes:
        probability: shape (C,), non-decreasing; NaN where `reason` is given.
        refits: shape (B, C): the same from Bayesian bootstrap draws of the reference.
        table: the labelled reference rows, shape (C, 3, 3).
        drawn: the bootstrap draws of the table, shape (B, C, 3, 3).
        reason: why there is none, "" else.
    """

    probability: Floats
    refits: Floats
    table: ScoreTable
    drawn: Floats
    reason: str = ""
    _corrections: dict[str, tuple[float, Floats]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def effective_rows(self) -> float:
        """Independent labelled reference rows, after weights (Kish) and noise inflation."""
        rows, squares = float(self.table.rows.sum()), float(self.table.squares.sum())
        return rows**2 / squares / float(np.max(self.table.inflation)) if squares > 0 else 0.0

    def correction(self, key: str, value_of: Callable[[Filled], Floats]) -> tuple[float, Floats]:
        """What was realised on the reference less what is expected there, and the same in each refit (B,).

        Isotonic regression pools falls of the observed shares, so that its expectations look better than the
        model is (the convex hull of a ROC curve lies above the curve); the reference says by how much.
        """
        if key not in self._corrections:
            self._corrections[key] = self._correct(value_of)
        return self._corrections[key]

    def _correct(self, value_of: Callable[[Filled], Floats]) -> tuple[float, Floats]:
        tables = self.drawn_table
        blank = tables.without_labels()
        nothing = np.zeros_like(blank.unlabelled)
        fits = np.concatenate([self.probability[None], self.refits])
        realised = value_of(Filled(tables, nothing))
        expected = value_of(Filled(blank, blank.unlabelled * fits[..., None]))
        gap = np.nan_to_num(realised - expected)
        return float(gap[0]), gap[1:]

    @cached_property
    def drawn_table(self) -> ScoreTable:
        """The reference, followed by its draws: shape (1 + B, C, 3, 3)."""
        rows = np.concatenate([self.table.rows[None], self.drawn])
        return replace(self.table, rows=rows, squares=rows, inflation=1.0)


def calibrate(table: ScoreTable) -> Calibrator:
    """Learn the calibration from a reference's labelled rows.

    Isotonic regression of the outcome on the score cells; unlabelled rows play no part. Weighted rows give a
    weighted calibration. The refits are isotonic regressions of a Bayesian bootstrap (Rubin, Ann. Stat. 9,
    1981): the mass of each cell, decision and outcome is a gamma variate whose shape is its effective number
    of rows.

    Args:
        table: without leading axes.

    Returns:
        A calibrator; with fewer than `LABELLED_MIN` effective labelled rows, or labels of one class only, one
        that says so in `reason`.
    """
    table = _labelled_only(table)
    found = Calibrator(np.empty(0), np.empty(0), table, np.empty(0))
    reason = _why_not(found)
    cells = table.rows.shape[0]
    if reason:
        nothing = np.full((0, cells), np.nan)
        return replace(
            found, probability=np.full(cells, np.nan), refits=nothing, drawn=table.rows[:0], reason=reason
        )
    drawn = _drawn(table)
    return Calibrator(_fit(table.rows), _fit(drawn), table, drawn)


def _labelled_only(table: ScoreTable) -> ScoreTable:
    keep = np.array([1.0, 1.0, 0.0])
    return replace(table, rows=table.rows * keep, squares=table.squares * keep)


def _why_not(found: Calibrator) -> str:
    rows = found.effective_rows
    if rows < LABELLED_MIN:
        return f"needs {LABELLED_MIN} labelled reference rows, found {int(rows)}"
    by_class = found.table.rows.sum((0, 1))
    if by_class[0] == 0 or by_class[1] == 0:
        return "the labelled reference rows are all of one class"
    return ""


def _drawn(table: ScoreTable) -> Floats:
    rng = np.random.default_rng(SEED)
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.where(table.squares > 0, table.rows**2 / table.squares, 0.0) / table.inflation
        scale = np.where(shape > 0, table.rows / shape, 0.0)
    return rng.standard_gamma(np.broadcast_to(shape, (REFITS, *shape.shape))) * scale


def _fit(rows: Floats) -> Floats:
    by_outcome = rows.sum(-2)
    return isotonic(by_outcome[..., 1], by_outcome[..., :2].sum(-1))
