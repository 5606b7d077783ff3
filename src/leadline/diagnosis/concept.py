"""Concept drift where labels are there: its size, and its part of what became of performance.

The change of a metric splits into what the metric would change by if the reference's inputs met today's
labels, estimated from rows (`transported`), and the rest, which other inputs brought.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.transported import QUESTIONS, SEED, Sides, Values, drawn
from leadline.estimators import Sample, tell_apart
from leadline.estimators.sampled import sampled_rows
from leadline.metrics.declare import Z95
from leadline.metrics.special import normal_sf
from leadline.monitors.compare import Comparison
from leadline.monitors.outcomes import Scored
from leadline.profiles.outcomes_binary import BinaryGrid
from leadline.schema import Role
from leadline.turns import meanwhile

Floats = npt.NDArray[np.float64]

ROWS_MIN = 200
"""Labelled rows that each side needs."""

ROWS_MAX = 6_000
VALUES_MAX = 80_000
"""Most rows of a side, and most of their inputs' values, that models are learned on: seconds, not minutes.

Half as many of a regression, of which three numbers are learned.
"""

_DEGENERATE = 2**0.5
"""Without a change each row's agreement with the others is counted from both ends, which draws of single rows
do not see: the variance of such a sum is twice theirs (Hoeffding, Ann. Math. Stat. 19, 1948)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % interval; NaN where nothing is known."""

    value: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")

    @property
    def p_value(self) -> float:
        """Of 0, two-sided, as the interval: by a normal distribution; 1 where nothing varies."""
        error = (self.high - self.low) / (2 * Z95)
        return float(2 * normal_sf(np.asarray(abs(self.value) / error))) if error > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Split:
    """The realised change of one performance metric in two parts, which add up to it.

    Attributes:
        realised: current - reference, of all labelled rows.
        concept: change of the metric if the reference's inputs met today's labels.
        covariate: the rest: what other inputs do at today's labels.
    """

    realised: Interval
    concept: Interval
    covariate: Interval


@dataclass(frozen=True, slots=True)
class Concept:
    """By how much labels depend on the inputs in another way than in the reference.

    Attributes:
        reason: why nothing is known, "" where it is.
        size: mean |P_now - P_reference| over the reference's inputs, as far as it is proven: of the positive
            label, of a right answer where there are several classes, of the mean label of a regression (in
            the label's unit). Noise alone makes it 0 on average; where labels moved in patterns too fine for
            these rows, it is larger than this.
        p_value: of labels that depend on the inputs as before: the smallest of that of a size of 0 and of
            those of the concept's parts of the metrics, times their number.
        splits: by key of the metrics that vote.
        used, labelled: rows that were looked at, of all rows with a label: reference and current.
        caution: why it may be far off: the window holds too little like the reference; "" where it does not.
    """

    reason: str = ""
    size: Interval = Interval()
    p_value: float = float("nan")
    splits: Mapping[str, Split] = field(default_factory=dict)
    used: tuple[int, int] = (0, 0)
    labelled: tuple[int, int] = (0, 0)
    caution: str = ""


# What is no finite number at the values at hand is told as such where it is reported.
@np.errstate(all="ignore")
def concept(comparison: Comparison) -> Concept:
    """What became of P(label | inputs), from the rows that the profiles of both sides keep.

    Both sides need `ROWS_MIN` labelled rows. Rows without a label, or without what the metrics read of the
    model's answer, are left out. The same comparison gives the same answer.
    """
    performance = comparison.performance
    voting = {key: scored for key, scored in performance.scores.items() if scored.floor is not None}
    reason = _why_not(comparison, voting)
    if reason:
        return Concept(reason)
    whole = comparison.baseline.whole
    before, now = (
        sampled_rows(profile, whole) for profile in (comparison.baseline.profile, comparison.current)
    )
    if before is None or now is None:
        return Concept("needs rows: they are kept where `rows` is not 0")
    labelled = next(iter(voting.values())).rows
    grid = comparison.baseline.grid.outcome.grid
    rng = np.random.default_rng(SEED)
    before, now = _usable(before, grid), _usable(now, grid)
    if min(len(before), len(now)) < ROWS_MIN:
        found = f"found {len(before)} and {len(now)}"
        return Concept(f"needs {ROWS_MIN} labelled rows of either side, {found}", labelled=labelled)
    most = min(ROWS_MAX, VALUES_MAX // (before.features.shape[1] + 1))
    most = max(ROWS_MIN, most // 2 if performance.task == "regression" else most)
    (known, before), (now,) = _some(before, 2, most, rng), _some(now, 1, most, rng)
    noise = [float(np.asarray(side.inflation)) for side in (performance.reference, performance.current)]
    with meanwhile(partial(tell_apart, now, before), comparison.settings.threads) as apart:
        # The one after the other: they share the generator.
        of_before, of_now = drawn(len(before), noise[0], rng), drawn(len(now), noise[1], rng)
        sides = Sides(known, before, now, of_before, of_now, apart)
        size, values = QUESTIONS[str(performance.task)](sides, grid)
        caution = sides.caution
    proven = _interval(float(size[0]), _DEGENERATE * float(size[1:].std(ddof=1)))
    splits = {
        key: _split(voting[key], found, (len(before) / labelled[0], len(now) / labelled[1]))
        for key, found in values.items()
        if key in voting
    }
    tested = [split.concept.p_value for split in splits.values()]
    tested.append(proven.p_value / 2 if proven.value > 0 else 1.0)
    return Concept(
        size=proven,
        p_value=min(1.0, len(tested) * float(np.nanmin(tested))),
        splits=splits,
        used=(len(known) + len(before), len(now)),
        labelled=labelled,
        caution=caution,
    )


def _why_not(comparison: Comparison, voting: Mapping[str, Scored]) -> str:
    performance, grid = comparison.performance, comparison.baseline.grid
    if performance.task is None:
        return performance.reason
    if not any(np.isfinite(float(scored.change.change)) for scored in voting.values()):
        return "needs labels on both sides"
    if grid.weight_unit:
        return "needs rows of equal weight"
    moved = {c.role for c in grid.columns if comparison.decisions[c.name].verdict == "alert"}
    # Scores are among the inputs, and another model's scores mean something else.
    if moved & {Role.SCORE, Role.PREDICTION} and not moved & {Role.FEATURE, Role.SEGMENT}:
        return "predictions moved though no input did: the model changed, and its scores with it"
    return ""


def _usable(sample: Sample, grid: Any) -> Sample:
    """The rows with a label and an answer of the model."""
    labels = np.asarray(sample.labels, np.float64)
    if isinstance(grid, BinaryGrid):
        decisions = sample.decisions
        if decisions is None and grid.threshold is not None:
            decisions = np.where(sample.scores >= grid.threshold, 1, 0)
        known = (labels == 0) | (labels == 1)
        known &= np.isfinite(sample.scores) | (grid.cells == 0)
        sample = Sample(sample.features, sample.categorical, sample.scores, decisions, labels)
    elif sample.decisions is None:
        known = np.isfinite(labels) & np.isfinite(sample.scores)
    else:
        known = labels >= 0
    if sample.decisions is not None:
        known &= sample.decisions >= 0
    return sample.take(np.flatnonzero(known))


def _some(sample: Sample, parts: int, most: int, rng: np.random.Generator) -> list[Sample]:
    """Parts of the rows at random, of at most so many rows each."""
    order = rng.permutation(len(sample))[: parts * most]
    return [sample.take(np.sort(order[part::parts])) for part in range(parts)]


def _split(scored: Scored, found: Values, shares: tuple[float, float]) -> Split:
    """The realised change of all rows, of which a part was looked at.

    Args:
        shares: rows that were looked at by all that are labelled: reference and current.
    """
    realised = Interval(*(float(x) for x in (scored.change.change, scored.change.low, scored.change.high)))
    moved = found.today - found.before
    error = float(moved[1:].std(ddof=1))
    # Both parts rest on the same rows: a sample's mean and that of all rows vary together as its share says.
    together = shares[1] * _covariance(found.now, moved) - shares[0] * _covariance(found.before, moved)
    whole = (realised.high - realised.low) / (2 * Z95)
    rest = np.sqrt(max(whole**2 + error**2 - 2 * together, 0.0))
    return Split(
        realised,
        _interval(float(moved[0]), error),
        _interval(realised.value - float(moved[0]), float(rest)),
    )


def _covariance(one: Floats, other: Floats) -> float:
    return float(np.cov(one[1:], other[1:])[0, 1])


def _interval(value: float, error: float) -> Interval:
    return Interval(value, value - Z95 * error, value + Z95 * error)


__all__ = ["ROWS_MIN", "Concept", "Interval", "Split", "concept"]
