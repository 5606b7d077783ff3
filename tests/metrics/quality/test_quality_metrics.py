"""Quality metrics against NumPy on the rows and closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from leadline.checks.samples import categorical_summary, numeric_summary
from leadline.metrics import METRICS


def measure(key, summary):
    return METRICS[key].compute(summary)


def columns():
    rng = np.random.default_rng(8)
    yield "normal", rng.normal(size=5000)
    yield "even number of few values", np.array([0.0, 1.0])
    yield "integers", rng.poisson(3, 1001).astype(float)
    yield "heavy tails", rng.standard_cauchy(3000)
    yield "offset", 1e9 + rng.normal(size=3000)
    yield "atom", np.where(rng.random(4000) < 0.5, 0.0, rng.exponential(1, 4000))
    yield "constant", np.full(10, 4.2)
    yield "one row", np.array([3.0])


CASES = list(columns())
QUANTILES = {"quartile_low": 0.25, "median": 0.5, "quartile_high": 0.75}


@pytest.mark.parametrize("key", QUANTILES)
@pytest.mark.parametrize("rows", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_quantile_of_the_rows_lies_within_bin_error(rows, key):
    measured = measure(key, numeric_summary([rows]))
    exact = np.quantile(rows, QUANTILES[key])
    assert abs(measured.value[0] - exact) <= measured.bin_error[0] + 1e-9 * abs(exact)


@given(
    rows=hnp.arrays(float, st.integers(1, 80), elements=st.floats(-50, 50)),
    cells=st.sampled_from([2, 8, 256]),
)
@settings(max_examples=150, deadline=None)
def test_quantiles_are_bounded_by_their_cells_on_any_grid(rows, cells):
    summary = numeric_summary([rows], cells)
    for key, at in QUANTILES.items():
        measured = measure(key, summary)
        assert abs(measured.value[0] - np.quantile(rows, at)) <= measured.bin_error[0] + 1e-7
        assert measured.low[0] - 1e-9 <= measured.value[0] <= measured.high[0] + 1e-9


@pytest.mark.parametrize("rows", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_moments_and_extremes_agree_with_numpy(rows):
    summary = numeric_summary([rows])
    assert measure("mean", summary).value[0] == pytest.approx(rows.mean(), rel=1e-9, abs=1e-9)
    assert measure("minimum", summary).value[0] == rows.min()
    assert measure("maximum", summary).value[0] == rows.max()
    spread = measure("standard_deviation", summary)
    if len(rows) > 1:
        assert spread.value[0] == pytest.approx(rows.std(ddof=1), rel=1e-6, abs=1e-12)
    else:
        assert np.isnan(spread.value[0])
        assert spread.reason[0] == "fewer than two values"


@pytest.mark.parametrize(("end", "value"), [("maximum", 1e12), ("minimum", -1e12), ("maximum", 1e300)])
def test_moments_that_clipping_would_falsify_are_not_told(end, value):
    quiet = numeric_summary([np.random.default_rng(3).normal(size=3000)] * 2)
    summary = replace(quiet, **{end: np.array([value, getattr(quiet, end)[1]])})
    for key in ("mean", "standard_deviation"):
        measured = measure(key, summary)
        assert np.isfinite(measured.value).tolist() == [False, True]
        assert list(measured.reason) == ["some values are more than a million scales away", ""]


def test_the_interval_of_the_mean_is_the_normal_one():
    rows = np.random.default_rng(1).normal(5, 2, 400)
    measured = measure("mean", numeric_summary([rows]))
    low, high = stats.norm.interval(0.95, rows.mean(), stats.sem(rows))
    assert (measured.low[0], measured.high[0]) == pytest.approx((low, high), rel=1e-9)


def test_the_interval_of_the_median_covers_it():
    """Simulation: order statistics at binomial ranks hold the median in 93 % to 98 % of draws."""
    rng = np.random.default_rng(2)
    measured = measure("median", numeric_summary(list(rng.exponential(1, (600, 300)))))
    held = (measured.low <= np.log(2)) & (np.log(2) <= measured.high)
    assert 0.93 <= held.mean() <= 0.985


@pytest.mark.parametrize(("hits", "rows"), [(0, 10), (3, 10), (10, 10), (7, 5000)])
def test_shares_have_wilsons_interval(hits, rows):
    measured = measure("null_share", categorical_summary([[rows - hits]], [hits], [0]))
    interval = stats.binomtest(hits, rows).proportion_ci(0.95, method="wilson")
    assert measured.value[0] == hits / rows
    assert (measured.low[0], measured.high[0]) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_missing_is_null_nan_or_empty_text():
    summary = replace(
        categorical_summary([[2, 2]], [1], [0]),
        rows=np.array([10.0]),
        nan=np.array([2.0]),
        empty=np.array([3.0]),
    )
    assert measure("missing_share", summary).value[0] == pytest.approx(0.6)
    assert measure("nan_share", summary).value[0] == pytest.approx(0.2)
    assert measure("empty_share", summary).value[0] == pytest.approx(0.3)


def test_infinities_are_counted_over_all_rows():
    summary = numeric_summary([np.array([1.0, np.inf, -np.inf, np.nan])])
    assert measure("infinite_share", summary).value[0] == 0.5
    assert measure("nan_share", summary).value[0] == 0.25
    assert measure("mean", summary).value[0] == 1.0


def test_zeros_are_counted_where_zero_has_a_cell():
    rng = np.random.default_rng(3)
    rows = np.where(rng.random(5000) < 0.3, 0.0, rng.normal(size=5000))
    assert measure("zero_share", numeric_summary([rows])).value[0] == np.mean(rows == 0)
    hidden = measure("zero_share", numeric_summary([rng.normal(size=5000)]))
    assert np.isnan(hidden.value[0])
    assert hidden.reason[0] == "not decidable from what was counted"


def test_one_value_is_constant_and_two_are_not():
    summary = numeric_summary([np.full(5, 2.0), np.array([1.0, 2.0]), np.zeros(0)])
    measured = measure("constant", summary)
    np.testing.assert_array_equal(measured.value[:2], [1, 0])
    assert measured.reason[2] == "no values"


def test_of_a_part_of_a_table_extremes_and_cells_say_what_is_constant():
    unknown = dict.fromkeys(("distinct", "distinct_low", "distinct_high"), np.full(3, np.nan))
    numbers = replace(numeric_summary([np.full(5, 2.0), np.array([2.0, 2.5]), np.zeros(0)]), **unknown)
    measured = measure("constant", numbers)
    np.testing.assert_array_equal(measured.value, [1, 0, np.nan])
    assert measured.reason.tolist() == ["", "", "no values"]
    texts = categorical_summary([[7, 0, 0], [6, 1, 0], [0, 0, 7]], [0] * 3, [0] * 3)
    shared = np.array([[True, True, False]] * 3)
    measured = measure("constant", replace(texts, atoms=shared, **unknown))
    np.testing.assert_array_equal(measured.value, [1, 0, np.nan])
    assert measured.reason.tolist() == ["", "", "not decidable from what was counted"]


def test_unseen_is_undecidable_where_the_vocabulary_was_cut():
    measured = measure("unseen_share", categorical_summary([[5, 5], [5, 5]], [0, 0], [1, np.nan]))
    assert measured.value[0] == pytest.approx(0.1)
    assert measured.reason[1] == "not decidable from what was counted"


def test_most_common_and_distinct_shares():
    summary = categorical_summary([[6, 3, 1, 0]], [2], [0])
    assert measure("most_common_share", summary).value[0] == pytest.approx(0.6)
    assert measure("distinct_share", summary).value[0] == pytest.approx(0.3)


def test_out_of_range_outliers_and_types_are_what_was_counted():
    summary = replace(
        numeric_summary([np.arange(10.0)]),
        outside=np.array([2.0]),
        outliers=np.array([1.0]),
        type_changed=np.array([True]),
    )
    assert measure("out_of_range_share", summary).value[0] == pytest.approx(0.2)
    assert measure("outlier_share", summary).value[0] == pytest.approx(0.1)
    assert measure("type_changed", summary).value[0] == 1
    assert measure("row_count", summary).value[0] == 10


def test_values_never_seen_are_not_one_common_value():
    summary = categorical_summary([[6, 3, 11, 0], [6, 3, 1, 0]], [0, 0], [11, 0])
    np.testing.assert_allclose(measure("most_common_share", summary).value, [0.3, 0.6])
