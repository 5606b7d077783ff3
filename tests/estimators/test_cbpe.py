"""Estimates from counts: against simulated labels, closed forms and scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from leadline import estimators
from leadline.estimators.estimated import NEEDS_DECISIONS
from leadline.estimators.metrics import DECISIONS
from leadline.estimators.tables import Filled
from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.performance.views import view
from leadline.profiles import outcomes

METRICS = {metric.key: metric for metric in PERFORMANCE}
GAINS = np.array([[0.0, -1.0], [-5.0, 10.0]])


def counted(grid, scores, labels=None):
    return view(outcomes.decode(grid, outcomes.count_binary(grid, labels, None, scores)))


def test_a_table_of_counts_is_the_table_of_its_rows(traffic):
    rng = np.random.default_rng(1)
    grid, _, _ = traffic.grid(rng)
    scores, labels = traffic.draw(rng, 2000)
    labels = np.where(rng.random(2000) < 0.3, -1, labels).astype(np.int16)
    first = estimators.of_counts(counted(grid, scores, labels))
    second = estimators.of_rows(grid, scores, None, labels)
    np.testing.assert_array_equal(first.rows, second.rows)
    np.testing.assert_array_equal(first.squares, second.squares)


@pytest.mark.parametrize("key", [key for key in estimators.ESTIMABLE if key != "business_value"])
def test_with_every_label_known_the_estimate_is_the_metric(traffic, key):
    rng = np.random.default_rng(2)
    grid, calibrator = traffic.calibrated(rng)
    scores, labels = traffic.draw(rng, 1500)
    counts = counted(grid, scores, labels)
    exact = METRICS[key].compute(counts).value
    found = estimators.cbpe(calibrator, estimators.of_counts(counts), [key])[key]
    loss = key in ("log_loss", "brier")
    assert float(found.value) == pytest.approx(float(exact), abs=2e-3 if loss else 1e-12)
    assert float(found.standard_error) == pytest.approx(0.0, abs=1e-12)
    assert float(found.label_free_share) == 0


def test_business_value_uses_the_stated_gains(traffic):
    rng = np.random.default_rng(3)
    grid, calibrator = traffic.calibrated(rng)
    scores, labels = traffic.draw(rng, 5000)
    table = replace(estimators.of_rows(grid, scores), gains=GAINS)
    found = estimators.cbpe(calibrator, table, ["business_value"])["business_value"]
    chosen = (scores >= grid.threshold).astype(int)
    assert float(found.low) < GAINS[labels, chosen].mean() < float(found.high)


@pytest.mark.long
@pytest.mark.parametrize(
    ("reference", "rows", "shift"), [(20_000, 500, 0.0), (5000, 2000, 0.7), (2000, 1000, -0.5)]
)
def test_intervals_hold_the_realised_value(traffic, reference, rows, shift):
    """Fresh references and windows, drawn with the same P(label | score)."""
    rng = np.random.default_rng(reference)
    held, errors = {key: [] for key in traffic.keys}, {key: [] for key in traffic.keys}
    for _ in range(20):
        grid, calibrator = traffic.calibrated(rng, reference)
        table = traffic.stacked([traffic.window(rng, grid, rows, shift) for _ in range(10)])
        truth = estimators.realised(table, traffic.keys)
        found = estimators.cbpe(calibrator, table.without_labels(), traffic.keys)
        for key in traffic.keys:
            x = found[key]
            held[key] += list((x.low <= truth[key]) & (truth[key] <= x.high))
            errors[key] += list(np.abs(x.value - truth[key]) / x.standard_error)
    for key in traffic.keys:
        # Windows of one reference share its error: 200 windows are worth far fewer.
        assert np.mean(held[key]) >= 0.88, key
        assert np.mean(errors[key]) < 1.05, key


@pytest.mark.parametrize("key", ["pr_auc", "roc_auc", "f1", "recall", "log_loss", "brier", "gain", "mcc"])
def test_the_value_is_the_mean_over_simulated_labels(traffic, key):
    """Labels drawn from the calibrated probabilities, few positives: known probabilities, no correction."""
    rng = np.random.default_rng(5)
    grid, _, _ = traffic.grid(rng)
    table = traffic.window(rng, grid, 600, shift=-2.0).without_labels()
    kept = table.rows.sum((-1, -2)) > 0
    few = {name: getattr(table, name)[kept] for name in ("rows", "squares", "scores", "atoms")}
    table = replace(table, **few)
    chance = traffic.chance(np.clip(table.scores, 1e-9, 1 - 1e-9))
    rows = table.unlabelled.astype(int)
    drawn = rng.binomial(rows, chance[:, None], (300, *rows.shape)).astype(float)
    known = np.stack([rows - drawn, drawn, np.zeros_like(drawn)], -1)
    labelled = replace(table, rows=known, squares=known)
    metric = estimators.ESTIMABLE[key]
    values = metric.value(Filled(labelled, np.zeros_like(drawn)))
    guess = metric.value(Filled(table, rows * chance[:, None]))
    spread = np.nanstd(values)
    assert abs(float(guess) - np.nanmean(values)) < 0.25 * spread


@pytest.mark.parametrize("key", [*(k for k in estimators.ESTIMABLE if k != "business_value")])
def test_sensitivity_is_the_change_of_the_value(traffic, key):
    """Finite differences of the value in single cells."""
    rng = np.random.default_rng(6)
    grid, calibrator = traffic.calibrated(rng)
    table = traffic.window(rng, grid, 2000).without_labels()
    positive = table.unlabelled * calibrator.probability[:, None]
    metric = estimators.ESTIMABLE[key]
    value = metric.value(Filled(table, positive))
    slope = metric.sensitivity(Filled(table, positive), value)
    inside = (table.unlabelled - positive > 0.3) & (positive > 0.3)
    places = np.argwhere(inside)
    for cell, decision in places[rng.choice(len(places), 12, replace=False)]:
        step = np.zeros(positive.shape)
        step[cell, decision] = 0.05
        ends = [float(metric.value(Filled(table, positive + side * step))) for side in (-1, 1)]
        expected = float(slope[decision] if metric.by_decision else slope[cell])
        scale = float(np.abs(slope).max())
        assert (ends[1] - ends[0]) / 0.1 == pytest.approx(expected, abs=0.02 * scale), (cell, decision)


def test_accuracy_has_the_poisson_binomial_variance(traffic):
    rng = np.random.default_rng(7)
    grid, calibrator = traffic.calibrated(rng)
    calibrator = replace(calibrator, refits=np.tile(calibrator.probability, (3, 1)))
    calibrator._corrections["accuracy"] = (0.0, np.zeros(3))
    table = traffic.window(rng, grid, 800).without_labels()
    c = calibrator.probability
    rows = table.rows.sum((-1, -2))
    found = estimators.cbpe(calibrator, table, ["accuracy"])["accuracy"]
    exact = np.sqrt((rows * c * (1 - c)).sum()) / 800
    assert float(found.standard_error) == pytest.approx(exact, rel=1e-6)


def test_on_the_reference_itself_the_estimate_is_what_was_realised(traffic):
    rng = np.random.default_rng(8)
    grid, scores, labels = traffic.grid(rng)
    table = estimators.of_rows(grid, scores, None, labels)
    found = estimators.cbpe(estimators.calibrate(table), table.without_labels())
    chosen = scores >= grid.threshold
    assert float(found["roc_auc"].value) == pytest.approx(oracle.roc_auc_score(labels, scores), abs=1e-4)
    assert float(found["f1"].value) == pytest.approx(oracle.f1_score(labels, chosen), abs=1e-12)
    assert float(found["brier"].value) == pytest.approx(oracle.brier_score_loss(labels, scores), abs=1e-4)


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 399))
def test_rows_in_any_order_and_windows_merged_or_stacked_agree(traffic, seed, cut):
    rng = np.random.default_rng(seed)
    grid, calibrator = traffic.calibrated(np.random.default_rng(9), 2000)
    scores, _ = traffic.draw(rng, 400)
    whole = estimators.of_rows(grid, scores)
    mixed = estimators.of_rows(grid, rng.permutation(scores))
    first, second = estimators.of_rows(grid, scores[:cut]), estimators.of_rows(grid, scores[cut:])
    merged = replace(first, rows=first.rows + second.rows, squares=first.rows + second.rows)
    keys = ["accuracy", "roc_auc", "brier"]
    expected = estimators.cbpe(calibrator, whole, keys)
    for table in (mixed, merged):
        found = estimators.cbpe(calibrator, table, keys)
        assert all(float(found[k].value) == pytest.approx(float(expected[k].value)) for k in keys)
    several = estimators.cbpe(calibrator, traffic.stacked([first, second, whole]), keys)
    for k in keys:
        alone = estimators.cbpe(calibrator, first, keys)[k]
        assert several[k].value[0] == pytest.approx(float(alone.value), nan_ok=True)  # of one row, say
        assert several[k].high[0] == pytest.approx(float(alone.high), nan_ok=True)


def test_a_constant_score_says_the_share_of_positives():
    rng = np.random.default_rng(10)
    scores, labels = np.full(2000, 0.7), (rng.random(2000) < 0.3).astype(np.int16)
    grid = outcomes.learn_binary(("0", "1"), scores, None, labels)
    calibrator = estimators.calibrate(estimators.of_rows(grid, scores, None, labels))
    found = estimators.cbpe(calibrator, estimators.of_rows(grid, scores[:500]))
    assert float(found["prevalence"].value) == pytest.approx(labels.mean())
    assert float(found["accuracy"].value) == pytest.approx(labels.mean())
    assert float(found["roc_auc"].value) == pytest.approx(0.5)
    assert found["brier"].value == pytest.approx(np.mean((0.7 - labels) ** 2))


def test_an_empty_window_says_so_beside_others(traffic):
    rng = np.random.default_rng(11)
    grid, calibrator = traffic.calibrated(rng, 2000)
    full = traffic.window(rng, grid).without_labels()
    empty = estimators.of_rows(grid, np.empty(0))
    for key, found in estimators.cbpe(calibrator, traffic.stacked([full, empty]), traffic.keys).items():
        assert np.isfinite(found.value[0]), key
        assert np.isnan(found.value[1]), key
        assert found.reason[1] == "no row has a score", key


def test_rows_without_a_finite_score_are_left_out(traffic):
    rng = np.random.default_rng(12)
    grid, calibrator = traffic.calibrated(rng, 2000)
    scores, _ = traffic.draw(rng, 300)
    spoiled = np.concatenate([scores, [np.nan, np.inf, -np.inf]])
    first = estimators.cbpe(calibrator, estimators.of_rows(grid, scores), ["f1"])["f1"]
    second = estimators.cbpe(calibrator, estimators.of_rows(grid, spoiled), ["f1"])["f1"]
    assert first.value == second.value


def test_without_a_threshold_decisions_need_rows_and_rankings_do_not(traffic):
    rng = np.random.default_rng(13)
    scores, labels = traffic.draw(rng, 5000)
    predictions = (rng.random(5000) < scores).astype(np.int16)
    grid = outcomes.learn_binary(("0", "1"), scores, None, labels, predictions)
    counts = view(outcomes.decode(grid, outcomes.count_binary(grid, labels, predictions, scores)))
    calibrator = estimators.calibrate(estimators.of_counts(counts))
    found = estimators.cbpe(calibrator, estimators.of_counts(counts).without_labels(), traffic.keys)
    for key in traffic.keys:
        if key in DECISIONS:
            assert found[key].reason[()] == NEEDS_DECISIONS
        else:
            assert np.isfinite(found[key].value), key
    rows = estimators.of_rows(grid, scores, predictions, labels)
    exact = estimators.cbpe(estimators.calibrate(rows), rows.without_labels(), ["accuracy"])["accuracy"]
    assert float(exact.value) == pytest.approx((labels == predictions).mean(), abs=1e-12)


def test_scores_outside_0_and_1_are_ranked_and_have_no_loss(traffic):
    rng = np.random.default_rng(14)
    scores, labels = traffic.draw(rng, 3000)
    scores = 100 * scores - 20
    grid = outcomes.learn_binary(("0", "1"), scores, None, labels, threshold=30.0)
    table = estimators.of_rows(grid, scores, None, labels)
    found = estimators.cbpe(
        estimators.calibrate(table), table.without_labels(), ["roc_auc", "log_loss", "f1"]
    )
    assert float(found["roc_auc"].value) == pytest.approx(oracle.roc_auc_score(labels, scores), abs=1e-3)
    assert float(found["f1"].value) == pytest.approx(oracle.f1_score(labels, scores >= 30))
    assert np.isnan(found["log_loss"].value)


def test_every_estimate_says_that_it_cannot_see_concept_drift(traffic):
    rng = np.random.default_rng(15)
    grid, calibrator = traffic.calibrated(rng, 1000)
    for found in estimators.cbpe(calibrator, traffic.window(rng, grid)).values():
        assert "concept drift" in found.statement
