"""What the divergences of two vectors of shares have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadline.metrics.declare import Floats
from leadline.metrics.drift._intervals import quadratic_interval
from leadline.metrics.pair import Pair

Bools = npt.NDArray[np.bool_]

HALF_ROW = 0.5
"""Rows put into a cell that is empty on one side only (Haldane 1955, Anscombe 1956)."""


def smoothed(pair: Pair) -> tuple[Floats, Floats]:
    """Shares of both sides, positive wherever either side has rows; shape (..., K, C) each.

    A cell that is empty on one side only gets half a row there, and that side is normed again. Shares are
    untouched where no cell is empty on one side only; cells empty on both sides stay 0.
    """
    p, q = np.broadcast_to(pair.p, pair.q.shape), pair.q
    return _filled(p, q > 0, pair.m_effective), _filled(q, p > 0, pair.n_effective)


def divergence_interval(
    pair: Pair, value: Floats, bias: Floats, slopes: tuple[Floats, Floats], p: Floats, q: Floats
) -> tuple[Floats, Floats]:
    """Interval of a divergence.

    `bias` is what noise adds in each cell that either side fills; `slopes` are the derivatives by p and
    by q, for the delta method.
    """
    m, n = np.maximum(pair.m_effective, 1.0), np.maximum(pair.n_effective, 1.0)
    filled = (pair.reference + pair.current) > 0
    cells = np.maximum(filled.sum(-1), 1)
    total = np.maximum(np.where(filled, bias, 0.0).sum(-1), 0.0) * (cells - 1) / cells
    noise = 2 * total**2 / np.maximum(cells - 1, 1)
    variance = _variance(p, slopes[0]) / m + _variance(q, slopes[1]) / n
    return quadratic_interval(value, total, noise, variance)


def effective_counts(pair: Pair) -> tuple[Floats, Floats, Floats, Floats]:
    """Sizes m, n with a cell axis, and the counts of both sides, all in independent rows."""
    m = np.maximum(pair.m_effective, 1.0)[..., None]
    n = np.maximum(pair.n_effective, 1.0)[..., None]
    return m, n, pair.p * m, pair.q * n


def _filled(shares: Floats, needed: Bools, size: Floats) -> Floats:
    empty = (shares <= 0) & needed
    if not empty.any():
        return shares
    filled = np.where(empty, (HALF_ROW / np.maximum(size, HALF_ROW))[..., None], shares)
    total = filled.sum(-1, keepdims=True)
    return np.where(empty.any(-1, keepdims=True), filled / np.maximum(total, 1e-300), filled)


def _variance(shares: Floats, slope: Floats) -> Floats:
    mean = (shares * slope).sum(-1, keepdims=True)
    spread: Floats = (shares * (slope - mean) ** 2).sum(-1)
    return spread
