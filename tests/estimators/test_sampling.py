"""The variance of estimates between windows, against simulated windows and a closed form."""

from dataclasses import replace

import numpy as np
import pytest

from leadline import estimators
from leadline.estimators.sampling import sampling_variance

KEYS = ("roc_auc", "accuracy", "brier", "log_loss", "recall", "prevalence")


@pytest.fixture(scope="module")
def known(traffic):
    return traffic.calibrated(np.random.default_rng(1), 30_000)[1]


def test_it_is_the_variance_of_windows_of_the_references_scores(known):
    """Simulation: 1,000 windows of 500 rows drawn from the reference; a variance is known to 4.5 % (1 se)."""
    whole = known.table.without_labels()
    rng = np.random.default_rng(2)
    rows = rng.multinomial(500, whole.rows.reshape(-1) / whole.rows.sum(), 1_000)
    rows = rows.reshape(1_000, *whole.rows.shape).astype(float)
    windows = replace(whole, rows=rows, squares=rows)
    found, expected = estimators.cbpe(known, windows, KEYS), sampling_variance(known, windows, KEYS)
    for key in KEYS:
        # Four standard errors; of curved metrics the delta method leaves out a few per cent besides.
        np.testing.assert_allclose(expected[key], found[key].value.var(), rtol=0.2, err_msg=key)


def test_of_a_mean_over_rows_it_is_exact(known):
    """Accuracy is the mean of the probability that the decision is right."""
    table = known.table.without_labels()
    share = table.mass / table.total
    negative = table.rows[:, 0].sum(-1) > 0
    right = np.where(negative, 1 - known.probability, known.probability)
    exact = (share @ right**2 - (share @ right) ** 2) / table.total
    assert sampling_variance(known, table, ["accuracy"])["accuracy"] == pytest.approx(exact, rel=1e-6)


def test_more_rows_vary_less_and_none_tell_nothing(traffic, known):
    grid = traffic.grid(np.random.default_rng(1), 30_000)[0]
    scores, _ = traffic.draw(np.random.default_rng(3), 400)
    windows = traffic.stacked([estimators.of_rows(grid, scores[:size]) for size in (0, 100, 400)])
    found = sampling_variance(known, windows, ["brier"])["brier"]
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(4 * found[2])
    heavy = replace(windows, squares=2 * windows.rows)
    np.testing.assert_allclose(sampling_variance(known, heavy, ["brier"])["brier"][1:], 2 * found[1:])


def test_without_enough_labels_nothing_is_known(traffic):
    rng = np.random.default_rng(4)
    grid = traffic.grid(rng)[0]
    scores, labels = traffic.draw(rng, 5)
    few = estimators.calibrate(estimators.of_rows(grid, scores, None, labels))
    assert few.reason
    assert np.isnan(sampling_variance(few, estimators.of_rows(grid, scores), ["brier"])["brier"])
