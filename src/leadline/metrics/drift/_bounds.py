"""What the counts on both edges of a cell say about the distribution functions inside it.

Inside a cell with shares p (reference) and q (current), and with d = G - F at its lower edge, the difference
stays within [d - p, d + q], whatever the order of the rows.
"""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Floats
from leadline.metrics.pair import CLIP, Pair


def reach(pair: Pair) -> tuple[Floats, Floats]:
    """Least and largest difference of the distribution functions inside each cell, shape (..., K, C)."""
    start = pair.difference[..., :-1]
    return start - pair.p, start + pair.q


def squares(pair: Pair) -> tuple[Floats, Floats]:
    """Least and largest squared difference inside each cell."""
    least, most = reach(pair)
    nearest = np.maximum(np.maximum(least, -most), 0.0)
    return nearest**2, np.maximum(least**2, most**2)


def corners(pair: Pair) -> tuple[Floats, Floats, Floats, Floats]:
    """Difference at the corners of a cell: no side risen, the reference, the current side, both."""
    start, end = pair.difference[..., :-1], pair.difference[..., 1:]
    return start, start - pair.p, start + pair.q, end


def greatest_mean(pair: Pair, corner: tuple[Floats, Floats, Floats, Floats]) -> Floats:
    """Upper bound of the mean over each cell of a convex function of the difference.

    `corner` holds the function at the four `corners`. With H and J the share of the reference's and of the
    current rows of the cell that lie below a point, a convex function is at most its bilinear interpolation
    in H and J. That is linear but for H J, whose mean is at least mean H times mean J because both
    rise (Chebyshev's association inequality), and at most the smaller of them; and those means are known
    from the sums.
    """
    h = pair.once("reference rise", lambda pair: _rise(pair.reference_above, pair.p, pair.width))
    j = pair.once("current rise", lambda pair: _rise(pair.current_above, pair.q, pair.width))
    none, first, second, both = corner
    bend = none + both - first - second
    together = np.where(bend < 0, h * j, np.minimum(h, j))
    return np.asarray(none + h * (first - none) + j * (second - none) + together * bend)


def clipped(pair: Pair) -> Floats:
    """How far clipping of far values can have moved a side's mean, both sides together, shape (..., K).

    Sums clip standardised values at 2**20; in a cell that reaches farther the mean may lie anywhere.
    """
    far = np.maximum(np.abs(pair.low_edge), np.abs(pair.low_edge + pair.width)) > CLIP
    if not far.any():
        return np.zeros(pair.n.shape)
    return np.asarray(((pair.p + pair.q) * np.where(far & ~pair.is_atom, pair.width, 0.0)).sum(-1))


def _rise(above: Floats, share: Floats, width: Floats) -> Floats:
    room = share * width
    return np.clip(np.divide(above, room, out=np.full(room.shape, 0.5), where=room > 0), 0.0, 1.0)


def centred(estimate: Floats, low: Floats, high: Floats, tolerance: float = np.inf) -> tuple[Floats, Floats]:
    """Sums over the cells: the estimate kept between the bounds, and its largest possible error.

    Where that error would exceed the tolerance the value moves towards the middle of the bounds.
    """
    total_low, total_high = low.sum(-1), high.sum(-1)
    value = np.clip(np.clip(estimate, low, high).sum(-1), total_low, total_high)
    half = np.maximum((total_high - total_low) / 2, tolerance)
    value = np.clip(value, total_high - half, np.maximum(total_low + half, total_high - half))
    return value, np.maximum(total_high - value, value - total_low)
