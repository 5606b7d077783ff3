"""Regression metrics against scikit-learn and NumPy, on hostile scales."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.performance.curves import POINTS, residuals
from leadline.metrics.performance.ratio import ratio
from leadline.metrics.performance.views import view
from leadline.profiles import outcomes

METRICS = {metric.key: metric for metric in PERFORMANCE if "regression" in metric.tasks}


def seen(labels, predictions, reference=None, weights=None):
    before = (labels, predictions) if reference is None else reference
    grid = outcomes.learn_regression(*before, None if weights is None else 1.0)
    return view(outcomes.decode(grid, outcomes.count_regression(grid, labels, predictions, weights=weights)))


def value(key, counts):
    return float(METRICS[key].compute(counts).value)


@given(
    seed=st.integers(0, 10**6),
    n=st.sampled_from([2, 3, 50, 2000]),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    offset=st.sampled_from([0.0, -50.0, 1e6]),
    noise=st.sampled_from([0.0, 1e-3, 0.3, 10.0]),
)
@settings(max_examples=80, deadline=None)
def test_metrics_agree_with_scikit_learn(seed, n, scale, offset, noise):
    """Exact to 1e-9 of the residuals' scale in the reference, whose noise may be another."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n) * scale + offset * scale
    p = y + rng.standard_t(3, size=n) * scale * noise
    before = rng.normal(size=400) * scale + offset * scale
    reference = (before, before + 0.3 * scale * rng.normal(size=400))
    w = np.rint(rng.exponential(size=n) * 2**20 + 1) / 2**20 if seed % 2 else None
    counts = seen(y, p, reference, w)
    unit = 0.3 * scale
    kw = {"sample_weight": w}
    mse = oracle.mean_squared_error(y, p, **kw)
    assert value("mae", counts) == pytest.approx(oracle.mean_absolute_error(y, p, **kw), abs=1e-9 * unit)
    assert value("mse", counts) == pytest.approx(mse, rel=1e-9, abs=1e-9 * unit**2)
    assert value("rmse", counts) == pytest.approx(np.sqrt(mse), rel=1e-6, abs=1e-4 * unit)
    assert value("bias", counts) == pytest.approx(np.average(p - y, weights=w), abs=1e-9 * unit)
    assert value("r2", counts) == pytest.approx(oracle.r2_score(y, p, **kw), rel=1e-6, abs=1e-6)
    for key, level in (("pinball_10", 0.1), ("pinball_50", 0.5), ("pinball_90", 0.9)):
        exact = oracle.mean_pinball_loss(y, p, alpha=level, **kw)
        assert value(key, counts) == pytest.approx(exact, abs=1e-9 * unit)
    if (np.abs(y) > 1e-3 * scale).all():
        exact = oracle.mean_absolute_percentage_error(y, p, **kw)
        assert value("mape", counts) == pytest.approx(exact, rel=1e-8, abs=1e-9)
    if w is None:
        medians = METRICS["median_absolute_error"].compute(counts)
        assert abs(medians.value - np.median(np.abs(p - y))) <= medians.bin_error * (1 + 1e-9)
        for percent in (5, 50, 95):
            got = METRICS[f"residual_p{percent:02d}"].compute(counts)
            assert abs(got.value - np.quantile(p - y, percent / 100)) <= got.bin_error * (1 + 1e-9)


def test_symmetric_error_of_zero_against_zero_is_none():
    counts = seen(np.array([0.0, 2.0, -1.0]), np.array([0.0, 1.0, 1.0]))
    assert value("smape", counts) == pytest.approx((0 + 2 / 3 + 2) / 3)


def test_percentage_errors_leave_out_labels_of_zero():
    counts = seen(np.array([0.0, 2.0, -4.0]), np.array([5.0, 1.0, -3.0]))
    assert value("mape", counts) == pytest.approx((0.5 + 0.25) / 2)


@pytest.mark.parametrize(
    ("labels", "predictions", "key", "expected"),
    [
        ([], [], "mae", "no row has both a label and a prediction"),
        ([np.nan], [1.0], "rmse", "no row has both a label and a prediction"),
        ([0.0, 0.0], [1.0, 2.0], "mape", "every label is 0"),
        ([3.0, 3.0], [1.0, 2.0], "r2", "labels are constant"),
        ([3.0], [1.0], "r2", "one row has no variance"),
    ],
)
def test_what_cannot_be_computed_says_why(labels, predictions, key, expected):
    counts = seen(np.array(labels), np.array(predictions))
    assert np.isnan(value(key, counts))
    assert METRICS[key].compute(counts).reason[()] == expected


def test_a_value_beyond_a_million_scales_is_not_passed_over():
    rng = np.random.default_rng(1)
    y = rng.normal(size=200)
    counts = seen(np.array([0.0, 1e12]), np.zeros(2), (y, y + rng.normal(size=200)))
    assert "million scales" in METRICS["mae"].compute(counts).reason[()]


def test_a_perfect_model_has_no_error_and_an_r2_of_one():
    y = np.arange(50.0)
    counts = seen(y, y)
    assert value("mae", counts) == value("rmse", counts) == value("bias", counts) == 0
    assert value("r2", counts) == 1
    assert float(METRICS["rmse"].compute(counts).high) == 0


def test_errors_after_a_perfect_reference_are_counted():
    y = np.arange(50.0)
    counts = seen(y, y + 2, (y, y))
    assert value("mae", counts) == pytest.approx(2)
    assert value("rmse", counts) == pytest.approx(2)


def test_the_median_absolute_error_is_resolved_to_a_hundredth():
    rng = np.random.default_rng(2)
    y = rng.normal(size=20_000)
    got = METRICS["median_absolute_error"].compute(seen(y, y + rng.normal(size=20_000)))
    assert got.bin_error < 0.01


def test_the_residual_curve_rises_to_the_top():
    rng = np.random.default_rng(3)
    y = rng.normal(size=1000)
    points = residuals(seen(y, y + rng.normal(size=1000)))
    assert 20 < len(points) <= POINTS
    assert (np.diff(points, axis=0) >= 0).all()
    assert points[-1][1] == 1


@given(seed=st.integers(0, 10**6), weighted=st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_ratio_of_sums_and_its_standard_error(seed, weighted):
    """The error is Cochran's, from rows."""
    rng = np.random.default_rng(seed)
    n = 500
    a, b = rng.normal(5, 2, n) * 1e3, rng.exponential(size=n) + 0.5
    w = np.rint(rng.exponential(size=n) * 2**20 + 1) / 2**20 if weighted else np.ones(n)
    grid = outcomes.learn_ratio(a, b, 1.0 if weighted else None)
    got = ratio(view(outcomes.decode(grid, outcomes.count_ratio(grid, a, b, weights=w))))
    r = (w * a).sum() / (w * b).sum()
    assert float(got.value) == pytest.approx(r, rel=1e-9)
    n_effective = w.sum() ** 2 / (w**2).sum()
    error = np.sqrt((w**2 * (a - r * b) ** 2).sum() * n_effective / (n_effective - 1)) / (w * b).sum()
    assert float(got.standard_error) == pytest.approx(error, rel=1e-4)


def test_the_mean_of_a_column_is_a_ratio_with_missing_values_left_out():
    grid = outcomes.learn_ratio(np.array([1.0, 2.0]))
    counts = outcomes.count_ratio(
        grid, np.array([1.0, np.nan, 4.0, 9.0]), valid=np.array([True, True, True, False])
    )
    seen_ratio = view(outcomes.decode(grid, counts))
    assert float(ratio(seen_ratio).value) == 2.5
    assert seen_ratio.status["missing"] == 2


def test_a_ratio_over_nothing_says_so():
    grid = outcomes.learn_ratio(np.array([1.0]), np.array([1.0]))
    counts = outcomes.count_ratio(grid, np.array([1.0, 1.0]), np.array([1.0, -1.0]))
    assert ratio(view(outcomes.decode(grid, counts))).reason[()] == "the denominator sums to 0"
    assert ratio(view(outcomes.decode(grid, outcomes.empty(grid)))).reason[()] == "no row has a value"
