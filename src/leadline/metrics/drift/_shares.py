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


def log_ratio(p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """q / p and its logarithm; 1 and 0 in cells that both sides leave empty."""
    ratio = np.divide(q, p, out=np.ones_like(q), where=(p > 0) & (q > 0))
    return ratio, np.log(ratio)


def divergence_interval(pair: Pair, value: Floats, bias: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Interval of a divergence.

    `bias` is what noise adds in each cell that either side fills, by `expected_counts`; `variance` that of
    the delta method.
    """
    filled = (pair.reference + pair.current) > 0
    cells = np.maximum(filled.sum(-1), 2)
    each = np.where(filled, np.maximum(bias, 0.0), 0.0)
    total = each.sum(-1) * (cells - 1) / cells
    # Independent multiples of chi-squared variables, but for one degree of freedom.
    noise = 2 * (each**2).sum(-1) * (cells - 1) / cells
    return quadratic_interval(value, total, noise, variance)


def delta_variance(pair: Pair, p: Floats, q: Floats, by_p: Floats, by_q: Floats) -> Floats:
    """Variance by the delta method of a function with these derivatives by the shares p and q."""
    m, n = np.maximum(pair.m_effective, 1.0), np.maximum(pair.n_effective, 1.0)
    return np.asarray(variance_of(p, by_p) / m + variance_of(q, by_q) / n)


def expected_counts(pair: Pair) -> tuple[Floats, Floats, Floats, Floats]:
    """Sizes m, n with a cell axis, and estimates of the expected counts of both sides, in independent rows.

    Shares are shrunk towards the pooled ones (James & Stein 1961), by what of their chi-squared distance is
    noise: else the bias of the noise would follow the noise.
    """
    return pair.once("expected counts", _expected_counts)


def _expected_counts(pair: Pair) -> tuple[Floats, Floats, Floats, Floats]:
    m = np.maximum(pair.m_effective, 1.0)[..., None]
    n = np.maximum(pair.n_effective, 1.0)[..., None]
    pooled = pair.pooled
    distance = ((pair.q - pair.p) ** 2 / np.maximum(pooled, 1e-300)).sum(-1) * pair.harmonic
    noise = np.minimum(((pooled > 0).sum(-1) - 1) / np.maximum(distance, 1e-300), 1.0)[..., None]
    return m, n, m * (pair.p + noise * (pooled - pair.p)), n * (pair.q + noise * (pooled - pair.q))


def _filled(shares: Floats, needed: Bools, size: Floats) -> Floats:
    empty = (shares <= 0) & needed
    if not empty.any():
        return shares
    filled = np.where(empty, (HALF_ROW / np.maximum(size, HALF_ROW))[..., None], shares)
    total = filled.sum(-1, keepdims=True)
    return np.where(empty.any(-1, keepdims=True), filled / np.maximum(total, 1e-300), filled)


def variance_of(shares: Floats, influence: Floats) -> Floats:
    """Variance over rows, by cell `shares`, of a row's `influence`; shapes (..., C), result (...)."""
    mean = (shares * influence).sum(-1, keepdims=True)
    spread: Floats = (shares * (influence - mean) ** 2).sum(-1)
    return spread
