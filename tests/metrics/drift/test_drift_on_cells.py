"""Metrics that are defined on cells, against SciPy and closed forms on the same cells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from scipy.spatial import distance

from leadline.checks.samples import categorical_pair, numeric_pair
from leadline.metrics import METRICS
from leadline.metrics.pair import Pair

CELL_METRICS = (
    "psi",
    "jensen_shannon",
    "kullback_leibler",
    "hellinger",
    "total_variation",
    "l_infinity",
    "chi_squared",
    "g_test",
)


def value(key, pair):
    return METRICS[key].compute(pair).value


ORACLES = {
    "psi": lambda a, b: stats.entropy(a, b) + stats.entropy(b, a),
    "kullback_leibler": lambda a, b: stats.entropy(b, a),
    "jensen_shannon": lambda a, b: distance.jensenshannon(a, b, base=2),
    "hellinger": lambda a, b: np.sqrt(1 - np.sqrt(a / a.sum() * b / b.sum()).sum()),
    "total_variation": lambda a, b: np.abs(a / a.sum() - b / b.sum()).sum() / 2,
    "l_infinity": lambda a, b: distance.chebyshev(a / a.sum(), b / b.sum()),
    "chi_squared": lambda a, b: stats.chi2_contingency([a, b], correction=False).statistic,
    "g_test": lambda a, b: (
        stats.chi2_contingency([a, b], correction=False, lambda_="log-likelihood").statistic
    ),
}


@pytest.mark.parametrize("key", CELL_METRICS)
@pytest.mark.parametrize("cells", [2, 7, 60])
def test_categories_agree_with_scipy(key, cells):
    rng = np.random.default_rng(cells)
    a = rng.multinomial(5000, rng.dirichlet(np.full(cells, 8.0))) + 1.0
    b = rng.multinomial(800, rng.dirichlet(np.full(cells, 8.0))) + 1.0
    np.testing.assert_allclose(value(key, categorical_pair([a], [b]))[0], ORACLES[key](a, b), rtol=1e-9)


@pytest.mark.parametrize("key", CELL_METRICS)
def test_numbers_are_folded_to_cells_of_equal_reference_mass(key):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=20_000), rng.normal(0.3, 1.2, size=6_000)
    count = 10 if key in ("psi", "kullback_leibler") else 20
    edges = np.quantile(x, np.arange(1, count) / count)
    a, b = (np.bincount(np.searchsorted(edges, rows), minlength=count).astype(float) for rows in (x, y))
    # 256 cells do not divide by 10 or 20: a fold may move by one cell, 0.4 % of the rows.
    np.testing.assert_allclose(value(key, numeric_pair([x], [y]))[0], ORACLES[key](a, b), rtol=0.06)


def test_few_valued_numbers_keep_their_values_and_new_ones_stand_apart():
    x, y = np.repeat([0.0, 1.0], [60, 40]), np.repeat([0.0, 1.0, 2.0, 0.5], [30, 30, 20, 20])
    pair = numeric_pair([x], [y])
    assert value("total_variation", pair)[0] == pytest.approx(0.4)
    assert value("l_infinity", pair)[0] == pytest.approx(0.3)


@pytest.mark.parametrize(("times", "filled"), [(1, 3), (10, 6)])
def test_values_are_few_where_there_are_ten_rows_for_each(times, filled):
    """Of 35 rows the five rare values share cells by their mass; of 350 every value has a cell of its own."""
    x = np.repeat(np.arange(6.0), np.array([30, 1, 1, 1, 1, 1]) * times)
    folded = numeric_pair([x], [x]).fold(10)
    assert (folded.reference > 0).sum() == filled


def test_a_cell_empty_on_one_side_counts_as_half_a_row():
    """Closed form: the reference's half row over 100 rows, normed to 100.5."""
    pair = categorical_pair([[100, 0]], [[50, 50]])
    p = np.array([100, 0.5]) / 100.5
    expected = ((0.5 - p) * np.log(0.5 / p)).sum()
    assert value("psi", pair)[0] == pytest.approx(expected)
    assert value("kullback_leibler", pair)[0] == pytest.approx((0.5 * np.log(0.5 / p)).sum())


@pytest.mark.parametrize("key", ["jensen_shannon", "hellinger", "total_variation"])
def test_no_common_value_gives_the_largest_distance(key):
    assert value(key, categorical_pair([[7, 0]], [[0, 9]]))[0] == pytest.approx(1.0)


counts = hnp.arrays(np.int64, 8, elements=st.integers(0, 10_000))


@given(a=counts, b=counts)
@settings(max_examples=100, deadline=None)
def test_symmetric_distances_do_not_care_which_side_is_the_reference(a, b):
    there, back = categorical_pair([a], [b]), categorical_pair([b], [a])
    for key in (
        "psi",
        "jensen_shannon",
        "hellinger",
        "total_variation",
        "l_infinity",
        "chi_squared",
        "g_test",
    ):
        np.testing.assert_allclose(value(key, there), value(key, back), rtol=1e-6, atol=1e-9, err_msg=key)


@given(a=counts, b=counts)
@settings(max_examples=100, deadline=None)
def test_known_inequalities_between_distances_hold(a, b):
    """H^2 <= TV <= sqrt(2) H (Le Cam); KL >= 2 TV^2 (Pinsker), the latter where no cell is smoothed."""
    if not a.sum() or not b.sum():
        return
    pair = categorical_pair([a], [b])
    hellinger, variation = value("hellinger", pair)[0], value("total_variation", pair)[0]
    assert hellinger**2 <= variation + 1e-9
    assert variation <= np.sqrt(2) * hellinger + 1e-9
    assert value("l_infinity", pair)[0] <= variation + 1e-9
    if ((a > 0) == (b > 0)).all():
        assert value("kullback_leibler", pair)[0] >= 2 * variation**2 - 1e-9


def test_a_fold_depends_on_no_other_column_and_no_padding():
    few, many = np.arange(15.0), np.arange(300.0)
    both = numeric_pair([np.repeat(few, 20), np.repeat(many, 2)], [np.repeat(few, 5), np.repeat(many, 1)])
    alone = numeric_pair([np.repeat(few, 20)], [np.repeat(few, 5)])
    for key in CELL_METRICS:
        np.testing.assert_allclose(value(key, both)[0], value(key, alone)[0], atol=1e-12, err_msg=key)


def test_noise_inflation_widens_intervals_and_moves_no_value():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=3000), rng.normal(0.2, size=3000)
    plain = numeric_pair([x], [y])
    noisy = Pair(
        **{
            name: getattr(plain, name)
            for name in (
                "reference",
                "current",
                "ordered",
                "edges",
                "atoms",
                "reference_sums",
                "current_sums",
            )
        },
        reference_inflation=np.array([4.0]),
        current_inflation=np.array([4.0]),
    )
    for key in ("kolmogorov_smirnov", "wasserstein", "mean_rank_shift", "jensen_shannon", "total_variation"):
        narrow, wide = METRICS[key].compute(plain), METRICS[key].compute(noisy)
        assert narrow.value[0] == pytest.approx(wide.value[0])
        assert wide.high[0] - wide.low[0] > 1.5 * (narrow.high[0] - narrow.low[0]), key
