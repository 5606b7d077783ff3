"""Shares of rows that may rise: missing, out of range, never seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.metrics import nulls

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ShareChange:
    """A share of rows that may rise, for K columns; NaN p-values do not vote.

    Attributes:
        statistic: "missing_share", "unseen_share" or "out_of_range_share".
        reference, current: shares, shape (K,).
        p_value: of no rise, shape (K,).
        attained: probability, under no change, of a p-value at most this level; by levels of shape (..., K).
        low, high: 95 % confidence interval of the rise, or None.
    """

    statistic: str
    reference: Floats
    current: Floats
    p_value: Floats
    attained: Callable[[Floats], Floats]
    low: Floats | None = None
    high: Floats | None = None


def missing_share(
    reference_missing: npt.ArrayLike,
    reference_rows: npt.ArrayLike,
    current_missing: npt.ArrayLike,
    current_rows: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> ShareChange:
    """Rise of the share of missing rows (null, NaN, empty text) of K columns.

    Args:
        reference_missing, current_missing: missing rows, shape (K,).
        reference_rows, current_rows: all rows, shape (K,) or one number.
        reference_inflation, current_inflation: noise inflation, shape (K,) or one number.
    """
    x, m, y, n = _arrays(reference_missing, reference_rows, current_missing, current_rows)
    rise = nulls.rising_share(x, m, y, n, reference_inflation, current_inflation)
    before, now = x / np.maximum(m, 1.0), y / np.maximum(n, 1.0)
    return ShareChange("missing_share", before, now, rise.p_value, rise.attained)


def out_of_range_share(
    outside: npt.ArrayLike,
    reference_values: npt.ArrayLike,
    current_values: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> ShareChange:
    """Share of current values outside the reference's own minimum and maximum, of K numeric columns.

    Args:
        outside: current values below the minimum or above the maximum, shape (K,).
        reference_values, current_values: present, finite values, shape (K,).
    """
    y, m, n = _arrays(outside, reference_values, current_values)
    rise = nulls.outside_range(y, m, n, reference_inflation, current_inflation)
    now = y / np.maximum(n, 1.0)
    return ShareChange("out_of_range_share", np.zeros(now.shape), now, rise.p_value, rise.attained)


def unseen_share(
    unseen: npt.ArrayLike,
    current_values: npt.ArrayLike,
    reference_values: npt.ArrayLike,
    singletons: npt.ArrayLike,
    doubletons: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
) -> ShareChange:
    """Share of current values that the reference never held, of K categorical columns.

    Args:
        unseen: current rows with such a value, shape (K,); NaN where it is not decidable.
        current_values, reference_values: present values, shape (K,).
        singletons, doubletons: values that occur exactly once / twice in the reference, shape (K,).
    """
    u, n, m, one, two = _arrays(unseen, current_values, reference_values, singletons, doubletons)
    rise = nulls.unseen(np.nan_to_num(u), n, m, one, two, reference_inflation, current_inflation)
    before, now = np.minimum(one / np.maximum(m, 1.0), 1.0), u / np.maximum(n, 1.0)
    p = np.where(np.isnan(u), np.nan, rise.p_value)
    return ShareChange("unseen_share", before, now, p, rise.attained)


def _arrays(*values: npt.ArrayLike) -> list[Floats]:
    return list(np.broadcast_arrays(*(np.asarray(value, np.float64) for value in values)))
