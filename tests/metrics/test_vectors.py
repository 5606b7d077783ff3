"""Metrics of vectors against kernels by brute force, SciPy, and simulation under no change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.linalg import sqrtm

from leadline.metrics import METRICS
from leadline.metrics.frechet import covariance_distance, frechet
from leadline.metrics.maximum_mean_discrepancy import maximum_mean_discrepancy
from leadline.metrics.nulls.weighted_chi_squared import weighted_chi_squared_sf
from leadline.metrics.vectors import Moments, VectorPair, largest_shift
from leadline.profiles import vectors
from leadline.profiles.vectors import FREQUENCIES, VectorAxis, count
from leadline.tables.vectors import Vectors


def vectors_of(values: np.ndarray) -> Vectors:
    return Vectors.even(values.ravel(), *values.shape)


def axis_of(values: np.ndarray) -> VectorAxis:
    axis = VectorAxis.learn(vectors_of(values), None)
    assert axis is not None
    return axis


def moments(axis: VectorAxis, values: np.ndarray) -> Moments:
    return Moments(*axis.means(count(axis, vectors_of(values), None, None, 1).sums))


def pair(reference: np.ndarray, current: np.ndarray, axis: VectorAxis | None = None) -> VectorPair:
    axis = axis or axis_of(reference)
    return VectorPair(moments(axis, reference), moments(axis, current))


def exact_square(first: np.ndarray, second: np.ndarray, width: float) -> float:
    """The unbiased squared discrepancy of a Gaussian kernel, from all pairs of rows."""

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        apart = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
        return np.exp(-apart / (2 * width**2))

    def own(a: np.ndarray) -> float:
        return (kernel(a, a).sum() - len(a)) / len(a) / (len(a) - 1)

    return own(first) + own(second) - 2 * kernel(first, second).mean()


@pytest.mark.parametrize("dimension", [2, 8, 64])
@pytest.mark.parametrize("change", ["shift", "scale", "shape"])
def test_discrepancy_is_that_of_the_kernel(dimension, change, monkeypatch):
    rng = np.random.default_rng(dimension)
    reference = rng.normal(size=(1_000, dimension))
    current = {
        "shift": reference[::-1] + 0.5,
        "scale": rng.normal(size=(800, dimension)) * 1.6,
        "shape": rng.choice([-1.0, 1.0], size=(800, 1)) * 0.9 + rng.normal(size=(800, dimension)) * 0.5,
    }[change]
    some = reference[::2]
    width = np.median(np.linalg.norm(some[:, None] - some, axis=-1)[np.triu_indices(len(some), 1)])
    exact = exact_square(reference, current, width)
    found = []
    for seed in range(24):
        monkeypatch.setattr(vectors, "_SEED", seed)
        found.append(maximum_mean_discrepancy(pair(reference, current)).value[0] ** 2)
    error = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(exact, abs=3.5 * error + 1e-3 * exact)
    assert np.sqrt(found) == pytest.approx(np.sqrt(exact), rel=0.5)


def test_discrepancy_equals_that_of_the_rows_features():
    rng = np.random.default_rng(5)
    reference, current = rng.normal(size=(300, 6)), rng.normal(size=(200, 6)) + 0.3
    axis = axis_of(reference)
    first, second = (axis.map(side)[0] / 2.0**15 / np.sqrt(FREQUENCIES) for side in (reference, current))
    within = [((a @ a.T).sum() - (a**2).sum()) / len(a) / (len(a) - 1) for a in (first, second)]
    exact = np.sqrt(sum(within) - 2 * (first @ second.T).mean())
    assert maximum_mean_discrepancy(pair(reference, current, axis)).value[0] == pytest.approx(exact, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0.1, 3))
def test_covariance_distance_is_that_of_matrix_roots(seed, size, spread):
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(2, size, size + 3)) * np.array([1.0, spread])[:, None, None]
    first, second = (root @ root.T for root in roots)
    expected = np.trace(first + second - 2 * np.real(sqrtm(first @ second)))
    assert covariance_distance(first, second) == pytest.approx(max(expected, 0.0), rel=1e-5, abs=1e-5)


def test_frechet_distance_is_that_of_means_and_covariances():
    rng = np.random.default_rng(6)
    reference = rng.normal(size=(40_000, 10)) @ np.diag(np.linspace(0.5, 2, 10))
    current = rng.normal(size=(40_000, 10)) @ np.diag(np.linspace(0.7, 1.5, 10)) + 0.2
    means = [side.mean(0) for side in (reference, current)]
    covariances = [np.cov(side.T) for side in (reference, current)]
    square = ((means[1] - means[0]) ** 2).sum() + np.trace(
        covariances[0] + covariances[1] - 2 * np.real(sqrtm(covariances[0] @ covariances[1]))
    )
    spread = np.sqrt(np.trace(covariances[0]))
    assert frechet(pair(reference, current)).value[0] == pytest.approx(np.sqrt(square) / spread, rel=5e-3)


def test_a_shift_of_all_vectors_is_told_in_spreads():
    reference = np.random.default_rng(7).normal(size=(20_000, 12)) * 7
    found = frechet(pair(reference, reference + 0.3 * 7))
    assert found.value[0] == pytest.approx(0.3, rel=0.01)


def test_the_largest_shift_is_that_along_the_shift_whatever_the_axes():
    rng = np.random.default_rng(11)
    mixed = rng.normal(size=(8, 8))
    reference, current = rng.normal(size=(20_000, 8)), rng.normal(size=(10_000, 8)) + 0.3 * np.eye(8)[2]
    for turn in (np.eye(8), mixed):
        assert largest_shift(pair(reference @ turn, current @ turn))[0] == pytest.approx(0.3, abs=0.04)
    assert largest_shift(pair(reference, reference))[0] == 0.0


def test_the_largest_shift_without_rows_or_with_constant_numbers_is_a_number():
    rng = np.random.default_rng(12)
    flat = rng.normal(size=(500, 4)) * [1, 1, 0, 0]
    axis = axis_of(flat)
    assert largest_shift(pair(flat, flat[:0], axis))[0] == 0.0
    assert 0 <= largest_shift(pair(flat[:250], flat[250:], axis))[0] < 0.2


def test_the_square_of_the_largest_shift_is_unbiased_under_no_change():
    """Half of the estimates are 0: noise is taken off."""
    rng = np.random.default_rng(13)
    axis = axis_of(rng.normal(size=(2_000, 6)))
    found = [
        largest_shift(pair(rng.normal(size=(400, 6)), rng.normal(size=(400, 6)), axis))[0] for _ in range(200)
    ]
    assert 0.4 < np.mean(np.array(found) == 0) < 0.75


@pytest.mark.parametrize("key", ["maximum_mean_discrepancy", "frechet"])
def test_a_table_against_itself_and_against_nothing(key):
    metric = METRICS[key]
    values = np.random.default_rng(8).normal(size=(400, 5))
    axis = axis_of(values)
    assert metric.compute(pair(values, values, axis)).value[0] == 0.0
    few = metric.compute(pair(values, values[:1], axis))
    assert np.isnan(few.value[0])
    assert "fewer than" in few.reason[0]


@pytest.mark.parametrize("key", ["maximum_mean_discrepancy", "frechet"])
def test_many_windows_at_once_give_what_each_gives_alone(key):
    rng = np.random.default_rng(9)
    reference, axis = rng.normal(size=(800, 6)), axis_of(rng.normal(size=(300, 6)))
    windows = [rng.normal(size=(n, 6)) + 0.1 for n in (150, 1, 300, 0)]
    sums = np.concatenate([count(axis, vectors_of(window), None, None, 1).sums for window in windows])
    together = METRICS[key].compute(VectorPair(moments(axis, reference), Moments(*axis.means(sums))))
    for i, window in enumerate(windows):
        alone = METRICS[key].compute(pair(reference, window, axis)).value[0]
        np.testing.assert_allclose(together.value[i], alone, rtol=1e-9)


@given(st.floats(1e-6, 80), st.integers(1, 30), st.floats(1e-9, 1e9))
def test_equal_weights_give_the_chi_squared_law(x, degrees, scale):
    exact = stats.chi2.sf(x, degrees)
    assert weighted_chi_squared_sf(x * scale, np.full(degrees, scale)) == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("weights", [[1.0, 0.5, 0.25, 0.1], 0.8 ** np.arange(60), [5.0, *[0.1] * 40]])
def test_uneven_weights_give_the_law_of_simulation(weights):
    rng = np.random.default_rng(10)
    sums = rng.chisquare(1, size=(200_000, len(weights))) @ np.asarray(weights)
    for level in (0.9, 0.5, 0.1, 0.01, 0.001):
        at = np.quantile(sums, 1 - level)
        assert weighted_chi_squared_sf(at, weights) == pytest.approx(level, rel=0.09)


def test_the_law_at_its_ends():
    assert weighted_chi_squared_sf(0.0, [1.0, 2.0]) == 1.0
    assert weighted_chi_squared_sf(-1.0, [1.0]) == 1.0
    assert weighted_chi_squared_sf(3.0, [0.0, 0.0]) == 0.0
    assert weighted_chi_squared_sf(0.0, [0.0]) == 1.0
    assert weighted_chi_squared_sf(np.inf, [1.0, 2.0]) == 0.0
    assert np.isnan(weighted_chi_squared_sf(np.nan, [1.0, 2.0]))
    tail = weighted_chi_squared_sf(np.array([1e2, 1e3, 1e5]), np.array([1.0, 0.5]))
    assert (np.diff(tail) <= 0).all()
    assert tail[0] == pytest.approx(stats.chi2.sf(100, 1) * np.sqrt(2), rel=0.1)


@pytest.mark.long
@pytest.mark.parametrize(("n", "dimension"), [(30, 4), (200, 32), (100, 80)])
def test_p_values_under_no_change_are_uniform(n, dimension):
    rng = np.random.default_rng(n)
    mix = rng.normal(size=(dimension, dimension)) * 0.5 ** np.arange(dimension)
    found = []
    for _ in range(60):
        reference = rng.standard_t(5, size=(600, dimension)) @ mix
        axis = axis_of(reference)
        for _ in range(3):
            current = rng.standard_t(5, size=(n, dimension)) @ mix
            found.append(maximum_mean_discrepancy(pair(reference, current, axis)).p_value[0])
    for level in (0.5, 0.1, 0.05):
        share, error = np.mean(np.array(found) <= level), np.sqrt(level * (1 - level) / 60)
        assert abs(share - level) < 4 * error


@pytest.mark.long
def test_intervals_hold_the_true_discrepancy():
    rng = np.random.default_rng(11)
    base = rng.normal(size=(5_000, 16))
    axis = axis_of(base)
    for shift in (0.0, 0.1, 0.4):
        truth = maximum_mean_discrepancy(
            pair(rng.normal(size=(60_000, 16)), rng.normal(size=(60_000, 16)) + shift, axis)
        ).value[0]
        ends = [
            maximum_mean_discrepancy(
                pair(rng.normal(size=(800, 16)), rng.normal(size=(500, 16)) + shift, axis)
            )
            for _ in range(80)
        ]
        covered = np.mean([end.low[0] <= truth <= end.high[0] for end in ends])
        assert 0.87 <= covered <= 1.0
