"""What a metric would be if the reference's inputs met today's labels, from labelled rows of both sides.

A model of the labels is learned on one half of the reference's rows, and what the window's labels add to it
on the window's; both are applied to the inputs of the other half, so that nothing but the labels differs.
What the models miss is put right by the errors that they make on rows of either side, the window's weighted
to look like the reference: the estimate is doubly robust, and a poor model costs width, not truth.

Source: Cai, Namkoong and Yadlowsky, "Diagnosing model performance under distribution shift",
arXiv 2303.02011 (2023); doubly robust means: Bang and Robins, Biometrics 61 (2005).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.words import percent
from leadline.estimators import Sample
from leadline.estimators.boosting import boost_mean, boost_probability
from leadline.estimators.domain import Domain
from leadline.estimators.support import EFFECTIVE_MIN, UNSUPPORTED_MAX
from leadline.profiles.outcomes_binary import BinaryGrid
from leadline.profiles.outcomes_cells import CellLookup

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Predict = Callable[[Floats], Floats]

FOLDS = 4
DRAWS = 200
SEED = 20


@dataclass(frozen=True)
class Sides:
    """Labelled rows of both sides, and weights drawn for them.

    Attributes:
        known: rows of the reference that models are learned on.
        before, now: m others of the reference, and n of the window.
        drawn_before, drawn_now: shapes (1 + DRAWS, m) and (1 + DRAWS, n): weights that sum to 1: the same for
            all rows in the first, gamma in the others (Bayesian bootstrap: Rubin, Ann. Stat. 9, 1981), with a
            shape of one over the noise inflation.
        apart: tells the window from the reference; it is asked once, and may take its time until then.
    """

    known: Sample
    before: Sample
    now: Sample
    drawn_before: Floats
    drawn_now: Floats
    apart: Callable[[], Domain]

    @cached_property
    def domain(self) -> Domain:
        """The window, as what is weighted, against the reference, as what it is to look like."""
        return self.apart()

    @cached_property
    def alike(self) -> Floats:
        """Shape (1 + DRAWS, n): weights of the window, times how much each row is like the reference."""
        return _shares(self.drawn_now * self.domain.weights)

    @property
    def caution(self) -> str:
        """Why the window holds too little like the reference; "" where it does not."""
        if self.domain.unsupported > UNSUPPORTED_MAX:
            share = percent(self.domain.unsupported)
            return f"{share} of the reference's rows lie where these rows hold hardly any"
        if self.domain.effective < EFFECTIVE_MIN:
            return f"only {percent(self.domain.effective)} of these rows are like the reference"
        return ""


def drawn(rows: int, noise: float, rng: np.random.Generator) -> Floats:
    """Weights of so many rows, see `Sides`, by their noise inflation."""
    weights = rng.gamma(1 / noise, noise, (1 + DRAWS, rows))
    weights[0] = 1.0
    return _shares(weights)


def _shares(weights: Floats) -> Floats:
    return weights / np.maximum(weights.sum(1, keepdims=True), 1e-300)


@dataclass(frozen=True)
class _Target:
    """A number for each row that depends on its label, and what the inputs say of it on either side.

    Attributes:
        before, now: shapes (m,), (n,): what it was.
        expected: shape (m,): for the reference's rows, learned on its others.
        added: shape (FOLDS, m): what the window's labels add to that, learned without one part of them.
        left, sign: shape (n,): of the window's rows what nothing explains, and the sign of what was added by
            labels of others.
    """

    before: Floats
    now: Floats
    expected: Floats
    added: Floats
    left: Floats
    sign: Floats

    @property
    def today(self) -> Floats:
        """Shape (m,): what the models expect of the reference's rows today."""
        return self.expected + self.added.mean(0)

    def size(self, sides: Sides) -> Floats:
        """Shape (1 + DRAWS,): mean |change| over the reference's inputs, where the sign of it is learned.

        The change times its sign is measured on rows that had no part in learning that sign, so that noise
        is as often negative as positive, and no model has to be right.
        """
        missed = self.before - self.expected
        ours = np.abs(self.added) - missed * np.sign(self.added)
        return np.vecdot(sides.drawn_before, ours.mean(0)) + np.vecdot(sides.alike, self.left * self.sign)


def _learned(sides: Sides, number: Callable[[Sample], Floats], learn: Callable[..., Predict]) -> _Target:
    """Learn what the inputs say of a number that a row's label gives; `learn` as `boost_mean`."""
    ours, categorical = sides.before.inputs()
    theirs, _ = sides.now.inputs()
    model = learn(sides.known.inputs()[0], categorical, number(sides.known))
    now, expected, there = number(sides.now), model(ours), model(theirs)
    # Nothing of this is bounded to 0..1: what is clipped in one place and not in another does not cancel.
    added, within = [], np.empty(len(theirs))
    fold = np.random.default_rng(SEED).permuted(np.arange(len(theirs)) % FOLDS)
    for held in range(FOLDS):
        fit, out = fold != held, fold == held
        change = _mean(theirs[fit], categorical, (now - there)[fit])
        added.append(change(ours))
        within[out] = change(theirs[out])
    return _Target(
        number(sides.before), now, expected, np.stack(added), now - there - within, np.sign(within)
    )


def _mean(features: Floats, categorical: Bools, target: Floats) -> Predict:
    return boost_mean(features, categorical, target).predict


def _chance(features: Floats, categorical: Bools, target: Floats) -> Predict:
    model = boost_probability(features, categorical, target)
    return lambda rows: 1 / (1 + np.exp(-model.predict(rows)))


@dataclass(frozen=True)
class Values:
    """A metric, shapes (1 + DRAWS,).

    Attributes:
        before, now: of the rows of either side; today: of the reference's inputs with today's labels.
    """

    before: Floats
    today: Floats
    now: Floats


Answer = tuple[Floats, dict[str, Values]]
"""The size of the change, and the metrics by key."""


def _linear(sides: Sides, target: _Target, losses: Callable[[Sample], tuple[Floats, Floats]]) -> Values:
    """The mean of what follows a target in a straight line: at a target of 0, and its slope."""
    (base, slope), (other, other_slope) = losses(sides.before), losses(sides.now)
    return Values(
        np.vecdot(sides.drawn_before, base + target.before * slope),
        np.vecdot(sides.drawn_before, base + target.today * slope)
        + np.vecdot(sides.alike, target.left * other_slope),
        np.vecdot(sides.drawn_now, other + target.now * other_slope),
    )


def _itself(sample: Sample) -> tuple[Floats, Floats]:
    return np.zeros(len(sample)), np.ones(len(sample))


def _right(sample: Sample) -> tuple[Floats, Floats]:
    """Accuracy: a negative decision is right for the label 0."""
    assert sample.decisions is not None
    positive = np.asarray(sample.decisions, np.float64)
    return 1 - positive, 2 * positive - 1


def _brier(sample: Sample) -> tuple[Floats, Floats]:
    return sample.scores**2, 1 - 2 * sample.scores


def _binary(sides: Sides, grid: BinaryGrid) -> Answer:
    label = _learned(sides, _labels, _chance)
    found = {}
    if sides.before.decisions is not None:
        found["accuracy"] = _linear(sides, label, _right)
    if grid.cells:
        found["brier"] = _linear(sides, label, _brier)
        found["roc_auc"] = _ranking(sides, label, grid)
    return label.size(sides), found


def _ranking(sides: Sides, label: _Target, grid: BinaryGrid) -> Values:
    lookup = CellLookup(grid.inner)
    ours, theirs = lookup.cells(sides.before.scores), lookup.cells(sides.now.scores)
    rows, other = (
        _by_cell(drawn, cells, grid.cells)
        for drawn, cells in ((sides.drawn_before, ours), (sides.drawn_now, theirs))
    )
    before = _by_cell(sides.drawn_before * label.before, ours, grid.cells)
    today = _by_cell(sides.drawn_before * label.today, ours, grid.cells)
    today += _by_cell(sides.alike * label.left, theirs, grid.cells)
    now = _by_cell(sides.drawn_now * label.now, theirs, grid.cells)
    return Values(_auc(before, rows), _auc(today, rows), _auc(now, other))


def _by_cell(weights: Floats, cells: npt.NDArray[Any], count: int) -> Floats:
    """Sums of weights (B, k) over the rows of each cell, shape (B, count)."""
    at = cells + count * np.arange(len(weights))[:, None]
    return (
        np.bincount(at.ravel(), weights.ravel(), count * len(weights)).astype(np.float64).reshape(-1, count)
    )


def _auc(positive: Floats, rows: Floats) -> Floats:
    negative = rows - positive
    above = positive.sum(1, keepdims=True) - np.cumsum(positive, 1) + positive / 2
    return (negative * above).sum(1) / (positive.sum(1) * negative.sum(1))


def _multiclass(sides: Sides, grid: object) -> Answer:
    target = _learned(sides, lambda side: np.asarray(side.decisions == side.labels, np.float64), _chance)
    return target.size(sides), {"accuracy": _linear(sides, target, _itself)}


def _regression(sides: Sides, grid: object) -> Answer:
    absolute = _learned(sides, lambda side: np.abs(_labels(side) - side.scores), _mean)
    squared = _learned(sides, lambda side: (_labels(side) - side.scores) ** 2, _mean)
    mse = _linear(sides, squared, _itself)
    root = Values(*(np.sqrt(np.maximum(x, 0.0)) for x in (mse.before, mse.today, mse.now)))
    found = {"mae": _linear(sides, absolute, _itself), "rmse": root}
    return _learned(sides, _labels, _mean).size(sides), found


def _labels(side: Sample) -> Floats:
    return np.asarray(side.labels, np.float64)


QUESTIONS: Mapping[str, Callable[[Sides, Any], Answer]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "regression": _regression,
}
