"""95 % intervals of distances, which cannot be negative and are biased upwards by noise.

Both functions invert an approximate law of the estimate given the true distance, so that the lower
limit is 0 exactly where "no change" is not rejected, and far from 0 the interval is that of the delta
method.
"""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Floats

Z = 1.959963984540054
_STEPS = 30
_SKEW = 0.6


def quadratic_interval(
    value: Floats, bias: Floats, noise_variance: Floats, variance: Floats
) -> tuple[Floats, Floats]:
    """Interval of a divergence that grows with the square of the change.

    Near no change such a divergence is a multiple of a noncentral chi-squared variable: its mean exceeds
    the truth by `bias`, its variance is `noise_variance` plus a slope times the truth. The slope is taken
    from the delta method, `variance` over `value`, which is free of the noise because both carry it in
    proportion. The quadratic equation |value - mean| = 1.96 sd is solved for the truth.
    """
    slope = np.where(value > 0, variance / np.maximum(value, 1e-300), 0.0)
    centre = value - bias + slope * Z * Z / 2
    reach = Z * np.sqrt(np.maximum(noise_variance + slope * (value - bias) + (slope * Z / 2) ** 2, 0.0))
    return np.maximum(centre - reach, 0.0), np.maximum(centre + reach, value)


def norm_interval(
    value: Floats,
    noise_mean: Floats,
    noise_deviation: Floats,
    deviation: Floats,
    ceiling: float = np.inf,
    power: Floats | float = 2.0,
) -> tuple[Floats, Floats]:
    """Interval of a distance that grows with the size of the change (a norm).

    Without change it has mean `noise_mean` and deviation `noise_deviation`; far from it the delta method's
    `deviation` and no bias. Between, mean^power = truth^power + noise_mean^power, and the variance moves from
    one to the other. Both ends are found by bisection over the mean.
    """
    low = _norm_end(value, noise_mean, noise_deviation, deviation, 1.0, power)
    high = _norm_end(value, noise_mean, noise_deviation, deviation, -1.0, power)
    return np.minimum(low, value), np.minimum(np.maximum(high, value), ceiling)


def _norm_end(
    value: Floats, mean: Floats, deviation: Floats, far: Floats, side: float, power: Floats | float
) -> Floats:
    """The truth at which the value lies `side` 1.96 deviations above its mean."""
    lower = np.broadcast_to(mean, value.shape).astype(float)
    upper = value + 4 * (mean + deviation + far) + 1e-12
    for _ in range(_STEPS):
        middle = (lower + upper) / 2
        share = np.minimum((mean / np.maximum(middle, 1e-300)) ** 2, 1.0)
        # Where noise and change are alike the law is skewed and only the lower end can miss.
        z = Z - _SKEW * share * (1 - share) * (side > 0)
        reach = z * np.sqrt(deviation**2 * share + far**2 * (1 - share))
        beyond = middle + side * reach > value
        lower, upper = np.where(beyond, lower, middle), np.where(beyond, middle, upper)
    return np.maximum(lower**power - mean**power, 0.0) ** (1 / power)
