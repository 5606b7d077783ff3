"""Binned drift metrics against the same metric of the unbinned rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from leadline.checks.samples import numeric_pair
from leadline.metrics import METRICS


def anderson_squared(x, y):
    """Scholz & Stephens (1987), equation 7, two samples with midranks; SciPy standardises the same number."""
    pooled = np.sort(np.concatenate([x, y]))
    values, ties = np.unique(pooled, return_counts=True)
    if len(values) == 1:
        return 0.0
    total = len(pooled)
    middle = np.cumsum(ties) - ties / 2
    out = 0.0
    for sample in (np.sort(x), np.sort(y)):
        right = np.searchsorted(sample, values, "right")
        left = np.searchsorted(sample, values, "left")
        mid = (right + left) / 2
        top = ties / total * (total * mid - middle * len(sample)) ** 2
        out += (top / (middle * (total - middle) - total * ties / 4)).sum() / len(sample)
    return out * (total - 1) / total


def kolmogorov(x, y):
    """Largest distance of the two distribution functions, which step at the values themselves."""
    pooled = np.concatenate([x, y])
    f = np.searchsorted(np.sort(x), pooled, "right") / len(x)
    g = np.searchsorted(np.sort(y), pooled, "right") / len(y)
    return np.abs(f - g).max()


def cramer(x, y):
    """Anderson (1962), equation 2, F and G at the pooled values; SciPy's formula holds only without ties."""
    pooled = np.concatenate([x, y])
    f = np.searchsorted(np.sort(x), pooled, "right") / len(x)
    g = np.searchsorted(np.sort(y), pooled, "right") / len(y)
    return len(x) * len(y) / len(pooled) ** 2 * ((f - g) ** 2).sum()


def scale_of(x):
    spread = x.std()
    return spread if spread > 1e-14 * max(np.abs(x).max(), 1e-300) else 1.0


ORACLES = {
    "kolmogorov_smirnov": kolmogorov,
    "wasserstein": lambda x, y: stats.wasserstein_distance(
        (x - x[0]) / scale_of(x), (y - x[0]) / scale_of(x)
    ),
    "energy": lambda x, y: stats.energy_distance((x - x[0]) / scale_of(x), (y - x[0]) / scale_of(x)),
    "mean_rank_shift": lambda x, y: stats.mannwhitneyu(y, x).statistic / len(x) / len(y) - 0.5,
    "cramer_von_mises": cramer,
    "anderson_darling": anderson_squared,
    "mean_change": lambda x, y: (np.mean(y - x[0]) - np.mean(x - x[0])) / scale_of(x),
}


def samples():
    rng = np.random.default_rng(20240513)
    normal, cauchy = rng.standard_normal, rng.standard_cauchy
    yield "no change", normal(3000), normal(2000)
    yield "shift", normal(3000), normal(2000) + 0.3
    yield "scale", normal(2000), 2 * normal(5000)
    yield "small sides", normal(20), normal(7)
    yield "one row each", normal(1), normal(1)
    yield "rounded", normal(3000).round(1), normal(2000).round(1) + 0.1
    yield "rounded otherwise", normal(3000).round(2), normal(2000).round(1)
    yield "integers", rng.poisson(4, 2500), rng.poisson(5, 2500)
    yield "many integers", rng.poisson(4000, 2500), rng.poisson(4010, 2500)
    yield "binary", rng.integers(0, 2, 500), (rng.random(900) < 0.6)
    zeros = np.where(rng.random(4000) < 0.4, 0.0, rng.exponential(1, 4000))
    yield "atom and tail", zeros, np.where(rng.random(3000) < 0.5, 0.0, rng.exponential(1.2, 3000))
    yield "Cauchy", cauchy(5000), cauchy(3000)
    yield "lognormal", rng.lognormal(0, 2, 4000), rng.lognormal(0.1, 2, 4000)
    yield "offset", 1e9 + normal(2000), 1e9 + 0.1 + normal(2000)
    yield "constant", np.full(100, 7.0), np.full(50, 7.0)
    yield "constant, then not", np.full(100, 7.0), 7.0 + normal(50)
    yield "sentinels", normal(2000), np.concatenate([normal(1000), [1e12, -1e12, 3e13]])
    yield "far away", normal(1000), 50 + normal(1000)
    yield "current heaped", normal(3000), np.repeat(normal(30), 100)
    yield "reference heaped", np.repeat(normal(30), 100), normal(3000)
    yield "a heap at an edge", normal(2000), np.concatenate([np.full(500, -0.6744), normal(500)])


CASES = [(name, np.asarray(x, float), np.asarray(y, float)) for name, x, y in samples()]


@pytest.mark.parametrize("key", ORACLES)
@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_value_from_unbinned_rows_lies_within_bin_error(case, key):
    _, x, y = case
    measured = METRICS[key].compute(numeric_pair([x], [y]))
    exact = ORACLES[key](x, y)
    assert abs(measured.value[0] - exact) <= measured.bin_error[0] + 2e-7 * (1 + abs(exact))


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_the_change_of_the_variance_lies_within_bin_error_of_the_rows(case):
    """Exact from sums of squares, without any bound where values lie beyond the place at which sums clip."""
    _, x, y = case
    measured = METRICS["variance_change"].compute(numeric_pair([x], [y]))
    if np.ptp(x) == 0:
        assert np.isnan(measured.value[0])
        assert measured.reason[0] == "the reference does not vary"
    else:
        exact = np.var(y) / np.var(x) - 1
        assert abs(measured.value[0] - exact) <= measured.bin_error[0] + 2e-7 * (1 + abs(exact))


values = st.one_of(st.integers(-6, 6).map(float), st.floats(-100, 100, allow_nan=False))
rows = hnp.arrays(float, st.integers(1, 60), elements=values)


@given(x=rows, y=rows, cells=st.sampled_from([2, 4, 16, 256]))
@settings(max_examples=150, deadline=None)
def test_bin_error_bounds_every_metric_on_few_cells(x, y, cells):
    pair = numeric_pair([x], [y], cells=cells)
    for key, oracle in ORACLES.items():
        # As in a check: intervals beyond the floating range (a reference 1e-160 wide) are left out.
        with np.errstate(over="ignore", invalid="ignore"):
            measured = METRICS[key].compute(pair)
        exact = oracle(x, y)
        assert abs(measured.value[0] - exact) <= measured.bin_error[0] + 1e-6 * (1 + abs(exact)), key


def test_kolmogorov_smirnov_is_within_five_thousandths_whatever_the_column():
    for name, x, y in CASES:
        error = METRICS["kolmogorov_smirnov"].compute(numeric_pair([x], [y])).bin_error[0]
        assert error <= 0.005, name


def test_every_value_a_cell_gives_the_statistics_of_scipy():
    """Up to 256 distinct values the grid keeps each, and nothing is lost."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    y = rng.choice(x, 90, replace=False) + 0.0
    x = np.setdiff1d(x, y)
    pair = numeric_pair([np.concatenate([x, y])], [y])
    everything = np.concatenate([x, y])
    distance = METRICS["kolmogorov_smirnov"].compute(pair)
    assert distance.bin_error[0] == 0
    assert distance.value[0] == pytest.approx(stats.ks_2samp(everything, y, method="asymp").statistic)
    np.testing.assert_allclose(
        cramer(x, y), stats.cramervonmises_2samp(x, y, method="asymptotic").statistic, rtol=1e-9
    )


def test_anderson_darling_is_what_scipy_standardises():
    """SciPy's statistics of two pairs of the same sizes differ as the squares do, over one sigma."""
    rng = np.random.default_rng(4)
    x = rng.integers(0, 12, 150).astype(float)
    shifts = [rng.integers(least, 12, 80).astype(float) for least in (0, 1, 3)]
    own = [METRICS["anderson_darling"].compute(numeric_pair([x], [y])) for y in shifts]
    assert all(measured.bin_error[0] < 1e-9 for measured in own)
    squared = np.array([measured.value[0] for measured in own])
    standard = np.array([_scipy_anderson(x, y) for y in shifts])
    sigma = (squared[1] - squared[0]) / (standard[1] - standard[0])
    np.testing.assert_allclose((squared - 1) / sigma, standard, rtol=1e-6)


def _scipy_anderson(x, y):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return stats.anderson_ksamp([x, y]).statistic
