"""Predictions against labels as one table, and what of its change is undone by moving one margin.

Rows are groups of like predictions (about twenty cells of the score, or the predicted classes), columns are
labels. Three counterfactuals say what kind of change it was (Moreno-Torres et al., Pattern Recognition 45,
2012): with the reference's P(label | prediction) and the current predictions; with the reference's
P(prediction | label) and the current labels; with the reference's predictions and the current
P(label | prediction).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Case
from leadline.diagnosis.noise import undone, variation_mean, variation_noise
from leadline.metrics import special
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts

Floats = npt.NDArray[np.float64]

_GROUPS = 20
_ROWS_MIN = 100
"""Independent labelled rows that a side needs."""


@dataclass(frozen=True)
class Outcomes:
    """Both sides' tables, in independent rows.

    Attributes:
        before, now: shape (G, L): predictions x labels.
        labels: names of the labels.
    """

    before: Floats
    now: Floats
    labels: tuple[str, ...]

    @cached_property
    def harmonic(self) -> float:
        m, n = float(self.before.sum()), float(self.now.sum())
        return m * n / max(m + n, 1e-300)

    @cached_property
    def p(self) -> Floats:
        """Reference shares, shape (G, L)."""
        return self.before / self.before.sum()

    @cached_property
    def q(self) -> Floats:
        """Current shares, shape (G, L)."""
        return self.now / self.now.sum()

    @cached_property
    def distance(self) -> float:
        """Total variation of the tables."""
        return _variation(self.p, self.q)

    @cached_property
    def predictions_moved(self) -> tuple[float, float]:
        """Total variation of the predictions, and the bound of its noise."""
        p, q = self.p.sum(1), self.q.sum(1)
        return _variation(p, q), variation_noise((p + q) / 2, self.harmonic)

    @cached_property
    def labels_moved(self) -> tuple[float, float]:
        """Total variation of the labels, and the bound of its noise."""
        p, q = self.p.sum(0), self.q.sum(0)
        return _variation(p, q), variation_noise((p + q) / 2, self.harmonic)

    @cached_property
    def by_predictions(self) -> float:
        """Share of the change that current predictions explain with the reference's P(label | prediction)."""
        return self._undone(self.q, self._with_predictions)

    @cached_property
    def by_labels(self) -> float:
        """Share that current labels explain under the reference's P(prediction | label)."""
        p, q = self.p.sum(0), self.q.sum(0)
        return self._undone(self.q, self.p * np.where(p > 0, q / np.maximum(p, 1e-300), 0.0))

    @cached_property
    def by_concept(self) -> float:
        """Share that is gone when P(label | prediction) is the reference's again."""
        return self._undone(self.p, self._with_predictions)

    @cached_property
    def same_concept(self) -> float:
        """p-value of "P(label | prediction) is the same": chi-squared, summed over groups."""
        return homogeneity(self.before, self.now)

    @cached_property
    def same_classes(self) -> float:
        """p-value of "P(prediction | label) is the same"."""
        return homogeneity(self.before.T, self.now.T)

    @cached_property
    def _with_predictions(self) -> Floats:
        p, q = self.p.sum(1), self.q.sum(1)
        return self.p * np.where(p > 0, q / np.maximum(p, 1e-300), 0.0)[:, None]

    def _undone(self, one: Floats, other: Floats) -> float:
        noise = variation_mean((self.p + self.q) / 2, self.harmonic)
        return undone(self.distance, _variation(one, other), noise)


def homogeneity(before: Floats, now: Floats) -> float:
    """p-value of equal shares on both sides within each row of two tables (chi-squared over rows).

    Cells with fewer than five expected rows on a side are put together within their row. Source: Agresti,
    Categorical Data Analysis, 3rd ed. (2013), section 3.2.
    """
    statistic = freedom = 0.0
    for ours, theirs in zip(before, now, strict=True):
        m, n = ours.sum(), theirs.sum()
        if min(m, n) < 10:
            continue
        pooled = (ours + theirs) / (m + n)
        rare = pooled * min(m, n) < 5
        sides = np.array([ours, theirs])
        folded = np.column_stack([sides[:, ~rare], sides[:, rare].sum(1)])
        folded = folded[:, folded.sum(0) * min(m, n) / (m + n) >= 1]
        if folded.shape[1] < 2:
            continue
        expected = folded.sum(1, keepdims=True) * folded.sum(0) / folded.sum()
        statistic += float(((folded - expected) ** 2 / expected).sum())
        freedom += folded.shape[1] - 1
    return float(special.chi_squared_sf(statistic, freedom)) if freedom else 1.0


def outcomes(case: Case) -> Outcomes | None:
    """The tables of the comparison; None without all labels of both sides, and for regressions."""
    return case.once("outcomes", _outcomes)


def _outcomes(case: Case) -> Outcomes | None:
    if not case.labels_come:
        return None
    performance = case.comparison.performance
    found = of_views(performance.reference, performance.current)
    if found is None or min(found.before.sum(), found.now.sum()) < _ROWS_MIN:
        return None
    return found


def of_views(before: Any, now: Any) -> Outcomes | None:
    """Tables of two sides' decoded outcome counts; None where none can be made."""
    if isinstance(before, BinaryCounts) and isinstance(now, BinaryCounts):
        by_score = _scored(before) and _scored(now)
        ours, theirs = (_binary(view, by_score) for view in (before, now))
        if ours.shape[0] > 3:
            ours, theirs = _grouped(ours, theirs)
        names: tuple[str, ...] = ("negative", "positive")
    elif isinstance(before, MulticlassCounts) and isinstance(now, MulticlassCounts):
        ours, theirs = before.table.T, now.table.T
        names = (*before.classes, "(other)")
    else:
        return None
    sizes = float(np.asarray(before.inflation)), float(np.asarray(now.inflation))
    ours, theirs = ours / sizes[0], theirs / sizes[1]
    if ours.sum() <= 0 or theirs.sum() <= 0:
        return None
    return Outcomes(ours, theirs, names)


def _scored(view: BinaryCounts) -> bool:
    return view.cells is not None and bool(view.cells[:, :2].sum() > 0)


def _binary(view: BinaryCounts, by_score: bool) -> Floats:
    """Score cells x label, or predictions x label where a side has no score."""
    return view.cells[:, :2] if by_score and view.cells is not None else view.table.T


def _grouped(before: Floats, now: Floats) -> tuple[Floats, Floats]:
    """About twenty groups of neighbouring cells with equal rows of both sides together."""
    mass = before.sum(1) / max(before.sum(), 1e-300) + now.sum(1) / max(now.sum(), 1e-300)
    middle = (np.cumsum(mass) - mass / 2) / max(mass.sum(), 1e-300)
    group = np.minimum((middle * _GROUPS).astype(np.intp), _GROUPS - 1)
    member = (group[:, None] == np.arange(_GROUPS)).astype(np.float64)
    return member.T @ before, member.T @ now


def _variation(p: Floats, q: Floats) -> float:
    return float(np.abs(p - q).sum() / 2)
