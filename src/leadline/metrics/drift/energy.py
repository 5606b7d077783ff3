"""Energy distance, normed by the reference's standard deviation."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import NUMERIC, Floats, Measured, Metric
from leadline.metrics.drift._bounds import centred, clipped, corners, greatest_mean
from leadline.metrics.drift._intervals import quadratic_interval
from leadline.metrics.drift._result import result
from leadline.metrics.drift.wasserstein import spread
from leadline.metrics.pair import Pair

_NOISE_SPREAD = 0.8
"""Variance over squared mean of the area under the squared Brownian bridge: (1/45) / (1/6)^2."""

_SLOWEST = 24 / np.pi**2
"""Four times the largest eigenvalue of the bridge over the sum of all."""


def energy(pair: Pair) -> Measured:
    """sqrt(2 times the integral of (F - G)^2) of the values in standard deviations of the reference.

    0 or more. The mean of F - G over each cell is known exactly from the sums; its square lies between that
    of the mean and that of a difference which sits at its bounds. NaN with a reason where a side has no
    values; in the column's own unit where the reference is constant.
    """
    width, area = pair.width, pair.area
    end = pair.difference[..., 1:]
    low = area**2 / np.where(width > 0, width, 1.0)
    none, first, second, both = corners(pair)
    high = greatest_mean(pair, (none**2, first**2, second**2, both**2)) * width
    high = np.maximum(high, low)
    bent = low + width * (end - pair.difference[..., :-1]) ** 2 / 12
    smooth = np.where(pair.is_atom, end**2 * width, bent)
    exact = end**2 * width
    low, high = np.where(pair.is_atom, exact, low), np.where(pair.is_atom, exact, high)
    value, error = centred(2 * smooth, 2 * low, 2 * high)
    error = error + 4 * clipped(pair)
    lower, upper = np.sqrt(np.maximum(value - error, 0.0)), np.sqrt(value + error)
    ends = _interval(pair, value)
    root = np.sqrt(value)
    error = np.where(pair.unbounded, np.inf, np.maximum(upper - root, root - lower))
    return result(pair, root, low=np.sqrt(ends[0]), high=np.sqrt(ends[1]), bin_error=error)


def _interval(pair: Pair, value: Floats) -> tuple[Floats, Floats]:
    m = np.maximum(pair.m_effective, 1.0)[..., None]
    n = np.maximum(pair.n_effective, 1.0)[..., None]
    f = pair.reference_before[..., :-1] + pair.p / 2
    g = pair.current_before[..., :-1] + pair.q / 2
    bias = 2 * ((f * (1 - f) / m + g * (1 - g) / n) * pair.width).sum(-1)
    far = spread(pair, 4 * pair.area, value)
    # Where the distance is mostly noise so is its shape; the slowest wave has the largest variance.
    doubt = np.minimum(bias / np.maximum(value, 1e-300), 1.0)
    far = far + doubt * np.maximum(_SLOWEST * bias * value - far, 0.0)
    return quadratic_interval(value, bias, _NOISE_SPREAD * bias**2, far)


METRIC = Metric(
    key="energy",
    title="Energy distance",
    family="drift",
    summary="Distance between the distributions from all pairwise distances, in root standard deviations.",
    kinds=NUMERIC,
    range=(0.0, np.inf),
    worse="higher",
    neutral=0.0,
    unit="root sd",
    reference="Szekely, Rizzo (2013), J. Statist. Plann. Inference 143, 1249-1272",
    compute=energy,
)
