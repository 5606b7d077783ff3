"""The performance within segments is that of their rows alone."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

import leadline
from leadline.baselines.noise import OutcomeNoise
from leadline.monitors.outcomes import judge_performance, segment_scores

NOISE = (OutcomeNoise(), OutcomeNoise(1.5, {"mae": 1.2, "accuracy": 1.2}))


def table(seed, rows, task):
    rng = np.random.default_rng(seed)
    x, risk = rng.normal(size=(2, rows))
    found = {"x": x, "place": rng.choice(["north", "south", "east", "nobody answers"], rows)}
    if task == "binary":
        chance = 1 / (1 + np.exp(-risk))
        found |= {"score": chance, "label": (rng.random(rows) < chance).astype(float)}
    elif task == "regression":
        found |= {"prediction": risk, "label": risk + rng.normal(size=rows)}
    else:
        names = np.array(["u", "v", "w"])
        truth = rng.integers(0, 3, rows)
        found |= {"prediction": names[np.where(rng.random(rows) < 0.7, truth, 0)], "label": names[truth]}
    missing = found["place"] == "nobody answers"
    if task != "multiclass":
        found["label"][missing] = np.nan
    return found


@pytest.mark.parametrize("task", ["binary", "regression", "multiclass"])
def test_each_segment_is_scored_as_its_rows_would_be(task):
    roles = {"label": "label", "segment": ["place"]}
    roles |= {"score": "score"} if task == "binary" else {"prediction": "prediction"}
    baseline = leadline.learn(table(1, 4000, task), **roles)
    current = leadline.profile(table(2, 700, task), baseline).collapse()
    found = segment_scores(baseline, current, baseline.settings, NOISE)
    assert len(found) == 5  # with one of all other values, which has no rows
    for place, scores in enumerate(found, 1):
        alone = replace(baseline, profile=baseline.whole.segment(place))
        expected = judge_performance(alone, current.segment(place), baseline.settings, NOISE).scores
        assert list(scores) == list(expected)
        for key, one in scores.items():
            assert one.rows == expected[key].rows
            np.testing.assert_equal(one.floor, expected[key].floor)
            for side in ("reference", "current", "change"):
                same(getattr(one, side), getattr(expected[key], side))


def same(ours, theirs):
    for field in fields(theirs):
        one, other = getattr(ours, field.name), getattr(theirs, field.name)
        if other is None or np.asarray(other).dtype == object:
            assert one == other, field.name
        else:
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12, err_msg=field.name)
