"""What a score means, and how sure that is."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from leadline import estimators
from leadline.estimators.calibration import LABELLED_MIN
from leadline.profiles import outcomes


def test_finds_the_probability_behind_each_score(traffic):
    _, calibrator = traffic.calibrated(np.random.default_rng(1), 200_000)
    scores = calibrator.table.scores
    inside = (scores > 0.1) & (scores < 0.9)
    error = np.abs(calibrator.probability[inside] - traffic.chance(scores[inside]))
    assert error.mean() < 0.01
    assert error.max() < 0.05


def test_few_distinct_scores_are_calibrated_as_by_scikit_learn(traffic):
    rng = np.random.default_rng(2)
    scores = rng.integers(1, 20, 3000) / 20
    labels = (rng.random(3000) < traffic.chance(scores)).astype(np.int16)
    grid = outcomes.learn_binary(("0", "1"), scores, None, labels)
    calibrator = estimators.calibrate(estimators.of_rows(grid, scores, None, labels))
    oracle = IsotonicRegression().fit(scores, labels).predict(np.arange(1, 20) / 20)
    cells = np.searchsorted(np.array(grid.inner), np.arange(1, 20) / 20, side="right")
    np.testing.assert_allclose(calibrator.probability[cells], oracle, atol=1e-12)


@pytest.mark.long
def test_refits_spread_as_calibrations_of_fresh_references_do(traffic):
    rng = np.random.default_rng(3)
    grid, _, _ = traffic.grid(rng, 50_000)
    middle = np.abs(np.array(grid.inner) - 0.5).argmin()
    fresh, spread = [], []
    for _ in range(200):
        scores, labels = traffic.draw(rng, 3000)
        calibrator = estimators.calibrate(estimators.of_rows(grid, scores, None, labels))
        fresh.append(calibrator.probability[middle])
        spread.append(calibrator.refits[:, middle].std(ddof=1))
    assert np.mean(spread) == pytest.approx(np.std(fresh, ddof=1), rel=0.25)


def test_weights_of_two_count_as_rows_twice(traffic):
    rng = np.random.default_rng(4)
    grid, scores, labels = traffic.grid(rng, 2000)
    weights = rng.integers(1, 3, 2000)
    weighted = estimators.of_rows(grid, scores, None, labels, weights.astype(float))
    repeated = estimators.of_rows(grid, scores.repeat(weights), None, labels.repeat(weights))
    first, second = estimators.calibrate(weighted), estimators.calibrate(repeated)
    np.testing.assert_allclose(first.probability, second.probability)
    assert first.effective_rows < second.effective_rows


def test_noise_inflation_widens_the_refits(traffic):
    from dataclasses import replace

    rng = np.random.default_rng(5)
    grid, scores, labels = traffic.grid(rng, 5000)
    table = estimators.of_rows(grid, scores, None, labels)
    plain = estimators.calibrate(table).refits.std(0).mean()
    inflated = estimators.calibrate(replace(table, inflation=4.0)).refits.std(0).mean()
    assert inflated > 1.4 * plain


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (lambda n: np.full(n, -1), f"needs {LABELLED_MIN} labelled reference rows, found 0"),
        (lambda n: np.where(np.arange(n) < 200, np.arange(n) % 2, -1), "found 200"),
        (np.zeros, "all of one class"),
        (np.ones, "all of one class"),
    ],
)
def test_a_reference_that_teaches_nothing_says_why(traffic, labels, reason):
    rng = np.random.default_rng(6)
    grid, scores, _ = traffic.grid(rng, 1000)
    calibrator = estimators.calibrate(estimators.of_rows(grid, scores, None, labels(1000).astype(np.int16)))
    assert reason in calibrator.reason
    found = estimators.estimate(calibrator, traffic.window(rng, grid))
    assert all(np.isnan(x.value) and reason in x.reason[()] for x in found.values())


def test_unlabelled_reference_rows_play_no_part(traffic):
    rng = np.random.default_rng(7)
    grid, scores, labels = traffic.grid(rng, 4000)
    known = rng.random(4000) < 0.5
    some = estimators.of_rows(grid, scores, None, np.where(known, labels, -1))
    only = estimators.of_rows(grid, scores[known], None, labels[known])
    first, second = estimators.calibrate(some), estimators.calibrate(only)
    np.testing.assert_array_equal(first.probability, second.probability)
    np.testing.assert_array_equal(first.refits, second.refits)
