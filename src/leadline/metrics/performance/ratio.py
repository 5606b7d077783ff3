"""A user's metric: the ratio of two sums, or the mean of a column."""

from __future__ import annotations

import numpy as np

from leadline.metrics.performance.estimate import Estimate, effective_size, estimate, mean_interval
from leadline.metrics.performance.views import RatioCounts


def ratio(counts: RatioCounts) -> Estimate:
    """Sum of the numerator over sum of the denominator; shape (...). Delta-method error.

    NaN without rows, where the denominators sum to 0, and where values were clipped.
    Source: Cochran, Sampling Techniques, 3rd ed. (1977), section 2.11.
    """
    s, q = counts.sums, counts.sums_squares
    bottom = s["denominator"]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = s["numerator"] / bottom
        spread = q["numerator2"] - 2 * value * q["product"] + value**2 * q["denominator2"]
        size = effective_size(counts.counted, counts.counted_squares, counts.inflation)
        error = np.sqrt(np.maximum(spread, 0.0) * counts.inflation * size / np.maximum(size - 1, 1.0))
        error = error / np.abs(bottom)
        low, high = mean_interval(value, error, size)
    problems = [
        (counts.rows == 0, "no row has a value"),
        (bottom == 0, "the denominator sums to 0"),
        (counts.status["clipped"] > 0, "some values are more than a million scales away"),
    ]
    unit = counts.unit
    return estimate(unit * value, unit * error, size, problems, low=unit * low, high=unit * high)
