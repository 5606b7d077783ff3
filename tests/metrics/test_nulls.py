"""p-values under no change: exact laws where they are known, simulation where they are approximated."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from leadline.metrics import nulls
from leadline.metrics.nulls.cells import smaller_tail
from leadline.metrics.nulls.chi_squared import permutation_moments
from leadline.metrics.pair import Pair

NUMERIC = (
    nulls.kolmogorov_smirnov,
    nulls.chi_squared,
    nulls.mean_rank_shift,
    nulls.cramer_von_mises,
    nulls.anderson_darling,
)
CATEGORICAL = (nulls.total_variation, nulls.chi_squared, nulls.largest_cell)


def fixed(rng, m, n, pairs, law, ordered):
    law = np.asarray(law, float) / np.sum(law)
    a = rng.multinomial(m, law, pairs).astype(float)
    b = rng.multinomial(n, law, pairs).astype(float)
    return Pair(a, b, ordered, atoms=np.ones(a.shape, bool) if ordered else None)


def spaced(rng, m, n, pairs, cells=256):
    """Edges at order statistics of a continuous reference: current counts are Dirichlet-multinomial."""
    ranks = np.unique(np.concatenate([np.arange(cells) * m // cells, [m - 1]]))
    a = np.concatenate([[0], np.diff(ranks), [m - ranks[-1]]]).astype(float)
    gaps = a.copy()
    gaps[0] = 1
    mass = rng.standard_gamma(gaps, (pairs, len(gaps)))
    b = rng.multinomial(n, mass / mass.sum(1, keepdims=True)).astype(float)
    return Pair(np.broadcast_to(a, b.shape), b, True, atoms=np.zeros(b.shape, bool))


def assert_valid(p, error=1.3, levels=(0.1, 0.01, 0.001)):
    """The share of p-values at or under each level is at most `error` times it, up to chance (1e-4)."""
    for level in levels:
        allowed = stats.binom.isf(1e-4, len(p), error * level)
        assert (p <= level).sum() <= allowed, f"{(p <= level).mean() / level:.2f} times {level}"


@pytest.mark.parametrize(("m", "n"), [(300, 30), (300, 3_000), (1_000, 1_000), (100_000, 100)])
def test_continuous_columns_keep_their_level(m, n):
    pair = spaced(np.random.default_rng([1, m, n]), m, n, 4_000)
    for test in NUMERIC:
        assert_valid(test(pair))


@pytest.mark.parametrize(
    "law",
    [
        [0.3, 0.3, 0.2, 0.1, 0.1],
        [0.001, 0.997, 0.002],
        [0.9] + [0.01] * 10,
        [0.005] * 60 + [0.4] + [0.005] * 60,
    ],
    ids=["few", "rare", "zero-inflated", "half tied"],
)
@pytest.mark.parametrize(("m", "n"), [(30, 30), (10_000, 100), (1_000, 1_000)])
def test_tied_columns_keep_their_level(law, m, n):
    pair = fixed(np.random.default_rng([2, m, n]), m, n, 4_000, law, True)
    for test in NUMERIC:
        assert_valid(test(pair))


@pytest.mark.parametrize("levels", [2, 5, 20, 100])
@pytest.mark.parametrize("even", [True, False], ids=["even", "zipf"])
@pytest.mark.parametrize(("m", "n"), [(30, 1_000), (10_000, 100), (1_000, 1_000)])
def test_categorical_columns_keep_their_level(levels, even, m, n):
    law = np.ones(levels) if even else 1 / np.arange(1.0, levels + 1)
    pair = fixed(np.random.default_rng([3, levels, m, n]), m, n, 4_000, law, False)
    for test in CATEGORICAL:
        assert_valid(test(pair))


@pytest.mark.parametrize(("m", "n"), [(1_000, 1_000), (300, 30_000), (10_000, 300)])
def test_a_cell_for_unseen_values_is_no_evidence_by_itself(m, n):
    rng = np.random.default_rng([4, m, n])
    pair = fixed(rng, m, n, 1_000, 1 / np.arange(1.0, 801), False)
    fresh = np.where(pair.reference == 0, pair.current, 0).sum(1, keepdims=True)
    pooled = Pair(
        np.hstack([pair.reference, np.zeros_like(fresh)]),
        np.hstack([np.where(pair.reference == 0, 0, pair.current), fresh]),
        False,
    )
    for test in CATEGORICAL:
        assert_valid(test(pooled), levels=(0.1, 0.01))
    once, twice = ((pair.reference == k).sum(1) for k in (1, 2))
    assert_valid(nulls.unseen(fresh[:, 0], n, m, once, twice).p_value)


def test_a_cut_vocabulary_is_no_evidence_by_itself():
    rng = np.random.default_rng(5)
    whole = fixed(rng, 5_000, 5_000, 400, np.ones(1_000), False)
    kept = np.argsort(-whole.reference, axis=1, kind="stable")[:, :300]
    hashed = np.resize(np.arange(32), 1_000)
    rest = np.ones(whole.reference.shape, bool)
    np.put_along_axis(rest, kept, False, 1)
    sides = []
    for counts in (whole.reference, whole.current):
        cells = np.stack([np.where(rest, counts, 0)[:, hashed == h].sum(1) for h in range(32)], 1)
        sides.append(np.hstack([np.take_along_axis(counts, kept, 1), cells]))
    shared = np.broadcast_to(np.arange(332) >= 300, sides[0].shape)
    for test in CATEGORICAL:
        assert_valid(test(Pair(sides[0], sides[1], False, shared=shared)), levels=(0.1, 0.01))


@pytest.mark.long
@pytest.mark.parametrize(("m", "n"), [(100, 100), (1_000, 1_000), (10_000, 200)])
def test_levels_hold_deep_in_the_tail(m, n):
    rng = np.random.default_rng([6, m, n])
    found = {}
    for _ in range(40):
        numeric = fixed(rng, m, n, 10_000, [0.002, 0.003, 0.975, 0.01, 0.01], True)
        named = fixed(rng, m, n, 10_000, 1 / np.arange(1.0, 13), False)
        for tests, pair in ((NUMERIC[:3], numeric), (CATEGORICAL, named)):
            for test in tests:
                found.setdefault((test, pair.ordered), []).append(test(pair))
    for p in found.values():
        assert_valid(np.concatenate(p), error=1.6, levels=(1e-3, 1e-4, 1e-5))


def test_rising_share_is_fishers_exact_test():
    for x, m, y, n in [(3, 50, 9, 40), (0, 1000, 2, 30), (500, 10_000, 70, 1000), (5, 20, 5, 20)]:
        theirs = stats.fisher_exact([[y, n - y], [x, m - x]], alternative="greater").pvalue
        np.testing.assert_allclose(nulls.rising_share(x, m, y, n).p_value, theirs, rtol=1e-9)
    assert nulls.rising_share(0, 10, 0, 10).p_value == 1.0
    assert np.isnan(nulls.rising_share(0, 0, 1, 5).p_value)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 30), st.integers(1, 300), st.integers(0, 30), st.integers(1, 300), st.floats(1e-9, 0.05)
)
def test_what_a_level_attains_is_the_largest_p_value_up_to_it(x, m, y, n, level):
    """Over all counts that could have been, by SciPy."""
    x, y = min(x, m), min(y, n)
    law = stats.hypergeom(m + n, x + y, n)
    possible = law.sf(np.arange(0, min(x + y, n) + 1) - 1)
    exact = possible[possible <= level * (1 + 1e-12)].max(initial=0.0)
    np.testing.assert_allclose(nulls.rising_share(x, m, y, n).attained(level), exact, rtol=1e-7, atol=1e-300)


def test_what_is_attained_is_the_p_value_itself_at_a_p_value():
    for rise in (
        nulls.rising_share(100, 10_000, [20, 25, 30, 0], 1_000),
        nulls.outside_range([1, 3, 6, 9], 1_000, 1_000),
        nulls.unseen([2, 3, 8, 0], 1_000, 10_000, 1, 0),
    ):
        levels = rise.p_value[:, None] * np.ones(4)
        np.testing.assert_allclose(np.diag(rise.attained(levels)), rise.p_value, rtol=1e-9)
        assert (rise.attained(levels) <= levels + 1e-15).all()


def test_a_level_attains_the_p_value_that_it_came_from_however_it_was_rounded():
    rise = nulls.rising_share(100, 10_000, np.arange(19.0, 90.0), 1_000)
    attained = rise.attained(1.5 * (rise.p_value / 1.5))
    np.testing.assert_allclose(attained, rise.p_value, rtol=1e-9)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 40), st.integers(0, 40))
def test_of_both_tails_of_a_cell_the_smaller_one_is_taken(hits, others, draws, k):
    total = hits + others + 1
    draws, k = min(draws, total), min(k, hits, draws)
    law = stats.hypergeom(total, hits, draws)
    mean = draws * hits / total
    if k == mean:
        return
    found = smaller_tail(*(np.array([x]) for x in (float(k), k > mean, total, hits, draws)))
    np.testing.assert_allclose(found, min(law.sf(k - 1), law.cdf(k)), rtol=1e-9, atol=1e-300)


def test_two_categories_are_tested_exactly():
    a, b = np.array([[40.0, 10.0]]), np.array([[20.0, 15.0]])
    law = stats.hypergeom(85, 25, 35)
    exact = 2 * min(law.sf(14), law.cdf(15))
    for test in CATEGORICAL:
        np.testing.assert_allclose(test(Pair(a, b, False)), exact, rtol=1e-9)


def test_pearson_moments_equal_those_over_all_permutations():
    c, n = (4, 3, 5, 2), 6
    total = sum(c)
    values, weights = [], []
    for b in itertools.product(*(range(k + 1) for k in c)):
        if sum(b) != n:
            continue
        unit = n * (total - n) / total**2
        values.append(sum((x - n * k / total) ** 2 / k for x, k in zip(b, c, strict=True)) / unit)
        weights.append(math.prod(math.comb(k, x) for x, k in zip(b, c, strict=True)))
    values, weights = np.array(values), np.array(weights) / math.comb(total, n)
    mean = (weights * values).sum()
    central = [(weights * (values - mean) ** k).sum() for k in (2, 3)]
    row = np.array([c], float)
    ours = permutation_moments(
        row, 1 / row, np.array([n * 1.0]), np.array([total * 1.0]), np.array([n * (total - n) / total**2])
    )
    np.testing.assert_allclose(np.ravel(ours), [mean, *central], rtol=1e-9)


def test_values_outside_the_range_follow_the_law_of_spacings():
    m, n = 4, 3
    hits = []
    for places in itertools.combinations(range(m + n), n):
        reference = [i for i in range(m + n) if i not in places]
        hits.append(sum(i < reference[0] or i > reference[-1] for i in places))
    for k in range(n + 1):
        exact = np.mean(np.array(hits) >= k)
        np.testing.assert_allclose(nulls.outside_range(k, m, n).p_value, exact, rtol=1e-12)


def test_limit_laws_agree_with_published_points():
    # Anderson & Darling 1952, table 1 (Cramer-von Mises); Stephens 1974 (Anderson-Darling).
    points = [0.34730, 0.46136, 0.74346, 1.16786]
    np.testing.assert_allclose(nulls.cramer_von_mises_sf(points), [0.1, 0.05, 0.01, 0.001], rtol=2e-3)
    points = [1.933, 2.492, 3.070]
    np.testing.assert_allclose(nulls.anderson_darling_sf(points), [0.1, 0.05, 0.025], rtol=1e-2)
    assert nulls.anderson_darling_sf(0.0) == 1.0


def test_kolmogorov_smirnov_is_the_limit_law_of_the_distance():
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=4_000), rng.normal(0.03, 1, size=3_000)
    points = np.sort(x)
    counts = [np.bincount(np.searchsorted(points, s, "left"), minlength=4_001) for s in (x, y)]
    ours = nulls.kolmogorov_smirnov(Pair(counts[0][None] * 1.0, counts[1][None] * 1.0, True))
    theirs = stats.ks_2samp(x, y, method="asymp").pvalue
    np.testing.assert_allclose(ours, theirs, rtol=0.05)


def test_one_rare_value_shifts_ranks_as_the_exact_test_says():
    # Ten thousand zeros and a few ones: the mean-rank shift is the number of ones.
    m, n = 10_000, 2_000
    for ones, current in [(10, 8), (20, 12), (6, 6), (40, 20)]:
        a = np.array([[m - (ones - current), ones - current]], float)
        b = np.array([[n - current, current]], float)
        pair = Pair(a, b, True, atoms=np.ones(a.shape, bool))
        exact = stats.hypergeom(m + n, ones, n).sf(current - 1)
        ratio = float(nulls.mean_rank_shift(pair)[0]) / exact
        assert 0.8 < ratio < 3.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.integers(2, 40))
def test_laws_of_all_tests(seed, ordered, cells):
    rng = np.random.default_rng(seed)
    a = rng.poisson(rng.exponential(20, cells), (3, cells)).astype(float)
    b = rng.poisson(rng.exponential(10, cells), (2, 3, cells)).astype(float)
    for test in NUMERIC if ordered else CATEGORICAL:
        p = test(Pair(a, b, ordered))
        judged = (a.sum(-1) > 0) & (b.sum(-1) > 0)
        assert p.shape == (2, 3)
        assert np.array_equal(np.isfinite(p), judged)
        assert ((p[judged] >= 0) & (p[judged] <= 1)).all()
        each = [test(Pair(a[k : k + 1], b[w, k : k + 1], ordered))[0] for w in range(2) for k in range(3)]
        np.testing.assert_allclose(p.ravel(), each, rtol=1e-7, atol=1e-300)
        padded = Pair(np.pad(a, ((0, 0), (0, 3))), np.pad(b, ((0, 0), (0, 0), (0, 3))), ordered)
        np.testing.assert_allclose(test(padded), p, rtol=1e-7, atol=1e-300)
        same = test(Pair(a, np.broadcast_to(a, b.shape), ordered))
        assert np.nanmin(np.where(a.sum(-1) > 0, same, np.nan), initial=1.0) > 0.3


def test_noise_inflation_divides_the_sizes():
    rng = np.random.default_rng(8)
    pair = fixed(rng, 400, 200, 50, np.ones(12), True)
    inflated = Pair(
        pair.reference * 5,
        pair.current * 5,
        True,
        atoms=pair.atoms,
        reference_inflation=np.full(50, 5.0),
        current_inflation=5.0,
    )
    for test in NUMERIC:
        np.testing.assert_allclose(test(inflated), test(pair), rtol=1e-6)
    np.testing.assert_allclose(
        nulls.rising_share(10, 500, 60, 500, 5, 5).p_value, nulls.rising_share(2, 100, 12, 100).p_value
    )


@pytest.mark.parametrize("ordered", [True, False])
def test_large_shifts_are_found_and_constant_columns_are_quiet(ordered):
    shifted = Pair(np.array([[100.0, 300, 200, 50]]), np.array([[300.0, 200, 100, 50]]), ordered)
    constant = Pair(np.array([[100.0, 0]]), np.array([[70.0, 0]]), ordered)
    for test in NUMERIC if ordered else CATEGORICAL:
        assert test(shifted)[0] < 1e-8
        assert test(constant)[0] == 1.0


def test_a_new_category_is_evidence():
    pair = Pair(np.array([[500.0, 300, 200, 0]]), np.array([[480.0, 290, 190, 40]]), False)
    assert nulls.chi_squared(pair)[0] < 1e-6
    assert nulls.largest_cell(pair)[0] < 1e-6
    assert nulls.unseen(40, 1000, 1000, 0, 0).p_value < 1e-10
    assert nulls.unseen(0, 1000, 1000, 5, 0).p_value == 1.0


def test_real_counts_are_rounded_towards_no_change_and_never_past_it():
    """A cell with 0.3 of a row was once as surprising as an impossible count."""
    counts = np.array([[50.0, 40.0, 0.3, 0.2]])
    pair = Pair(counts, counts * 0.3, False, shared=np.zeros((1, 4), bool))
    assert nulls.largest_cell(pair)[0] > 0.1


def test_sums_of_heavy_scores_keep_their_permutation_level():
    """Sums of squares of Student t(3) errors; a gamma tail gives four times the level."""
    rng = np.random.default_rng(41)
    m, n, tables = 1_000, 200, 3_000
    scores = np.sort(rng.standard_t(3, (tables, m + n)) ** 2, -1)
    chosen = rng.permuted(np.broadcast_to(np.arange(m + n) < n, scores.shape), axis=-1)
    up, down = nulls.score_sum_tails(scores, np.ones(scores.shape), float(n), (scores * chosen).sum(-1))
    for p in (up, down):
        assert (p <= 0.01).sum() <= stats.binom.isf(1e-4, tables, 0.01)
        assert (p <= 0.1).mean() > 0.05
    np.testing.assert_allclose(up + down, 1.0, atol=1e-9)


def test_one_heavy_score_is_in_the_part_as_often_as_its_size_says():
    scores = np.r_[np.zeros(119), 1.0]
    up, _ = nulls.score_sum_tails(scores, np.ones(120), 20.0, 1.0)
    assert up == pytest.approx(1 / 6, rel=0.05)
