"""Rows of profiles as the estimators take them."""

from __future__ import annotations

import numpy as np

from leadline import estimators
from leadline.comparison import learn, profile
from leadline.estimators.choose import Rows, estimate
from leadline.estimators.direct_loss import direct_loss, learn_loss
from leadline.estimators.sampled import sampled_rows


def table(seed: int, rows: int, shift: float = 0.0) -> dict[str, np.ndarray]:
    """Labels depend on x in a way that the score does not know; y is the target of a regression."""
    rng = np.random.default_rng(seed)
    x, other = rng.normal(shift, 1, rows), rng.normal(size=rows)
    score = 1 / (1 + np.exp(-other))
    chance = 1 / (1 + np.exp(-other - 1.5 * x))
    return {
        "x": np.where(rng.random(rows) < 0.05, np.nan, x),
        "kind": np.array(["a", "b", None], object)[rng.integers(0, 3, rows)],
        "score": score,
        "label": (rng.random(rows) < chance).astype(int),
    }


def test_features_are_near_what_they_were_and_missing_where_they_were() -> None:
    data = table(1, 4_000)
    baseline = learn(data, label="label", score="score")
    found = sampled_rows(baseline.profile, baseline.profile)
    assert found is not None
    order = np.argsort(data["score"])
    ours = np.argsort(found.scores)
    np.testing.assert_array_equal(found.scores[ours], data["score"][order])
    np.testing.assert_array_equal(found.labels[ours], data["label"][order])
    assert found.categorical.tolist() == [False, True]
    x = data["x"][order]
    assert np.array_equal(np.isnan(found.features[ours, 0]), np.isnan(x))
    assert np.nanmax(np.abs(found.features[ours, 0] - x)) < 0.4
    assert np.nanmean(np.abs(found.features[ours, 0] - x)) < 0.01
    kinds = data["kind"][order]
    for name in ("a", "b"):
        assert len(np.unique(found.features[ours, 1][kinds == name])) == 1
    assert np.isnan(found.features[ours, 1][kinds == None]).all()  # noqa: E711 - element by element


def test_without_a_sample_there_are_no_rows() -> None:
    baseline = learn(table(2, 500), label="label", score="score", rows=0)
    assert sampled_rows(baseline.profile, baseline.profile) is None


def test_weighted_calibration_on_sampled_rows_follows_a_shift_that_the_score_does_not_know() -> None:
    """Precision after x moved by 1: near the truth with rows, far from it without."""
    reference, now = table(3, 12_000), table(4, 6_000, shift=1.0)
    baseline = learn(reference, label="label", score="score")
    current = profile(now, baseline)
    ours = sampled_rows(baseline.profile, baseline.profile)
    theirs = sampled_rows(current, baseline.profile)
    assert ours is not None
    assert theirs is not None
    grid = baseline.grid.outcome.grid
    calibrator = estimators.calibrate(estimators.of_rows(grid, ours.scores, None, ours.labels))
    window = estimators.of_rows(grid, theirs.scores, None, None)
    truth = now["label"][now["score"] >= 0.5].mean()
    with_rows = estimate(calibrator, window, Rows(grid, ours, theirs), ["precision"])["precision"]
    without = estimate(calibrator, window, None, ["precision"])["precision"]
    assert abs(float(with_rows.value) - truth) < 0.04 < abs(float(without.value) - truth)


def test_direct_loss_on_sampled_rows_finds_where_errors_are_large() -> None:
    def rows(seed: int, high: float) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        x = rng.uniform(0, high, 8_000)
        return {"x": x, "prediction": x, "label": x + rng.normal(size=8_000) * (0.2 + x)}

    reference, now = rows(5, 2.0), rows(6, 0.5)
    baseline = learn(reference, label="label", prediction="prediction")
    assert baseline.grid.outcome.task == "regression"
    ours = sampled_rows(baseline.profile, baseline.profile)
    theirs = sampled_rows(profile(now, baseline), baseline.profile)
    assert ours is not None
    assert theirs is not None
    found = direct_loss(learn_loss(ours), theirs)["mae"]
    truth = np.abs(now["label"] - now["prediction"]).mean()
    assert abs(float(found.value) - truth) < 0.15 * truth
