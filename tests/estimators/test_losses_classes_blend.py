"""Regressions, several classes, and labels that arrive."""

import numpy as np
import pytest

from leadline import estimators
from leadline.metrics.declare import Measured
from leadline.metrics.performance.views import view
from leadline.profiles import outcomes


def regression(rng, rows, centre=0.0):
    """Errors grow with |x|: normal with standard deviation 1 + |x|."""
    x = rng.normal(centre, 1, rows)
    predictions = 3 * x
    labels = predictions + rng.normal(size=rows) * (1 + np.abs(x))
    return estimators.Sample(x[:, None], np.zeros(1, bool), predictions, None, labels)


@pytest.mark.parametrize("centre", [0.0, 0.8])
def test_expected_errors_follow_the_inputs(centre):
    """E|e| = sqrt(2 / pi) (1 + |x|), E e^2 = (1 + |x|)^2."""
    rng = np.random.default_rng(1)
    model = estimators.learn_loss(regression(rng, 5000))
    window = regression(rng, 3000, centre)
    spread = 1 + np.abs(window.features[:, 0])
    exact = {
        "mae": np.sqrt(2 / np.pi) * spread.mean(),
        "mse": (spread**2).mean(),
        "rmse": np.sqrt((spread**2).mean()),
    }
    for key, found in estimators.direct_loss(model, window).items():
        assert float(found.value) == pytest.approx(exact[key], rel=0.06), key
        assert float(found.low) < exact[key] < float(found.high), key
        assert found.caution is None


@pytest.mark.long
def test_intervals_of_losses_hold_what_is_realised():
    rng = np.random.default_rng(2)
    held = {key: [] for key in ("mae", "mse", "rmse")}
    for _ in range(4):
        model = estimators.learn_loss(regression(rng, 4000))
        for _ in range(8):
            window = regression(rng, 800, 0.4)
            error = np.abs(window.scores - window.labels)
            real = {"mae": error.mean(), "mse": (error**2).mean(), "rmse": np.sqrt((error**2).mean())}
            for key, found in estimators.direct_loss(model, window).items():
                held[key].append(float(found.low) <= real[key] <= float(found.high))
    for key, share in held.items():
        assert np.mean(share) >= 0.85, key


def test_the_standard_error_of_a_large_window_is_the_spread_over_references():
    """The window's own noise is small in 10,000 rows: what is left comes from the 500 of each reference."""
    rng = np.random.default_rng(8)
    window = regression(rng, 10_000)
    models = [estimators.learn_loss(regression(rng, 500)) for _ in range(6)]
    found = [estimators.direct_loss(model, window, caution="")["mae"] for model in models]
    stated = np.mean([float(one.standard_error) for one in found])
    assert 0.4 < stated / np.std([float(one.value) for one in found], ddof=1) < 2.5


def test_losses_scale_with_the_label_and_need_labels():
    rng = np.random.default_rng(3)
    sample = regression(rng, 600)
    larger = estimators.Sample(
        sample.features, sample.categorical, 1e6 * sample.scores, None, 1e6 * sample.labels
    )
    first = estimators.direct_loss(estimators.learn_loss(sample), sample)
    second = estimators.direct_loss(estimators.learn_loss(larger), larger)
    assert float(second["mae"].value) == pytest.approx(1e6 * float(first["mae"].value))
    assert float(second["mse"].high) == pytest.approx(1e12 * float(first["mse"].high))
    missing = estimators.Sample(
        sample.features, sample.categorical, sample.scores, None, sample.labels * np.nan
    )
    found = estimators.direct_loss(estimators.learn_loss(missing), sample)
    assert found["mae"].reason[()] == "needs 300 labelled reference rows, found 0"
    exact = estimators.Sample(sample.features, sample.categorical, sample.labels, None, sample.labels)
    assert float(estimators.direct_loss(estimators.learn_loss(exact), exact)["mae"].value) == 0


CLASSES = ("a", "b", "c")


def several(rng, rows, weights=(1.0, 1.0, 1.0)):
    """Scores that are true chances, tilted by class weights."""
    scores = rng.dirichlet([1.2, 0.8, 0.6], rows)
    chance = scores * np.array(weights)
    chance /= chance.sum(1, keepdims=True)
    labels = (rng.random(rows)[:, None] > chance.cumsum(1)).sum(1).clip(0, 2).astype(np.int16)
    return scores, labels


@pytest.mark.parametrize("tilt", [(1.0, 1.0, 1.0), (1.0, 2.0, 0.5)])
def test_several_classes_against_their_labels(tilt):
    rng = np.random.default_rng(4)
    scores, labels = several(rng, 4000, tilt)
    grid = outcomes.learn_multiclass(CLASSES, scores, None, labels)
    calibrator = estimators.calibrate_multiclass(grid, scores, labels)
    scores, labels = several(rng, 3000, tilt)
    counts = view(outcomes.decode(grid, outcomes.count_multiclass(grid, labels, None, scores)))
    found = estimators.cbpe_multiclass(calibrator, scores)
    for key, x in found.items():
        exact = float(estimators.MULTICLASS[key].compute(counts).value)
        assert abs(float(x.value) - exact) < 3.5 * float(x.standard_error), key
        assert 0 < float(x.standard_error) < 0.03, key


def test_two_classes_are_estimated_as_a_binary_model_is(traffic):
    rng = np.random.default_rng(5)
    scores, labels = traffic.draw(rng, 4000)
    both = np.stack([1 - scores, scores], 1)
    grid = outcomes.learn_multiclass(("0", "1"), both, None, labels)
    binary = outcomes.learn_binary(("0", "1"), scores, None, labels)
    several = estimators.cbpe_multiclass(estimators.calibrate_multiclass(grid, both, labels), both[:1000])
    table = estimators.of_rows(binary, scores, None, labels)
    one = estimators.cbpe(estimators.calibrate(table), estimators.of_rows(binary, scores[:1000]))
    for key in ("accuracy", "mcc", "cohen_kappa"):
        assert float(several[key].value) == pytest.approx(float(one[key].value), abs=3e-3), key
        assert float(several[key].standard_error) == pytest.approx(
            float(one[key].standard_error), rel=0.15
        ), key


def test_several_classes_without_labels_or_rows_say_why():
    rng = np.random.default_rng(6)
    scores, labels = several(rng, 1000)
    grid = outcomes.learn_multiclass(CLASSES, scores, None, labels)
    none = estimators.calibrate_multiclass(grid, scores, np.full(1000, -1))
    assert "needs 300 labelled" in estimators.cbpe_multiclass(none, scores)["f1"].reason[()]
    some = estimators.calibrate_multiclass(grid, scores, labels)
    assert estimators.cbpe_multiclass(some, scores[:0])["f1"].reason[()] == "no row has a score"


def test_the_value_moves_from_estimated_to_realised_as_labels_come(traffic):
    rng = np.random.default_rng(7)
    grid, calibrator = traffic.calibrated(rng)
    scores, labels = traffic.draw(rng, 2000)
    errors = []
    for share in (0.0, 0.5, 1.0):
        known = np.where(rng.random(2000) < share, labels, -1)
        table = estimators.of_rows(grid, scores, None, known)
        found = estimators.cbpe(calibrator, table, ["accuracy"])["accuracy"]
        errors.append(float(found.standard_error))
        assert float(found.label_free_share) == pytest.approx(1 - share, abs=0.05)
        assert float(found.low) <= (labels == (scores >= grid.threshold)).mean() + 1e-12
    assert errors[0] > errors[1] > errors[2] == 0


def test_labels_that_contradict_the_estimate_show_concept_drift(traffic):
    rng = np.random.default_rng(8)
    grid, calibrator = traffic.calibrated(rng)
    scores, labels = traffic.draw(rng, 1000)
    flipped = np.where(rng.random(1000) < 0.3, 1 - labels, labels)
    table = traffic.stacked([estimators.of_rows(grid, scores, None, y) for y in (labels, flipped)])
    p = estimators.contradiction(calibrator, table, ["accuracy", "roc_auc"])
    assert (p["accuracy"][0], p["roc_auc"][0]) > (0.01, 0.01)
    assert (p["accuracy"][1], p["roc_auc"][1]) < (1e-6, 1e-6)
    assert np.isnan(estimators.contradiction(calibrator, table.without_labels(), ["f1"])["f1"]).all()


def test_losses_blend_by_rows():
    estimated = estimators.Estimated(
        value=np.array([4.0, 4.0]), standard_error=np.array([1.0, 1.0]), method="direct_loss"
    )
    measured = Measured(value=np.array([2.0, np.nan]))
    rows = np.array([50.0, 100.0]), np.array([150.0, 0.0])
    mean = estimators.blend_losses("mae", estimated, rows[0], measured, rows[1])
    np.testing.assert_allclose(mean.value, [2.5, 4.0])
    np.testing.assert_allclose(mean.standard_error, [0.25, 1.0])
    root = estimators.blend_losses("rmse", estimated, rows[0], measured, rows[1])
    np.testing.assert_allclose(root.value, [np.sqrt(0.25 * 16 + 0.75 * 4), 4.0])
