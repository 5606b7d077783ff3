"""The law of a weighted sum of squared standard normal variables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadline.metrics.special import chi_squared_sf, normal_sf

Floats = npt.NDArray[np.float64]

_STEPS = 90
_NEAR = 1e-4
_LEAST = 1e-9
_SHARPEST = 1e-15


def weighted_chi_squared_sf(x: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
    """P(sum of weights * squared normals >= x), by saddlepoint approximation.

    Its error is divided by that of the same approximation of the chi-squared law with as many effective
    degrees of freedom, at the same place: exact for equal weights, off by a few per cent of the upper tail
    else, far out too.

    Source: Kuonen, Biometrika 86 (1999); other base laws: Wood, Booth and Butler, JASA 88 (1993).

    Args:
        x: shape (...).
        weights: shape (..., R), R at least 1: at least 0; where all are 0 the sum is 0.

    Returns:
        Shape (...); 1 for x <= 0, 0 for infinity, NaN for NaN.
    """
    x, weights = np.asarray(x, np.float64), np.maximum(np.asarray(weights, np.float64), 0.0)
    largest = weights.max(-1, initial=0.0)
    some = (largest > 0) & (x > 0) & np.isfinite(x)
    share = np.where(some[..., None], weights / np.where(largest > 0, largest, 1.0)[..., None], 1.0)
    at = np.where(some, np.maximum(x / np.where(largest > 0, largest, 1.0), _LEAST), 1.0)
    first, second, third = ((share**k).sum(-1) for k in (1, 2, 3))
    # The cumulant generating function ends at t = 1/2; its slope falls to `at` before -R / (2 at).
    low, high = -share.shape[-1] / (2 * at) - 1.0, np.full(np.shape(at), 0.5)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        below = (share / (1 - 2 * middle[..., None] * share)).sum(-1) < at
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    rest = np.maximum(1 - 2 * low[..., None] * share, _SHARPEST)
    w = np.sign(low) * np.sqrt(np.maximum(2 * low * at + np.log(rest).sum(-1), 0.0))
    v = low * np.sqrt(2 * ((share / rest) ** 2).sum(-1))
    found = _tail(w, v, 8 * third / (2 * second) ** 1.5)
    degrees = first**2 / second
    ratio = _at_root(w, degrees)
    base = _tail(w, (ratio - 1) * np.sqrt(degrees / 2), np.sqrt(8 / degrees))
    exact = chi_squared_sf(ratio * degrees, degrees)
    found = np.where(base > 0, found * exact / np.where(base > 0, base, 1.0), 0.0)
    known = np.where(some, np.clip(found, 0.0, 1.0), np.where(x > 0, 0.0, 1.0))
    return np.where(np.isnan(x), np.nan, known)


def _tail(w: Floats, v: Floats, skewness: Floats) -> Floats:
    """The upper tail of Lugannani and Rice; its limit where the saddlepoint is the mean."""
    near = np.abs(w) < _NEAR
    a, b = np.where(near, 1.0, w), np.where(near | (v == 0), 1.0, v)
    found = normal_sf(a) + np.exp(-a * a / 2) / np.sqrt(2 * np.pi) * (1 / b - 1 / a)
    return np.where(near, 0.5 - skewness / (6 * np.sqrt(2 * np.pi)), np.maximum(found, 0.0))


def _at_root(w: Floats, degrees: Floats) -> Floats:
    """Where the chi-squared law has the signed root w, in degrees: degrees * (y - 1 - log y) = w^2."""
    goal = w * w / degrees
    above = w >= 0
    low = np.where(above, 1.0, np.exp(-1 - goal))
    high = np.where(above, 2 + 2 * goal + 2 * np.sqrt(goal), 1.0)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        short = (middle - 1 - np.log(middle) < goal) == above
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return (low + high) / 2
