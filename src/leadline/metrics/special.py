"""Special functions of the p-values, vectorised, without SciPy.

All functions broadcast their arguments, return float64 arrays and keep a relative error near 1e-10 or
better far into the tails, because p-values of 1e-12 are compared with thresholds divided by columns.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_NODES, _WEIGHTS = (array.astype(np.float64) for array in np.polynomial.legendre.leggauss(48))
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_TINY = 1e-300
_erfc = np.frompyfunc(math.erfc, 1, 1)
_lgamma = np.frompyfunc(math.lgamma, 1, 1)
_quantile = np.frompyfunc(NormalDist().inv_cdf, 1, 1)


def normal_sf(x: npt.ArrayLike) -> Floats:
    """Upper tail of the standard normal law; NaN stays NaN."""
    return _floats(_erfc(_floats(x) / math.sqrt(2.0))) / 2


def normal_isf(p: npt.ArrayLike) -> Floats:
    """The x whose upper normal tail is p (Wichura's AS 241); infinite at 0 and 1, NaN outside [0, 1]."""
    p = _floats(p)
    inside = (p > 0) & (p < 1)
    x = -_floats(_quantile(np.where(inside, p, 0.5)))
    return np.where(inside, x, np.where(p == 0, np.inf, np.where(p == 1, -np.inf, np.nan)))


def log_gamma(x: npt.ArrayLike) -> Floats:
    """Logarithm of the gamma function, x > 0."""
    return _floats(_lgamma(_floats(x)))


def gamma_sf(x: npt.ArrayLike, shape: npt.ArrayLike) -> Floats:
    """Upper tail of the gamma law with this shape and scale 1 (regularised incomplete gamma Q).

    1 at x <= 0. Series and Legendre's continued fraction for small shapes (Abramowitz & Stegun 6.5.29,
    6.5.31), Gauss-Legendre quadrature of the tail for large ones. NaN where an argument is NaN or the
    shape is not positive.
    """
    x, shape = np.broadcast_arrays(_floats(x), _floats(shape))
    out = np.full(x.shape, np.nan)
    usable = ~np.isnan(x) & (shape > 0) & np.isfinite(shape)
    out[usable & (x <= 0)] = 1.0
    out[usable & np.isposinf(x)] = 0.0
    inside = usable & (x > 0) & np.isfinite(x)
    lower = inside & (x < shape + 1) & (shape < 20)
    upper = inside & (x >= shape + 1) & (shape < 20)
    above = inside & (x >= shape) & (shape >= 20)
    below = inside & (x < shape) & (shape >= 20)
    if lower.any():
        out[lower] = 1 - _gamma_series(x[lower], shape[lower])
    if upper.any():
        out[upper] = _gamma_fraction(x[upper], shape[upper])
    if above.any():
        out[above] = _gamma_tail(x[above], shape[above], 1.0)
    if below.any():
        out[below] = 1 - _gamma_tail(x[below], shape[below], -1.0)
    return out


def chi_squared_sf(x: npt.ArrayLike, df: npt.ArrayLike) -> Floats:
    """Upper tail of the chi-squared law; df > 0 need not be an integer; NaN for df <= 0."""
    return gamma_sf(_floats(x) / 2, _floats(df) / 2)


def f_sf(x: npt.ArrayLike, numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Floats:
    """Upper tail of Fisher's F law with these degrees of freedom (> 0, real); 1 at x <= 0, NaN for NaN.

    An infinite denominator gives the chi-squared law divided by the numerator.
    """
    x, numerator, denominator = np.broadcast_arrays(*map(_floats, (x, numerator, denominator)))
    known = np.isfinite(denominator)
    finite = np.where(known, denominator, 1.0)
    ratio = np.maximum(x, 0.0) * numerator
    tail = _incomplete_beta(finite / 2, numerator / 2, finite / (finite + ratio))
    return tail if known.all() else np.where(known, tail, chi_squared_sf(ratio, numerator))


def _incomplete_beta(a: Floats, b: Floats, x: Floats) -> Floats:
    """The regularised incomplete beta function I_x(a, b): Lentz's continued fraction (DLMF 8.17.22), from the
    side on which it converges fast.
    """
    swapped = x > (a + 1) / (a + b + 2)
    p, q, z = np.where(swapped, b, a), np.where(swapped, a, b), np.where(swapped, 1 - x, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        front = log_gamma(p + q) - log_gamma(p) - log_gamma(q) + p * np.log(z) + q * np.log1p(-z)
        share = np.exp(front) / p * _beta_fraction(p, q, z)
    share = np.where(z <= 0, 0.0, share)
    return np.where(np.isnan(x), np.nan, np.clip(np.where(swapped, 1 - share, share), 0.0, 1.0))


def _beta_fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """NaN where an argument is not finite. Elements leave the iteration when they have converged."""
    tiny = 1e-300
    found = np.full(x.shape, np.nan)
    left = np.flatnonzero(np.isfinite(a) & np.isfinite(b) & np.isfinite(x))
    a, b, x = (values.ravel()[left] for values in (a, b, x))
    first = 1 - (a + b) * x / (a + 1)
    d = 1 / np.where(np.abs(first) < tiny, tiny, first)
    c, out = np.ones_like(x), d.copy()
    for m in range(1, 400):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 + step * d
            c = 1 + step / c
            d = 1 / np.where(np.abs(d) < tiny, tiny, d)
            c = np.where(np.abs(c) < tiny, tiny, c)
            out = out * d * c
        going = ~(np.abs(d * c - 1) < 1e-14)
        if not going.all():
            found.flat[left[~going]] = out[~going]
            left = left[going]
            a, b, x, c, d, out = (values[going] for values in (a, b, x, c, d, out))
            if len(left) == 0:
                return found
    found.flat[left] = out
    return found


def chi_squared_isf(p: npt.ArrayLike, df: npt.ArrayLike) -> Floats:
    """The x whose upper chi-squared tail is p; Newton on the log tail from Wilson and Hilferty's start."""
    p, df = np.broadcast_arrays(_floats(p), _floats(df))
    inside = (p > 0) & (p < 1) & (df > 0)
    safe, shape = np.where(inside, p, 0.5), np.where(inside, df, 2.0) / 2
    cube = 1 - 1 / (9 * shape) + normal_isf(safe) / np.sqrt(9 * shape)
    x = np.maximum(shape * np.maximum(cube, 0.0) ** 3, 1e-8 * shape)
    for _ in range(60):
        tail = np.maximum(gamma_sf(x, shape), _TINY)
        slope = np.maximum(np.exp(_gamma_log_density(x, shape)) / tail, _TINY)
        step = (np.log(tail) - np.log(safe)) / slope
        x = np.clip(x + step, x / 5, x * 5 + 5)
        if np.all(np.abs(step) <= 1e-13 * x):
            break
    edge = np.where(p == 0, np.inf, np.where(p == 1, 0.0, np.nan))
    return np.where(inside, 2 * x, np.where(df > 0, edge, np.nan))


def pearson_iii_sf(
    x: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike, third: npt.ArrayLike
) -> Floats:
    """Upper tail of the Pearson III (shifted gamma) law with these moments; normal without skewness.

    `third` is the third central moment, of either sign; the skewness is kept within +-50.
    """
    z, bent, right, tail = _pearson_iii(x, mean, variance, third)
    return np.where(bent, np.where(right, tail, 1 - tail), normal_sf(z))


def pearson_iii_tails(
    x: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike, third: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Both tails, P(X > x) and P(X < x), of the law of `pearson_iii_sf`."""
    z, bent, right, tail = _pearson_iii(x, mean, variance, third)
    up, down = np.where(right, tail, 1 - tail), np.where(right, 1 - tail, tail)
    return np.where(bent, up, normal_sf(z)), np.where(bent, down, normal_sf(-z))


def _pearson_iii(
    x: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike, third: npt.ArrayLike
) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_], Floats]:
    """Standardised values; which laws are skewed, and which to the right; the tail on that side."""
    x, mean, variance, third = np.broadcast_arrays(*map(_floats, (x, mean, variance, third)))
    deviation = np.sqrt(np.maximum(variance, 1e-60))
    z, skewness = (x - mean) / deviation, np.clip(third / deviation**3, -50.0, 50.0)
    bent = (np.abs(skewness) > 1e-3) & np.isfinite(z)
    shape = 4 / np.where(bent, skewness, 1.0) ** 2
    tail = gamma_sf(shape + np.sign(skewness) * np.where(bent, z, 0.0) * np.sqrt(shape), shape)
    return z, bent, skewness > 0, tail


def kolmogorov_sf(x: npt.ArrayLike) -> Floats:
    """Upper tail of Kolmogorov's limit law of sqrt(n) D; 1 at x <= 0."""
    x = _floats(x)
    large = np.maximum(x, 0.6)[..., None]
    k = np.arange(1, 9)
    alternating = 2 * np.sum((-1.0) ** (k - 1) * np.exp(-2 * (k * large) ** 2), -1)
    small = np.clip(x, 1e-2, 1.0)[..., None]
    odd = 2 * k - 1
    theta = math.sqrt(2 * math.pi) / small[..., 0] * np.sum(np.exp(-((odd * math.pi / small) ** 2) / 8), -1)
    return np.where(np.isnan(x), np.nan, np.where(x > 0.8, alternating, np.where(x <= 0, 1.0, 1 - theta)))


def hypergeometric_log_pmf(
    k: npt.ArrayLike, population: npt.ArrayLike, successes: npt.ArrayLike, draws: npt.ArrayLike
) -> Floats:
    """Log probability of k successes in draws without replacement; real k allowed; -inf off the support.

    Written with deviances (Loader 2000), so that large counts do not cancel.
    """
    population, successes, draws = np.broadcast_arrays(*map(_floats, (population, successes, draws)))
    low, high = np.maximum(0.0, successes + draws - population), np.minimum(successes, draws)
    k = _floats(k)
    inside = (k >= low) & (k <= high) & (population > 0)
    k = np.where(inside, k, low)
    failures, left = population - successes, population - draws
    # All four cells at once, and what does not depend on k for each law only.
    cells = np.stack([k, successes - k, draws - k, failures - draws + k])
    margins = np.stack([successes, failures, draws, left])
    expected = margins[[0, 0, 1, 1]] * margins[[2, 3, 2, 3]] / np.maximum(population, 1.0)
    expected = expected.reshape(4, *[1] * (k.ndim - population.ndim), *population.shape)
    out = -(_deviance(cells, expected) + _stirling(cells)).sum(0)
    out += _stirling(margins).sum(0) - _stirling(population)
    return np.where(inside, out, -np.inf)


def hypergeometric_sf(
    k: npt.ArrayLike, population: npt.ArrayLike, successes: npt.ArrayLike, draws: npt.ArrayLike
) -> Floats:
    """P(X >= k) successes in draws without replacement; k included.

    Sums the terms where they fall fast, else uses the Euler-Maclaurin formula with quadrature of the
    real-valued density. Population, successes and draws may be real (sizes divided by an inflation); k
    then counts from the support's lower end in steps of one.
    """
    k, population, successes, draws = np.broadcast_arrays(*map(_floats, (k, population, successes, draws)))
    if k.ndim == 0:
        return hypergeometric_sf(k[None], population, successes, draws)[0]
    shape = k.shape
    args = [a.ravel() for a in (population, successes, draws)]
    flat = k.ravel()
    mean = args[1] * args[2] / np.maximum(args[0], 1.0)
    upper = flat > mean
    # The lower tail P(X < k) is the upper tail of the failures drawn: draws - X > draws - k.
    at = np.where(upper, flat, args[2] - flat + 1)
    hits = np.where(upper, args[1], args[0] - args[1])
    tail = _hypergeometric_tail(at, args[0], hits, args[2])
    out = np.where(upper, tail, 1 - tail)
    out[np.isnan(flat) | np.isnan(args[0] + args[1] + args[2])] = np.nan
    return np.clip(out, 0.0, 1.0).reshape(shape)


def hypergeometric_cdf(
    k: npt.ArrayLike, population: npt.ArrayLike, successes: npt.ArrayLike, draws: npt.ArrayLike
) -> Floats:
    """P(X <= k) successes in draws without replacement."""
    draws = _floats(draws)
    return hypergeometric_sf(draws - _floats(k), population, _floats(population) - _floats(successes), draws)


def beta_binomial_sf(k: npt.ArrayLike, n: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """P(X >= k) of the beta-binomial law with n trials and integer a, b.

    X is how many of n new values fall into a gaps between a + b - 1 old ones, so the tail is one of the
    negative hypergeometric law: fewer than a old values among the first k + a - 1 of all. a + b - 1 >= a
    is needed (b >= 1); k <= 0 gives 1, k > n gives 0.
    """
    k, n, a, b = np.broadcast_arrays(*map(_floats, (k, n, a, b)))
    old = a + b - 1
    inside = (k > 0) & (k <= n)
    tail = hypergeometric_cdf(a - 1, n + old, old, np.where(inside, k, 1.0) + a - 1)
    return np.where(k <= 0, 1.0, np.where(k > n, 0.0, tail))


def _floats(x: Any) -> Floats:
    return np.asarray(x, dtype=np.float64)


def _stirling(n: npt.ArrayLike) -> Floats:
    """log n! - (n log n - n), n >= 0; 0 at 0."""
    n = _floats(n)
    large = np.maximum(n, 16.0)
    inverse = 1 / (large * large)
    series = 1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))
    out = np.array(0.5 * np.log(large) + _HALF_LOG_2PI + series / large)
    few = n < 16
    if few.any():
        small = n[few]
        out[few] = _floats(_lgamma(small + 1)) - small * np.log(np.maximum(small, _TINY)) + small
    return out


def _deviance(x: Floats, mean: Floats) -> Floats:
    """x log(x / mean) + mean - x, without cancellation near x = mean; mean where x = 0."""
    gap = x - mean
    v = gap / np.maximum(x + mean, _TINY)
    near = np.abs(v) < 0.1
    square = v * v
    series = np.zeros(v.shape)
    for j in range(9, 0, -1):
        series += 1 / (2 * j + 1)
        series *= square
    close = v * (gap + 2 * x * series)
    if near.all():
        return close
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where(x > 0, x * (np.log(x) - np.log(mean)), 0.0) - gap
    return np.where(near, close, np.where((mean > 0) | (x > 0), far, 0.0))


def _gamma_log_density(x: Floats, shape: Floats) -> Floats:
    """Log density of the gamma law, by deviances."""
    degree = np.maximum(_floats(shape - 1), 0.0)
    found = -_deviance(degree, x) - _stirling(degree)
    if np.all(shape >= 1):
        return found
    return np.where(shape < 1, (shape - 1) * np.log(x) - x - log_gamma(shape), found)


def _gamma_series(x: Floats, shape: Floats) -> Floats:
    term = np.ones(x.shape)
    total = term.copy()
    for j in range(1, 400):
        term = term * (x / (shape + j))
        total = total + term
        if np.all(term <= 1e-17 * total):
            break
    return total * np.exp(shape * np.log(x) - x - log_gamma(shape + 1))


def _gamma_fraction(x: Floats, shape: Floats) -> Floats:
    b = x + 1 - shape
    c = np.full(x.shape, 1 / _TINY)
    d = 1 / b
    h = d
    going = np.ones(x.shape, bool)
    for i in range(1, 500):
        a = -i * (i - shape)
        b = b + 2
        d = a * d + b
        d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
        c = b + a / c
        c = np.where(np.abs(c) < _TINY, _TINY, c)
        h = np.where(going, h * (d * c), h)
        going &= np.abs(d * c - 1) >= 1e-15
        if not going.any():
            break
    return h * np.exp(shape * np.log(x) - x - log_gamma(shape))


def _gamma_tail(x: Floats, shape: Floats, side: float) -> Floats:
    """Integral of the gamma density beyond x, away from the centre; side 1 above, -1 below."""
    slope = np.maximum(side * (1 - (shape - 1) / x), 0.0)
    curvature = (shape - 1) / (x * x)
    # The integrand falls by exp(-40) within `width`; below, it also ends at 0.
    width = 80 / (slope + np.sqrt(slope * slope + 80 * curvature))
    if side < 0:
        width = np.minimum(width, x)
    else:
        width = np.maximum(width, 1.3 * width * np.minimum(1.0, width / x) + width)
    step = side * width[:, None] * _NODES
    log_ratio = (shape - 1)[:, None] * np.log1p(step / x[:, None]) - step
    return np.exp(_gamma_log_density(x, shape)) * width * (np.exp(log_ratio) * _WEIGHTS).sum(-1)


def _hypergeometric_tail(k: Floats, population: Floats, successes: Floats, draws: Floats) -> Floats:
    """P(X >= k) for k above the mean."""
    total = np.maximum(population, 1.0)
    failures = population - successes
    variance = (
        successes * failures * draws * (population - draws) / (total * total * np.maximum(total - 1, 1))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (successes - k) * (draws - k) / ((k + 1) * (failures - draws + k + 1))
        slope = -np.log(ratio)
    smooth = (variance >= 900) & (slope < 0.15)
    out = np.zeros(k.shape)
    if smooth.any():
        out[smooth] = _smooth_tail(
            k[smooth], population[smooth], successes[smooth], draws[smooth], variance[smooth]
        )
    if not smooth.all():
        few = ~smooth
        out[few] = _summed_tail(k[few], population[few], successes[few], draws[few])
    return out


def _summed_tail(k: Floats, population: Floats, successes: Floats, draws: Floats) -> Floats:
    start = np.exp(hypergeometric_log_pmf(k, population, successes, draws))
    total, term, going = np.ones(k.shape), np.ones(k.shape), start > 0
    rest = population - successes - draws
    steps = np.arange(64.0)
    for block in range(40):
        at = k[:, None] + (block * 64 + steps)
        over = np.maximum(successes[:, None] - at, 0.0) * np.maximum(draws[:, None] - at, 0.0)
        terms = term[:, None] * np.cumprod(over / np.maximum((at + 1) * (rest[:, None] + at + 1), _TINY), 1)
        total, term = np.where(going, total + terms.sum(1), total), terms[:, -1]
        going &= term > 1e-16 * total
        if not going.any():
            break
    return start * total


def _smooth_tail(k: Floats, population: Floats, successes: Floats, draws: Floats, variance: Floats) -> Floats:
    """Euler-Maclaurin from the midpoint below k (DLMF 2.10): integral + f'/24 - 7 f'''/5760."""
    edge = k - 0.5
    cells = (edge, successes - edge, draws - edge, population - successes - draws + edge)
    # Derivatives of the log density at the edge, from digamma's first terms.
    first = [np.log(np.maximum(c + 0.5, _TINY)) for c in cells]
    g1 = -first[0] + first[1] + first[2] - first[3]
    g2 = -sum((1 / (c + 0.5) for c in cells), np.zeros(k.shape))
    slope = np.maximum(-g1, 0.0)
    width = 80 / (slope + np.sqrt(slope * slope + 80 / variance))
    width = np.minimum(1.15 * width, np.minimum(successes, draws) - edge)
    at = edge[:, None] + width[:, None] * _NODES
    log_pmf = hypergeometric_log_pmf(at, population[:, None], successes[:, None], draws[:, None])
    log_edge = hypergeometric_log_pmf(edge, population, successes, draws)
    f = np.exp(log_edge)
    integral = width * (np.exp(log_pmf) * _WEIGHTS).sum(-1)
    return integral + f * g1 / 24 - 7 / 5760 * f * (g1**3 + 3 * g1 * g2)
