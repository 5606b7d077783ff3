"""Intervals cover, and comparisons of undrifted samples keep their level: by simulation and SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.performance.estimate import (
    compare,
    estimate,
    gradient,
    mean_interval,
    proportion,
    student95,
    wilson,
)
from leadline.metrics.performance.views import view
from leadline.profiles import outcomes

METRICS = {metric.key: metric for metric in PERFORMANCE}
TABLES = 1000


def binary(rng, n):
    s = rng.beta(0.6, 1.2, n)
    return s, (rng.random(n) < s).astype(np.int16)


def regression(rng, n):
    y = rng.normal(50, 10, n)
    return y, y + rng.normal(0, 5, n)


def multiclass(rng, n):
    s = rng.dirichlet([1, 0.6, 0.3], n)
    return s, (rng.random(n)[:, None] > s.cumsum(1)).sum(1).clip(0, 2).astype(np.int16)


TASKS = {
    "binary": (
        binary,
        lambda s, y: outcomes.learn_binary(("0", "1"), s, None, y),
        lambda grid, s, y: outcomes.count_binary(grid, y, None, s),
        (
            "accuracy",
            "roc_auc",
            "pr_auc",
            "log_loss",
            "brier",
            "f1",
            "precision",
            "recall",
            "mcc",
            "cohen_kappa",
        ),
    ),
    "regression": (
        regression,
        outcomes.learn_regression,
        outcomes.count_regression,
        ("mae", "rmse", "mse", "r2", "bias", "mape", "median_absolute_error"),
    ),
    "multiclass": (
        multiclass,
        lambda s, y: outcomes.learn_multiclass(("a", "b", "c"), s, None, y),
        lambda grid, s, y: outcomes.count_multiclass(grid, y, None, s),
        ("accuracy", "f1", "roc_auc", "log_loss", "mcc"),
    ),
}


def drawn(task, rng, grid, tables, rows):
    draw, _, count, _ = TASKS[task]
    parts = [count(grid, *draw(rng, rows)) for _ in range(tables)]
    return view(outcomes.decode(grid, {key: np.stack([p[key] for p in parts]) for key in parts[0]}))


@pytest.mark.long
@pytest.mark.parametrize("rows", [100, 400])
@pytest.mark.parametrize("task", TASKS)
def test_intervals_cover_the_true_value_in_93_to_97_of_a_hundred(task, rows):
    """The true value is that of two million rows; the bounds leave room for the noise of the simulation."""
    rng = np.random.default_rng(11)
    draw, learn, count, keys = TASKS[task]
    grid = learn(*draw(rng, 20_000))
    truth = outcomes.empty(grid)
    for _ in range(10):
        truth = outcomes.add(truth, count(grid, *draw(rng, 200_000)))
    exact, tables = view(outcomes.decode(grid, truth)), drawn(task, rng, grid, TABLES, rows)
    room = 3 * np.sqrt(0.05 * 0.95 / TABLES)
    for key in keys:
        target, got = float(METRICS[key].compute(exact).value), METRICS[key].compute(tables)
        covered = np.mean((got.low <= target) & (target <= got.high))
        assert 0.93 - room <= covered <= 0.97 + room, (key, covered)


@pytest.mark.long
@pytest.mark.parametrize(("m", "n"), [(3000, 100), (400, 400), (100, 1000)])
@pytest.mark.parametrize("task", TASKS)
def test_p_values_of_undrifted_tables_keep_their_level(task, m, n):
    """At 5 % and 1 %, for a change for the worse; discrete tests may stay below."""
    rng = np.random.default_rng(12)
    draw, learn, _, keys = TASKS[task]
    grid = learn(*draw(rng, 20_000))
    before, now = (drawn(task, rng, grid, TABLES, rows) for rows in (m, n))
    for key in keys:
        metric = METRICS[key]
        p = compare(metric.compute(before), metric.compute(now), metric.worse).p_value
        for level in (0.05, 0.01):
            room = 3 * np.sqrt(level * (1 - level) / TABLES)
            assert np.mean(p <= level) <= 1.5 * level + room, (key, level)


@pytest.mark.parametrize("task", TASKS)
def test_a_clear_change_for_the_worse_is_found_and_one_for_the_better_is_not(task):
    """Half of the labels are dealt anew, so that predictions are worth less."""
    rng = np.random.default_rng(13)
    draw, learn, count, keys = TASKS[task]
    columns = draw(rng, 4000)
    grid = learn(*columns)
    which = 0 if task == "regression" else 1
    spoiled = list(columns)
    some = rng.random(4000) < 0.5
    spoiled[which] = columns[which].copy()
    spoiled[which][some] = rng.permutation(columns[which][some])
    good, bad = (view(outcomes.decode(grid, count(grid, *c))) for c in (columns, spoiled))
    for key in keys:
        metric = METRICS[key]
        if metric.worse == "either":
            continue
        a, b = metric.compute(good), metric.compute(bad)
        worse, better = compare(a, b, metric.worse), compare(b, a, metric.worse)
        assert worse.p_value < 1e-6, key
        assert better.p_value > 0.99, key
        assert worse.low <= worse.change <= worse.high, key
        assert not worse.low <= 0 <= worse.high, key


@given(st.integers(30, 400), st.integers(30, 400), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_proportions_are_compared_by_fishers_exact_test(m, n, a, b):
    """Oracle: scipy.stats.fisher_exact."""
    x, y = round(a * m), round(b * n)
    sides = [proportion(float(k), float(size), float(size), 1.0, []) for k, size in ((x, m), (y, n))]
    up = compare(*sides, "higher").p_value
    down = compare(*sides, "lower").p_value
    table = [[y, n - y], [x, m - x]]
    assert float(up) == pytest.approx(stats.fisher_exact(table, "greater").pvalue, rel=1e-6, abs=1e-12)
    assert float(down) == pytest.approx(stats.fisher_exact(table, "less").pvalue, rel=1e-6, abs=1e-12)


@given(st.integers(1, 5000), st.floats(0, 1))
def test_wilson_s_interval_is_that_of_scipy(n, share):
    """Oracle: scipy.stats.binomtest(...).proportion_ci(method="wilson")."""
    k = round(share * n)
    expected = stats.binomtest(k, n).proportion_ci(method="wilson")
    low, high = wilson(k / n, n)
    assert float(low) == pytest.approx(expected.low, abs=1e-9)
    assert float(high) == pytest.approx(expected.high, abs=1e-9)


@pytest.mark.parametrize("rows", [20, 30, 1000])
def test_the_students_quantile(rows):
    assert float(student95(rows)) == pytest.approx(stats.t.isf(0.025, rows - 1), rel=1e-3)


def test_the_interval_of_a_skewed_mean_misses_as_often_on_either_side():
    """Of exponential rows Student's interval lies below the mean in 5.8 % of draws, above it in 0.9 %."""
    rng = np.random.default_rng(31)
    rows = rng.exponential(size=(20_000, 50))
    mean, error = rows.mean(1), rows.std(1, ddof=1) / np.sqrt(50)
    low, high = mean_interval(mean, error, 50, skewness=2 / np.sqrt(50))
    assert abs(np.mean(low > 1) - np.mean(high < 1)) < 0.008


def test_gradients_are_exact():
    """A function whose derivatives are known in closed form."""
    x = np.array([[2.0, 3.0, 4.0], [1.0, 1.0, 1.0]])
    value, slopes = gradient(lambda v: v[..., 0] * np.sqrt(v[..., 1]) / v[..., 2], x)
    np.testing.assert_allclose(value, [2 * np.sqrt(3) / 4, 1.0])
    root = np.sqrt(3)
    np.testing.assert_allclose(slopes[0], [root / 4, 2 / (2 * root) / 4, -2 * root / 16], rtol=1e-14)


def test_the_same_side_twice_has_not_changed():
    e = estimate(0.4, 0.01, 500.0, [], low=0.38, high=0.42)
    got = compare(e, e, "higher")
    assert got.change == 0
    assert got.low < 0 < got.high
    assert got.p_value == pytest.approx(0.5)


def test_a_side_without_a_value_has_no_change():
    e = estimate(0.4, 0.01, 500.0, [], low=0.38, high=0.42)
    none = estimate(np.nan, np.nan, 0.0, [(True, "no labels")], low=np.nan, high=np.nan)
    got = compare(e, none, "higher")
    assert np.isnan(got.change)
    assert np.isnan(got.low)
    assert np.isnan(got.p_value)


def test_a_metric_that_noise_pushes_one_way_is_not_tested():
    """The calibration error of fewer rows is larger without any change."""
    rng = np.random.default_rng(14)
    s, y = binary(rng, 2000)
    grid = outcomes.learn_binary(("0", "1"), s, None, y)
    sides = [
        METRICS["calibration_error"].compute(
            view(outcomes.decode(grid, outcomes.count_binary(grid, y[:k], None, s[:k])))
        )
        for k in (2000, 50)
    ]
    got = compare(*sides, "higher")
    assert got.change > 0
    assert np.isnan(got.p_value)


def spoiled(task, rng, columns):
    """Rows of a model that is right, wrong, or neither."""
    first, second = columns
    how = rng.integers(3)
    if how == 0:
        return first, second
    if task == "regression":
        return first, second * rng.random() * 3 if how == 1 else first
    if task == "binary":
        sure = np.round(first)
        return sure, (sure if how == 1 else 1 - sure).astype(np.int16)
    return np.roll(first, how, axis=1), second


@pytest.mark.parametrize("task", TASKS)
@given(st.integers(0, 10_000), st.integers(2, 300), st.integers(2, 40))
@settings(max_examples=40, deadline=None)
def test_intervals_end_where_the_metric_does(task, seed, m, n):
    """Of values, and of changes: nothing can change by more than the distance of the ends of its range."""
    rng = np.random.default_rng(seed)
    draw, learn, count, _ = TASKS[task]
    grid = learn(*draw(rng, 500))
    sides = [
        view(outcomes.decode(grid, count(grid, *spoiled(task, rng, draw(rng, rows))))) for rows in (m, n)
    ]
    for metric in PERFORMANCE:
        if task not in metric.tasks:
            continue
        low, high = metric.range_of(task == "binary")
        a, b = (metric.compute(side) for side in sides)
        if a.low is None or not (np.isfinite(a.value) and np.isfinite(b.value)).all():
            continue
        for side in (a, b):
            assert (side.low >= low - 1e-12).all(), metric.key
            assert (side.high <= high + 1e-12).all(), metric.key
        change = compare(a, b, metric.worse)
        assert not (change.low < low - a.high - 1e-9).any(), metric.key
        assert not (change.high > high - a.low + 1e-9).any(), metric.key
