"""Special functions against SciPy, deep into the tails."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special as oracle
from scipy import stats

from leadline.metrics import special


def close(ours, theirs, relative):
    np.testing.assert_allclose(ours, theirs, rtol=relative, atol=1e-290)


def test_normal_tails_and_quantiles_agree_with_scipy():
    x = np.linspace(-37, 37, 1501)
    close(special.normal_sf(x), stats.norm.sf(x), 1e-12)
    p = 10.0 ** -np.arange(0.1, 300, 0.7)
    close(special.normal_isf(p), stats.norm.isf(p), 1e-12)
    assert special.normal_isf([0.0, 1.0]).tolist() == [np.inf, -np.inf]
    assert np.isnan(special.normal_isf(np.nan))


def test_gamma_tail_agrees_with_scipy_for_small_and_huge_shapes():
    shape = np.array([0.05, 0.5, 1.0, 1.5, 3.0, 9.5, 19.0, 20.0, 24.5, 100.0, 500.0, 1e4, 1e6])[:, None]
    z = np.linspace(-7, 25, 161)
    x = np.maximum(shape + z * np.sqrt(shape), shape * 1e-3)
    ours, theirs = special.gamma_sf(x, shape), oracle.gammaincc(shape, x)
    kept = theirs > 1e-200
    close(ours[kept], theirs[kept], 2e-9)
    moderate = (theirs > 1e-15) & (shape < 1e5)
    close(ours[moderate], theirs[moderate], 1e-10)


def test_gamma_tail_at_the_ends_of_its_range():
    assert special.gamma_sf([-1.0, 0.0, np.inf], 3.0).tolist() == [1.0, 1.0, 0.0]
    assert np.isnan(special.gamma_sf([np.nan, 1.0], [1.0, 0.0])).all()


def test_chi_squared_inverse_is_the_inverse():
    df = np.array([1, 2, 3, 7, 19, 40, 255, 1000, 20000])[:, None]
    p = np.array([0.999999, 0.99, 0.5, 0.1, 1e-3, 1e-6, 1e-12, 1e-100])
    close(special.chi_squared_isf(p, df), stats.chi2.isf(p, df), 1e-8)
    assert special.chi_squared_isf([0.0, 1.0], 4).tolist() == [np.inf, 0.0]


def test_kolmogorov_law_agrees_with_scipy():
    x = np.linspace(0.02, 12, 900)
    close(special.kolmogorov_sf(x), oracle.kolmogorov(x), 1e-11)
    assert special.kolmogorov_sf(-1.0) == 1.0


@pytest.mark.parametrize(
    ("population", "successes", "draws"),
    [
        (60, 7, 30),
        (60, 55, 30),
        (130, 65, 30),
        (2_000, 13, 1_000),
        (20_000, 6_000, 400),
        (2_000_000, 40, 1_000_000),
        (2_000_000, 900_000, 1_000_000),
        (1_000_030, 500_000, 30),
    ],
)
def test_hypergeometric_tails_agree_with_scipy(population, successes, draws):
    law = stats.hypergeom(population, successes, draws)
    low, high = law.support()
    centre, sd = law.mean(), law.std()
    k = np.unique(np.clip(np.round(centre + sd * np.linspace(-8, 9, 60)), low, high))
    ours, theirs = special.hypergeometric_sf(k, population, successes, draws), law.sf(k - 1)
    kept = theirs > 1e-250
    # SciPy sums logarithms of factorials and loses digits with a million rows.
    tolerance = 1e-10 if population < 1e4 else 3e-7
    close(ours[kept], theirs[kept], tolerance)
    close(special.hypergeometric_cdf(k, population, successes, draws), law.cdf(k), tolerance)


def test_hypergeometric_tail_agrees_with_exact_integers():
    from fractions import Fraction
    from math import comb

    population, successes, draws = 40_000, 13_000, 17_000
    for k in (5525, 5600, 5800, 6500):
        total = comb(population, draws)
        term = comb(successes, k) * comb(population - successes, draws - k)
        tail, x = 0, k
        while term > total // 10**200 or x == k:
            tail += term
            over = (successes - x) * (draws - x)
            term = term * over // ((x + 1) * (population - successes - draws + x + 1))
            x += 1
        exact = float(Fraction(tail, total))
        close(special.hypergeometric_sf(k, population, successes, draws), exact, 5e-10)


def test_hypergeometric_support_ends():
    assert special.hypergeometric_sf(0, 50, 10, 20) == 1.0
    assert special.hypergeometric_sf(11, 50, 10, 20) == 0.0
    assert special.hypergeometric_cdf(10, 50, 10, 20) == 1.0
    assert special.hypergeometric_sf(1, 50, 0, 20) == 0.0
    assert np.isnan(special.hypergeometric_sf(np.nan, 50, 10, 20))


def test_beta_binomial_tail_agrees_with_scipy():
    for n, a, b in [(30, 2, 29), (1000, 2, 99), (100, 1, 5), (50, 3, 1), (10**6, 2, 10**4 - 1)]:
        k = np.unique(np.round(np.linspace(0, min(n, 40 + 30 * n * a / (a + b)), 50)))
        theirs = (
            np.array([stats.betabinom(n, a, b).pmf(np.arange(x, n + 1)).sum() for x in k])
            if n <= 1000
            else None
        )
        ours = special.beta_binomial_sf(k, n, a, b)
        if theirs is not None:
            close(ours, theirs, 1e-9)
        assert (np.diff(ours) <= 1e-15).all()
        assert ours[0] == 1.0


@pytest.mark.parametrize("skewness", [-1.5, -0.3, 0.0, 0.2, 0.9])
def test_the_skewed_tail_is_pearsons_type_three(skewness):
    """Oracle: scipy.stats.pearson3."""
    z = np.linspace(-4, 5, 40)
    ours = special.pearson_iii_sf(1 + 2 * z, 1.0, 4.0, 8 * skewness)
    np.testing.assert_allclose(ours, stats.pearson3.sf(z, skewness), rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("skewness", [-3.0, -0.5, 0.0, 1e-4, 0.1, 2.0])
def test_the_lower_skewed_tail_is_the_upper_one_of_the_mirrored_law(skewness):
    """Bit for bit; oracle of its value: scipy.stats.pearson3."""
    z = np.array([*np.linspace(-6, 12, 61), np.inf, -np.inf, np.nan])
    up, down = special.pearson_iii_tails(z, 0.0, 1.0, skewness)
    np.testing.assert_array_equal(up, special.pearson_iii_sf(z, 0.0, 1.0, skewness))
    np.testing.assert_array_equal(down, special.pearson_iii_sf(-z, 0.0, 1.0, -skewness))
    if abs(skewness) > 1e-3:
        np.testing.assert_allclose(down[:61], stats.pearson3.cdf(z[:61], skewness), rtol=1e-6, atol=1e-10)


def test_the_skewed_tail_ends_at_0_and_1():
    """Also without skewness, where 0 times an infinite distance would be no number."""
    skewness = np.array([-1.5, 0.0, 0.9])
    np.testing.assert_array_equal(special.pearson_iii_sf(np.inf, 1.0, 4.0, 8 * skewness), 0.0)
    np.testing.assert_array_equal(special.pearson_iii_sf(-np.inf, 1.0, 4.0, 8 * skewness), 1.0)
