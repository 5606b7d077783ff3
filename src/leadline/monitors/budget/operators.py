"""Baselines as linear operators: each row weighs the windows that make up one window's baseline.

With P the proportions of the reference (R, T), A @ P are all baselines at once. A row mixes the mean of the
same season slot with the mean of all windows, the more towards the slot the more windows it has.
"""

from __future__ import annotations

import numpy as np

from leadline.monitors.budget.evidence import Booleans, Floats, Integers

SLOT_PRIOR = 2.0
"""Windows of its own at which a season slot counts for half of its baseline."""


def merged(values: Floats, scale: int) -> Floats:
    """Means over the last `scale` rows, for every row; at the beginning over all there are."""
    if scale == 1:
        return values
    sums = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, out=sums[1:])
    stop = np.arange(1, len(values) + 1)
    start = np.maximum(stop - scale, 0)
    return (sums[stop] - sums[start]) / (stop - start)[:, None]


def weights(allowed: Booleans, mix: Floats, wanted: Floats) -> Floats:
    """Operator of the seasonal baseline.

    Args:
        allowed: shape (m, R): which windows may enter the baseline of each target.
        mix: shape (R, G + 1): season slots of those windows.
        wanted: shape (m, G + 1): season slots of the targets.

    Returns:
        Shape (m, R): rows that sum to 1, or to 0 where nothing is allowed.
    """
    usable = allowed.astype(float)
    windows = usable @ mix
    own = wanted * (windows / (windows + SLOT_PRIOR))
    slots = np.divide(own, windows, out=np.zeros_like(own), where=windows > 0)
    total = usable.sum(1, keepdims=True)
    rest = np.divide(1.0 - own.sum(1, keepdims=True), total, out=np.zeros_like(total), where=total > 0)
    return usable * (slots @ mix.T + rest)


def leave_block_out(count: int, scale: int, gap: int) -> Booleans:
    """Shape (R, R): for each target all windows but its own `scale` windows and `gap` more on both sides."""
    target, window = np.arange(count)[:, None], np.arange(count)[None, :]
    return (window < target - scale + 1 - gap) | (window > target + gap)


def just_before(targets: Integers, count: int, scale: int, gap: int, length: int) -> Booleans:
    """Shape (m, count): the `length` windows that end `gap` windows before those compared."""
    stop = (targets - scale + 1 - gap)[:, None]
    window = np.arange(count)[None, :]
    return (window < stop) & (window >= stop - length)


def averages(operator: Floats, values: Floats, known: Booleans) -> Floats:
    """Baselines of columns that are unknown in some windows: means over the known ones, NaN without any.

    Args:
        operator: shape (m, R).
        values: shape (R, C), 0 where unknown.
        known: shape (R, C).
    """
    if known.all():
        return np.where(operator.any(axis=1, keepdims=True), operator @ values, np.nan)
    weight = operator @ known.astype(float)
    return np.divide(operator @ values, weight, out=np.full(weight.shape, np.nan), where=weight > 1e-9)
