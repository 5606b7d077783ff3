"""Change of the variance."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import NUMERIC, Z95, Measured, Metric, reasons
from leadline.metrics.drift._bounds import clipped
from leadline.metrics.drift._moments import current_moments, reference_moments
from leadline.metrics.drift._result import CONSTANT_REFERENCE, result
from leadline.metrics.pair import Pair


def variance_change(pair: Pair) -> Measured:
    """Variance of current over variance of reference, minus 1; -1 or more, 0 without change.

    Exact from the sums of squares, else bounded by the cells. NaN with a reason where the reference does not
    vary or a side has no values.
    """
    before, after = reference_moments(pair), current_moments(pair)
    loose = np.where(pair.is_atom, 0.0, pair.reference).sum(-1)
    constant = (((pair.reference > 0).sum(-1) <= 1) & (loose <= 1)) | (before.variance <= 0)
    least_before = before.variance - before.variance_error
    safe = np.where(constant, 1.0, before.variance)
    ratio = after.variance / safe
    m, n = np.maximum(pair.m_effective, 1.0), np.maximum(pair.n_effective, 1.0)
    reach = np.exp(Z95 * np.sqrt(before.log_spread / m + after.log_spread / n))
    least = (after.variance - after.variance_error) / (safe + before.variance_error)
    most = (after.variance + after.variance_error) / np.where(least_before > 0, least_before, 1e-300)
    error = np.maximum(most - ratio, ratio - least)
    if pair.reference_squares is None or pair.current_squares is None:
        error = np.where(pair.unbounded, np.inf, error)
    else:
        error = np.where(clipped(pair) > 0, np.inf, 0.0)
    return result(
        pair,
        ratio - 1,
        low=ratio / reach - 1,
        high=ratio * reach - 1,
        bin_error=error,
        reason=reasons(pair.n.shape, constant, CONSTANT_REFERENCE),
    )


METRIC = Metric(
    key="variance_change",
    title="Change of the variance",
    family="drift",
    summary="Relative change of the variance against the reference.",
    kinds=NUMERIC,
    range=(-1.0, np.inf),
    worse="either",
    neutral=0.0,
    reference="Layard (1973), JASA 68, 195-198",
    compute=variance_change,
)
