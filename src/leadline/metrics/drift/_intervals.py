"""95 % intervals of distances, which cannot be negative and are biased upwards by noise.

A test is inverted: the interval holds every truth under which the estimate lies between two quantiles of
its law. The law is given by its mean, deviation and skewness as functions of the truth.

Near 0 an interval that always holds the estimate cannot miss a truth from below. There the lower end may
miss in up to 5 of 100 cases instead of 2.5, so that it is 0 exactly where "no change" is not rejected at
5 %, and all intervals cover in 95 of 100.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from leadline.metrics.declare import Z95, Floats
from leadline.metrics.special import normal_isf

Bools = npt.NDArray[np.bool_]
Law = Callable[[Floats], tuple[Floats, Floats, Floats]]
"""Mean, standard deviation and skewness of the estimate by the truth."""

_STEPS, _AT_ONCE = 16, 4
"""Halvings of an interval, and how many of them one call settles: a call costs more than an element."""

TAIL, _NEAR = 0.025, 0.2
_MISSED = np.linspace(0.0, TAIL, 26)
_UPPER = normal_isf(2 * TAIL - _MISSED)
"""Normal quantile of the upper end, by the chance that the lower one misses."""


def quadratic_interval(
    value: Floats, bias: Floats, noise_variance: Floats, variance: Floats
) -> tuple[Floats, Floats]:
    """Interval of a divergence that grows with the square of the change.

    Such a divergence is nearly a multiple of a noncentral chi-squared variable: its mean exceeds the truth
    by `bias`, its variance is `noise_variance` plus a slope times the truth. The slope is taken from the
    delta method, `variance` over `value`, which is free of the noise because both carry it in proportion.
    """
    slope = np.where(value > 0, variance / np.maximum(value, 1e-300), 0.0)
    unit = noise_variance / np.maximum(2 * bias, 1e-300)

    def law(truth: Floats) -> tuple[Floats, Floats, Floats]:
        square = noise_variance + slope * truth
        deviation = np.sqrt(square)
        third = unit * (8 * unit * bias + 6 * slope * truth)
        return truth + bias, deviation, third / np.maximum(deviation * square, 1e-300)

    deviation = np.sqrt(noise_variance + slope * value)
    return inverted(value, law, 8 * deviation + 16 * slope)


def norm_interval(
    value: Floats,
    noise_mean: Floats,
    noise_deviation: Floats,
    deviation: Floats,
    *,
    skewness: Floats | float,
    power: Floats | float,
    ceiling: float = np.inf,
) -> tuple[Floats, Floats]:
    """Interval of a distance that grows with the size of the change (a norm).

    Without change it has mean `noise_mean`, deviation `noise_deviation` and `skewness`; far from it the delta
    method's `deviation` and no bias. Between, mean^power = truth^power + noise_mean^power, and the variance
    moves from one to the other.
    """
    least = noise_mean**power

    def law(truth: Floats) -> tuple[Floats, Floats, Floats]:
        mean = (truth**power + least) ** (1 / power)
        share = np.minimum((noise_mean / np.maximum(mean, 1e-300)) ** 2, 1.0)
        spread = np.sqrt(noise_deviation**2 * share + deviation**2 * (1 - share))
        return mean, spread, np.asarray(skewness * share)

    low, high = inverted(value, law, 4 * (noise_mean + noise_deviation + deviation))
    return low, np.minimum(high, ceiling)


def inverted(value: Floats, law: Law, reach: Floats, at_once: int = _AT_ONCE) -> tuple[Floats, Floats]:
    """Both ends by bisection; the upper one is at most `value + reach`, and never below the value.

    The law is asked of several truths at a time, along a new first axis.
    """

    def too_small(truth: Floats) -> Bools:
        mean, deviation, skewness = law(truth)
        lowest = mean + deviation * _pearson_iii(-Z95, skewness)
        # A truth below the lowest likely estimate is hardly ever missed from below, nor is one so small
        # that estimates near 0 are likely.
        small = np.clip(lowest / np.maximum(_NEAR * deviation, 1e-300), 0.0, 1.0)
        missed = TAIL * small * np.clip(truth / np.maximum(lowest, 1e-300), 0.0, 1.0)
        return mean + deviation * _pearson_iii(np.interp(missed, _MISSED, _UPPER), skewness) < value

    def small_enough(truth: Floats) -> Bools:
        mean, deviation, skewness = law(truth)
        return mean + deviation * _pearson_iii(-Z95, skewness) < value

    low = last(too_small, np.zeros(value.shape), value, at_once)
    return low, last(small_enough, value, value + reach, at_once)


def last(holds: Callable[[Floats], Bools], least: Floats, most: Floats, at_once: int = _AT_ONCE) -> Floats:
    """The largest truth at which something holds that ends as the truth grows; `least` if it never does.

    `at_once` halvings are settled by one call, on as many truths as they might come to (a divisor of 16).
    """
    parts = 2**at_once
    inner = (np.arange(1, parts) / parts).reshape(-1, *[1] * least.ndim)
    start, never = least, ~holds(least)
    for _ in range(_STEPS // at_once):
        width = most - least
        kept = holds(least + width * inner).sum(0)
        least, most = least + width * (kept / parts), least + width * ((kept + 1) / parts)
    return np.where(never, start, (least + most) / 2)


def _pearson_iii(z: Floats | float, skewness: Floats) -> Floats:
    """Standardised quantile of the gamma law with this skewness (Wilson & Hilferty 1931)."""
    bent = np.maximum(skewness, 1e-3)
    root = np.maximum(1 + bent * z / 6 - bent**2 / 36, 0.0)
    return np.asarray(2 / bent * (root * root * root - 1))
