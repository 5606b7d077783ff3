"""Coefficient of determination."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Z95, Metric
from leadline.metrics.performance.estimate import NO_PAIRS, Estimate, Floats, effective_size, estimate
from leadline.metrics.performance.moments import CLIPPED
from leadline.metrics.performance.views import RegressionCounts


def r2(counts: RegressionCounts) -> Estimate:
    """Share of the labels' variance that predictions explain, at most 1; shape (...).

    NaN without labelled rows and for constant labels. Interval on the scale of log(1 - R2).
    """
    s, n = counts.sums, counts.labelled[..., 0]
    k = (counts.error_scale / counts.target_scale) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = s["target"] / n
        variance = s["target2"] / n - mean**2
        unexplained = k * s["error2"] / n / variance
        value = 1 - unexplained
        size = effective_size(n, counts.labelled_squares[..., 0], counts.inflation)
        error = np.sqrt(_spread(counts, mean, k / variance, unexplained / variance) * counts.inflation) / n
        relative = error / unexplained
        low, high = (1 - unexplained * np.exp(sign * Z95 * relative) for sign in (1, -1))
        exact = unexplained == 0
        error, low, high = (np.where(exact, x, y) for x, y in ((0.0, error), (value, low), (value, high)))
    # Rounding leaves a constant label with a variance of this order.
    constant = ~(variance > 1e-12 * np.maximum(mean**2, 1e-12))
    problems = [
        (counts.rows == 0, NO_PAIRS),
        (counts.rows < 2, "one row has no variance"),
        (constant, "labels are constant"),
        (counts.status["clipped"] > 0, CLIPPED),
    ]
    skewness = _skewness(counts, size, mean, variance, relative)
    return estimate(value, error, size, problems, low=low, high=high, skewness=skewness)


def _skewness(
    counts: RegressionCounts, size: Floats, mean: Floats, variance: Floats, relative: Floats
) -> Floats:
    """Of 1 - exp(L), L the difference of the logarithms of mean squared error and variance.

    A logarithm takes three relative errors off a skewness, exp puts them back; the variance of the labels
    counts as that of a normal law, whose skewness is two relative errors.
    """
    s, n = counts.sums, counts.labelled[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two, three = s["error2"] / n, s["error4"] / n, s["error6"] / n
        spread = np.maximum(two - one**2, 0.0)
        third = (three - 3 * one * two + 2 * one**3) / one**3 / size**2
        of_error = np.sqrt(spread / size) / one
        fourth = _spread(counts, mean, np.zeros_like(mean), np.ones_like(mean)) / n
        of_variance = np.sqrt(np.maximum(fourth - variance**2, 0.0) / size) / variance
        bent = (third - 3 * of_error**4 + of_variance**4) / relative**3
        return np.where(relative > 0, -(bent + 3 * relative), 0.0)


def _spread(counts: RegressionCounts, mean: Floats, a: Floats, b: Floats) -> Floats:
    """Sum of w^2 (a e^2 - b (y - mean)^2)^2: the influence of a row on 1 - R2, squared."""
    q = counts.sums_squares
    e2y2 = q["error2_target2"] - 2 * mean * q["error2_target"] + mean**2 * q["error2"]
    y4 = (
        q["target4"]
        - 4 * mean * q["target3"]
        + 6 * mean**2 * q["target2"]
        - 4 * mean**3 * q["target"]
        + mean**4 * counts.labelled_squares[..., 0]
    )
    return np.maximum(a**2 * q["error4"] - 2 * a * b * e2y2 + b**2 * y4, 0.0)


METRIC = Metric(
    key="r2",
    title="R²",
    family="performance",
    summary="Share of the variance of the labels that the predictions explain.",
    tasks=frozenset({"regression"}),
    range=(-np.inf, 1.0),
    worse="lower",
    reference="Wright, J. Agric. Res. 20 (1921)",
    compute=r2,
)
