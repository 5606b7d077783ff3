"""Means and variances of both sides, in units of the reference's standard deviation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.metrics.declare import Floats
from leadline.metrics.pair import Pair


@dataclass(frozen=True)
class Moments:
    """Moments of one side of a pair, shape (..., K) each.

    Attributes:
        mean: exact with the sums of the cells.
        variance: with the number of rows as divisor; exact with the sum of squares, else the spread of the
            cells' means plus half of the largest spread inside the cells.
        log_spread: variance of the logarithm of a sample variance, times the sample size: kurtosis - 1.
        skewness: third standardised moment.
        mean_error, variance_error: what the cells leave open.
    """

    mean: Floats
    variance: Floats
    log_spread: Floats
    skewness: Floats
    mean_error: Floats
    variance_error: Floats


def reference_moments(pair: Pair) -> Moments:
    """Moments of the reference."""
    return pair.once(
        "reference moments",
        lambda pair: _moments(
            pair, pair.p, pair.reference_means, pair.reference_sums, pair.reference_squares, pair.m
        ),
    )


def current_moments(pair: Pair) -> Moments:
    """Moments of the current side."""
    return pair.once(
        "current moments",
        lambda pair: _moments(
            pair, pair.q, pair.current_means, pair.current_sums, pair.current_squares, pair.n
        ),
    )


def _moments(
    pair: Pair, shares: Floats, means: Floats, sums: Floats | None, squares: Floats | None, size: Floats
) -> Moments:
    mean = (shares * means).sum(-1)
    distance = (means - mean[..., None]) ** 2
    spread = shares * distance
    variance = spread.sum(-1)
    fourth = (spread * distance).sum(-1)
    mean_error = variance_error = np.zeros(mean.shape)
    if sums is None:
        mean_error = (shares * np.where(pair.is_atom, 0.0, pair.width / 2)).sum(-1)
    if squares is not None:
        variance = np.maximum(squares / np.maximum(size, 1e-300) - mean**2, 0.0)
    else:
        from_low = means - pair.low_edge
        room = pair.width**2 if sums is None else from_low * (pair.width - from_low)
        variance_error = (shares * np.where(pair.is_atom, 0.0, room)).sum(-1) / 2
        variance = variance + variance_error
    third = (spread * (means - mean[..., None])).sum(-1)
    skewness = np.divide(third, variance**1.5, out=np.zeros_like(third), where=variance > 0)
    kurtosis = np.divide(fourth, variance**2, out=np.ones_like(fourth), where=variance > 0)
    return Moments(mean, variance, np.maximum(kurtosis - 1, 0.0), skewness, mean_error, variance_error)
