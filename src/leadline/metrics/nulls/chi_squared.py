"""Pearson's chi-squared and the likelihood ratio under no change."""

from __future__ import annotations

import numpy as np

from leadline.metrics import special
from leadline.metrics.nulls.cells import exact_if_two_cells
from leadline.metrics.nulls.counts import Counts, Floats, guarded
from leadline.metrics.pair import Pair

_PRODUCTS = 30_000
"""Smaller side up to which exact moments keep enough digits."""

Polynomial = list[Floats]
"""Coefficients by degree, each of one shape."""


@guarded
def chi_squared(pair: Pair) -> Floats:
    """p-value of the two-sample chi-squared test, on at most 20 cells where the cells are ordered.

    Rare cells are merged by pooled counts. The larger of two p-values is given: Pearson's statistic
    against a gamma law with its first three permutation moments (Mielke & Berry 1985), good in the
    body; and the likelihood ratio with Williams' (1976) factor, whose tail stays right when few counts
    make a large statistic.
    """
    counts = Counts.tested(pair).without_rare()
    p = np.fmax(_pearson(counts), _likelihood_ratio(counts))
    return counts.answer(exact_if_two_cells(p, counts))


def _pearson(counts: Counts) -> Floats:
    """Upper tail of Pearson's statistic under permutation, by a gamma law with three moments."""
    c, total = counts.pooled, counts.total
    small = np.where((counts.m < counts.n)[:, None], counts.reference, counts.current)
    size = np.minimum(counts.m, counts.n)
    inverse = np.where(c > 0, 1 / np.maximum(c, 1e-300), 0.0)
    unit = counts.harmonic / np.maximum(total, 1e-300)
    statistic = ((small - counts.share * size[:, None]) ** 2 * inverse).sum(-1) / np.maximum(unit, 1e-300)
    mean, variance, third = _binomial_moments(counts, inverse, unit)
    exact = np.flatnonzero((size <= _PRODUCTS) & (counts.filled > 1) & (size > 3) & (total > 8))
    if len(exact):
        mean[exact], variance[exact], third[exact] = permutation_moments(
            c[exact], inverse[exact], size[exact], total[exact], unit[exact]
        )
    return special.pearson_iii_sf(statistic, mean, variance, np.maximum(third, 0.0))


def _binomial_moments(counts: Counts, inverse: Floats, unit: Floats) -> tuple[Floats, Floats, Floats]:
    """Cumulants of Pearson's statistic when both sides are large."""
    df = np.maximum(counts.filled - 1.0, 1.0)
    v = np.maximum(unit, 1e-12)
    inverses = inverse.sum(-1)
    variance = 2 * df + (1 / v - 6) * inverses
    third = 8 * df + (22 / v - 112) * inverses
    return df, np.maximum(variance, 0.5 * df), np.maximum(third, 2 * df)


def permutation_moments(
    c: Floats, inverse: Floats, size: Floats, total: Floats, unit: Floats
) -> tuple[Floats, Floats, Floats]:
    """Mean, variance and third central moment of Pearson's statistic given the pooled counts.

    Uses that factorial moments of the multivariate hypergeometric law are products of falling
    factorials: a monomial of degree k in the cells' falling factorials has the weight size_(k) / total_(k).

    Args:
        c, inverse: pooled counts and their inverses (0 for empty cells), shape (L, C).
        size, total: rows of the smaller side and of both, shape (L,).
        unit: m n / total^2, shape (L,).
    """
    # One cell's moments of b^2 / c as polynomials in the weight's index; column k belongs to degree k.
    falling = [np.ones(c.shape)]
    for k in range(6):
        falling.append(falling[-1] * (c - k))
    one = _powers(inverse, falling, (0, 1, 1))
    two = _powers(inverse**2, falling, (0, 1, 7, 6, 1))
    three = _powers(inverse**3, falling, (0, 1, 31, 90, 65, 15, 1))
    total_one = [x.sum(-1) for x in one]
    square = _times(one, one)
    deviation = [x.sum(-1) for x in _plus(two, square, -1.0)]
    third = _plus(_plus(three, _times(one, two), -3.0), _times(one, square), 2.0)
    excess = [x.sum(-1) for x in third]
    weights = [np.ones(len(c))]
    for k in range(6):
        weights.append(weights[-1] * (size - k) / (total - k))
    first = _times(total_one, total_one)
    raw_1 = _weigh(total_one, weights)
    raw_2 = _weigh(_plus(first, deviation, 1.0), weights)
    cube = _plus(_times(first, total_one), _times(total_one, deviation), 3.0)
    raw_3 = _weigh(_plus(cube, excess, 1.0), weights)
    variance = (raw_2 - raw_1**2) / unit**2
    central = (raw_3 - 3 * raw_1 * raw_2 + 2 * raw_1**3) / unit**3
    return (raw_1 - size**2 / total) / unit, variance, central


def _powers(scale: Floats, falling: Polynomial, stirling: tuple[int, ...]) -> Polynomial:
    return [scale * falling[k] * number for k, number in enumerate(stirling)]


def _times(x: Polynomial, y: Polynomial) -> Polynomial:
    out = [np.zeros(x[0].shape) for _ in range(len(x) + len(y) - 1)]
    for i, left in enumerate(x):
        for j, right in enumerate(y):
            out[i + j] = out[i + j] + left * right
    return out


def _plus(x: Polynomial, y: Polynomial, factor: float) -> Polynomial:
    longer = max(len(x), len(y))
    zero = np.zeros(x[0].shape)
    padded = [[*z, *([zero] * (longer - len(z)))] for z in (x, y)]
    return [left + factor * right for left, right in zip(*padded, strict=True)]


def _weigh(x: Polynomial, weights: list[Floats]) -> Floats:
    return sum((term * weight for term, weight in zip(x, weights, strict=False)), np.zeros(weights[0].shape))


def _likelihood_ratio(counts: Counts) -> Floats:
    c, total = counts.pooled, np.maximum(counts.total, 1e-300)
    df = np.maximum(counts.filled - 1.0, 1.0)
    statistic = np.zeros(len(c))
    inverse_sizes = np.zeros(len(c))
    for x, size in ((counts.reference, counts.m), (counts.current, counts.n)):
        expected = counts.share * size[:, None]
        ratio = np.where(x > 0, x / np.maximum(expected, 1e-300), 1.0)
        statistic = statistic + 2 * np.where(x > 0, x * np.log(ratio), 0.0).sum(-1)
        inverse_sizes = inverse_sizes + 1 / np.maximum(size, 1e-300)
    inverses = np.where(c > 0, 1 / np.maximum(c, 1e-300), 0.0).sum(-1)
    excess = np.maximum(total * inverses - 1, 0.0) * (total * inverse_sizes - 1)
    return special.chi_squared_sf(statistic / (1 + excess / (6 * total * df)), df)
