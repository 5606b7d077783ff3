"""An estimate of performance with its interval, and how it is made of expected outcomes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from leadline.estimators.calibration import Calibrator
from leadline.estimators.metrics import Estimable
from leadline.estimators.tables import NONE, Filled, Floats
from leadline.metrics.declare import Z95, Measured, Metric
from leadline.metrics.performance.estimate import bounded_interval, effective_size, log_interval
from leadline.metrics.products import product

M = TypeVar("M", bound=Measured)

CONCEPT_DRIFT = (
    "An estimate without labels takes it that the labels still depend on the inputs as in the reference: it "
    "cannot see concept drift."
)
"""What is said beside every estimate."""

NEEDS_DECISIONS = "needs rows: the decision does not follow from the score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated(Measured):
    """Estimated values of one performance metric, shape (...).

    Attributes:
        method: key of the method that made it.
        caution: object array of str, shape (...): why the estimate may be far off ("extrapolating: ..."); ""
            where its assumptions seem to hold. None: nowhere.
        label_free_share: share of rows, by weight, whose outcome is estimated; 0: all labels are known.
        statement: what no estimate without labels can see.
    """

    method: str
    caution: npt.NDArray[np.object_] | None = None
    label_free_share: Floats | float = 1.0
    statement: str = CONCEPT_DRIFT


@dataclass(frozen=True)
class Outcomes:
    """What is expected of the unlabelled rows of a table, and how sure that is.

    Attributes:
        filled: the table with its expected positives.
        deviations: shape (B, C) or (B, ..., C): by how much each refit's probability of a cell differs.
        calibrator: what the expectations rest on; its corrections are added to the values.
        leverage: by how much the probability of a cell's unlabelled rows follows the calibrated one: 1, or
            shape (..., C).
    """

    filled: Filled
    deviations: Floats
    calibrator: Calibrator
    leverage: Floats | float = 1.0

    @cached_property
    def rows(self) -> Floats:
        """Rows, shape (...)."""
        return self.filled.table.total

    @cached_property
    def decided(self) -> Floats:
        """Rows with a decision, shape (...)."""
        return self.filled.confusion[..., :NONE].sum((-1, -2))

    @cached_property
    def free(self) -> Floats:
        """Share of rows without a label, shape (...)."""
        missing = self.filled.table.unlabelled.sum(-2).sum(-1)
        return np.where(self.rows > 0, missing / np.where(self.rows > 0, self.rows, 1.0), 1.0)

    @cached_property
    def noise(self) -> Floats:
        """Variance of the number of positives by cell and decision, shape (..., C, 3)."""
        table = self.filled.table
        share = self.filled.positive / np.where(table.unlabelled > 0, table.unlabelled, 1.0)
        inflation = np.asarray(table.inflation)[..., None, None]
        return table.squares[..., NONE] * share * (1 - share) * inflation

    @cached_property
    def _of_cells(self) -> tuple[Floats, Floats]:
        return self.noise @ np.ones(3), self.filled.table.unlabelled @ np.ones(3) * self.leverage

    @cached_property
    def _of_decisions(self) -> tuple[Floats, Floats]:
        """Noise (..., 3), and positives gained in each refit (B, ..., 3)."""
        leverage = np.atleast_1d(self.leverage)[..., None, :]
        rows = np.swapaxes(self.filled.table.unlabelled, -1, -2) * leverage
        return self.noise.sum(-2), _refit(rows, self.deviations)

    def spread(self, slope: Floats, by_decision: bool) -> tuple[Floats, Floats]:
        """Variance of a metric from the labels (...), and its change under each refit (B, ...)."""
        if by_decision:
            noise, gained = self._of_decisions
            return (noise * slope**2).sum(-1), (gained * slope).sum(-1)
        noise, rows = self._of_cells
        return (noise * slope**2).sum(-1), _refit(rows * slope, self.deviations)


def _refit(rows: Floats, deviations: Floats) -> Floats:
    """Sums over cells of rows x deviations, (..., C) or (..., 3, C) against (B, C) or (B, ..., C)."""
    if deviations.ndim == 2:
        flat = product(rows.reshape(-1, rows.shape[-1]), deviations.T)
        return flat.T.reshape(-1, *rows.shape[:-1])
    extra = rows.ndim - (deviations.ndim - 1)
    return (rows * deviations.reshape(*deviations.shape[:-1], *(1,) * extra, deviations.shape[-1])).sum(-1)


def measured(metric: Estimable, outcomes: Outcomes, method: str) -> Estimated:
    """The value of a metric on partly expected outcomes, with its 95 % interval for the realised value.

    The interval holds what is random once the scores are given: the labels of unlabelled rows (a Poisson
    binomial variance) and the calibration (its refits), both through the metric's slope (delta method).
    """
    value = metric.value(outcomes.filled)
    slope = metric.sensitivity(outcomes.filled, value)
    slope = np.where(np.isfinite(slope), slope, 0.0)
    offset, offsets = outcomes.calibrator.correction(metric.metric.key, metric.value)
    labels, moves = outcomes.spread(slope, metric.by_decision)
    moves = moves + offsets.reshape(-1, *(1,) * value.ndim) * outcomes.free
    error = np.sqrt(labels + moves.var(0, ddof=1))
    low, high = metric.metric.range_of(True)
    table = outcomes.filled.table
    size = effective_size(outcomes.rows, outcomes.rows * outcomes.filled.weight, table.inflation)
    value = np.clip(value + offset * outcomes.free, low, high)
    found = with_interval(metric.metric, value, error, size, method)
    found = explained(found, outcomes.rows == 0, "no row has a score")
    found = explained(found, metric.needs_decisions & (outcomes.decided == 0), NEEDS_DECISIONS)
    found = explained(found, ~np.isfinite(found.value), "not defined for these rows")
    return replace(found, label_free_share=outcomes.free)


def with_interval(
    metric: Metric, value: Floats, error: Floats, size: Floats, method: str, binary: bool = True
) -> Estimated:
    """An estimate whose interval respects the range of the metric."""
    error = np.where(np.isfinite(value), error, np.nan)
    low, high = interval(metric, value, error, size, binary)
    return Estimated(value=value, standard_error=error, low=low, high=high, method=method)


def interval(
    metric: Metric, value: Floats, error: Floats, size: Floats, binary: bool = True
) -> tuple[Floats, Floats]:
    """95 % interval within the range of a metric, from a standard error and a number of independent rows.

    Args:
        binary: the label has two classes.
    """
    low, high = metric.range_of(binary)
    if metric.worse == "higher" and low == 0:
        below, above = log_interval(value, error, size)
        return below, np.minimum(above, high)
    if np.isfinite(low) and np.isfinite(high):
        return bounded_interval(value, error, size, low, high)
    return value - Z95 * error, value + Z95 * error


def unavailable(shape: tuple[int, ...], reason: str, method: str) -> Estimated:
    """No value anywhere, for one reason."""
    nan = np.full(shape, np.nan)
    return Estimated(
        value=nan,
        standard_error=nan,
        low=nan,
        high=nan,
        reason=np.full(shape, reason, object),
        method=method,
    )


def explained(found: Estimated, where: npt.ArrayLike, reason: str) -> Estimated:
    """No value, and this reason, where the mask holds and no reason is given yet."""
    mask = np.broadcast_to(np.asarray(where, bool), found.value.shape)
    return blanked(found, mask if found.reason is None else mask & (found.reason == ""), reason)


def blanked(found: M, where: npt.NDArray[np.bool_], reason: str) -> M:
    """No value, and this reason, where the mask holds."""
    if not where.any():
        return found
    old = np.full(where.shape, "", object) if found.reason is None else found.reason

    def blank(part: Floats | None) -> Floats | None:
        return None if part is None else np.where(where, np.nan, part)

    return replace(
        found,
        value=np.where(where, np.nan, found.value),
        standard_error=blank(found.standard_error),
        low=blank(found.low),
        high=blank(found.high),
        reason=np.where(where, reason, old),
    )


def cautioned(found: Estimated, caution: npt.NDArray[np.object_]) -> Estimated:
    """With a caution where there is a value."""
    kept = np.where(np.isfinite(found.value), caution, "").astype(object)
    return replace(found, caution=kept if (kept != "").any() else None)
