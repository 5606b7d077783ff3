"""Binary performance against scikit-learn: exact where counting is exact, else within `bin_error`."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.performance.curves import BINARY_CURVES, POINTS
from leadline.metrics.performance.views import view
from leadline.profiles import outcomes

METRICS = {metric.key: metric for metric in PERFORMANCE if "binary" in metric.tasks}


def seen(labels, scores, reference=None, weights=None, predictions=None, threshold=None, **how):
    """The view of some rows on a grid learned from `reference` scores (by default from themselves)."""
    if reference is None and scores is not None:
        reference = scores
    scale = None if weights is None else 1.0
    grid = outcomes.learn_binary(("0", "1"), reference, None, None, predictions, threshold, scale)
    counts = outcomes.count_binary(grid, labels, predictions, scores, weights=weights)
    return view(outcomes.decode(grid, counts), **how)


def value(key, counts):
    return float(METRICS[key].compute(counts).value)


def reason(key, counts):
    return METRICS[key].compute(counts).reason[()]


def logistic(rng, n):
    return 1 / (1 + np.exp(-3 * rng.normal(size=n)))


SCORES = {
    "smooth": logistic,
    "two digits": lambda rng, n: logistic(rng, n).round(2),
    "constant": lambda rng, n: np.full(n, 0.3),
    "near zero": lambda rng, n: rng.random(n) ** 20,
    "zero or one": lambda rng, n: rng.integers(0, 2, n).astype(float),
    "any range": lambda rng, n: 100 * rng.standard_cauchy(n) + 1e6,
    "float32": lambda rng, n: logistic(rng, n).astype(np.float32),
}

CONFUSION = {
    "accuracy": oracle.accuracy_score,
    "balanced_accuracy": oracle.balanced_accuracy_score,
    "precision": oracle.precision_score,
    "recall": oracle.recall_score,
    "f1": oracle.f1_score,
    "f2": lambda y, p, **kw: oracle.fbeta_score(y, p, beta=2, **kw),
    "f_half": lambda y, p, **kw: oracle.fbeta_score(y, p, beta=0.5, **kw),
    "mcc": oracle.matthews_corrcoef,
    "cohen_kappa": oracle.cohen_kappa_score,
    "specificity": lambda y, p, **kw: oracle.recall_score(y, p, pos_label=0, **kw),
}


def draw(seed, kind, n, reference_n):
    rng = np.random.default_rng(seed)
    scores, reference = SCORES[kind](rng, n), SCORES[kind](rng, reference_n)
    labels = (rng.random(n) < rng.choice([0.03, 0.3, 0.5])).astype(np.int16)
    labels[(rng.random(n) < 0.5) & (scores > np.median(scores))] = 1
    weights = np.rint(rng.exponential(size=n) * 2**20 + 1) / 2**20
    return labels, scores, reference, weights if seed % 2 else None


def test_scores_in_other_units_are_not_ranked_on_the_cells_of_the_reference():
    """Percent where the reference had shares: all in one cell would be an area of 0.5, which is false."""
    labels, scores, reference, _ = draw(2, "any range", 3000, 2000)
    counts = seen(labels, np.abs(scores) + 100 * np.abs(reference).max(), reference, None)
    for key in ("roc_auc", "pr_auc"):
        found = METRICS[key].compute(counts)
        assert np.isnan(found.value)
        assert "do not tell these scores apart" in found.reason.item()


@pytest.mark.parametrize("kind", SCORES)
@given(seed=st.integers(0, 10**6), n=st.sampled_from([2, 3, 7, 40, 3000]), m=st.sampled_from([1, 30, 2000]))
@settings(max_examples=25, deadline=None)
def test_metrics_agree_with_scikit_learn_on_hostile_scores(kind, seed, n, m):
    """Ties, constants, few rows, weights, a grid learned from almost nothing: exact, or within bin_error."""
    y, s, reference, w = draw(seed, kind, n, m)
    counts = seen(y, s, reference, w)
    p = (s >= 0.5).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for key, function in CONFUSION.items():
            if not np.isnan(got := value(key, counts)):
                assert got == pytest.approx(function(y, p, sample_weight=w), abs=1e-9), key
        if len(set(y)) == 2:
            for key, function in (
                ("roc_auc", oracle.roc_auc_score),
                ("pr_auc", oracle.average_precision_score),
            ):
                got = METRICS[key].compute(counts)
                if np.isnan(got.value):
                    assert m < 100
                    assert "do not tell these scores apart" in got.reason.item()
                else:
                    assert abs(got.value - function(y, s, sample_weight=w)) <= got.bin_error + 1e-9, key
            if s.dtype == np.float64 and s.min() >= 0 and s.max() <= 1:
                assert value("log_loss", counts) == pytest.approx(
                    oracle.log_loss(y, s, sample_weight=w), abs=1e-9
                )
                exact = oracle.brier_score_loss(y, s, sample_weight=w)
                assert value("brier", counts) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("key", METRICS)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(list(SCORES)), n=st.sampled_from([0, 1, 2, 30, 500]))
@settings(max_examples=15, deadline=None)
def test_values_lie_in_their_range_and_interval_or_say_why_there_is_none(key, seed, kind, n):
    y, s, reference, w = draw(seed, kind, max(n, 1), 100)
    counts = seen(y[:n], s[:n], reference, None if w is None else w[:n], gains=[[0, -1], [-5, 3]])
    metric = METRICS[key]
    got = metric.compute(counts)
    assert got.value.shape == ()
    if np.isnan(got.value):
        assert got.reason[()]
        return
    assert metric.range[0] - 1e-9 <= got.value <= metric.range[1] + 1e-9
    assert got.standard_error >= 0
    if got.low is not None:
        assert got.low <= got.value + 1e-9
        assert got.value <= got.high + 1e-9


def test_roc_auc_of_ties_is_exact_where_scores_have_cells_of_their_own():
    rng = np.random.default_rng(2)
    s = rng.integers(0, 100, 5000) / 100
    y = (rng.random(5000) < s).astype(np.int16)
    got = METRICS["roc_auc"].compute(seen(y, s))
    assert got.bin_error == 0
    assert got.value == pytest.approx(oracle.roc_auc_score(y, s), abs=1e-12)


def test_bin_error_of_roc_auc_is_small_for_rare_positives():
    rng = np.random.default_rng(3)
    s = rng.beta(0.5, 30, 50_000)
    y = (rng.random(50_000) < s).astype(np.int16)
    grid = outcomes.learn_binary(("0", "1"), s, None, y)
    counts = view(outcomes.decode(grid, outcomes.count_binary(grid, y, None, s)))
    assert METRICS["roc_auc"].compute(counts).bin_error < 0.001
    assert METRICS["pr_auc"].compute(counts).bin_error < 0.005


def delong(y, s):
    """DeLong's standard error, from its definition on rows."""
    a, b = s[y == 1], s[y == 0]
    wins = (a[:, None] > b).astype(float) + 0.5 * (a[:, None] == b)
    return np.sqrt(wins.mean(1).var(ddof=1) / len(a) + wins.mean(0).var(ddof=1) / len(b))


def test_standard_error_of_roc_auc_is_delongs():
    rng = np.random.default_rng(4)
    s = logistic(rng, 800).round(2)
    y = (rng.random(800) < s).astype(np.int16)
    assert float(METRICS["roc_auc"].compute(seen(y, s)).standard_error) == pytest.approx(
        delong(y, s), rel=1e-6
    )


def test_log_loss_and_brier_hold_at_scores_of_zero_and_one():
    """Clipping as scikit-learn does it for float64."""
    y, s = np.array([0, 1, 1, 0], np.int16), np.array([0.0, 1.0, 0.0, 1.0])
    counts = seen(y, s)
    assert value("log_loss", counts) == pytest.approx(oracle.log_loss(y, s), abs=1e-9)
    assert value("brier", counts) == 0.5


def test_calibration_error_is_that_of_its_definition():
    """Naeini et al. 2015, on ten bins [k / 10, (k + 1) / 10)."""
    rng = np.random.default_rng(5)
    s = np.concatenate([rng.random(3000) ** 2, np.arange(11) / 10])
    y = (rng.random(len(s)) < s**1.5).astype(np.int16)
    bins = np.minimum(np.searchsorted(np.arange(10) / 10, s, side="right") - 1, 9)
    exact = sum(abs(y[bins == b].sum() - s[bins == b].sum()) for b in range(10)) / len(s)
    assert value("calibration_error", seen(y, s)) == pytest.approx(exact, abs=1e-9)


def test_gain_and_lift_of_the_top_decile():
    """By sorting rows: the tenth with the highest scores."""
    rng = np.random.default_rng(6)
    s = rng.random(20_000)
    y = (rng.random(20_000) < s**2).astype(np.int16)
    top = y[np.argsort(-s)[:2000]]
    gain, lift = (METRICS[key].compute(seen(y, s)) for key in ("gain", "lift"))
    assert abs(gain.value - top.sum() / y.sum()) <= gain.bin_error + 1e-9
    assert abs(lift.value - top.mean() / y.mean()) <= lift.bin_error + 1e-9
    assert gain.bin_error < 0.005


def test_lift_of_tied_scores_is_one():
    y = np.tile(np.array([0, 1, 0, 0], np.int16), 50)
    got = METRICS["lift"].compute(seen(y, np.full(200, 0.4)))
    assert got.value == pytest.approx(1)
    assert got.bin_error == 0


def test_business_value_is_the_mean_of_the_stated_values():
    y, p = np.array([0, 0, 1, 1, 1], np.int16), np.array([0, 1, 1, 1, 0], np.int16)
    counts = seen(y, None, predictions=p, gains=[[1, -2], [-10, 5]])
    assert value("business_value", counts) == pytest.approx((1 - 2 - 10 + 5 + 5) / 5)
    assert reason("business_value", seen(y, None, predictions=p)) == "no business values are stated"


def test_conversion_counts_rows_without_label_as_not_converted():
    y = np.array([1, 0, -1, -1], np.int16)
    counts = seen(y, np.full(4, 0.6))
    assert value("conversion_rate", counts) == 0.25
    assert value("prevalence", counts) == 0.5
    assert value("predicted_positive_share", counts) == 1.0


@pytest.mark.parametrize(
    ("key", "labels", "scores", "expected"),
    [
        ("roc_auc", [1, 1], [0.2, 0.3], "no label is negative"),
        ("pr_auc", [0, 0], [0.2, 0.3], "no label is positive"),
        ("roc_auc", [-1, -1], [0.2, 0.3], "no labelled row has a score"),
        ("precision", [0, 1], [0.2, 0.3], "nothing was predicted positive"),
        ("recall", [0, 0], [0.2, 0.8], "no label is positive"),
        ("specificity", [1, 1], [0.2, 0.8], "no label is negative"),
        ("f1", [0, 0], [0.2, 0.3], "no label and no decision is positive"),
        ("mcc", [0, 0], [0.2, 0.8], "labels or predictions hold one class only"),
        ("balanced_accuracy", [0, 0], [0.2, 0.8], "labels hold one class only"),
        ("cohen_kappa", [0, 0], [0.2, 0.3], "labels and predictions are one class only"),
        ("accuracy", [-1, -1], [0.2, 0.8], "no row has both a label and a prediction"),
        ("log_loss", [0, 1], [0.2, 1.8], "scores outside 0..1 are no probabilities"),
        ("brier", [0, 1], [-0.2, 0.8], "scores outside 0..1 are no probabilities"),
        ("calibration_error", [0, 1], [0.2, 1.8], "scores outside 0..1 are no probabilities"),
    ],
)
def test_what_cannot_be_computed_says_why(key, labels, scores, expected):
    counts = seen(np.array(labels, np.int16), np.array(scores))
    assert np.isnan(value(key, counts))
    assert reason(key, counts) == expected


@pytest.mark.parametrize(
    "key", ["roc_auc", "pr_auc", "log_loss", "brier", "calibration_error", "gain", "lift"]
)
def test_without_a_score_the_reason_says_so(key):
    counts = seen(np.array([0, 1], np.int16), None, predictions=np.array([0, 1], np.int16))
    assert reason(key, counts) == "there is no score"


def test_leading_axes_give_what_each_part_gives():
    """Windows side by side, one of them empty."""
    rng = np.random.default_rng(7)
    s = logistic(rng, 900)
    y = (rng.random(900) < s).astype(np.int16)
    grid = outcomes.learn_binary(("0", "1"), s)
    parts = [
        outcomes.count_binary(grid, y[i], None, s[i]) for i in (slice(0, 300), slice(300, 900), slice(0, 0))
    ]
    stacked = {key: np.stack([part[key] for part in parts]) for key in parts[0]}
    together = view(outcomes.decode(grid, stacked))
    for key, metric in METRICS.items():
        got = metric.compute(together)
        assert got.value.shape == (3,)
        for i, part in enumerate(parts):
            single = metric.compute(view(outcomes.decode(grid, part)))
            np.testing.assert_allclose(got.value[i], single.value, rtol=1e-12, err_msg=key)
            if got.standard_error is not None:
                np.testing.assert_allclose(got.standard_error[i], single.standard_error, rtol=1e-9)


def test_noise_inflation_widens_standard_errors_by_its_root():
    rng = np.random.default_rng(8)
    s = logistic(rng, 2000)
    y = (rng.random(2000) < s).astype(np.int16)
    plain, inflated = seen(y, s), seen(y, s, inflation=4.0)
    for key in ("accuracy", "roc_auc", "log_loss", "f1", "brier"):
        a, b = (float(METRICS[key].compute(v).standard_error) for v in (plain, inflated))
        assert b == pytest.approx(2 * a, rel=0.01), key


class TestCurves:
    def drawn(self, key, counts):
        return next(curve for curve in BINARY_CURVES if curve.key == key).points(counts)

    def test_the_roc_curve_is_monotone_and_holds_the_area(self):
        rng = np.random.default_rng(9)
        s = logistic(rng, 5000)
        y = (rng.random(5000) < s).astype(np.int16)
        points = self.drawn("roc", seen(y, s))
        assert len(points) <= POINTS
        assert points[0].tolist() == [0, 0]
        assert points[-1].tolist() == [1, 1]
        assert (np.diff(points, axis=0) >= 0).all()
        assert np.trapezoid(points[:, 1], points[:, 0]) == pytest.approx(
            oracle.roc_auc_score(y, s), abs=0.003
        )

    def test_points_of_the_precision_recall_curve_are_reached_by_a_threshold(self):
        s = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
        y = np.array([1, 0, 1, 1, 0], np.int16)
        points = self.drawn("precision_recall", seen(y, s))
        expected = [[1 / 3, 1], [1 / 3, 1 / 2], [2 / 3, 2 / 3], [1, 3 / 4], [1, 3 / 5]]
        np.testing.assert_allclose(points, expected)

    def test_the_calibration_curve_holds_mean_scores_and_shares(self):
        s = np.array([0.12, 0.18, 0.95])
        y = np.array([0, 1, 1], np.int16)
        np.testing.assert_allclose(
            self.drawn("calibration", seen(y, s)), [[0.15, 0.5], [0.95, 1.0]], atol=1e-9
        )

    def test_the_gain_curve_ends_at_all_positives(self):
        rng = np.random.default_rng(10)
        points = self.drawn("gain", seen(rng.integers(0, 2, 400).astype(np.int16), rng.random(400)))
        assert points[0].tolist() == [0, 0]
        assert points[-1].tolist() == [1, 1]

    @pytest.mark.parametrize("curve", [c.key for c in BINARY_CURVES if c.key != "calibration"])
    def test_one_class_draws_nothing(self, curve):
        assert self.drawn(curve, seen(np.ones(5, np.int16), np.linspace(0, 1, 5))).shape == (0, 2)
