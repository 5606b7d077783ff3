"""Wasserstein distance, normed by the reference's standard deviation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadline.metrics.declare import NUMERIC, Floats, Measured, Metric
from leadline.metrics.drift._bounds import centred, clipped, corners, greatest_mean, reach
from leadline.metrics.drift._intervals import norm_interval
from leadline.metrics.drift._moments import current_moments, reference_moments
from leadline.metrics.drift._result import result
from leadline.metrics.drift._shares import variance_of
from leadline.metrics.pair import Pair

_TOLERANCE = 0.005
_NOISE_MEAN = np.sqrt(2 / np.pi)
_SKEWNESS = 1.2
"""Of the area under |Brownian bridge| (1.3 of a uniform column; Shepp 1982, Ann. Probab. 10, 234-239)."""

_GROUPS = 32


def wasserstein(pair: Pair) -> Measured:
    """First Wasserstein distance in units of the reference's standard deviation; 0 or more.

    It is the area between the two distribution functions. The area with its sign is known exactly in every
    cell from the sums; the area without sign is exact wherever the functions cannot cross, and between
    bounds elsewhere. NaN with a reason where a side has no values; in the column's own unit where the
    reference is constant.
    """
    estimate, low, high = _areas(pair)
    value, error = centred(estimate, low, high, _TOLERANCE)
    error = np.where(pair.unbounded, np.inf, error + clipped(pair))
    ends = _interval(pair, value)
    return result(pair, value, low=ends[0], high=ends[1], bin_error=error)


def _areas(pair: Pair) -> tuple[Floats, Floats, Floats]:
    """Estimate, least and largest area between the functions in each cell."""
    start, end = pair.difference[..., :-1], pair.difference[..., 1:]
    width, area = pair.width, pair.area
    low = np.abs(area)
    least, most = reach(pair)
    crossing = (least < 0) & (most > 0) & ~pair.is_atom & (width > 0)
    span = np.where(crossing, most - least, 1.0)
    chord = ((most + least) * area - 2 * least * most * width) / span
    none, first, second, both = corners(pair)
    corner = greatest_mean(pair, (np.abs(none), np.abs(first), np.abs(second), np.abs(both)))
    high = np.where(crossing, np.minimum(chord, corner * width), low)
    half = np.abs(end - start) / 2 * width
    tilt = np.divide(area, half, out=np.ones_like(area), where=half > low)
    bent = (area * tilt + half) / 2
    return np.where(crossing & (half > low), bent, low), low, np.maximum(high, low)


def _interval(pair: Pair, value: Floats) -> tuple[Floats, Floats]:
    """The delta method: a row moves the signed area by the length on which the functions differ."""
    m = np.maximum(pair.m_effective, 1.0)[..., None]
    n = np.maximum(pair.n_effective, 1.0)[..., None]
    f = pair.reference_before[..., :-1] + pair.p / 2
    g = pair.current_before[..., :-1] + pair.q / 2
    noise = f * (1 - f) / m + g * (1 - g) / n
    sizes = np.sqrt(noise) * pair.width
    mean = sizes.sum(-1) * _NOISE_MEAN
    far = spread(pair, np.sign(pair.area) * pair.width, value)
    # Where the distance is mostly noise so are the signs; a shift of one sign has the largest variance.
    doubt = np.minimum(mean / np.maximum(value, 1e-300), 1.0) ** 2
    before, after = reference_moments(pair), current_moments(pair)
    largest = before.variance / m[..., 0] + after.variance / n[..., 0]
    far = np.sqrt(far + doubt * np.maximum(largest - far, 0.0))
    deviation = np.sqrt(_noise_variance(pair, sizes))
    return norm_interval(value, mean, deviation, far, skewness=_SKEWNESS, power=2.4)


def _noise_variance(pair: Pair, sizes: Floats) -> Floats:
    """Variance of the area under a Brownian bridge's absolute value, `sizes` high and wide in each cell.

    Absolute values of normal variables with correlation r have the covariance 2 / pi (sqrt(1 - r^2) +
    r arcsin r - 1) sd sd. On at most 32 groups of cells.
    """
    cells = sizes.shape[-1] - (sizes[..., ::-1] > 0).argmax(-1)
    bounds = -(-np.arange(_GROUPS + 1) * cells[..., None] // _GROUPS)
    place = np.cumsum(pair.pooled, -1) - pair.pooled / 2
    size, moment = (_between(values, bounds) for values in (sizes, sizes * place))
    mean_place = moment / np.maximum(size, 1e-300)
    odds = np.sqrt(np.clip(mean_place, 1e-9, 1 - 1e-9) / (1 - np.clip(mean_place, 1e-9, 1 - 1e-9)))
    ratio = odds[..., :, None] / odds[..., None, :]
    r = np.minimum(ratio, 1 / ratio)
    covariance = np.sqrt(1 - r * r) + r * np.arcsin(r) - 1
    variance: Floats = np.einsum("...i,...j,...ij->...", size, size, covariance) * _NOISE_MEAN**2
    return variance


def _between(values: Floats, bounds: npt.NDArray[np.int64]) -> Floats:
    """Sums of the values from each bound to the next."""
    sums = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, -1)], -1)
    return np.diff(np.take_along_axis(sums, bounds, -1))


def spread(pair: Pair, steps: Floats, value: Floats) -> Floats:
    """Variance of a normed area, by the delta method.

    A row at x moves the area by a function that rises by `steps` over each cell, up for the reference and
    down for current. A reference row also moves the standard deviation that norms the `value`.
    """
    path = np.cumsum(steps, -1) - steps / 2
    place = pair.reference_means - (pair.p * pair.reference_means).sum(-1, keepdims=True)
    norming = value[..., None] * (place**2 - 1) / 2
    m, n = np.maximum(pair.m_effective, 1.0), np.maximum(pair.n_effective, 1.0)
    return np.asarray(variance_of(pair.p, path - norming) / m + variance_of(pair.q, path) / n)


METRIC = Metric(
    key="wasserstein",
    title="Wasserstein distance",
    family="drift",
    summary="How far, on average, values have moved, in standard deviations of the reference.",
    kinds=NUMERIC,
    range=(0.0, np.inf),
    worse="higher",
    neutral=0.0,
    unit="sd",
    reference="Vallender (1974), Theory Probab. Appl. 18, 784-786",
    compute=wasserstein,
)
