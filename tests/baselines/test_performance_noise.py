"""Noise of performance metrics: of each metric's own movement between blocks, by independent formulas."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from msgspec.structs import replace

import leadline
from leadline.baselines.baseline import Baseline, Inflation
from leadline.baselines.noise import OutcomeNoise, jackknife_inflation
from leadline.engines.block_noise import noise_of_time
from leadline.monitors.outcomes import judge_performance
from leadline.profiles.file import decode, encode

START = np.datetime64("2024-01-01T00:00:00")


def days_of(rng, moves, days=48, rows=200):
    """Rows of a binary model of which one thing moves by the day: scores, prevalence, quality, or nothing."""
    day = np.repeat(np.arange(days), rows)
    level = rng.normal(size=days)[day]
    logit = rng.normal(size=len(day)) + (0.8 * level if moves == "scores" else 0.0)
    true = logit + (0.8 * level if moves == "prevalence" else 0.0)
    true = true * np.exp(0.6 * level) if moves == "quality" else true
    return {
        "score": 1 / (1 + np.exp(-logit)),
        "label": (rng.random(len(day)) < 1 / (1 + np.exp(-true))).astype(float),
        "time": START + (day * 86_400 + np.tile(np.arange(rows) * 400, days)).astype("timedelta64[s]"),
    }


def learned(rows, **more):
    return leadline.learn(rows, label="label", score="score", timestamp="time", threads=1, **more)


def by_blocks(baseline):
    """The inflations between the shortest blocks, and their length."""
    return baseline.inflations[0].performance, int(baseline.inflations[0].seconds)


def test_of_a_mean_it_is_the_variance_between_blocks():
    """Closed form: the squared distance of each block's mean from all others', weighted by its rows."""
    rng = np.random.default_rng(1)
    sizes = rng.integers(5, 40, 30)
    block = np.repeat(np.arange(30), sizes)
    values = rng.normal(size=len(block)) + rng.normal(size=30)[block]
    n, mean = len(values), values.mean()
    without = np.array([values[block != b].mean() for b in range(30)])
    means = np.array([values[block == b].mean() for b in range(30)])
    between = (sizes**2 / n**2 / (1 - sizes / n) * (means - mean) ** 2).sum()
    error = values.std() / np.sqrt(n)
    assert jackknife_inflation(mean, error, without, sizes / n) == pytest.approx(between / error**2)


def test_independent_rows_are_near_one():
    """Its expectation for any sizes of blocks, up to the noise of 300 draws."""
    rng = np.random.default_rng(2)
    sizes = np.array([10] * 20 + [60] * 10)
    block = np.repeat(np.arange(30), sizes)
    found = []
    for _ in range(300):
        values = rng.normal(size=len(block))
        without = np.array([values[block != b].mean() for b in range(30)])
        error = values.std(ddof=1) / np.sqrt(len(values))
        found.append(jackknife_inflation(values.mean(), error, without, sizes / sizes.sum()))
    assert np.mean(found) == pytest.approx(1.0, abs=0.06)


def test_roc_auc_as_by_the_placements_of_clustered_rows():
    """Oracle: Obuchowski's variance (Biometrics 53, 1997) from the rows' own ranks, over DeLong's."""
    rows = days_of(np.random.default_rng(3), "quality")
    found, seconds = by_blocks(learned(rows))
    block = (rows["time"] - START).astype(int) // seconds
    blocks = len(np.unique(block))
    positive, negative = (rows["score"][rows["label"] == label] for label in (1, 0))
    above = np.searchsorted(np.sort(negative), positive) / len(negative)
    below = 1 - np.searchsorted(np.sort(positive), negative) / len(positive)
    area = above.mean()
    influence = np.empty(len(block))
    influence[rows["label"] == 1] = (above - area) / len(positive)
    influence[rows["label"] == 0] = (below - area) / len(negative)
    between = sum(influence[block == b].sum() ** 2 for b in np.unique(block)) * blocks / (blocks - 1)
    expected = between / (above.var(ddof=1) / len(positive) + below.var(ddof=1) / len(negative))
    assert found["roc_auc"] == pytest.approx(expected, rel=0.03)
    assert expected > 2


def test_accuracy_and_brier_score_as_by_their_rows():
    rows = days_of(np.random.default_rng(4), "prevalence")
    found, seconds = by_blocks(learned(rows))
    block = (rows["time"] - START).astype(int) // seconds
    blocks = len(np.unique(block))
    losses = {
        "accuracy": ((rows["score"] >= 0.5) != rows["label"]).astype(float),
        "brier": (rows["score"] - rows["label"]) ** 2,
    }
    for key, loss in losses.items():
        sums = np.array([(loss - loss.mean())[block == b].sum() for b in np.unique(block)])
        expected = (sums**2).sum() * blocks / (blocks - 1) / (len(loss) * loss.var())
        assert found[key] == pytest.approx(expected, rel=0.02)


def test_traffic_that_moves_is_no_noise_of_a_calibrated_models_ranks():
    """The scores move by the day, and labels follow them: the table moves far more than the metrics."""
    baseline = learned(days_of(np.random.default_rng(5), "scores"))
    noise = baseline.outcome_inflation(baseline.profile.rows, baseline.profile.seconds)
    assert noise.table > 10
    assert noise.of("brier") < noise.table / 3
    assert noise.of("prevalence") > 5  # which does move


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_other_tasks_have_noise_of_their_own(task):
    rng = np.random.default_rng(6)
    rows = days_of(rng, "nothing")
    day = (rows["time"] - START).astype(int) // 86_400
    if task == "regression":
        x = rng.normal(size=len(day)) + 2 * rng.normal(size=48)[day]
        rows = {"prediction": x, "label": x + rng.normal(size=len(day)), "time": rows["time"]}
        steady, moving = ("mae", "rmse"), "mae"
        shifted = {**rows, "label": rows["label"] + 2 * rng.normal(size=48)[day]}
    else:
        names = np.array(["u", "v", "w"])
        truth = rng.integers(0, 3, len(day))
        right = rng.random(len(day))
        answer = names[np.where(right < 0.7, truth, (truth + 1) % 3)]
        rows = {"prediction": answer, "label": names[truth], "time": rows["time"]}
        steady, moving = ("accuracy",), "accuracy"
        worse = names[np.where(right < (0.4 + 0.5 * rng.random(48))[day], truth, (truth + 1) % 3)]
        shifted = {**rows, "prediction": worse}
    roles = {"prediction": "prediction", "label": "label", "timestamp": "time", "threads": 1}
    quiet, loud = (leadline.learn(table, **roles).inflations[0].performance for table in (rows, shifted))
    for key in steady:
        assert 0.5 < quiet[key] < 1.7
    assert loud[moving] > 5


def test_a_users_ratio_has_noise_without_any_labels():
    rng = np.random.default_rng(7)
    rows = days_of(rng, "nothing")
    day = (rows["time"] - START).astype(int) // 86_400
    table = {"spent": rng.normal(size=len(day)) + 1.0 * rng.normal(size=48)[day] + 5, "time": rows["time"]}
    baseline = leadline.learn(
        table, timestamp="time", metrics={"spending": {"numerator": "spent"}}, threads=1
    )
    noise = baseline.outcome_inflation(baseline.profile.rows, baseline.profile.seconds)
    assert noise.of("spending") > 20


def test_each_metric_is_judged_with_its_own_noise():
    rng = np.random.default_rng(8)
    baseline = learned(days_of(rng, "scores"))
    current = leadline.profile(days_of(rng, "scores", days=12), baseline).collapse()
    sides = [baseline.outcome_inflation(side.rows, side.seconds) for side in (baseline.profile, current)]
    found = judge_performance(baseline, current, baseline.settings, (sides[0], sides[1]))
    for key in ("accuracy", "brier"):
        scored = found.scores[key]
        for side, rows, noise in zip((scored.reference, scored.current), scored.rows, sides, strict=True):
            assert float(side.size) == pytest.approx(rows / noise.metrics[key])
    whole = judge_performance(
        baseline, current, baseline.settings, (OutcomeNoise(sides[0].table), OutcomeNoise(sides[1].table))
    )
    wide, narrow = (p.scores["brier"].change for p in (whole, found))
    assert float(narrow.high - narrow.low) < 0.7 * float(wide.high - wide.low)


def test_few_blocks_or_one_with_most_labels_say_nothing():
    rng = np.random.default_rng(9)
    few, uneven = days_of(rng, "quality"), days_of(rng, "quality")
    few["label"][1_000:] = np.nan
    uneven["label"][(np.arange(len(uneven["label"])) >= 200) & (rng.random(len(uneven["label"])) < 0.9)] = (
        np.nan
    )
    assert not any(part.performance for part in learned(few).inflations)
    assert not learned(uneven).inflations[0].performance


def test_it_is_saved_and_files_of_before_use_the_noise_of_the_table():
    baseline = learned(days_of(np.random.default_rng(10), "quality"))
    size = baseline.profile.rows, baseline.profile.seconds
    again = Baseline.from_state(*decode(baseline.to_bytes(), "memory", None)[1:])
    assert again.outcome_inflation(*size) == baseline.outcome_inflation(*size)
    kind, facts, arrays = decode(baseline.to_bytes(), "memory", None)
    facts = {name: value for name, value in facts.items() if name != "performance_inflations"}
    older = Baseline.from_state(*decode(encode(kind, facts, arrays), "memory", None)[1:])
    noise = older.outcome_inflation(*size)
    assert noise == OutcomeNoise(baseline.outcome_inflation(*size).table)
    assert noise.of("roc_auc") == noise.table > 1


def test_buckets_that_no_usual_block_is_a_multiple_of_are_blocks_themselves():
    """As where windows of five days are counted whole, because there are too many columns for days."""
    baseline = learned(days_of(np.random.default_rng(11), "nothing", days=60), window="5d")
    assert baseline.calendar is not None
    coarse = replace(baseline.calendar, bucket=baseline.calendar.window)
    assert [part.seconds for part in noise_of_time(baseline.profile, coarse)] == [5 * 86_400.0]


def of_blocks(baseline, lengths):
    """The baseline with blocks of these lengths in days, as (inflation of the table, of accuracy)."""
    parts = [
        Inflation(days * 86_400.0, 48 // days, 200.0 * days, np.ones(0), np.ones(0), table, {"accuracy": one})
        for days, (table, one) in lengths.items()
    ]
    return dataclasses.replace(baseline, inflations=tuple(parts)).outcome_inflation(9_600, 48 * 86_400.0)


def test_what_is_too_little_to_show_its_growth_grows_as_the_table_does():
    """Else slow waves of a metric hide in the noise of the few long blocks that would show them."""
    baseline = learned(days_of(np.random.default_rng(12), "nothing"))
    steady = of_blocks(baseline, {1: (11.0, 1.2), 2: (11.0, 1.2), 4: (11.0, 1.2)})
    slow = of_blocks(baseline, {1: (11.0, 1.2), 2: (20.0, 1.2), 4: (36.0, 1.2)})
    assert steady.of("accuracy") < 1.5
    assert (slow.of("accuracy") - 1) / 0.2 == pytest.approx((slow.table - 1) / 10)
    shown = of_blocks(baseline, {1: (11.0, 5.0), 2: (20.0, 5.0), 4: (36.0, 5.0)})
    assert shown.of("accuracy") < 10  # it would show, and did not grow
