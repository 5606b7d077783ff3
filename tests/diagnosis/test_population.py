"""Changes of the rows, the labels, the model or a segment as a whole, from a model whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from leadline.diagnosis import RULES, Cause, Concept, explain, harm
from leadline.monitors.compare import Comparison
from leadline.tables.events import Event

ROWS = 5_000
ROLES = {"label": "label", "score": "score", "prediction": "prediction"}
Compare = Callable[..., Comparison]
Table = dict[str, np.ndarray[Any, Any]]


def draw(seed: int, rows: int = ROWS) -> Table:
    """Five features, of which three share a cause; a label that follows the score exactly."""
    rng = np.random.default_rng(seed)
    region = rng.choice(3, rows, p=[0.5, 0.3, 0.2])
    z = rng.normal(0, 1, rows) + 0.8 * region
    table: Table = {f"x{k}": 0.7 * z + 0.7 * rng.normal(0, 1, rows) for k in range(3)}
    table |= {"quiet": rng.gamma(2, 1, rows), "flat": rng.random(rows)}
    table["region"] = np.array(["north", "south", "west"])[region]
    score = 1 / (1 + np.exp(-(table["x0"] + table["x1"] - 0.7)))
    label = (rng.random(rows) < score).astype(np.int64)
    return {**table, "score": score, "prediction": (score >= 0.5).astype(np.int64), "label": label}


def chosen(table: Table, weights: Any, seed: int = 9) -> Table:
    keep = np.random.default_rng(seed).choice(len(weights), ROWS, replace=False, p=weights / weights.sum())
    return {name: values[keep] for name, values in table.items()}


def first(compared: Compare, current: Table, **options: Any) -> Cause:
    return explain(compared(draw(1, 2 * ROWS), current, **{**ROLES, **options}))[0]


def test_nothing_is_explained_where_nothing_alerts(compared: Compare) -> None:
    found = compared(draw(1, 2 * ROWS), draw(2), **ROLES)
    assert "alert" not in {decision.verdict for decision in found.decisions.values()}
    assert explain(found) == ()


def test_covariate_shift(compared: Compare) -> None:
    many = draw(2, 6 * ROWS)
    cause = first(compared, chosen(many, np.exp(0.8 * many["x0"])))
    assert cause.key == "covariate_shift"
    assert {"x0", "x1", "x2", "score"} <= set(cause.columns)
    assert cause.evidence["p_value_same_concept"] > 1e-3


def test_a_covariate_shift_does_not_say_that_labels_are_as_before_where_they_are_not(
    compared: Compare,
) -> None:
    """Inputs move, and a fifth of the labels is drawn by a coin; their change cannot be weighed yet."""
    many = draw(2, 6 * ROWS)
    current = chosen(many, np.exp(1.2 * many["x0"]))
    rng = np.random.default_rng(3)
    coin = rng.random(ROWS) < 0.2
    current["label"] = np.where(coin, rng.integers(0, 2, ROWS), current["label"])
    compared_rows = compared(draw(1, 2 * ROWS), current, **ROLES)
    causes = {cause.key: cause for cause in explain(compared_rows, concept=Concept("labels are to come"))}
    shift = causes["covariate_shift"]
    assert float(shift.evidence["p_value_same_concept"]) < 1e-4
    assert "with labels for like predictions as before, explains" in shift.sentence


def test_rows_of_another_kind_are_no_change_of_units(compared: Compare) -> None:
    reference, current = draw(1, 2 * ROWS), draw(2)
    for name, shift in {"x0": 6, "x1": -5, "x2": 7, "flat": 2}.items():
        current[name] = current[name] + shift * (0.8 + 0.4 * np.random.default_rng(3).random(ROWS))
    current["quiet"] = 1.34 * current["quiet"] + 20
    causes = explain(compared(reference, current, **ROLES))
    assert {"offset", "unit_change"}.isdisjoint(cause.key for cause in causes)
    assert "broad_shift" in [cause.key for cause in causes]


@pytest.mark.parametrize("ratio", [0.3, 3.0])
def test_label_shift(compared: Compare, ratio: float) -> None:
    many = draw(2, 8 * ROWS)
    current = chosen(many, np.where(many["label"] == 1, ratio, 1.0))
    cause = first(compared, current)
    assert cause.key == "label_shift"
    assert cause.evidence["label_share_now"] == pytest.approx(current["label"].mean())
    assert cause.evidence["p_value_within_labels"] > 1e-3


def test_concept_change(compared: Compare) -> None:
    """A fifth of the labels is drawn by a coin."""
    current = draw(2)
    rng = np.random.default_rng(3)
    coin = rng.random(ROWS) < 0.4
    current["label"] = np.where(coin, rng.integers(0, 2, ROWS), current["label"])
    cause = first(compared, current)
    assert (cause.key, cause.columns) == ("concept_change", ())
    gap = float(np.abs(0.4 * (0.5 - current["score"])).mean())
    assert cause.evidence["label_change_within_predictions"] == pytest.approx(gap, abs=0.02)


def test_concept_change_of_several_classes_and_of_a_regression(compared: Compare) -> None:
    def table(seed: int, wrong: float) -> Table:
        rng = np.random.default_rng(seed)
        x = rng.normal(0, 1, ROWS)
        truth = np.digitize(x, [-0.6, 0.6])
        label = np.where(rng.random(ROWS) < wrong, rng.integers(0, 3, ROWS), truth)
        return {
            "x": x,
            "prediction": np.array(["a", "b", "c"])[truth],
            "label": np.array(["a", "b", "c"])[label],
        }

    found = explain(compared(table(1, 0.1), table(2, 0.5), label="label", prediction="prediction"))
    assert found[0].key == "concept_change"

    def numbers(seed: int, noise: float) -> Table:
        rng = np.random.default_rng(seed)
        x = rng.normal(0, 1, ROWS)
        return {"x": x, "prediction": 3 * x, "label": 3 * x + rng.normal(0, noise, ROWS)}

    found = explain(compared(numbers(1, 0.5), numbers(2, 0.9), label="label", prediction="prediction"))
    assert found[0].key == "concept_change"
    assert found[0].evidence["mae_now"] == pytest.approx(0.9 * np.sqrt(2 / np.pi), rel=0.05)


def test_a_change_of_concept_is_not_claimed_when_inputs_moved(compared: Compare) -> None:
    current = draw(2)
    current["label"] = 1 - current["label"]
    current["quiet"] = current["quiet"] * 1000
    found = explain(compared(draw(1, 2 * ROWS), current, **ROLES))
    assert found[0].key == "unit_change"
    assert "concept_change" not in {cause.key for cause in found}


def test_a_change_of_the_model(compared: Compare) -> None:
    current = draw(2)
    current["score"] = np.sqrt(current["score"])
    current["prediction"] = (current["score"] >= 0.5).astype(np.int64)
    assert first(compared, current).key == "model_change"
    reference = draw(1, 2 * ROWS)
    reference["version"] = np.full(2 * ROWS, "7")
    found = explain(
        compared(reference, {**current, "version": np.full(ROWS, "8")}, version="version", **ROLES)
    )
    assert found[0].key == "version_change"
    assert found[0].evidence["version"] == "8"
    assert "model_change" not in {cause.key for cause in found}


def other_age(seed: int, moved: float, version: str) -> Table:
    """Rows of a version; `quiet`, on which no prediction depends, moved in a part of them."""
    rows = draw(seed)
    rows["quiet"] = np.where(np.random.default_rng(seed).random(ROWS) < moved, 2.0, 0.0) + rows["quiet"]
    if version == "8":
        rows["score"] = np.sqrt(rows["score"])
        rows["prediction"] = (rows["score"] >= 0.5).astype(np.int64)
    return {**rows, "version": np.full(ROWS, version)}


@pytest.mark.parametrize("moved", [0.2, 0.4])
def test_a_release_is_named_though_an_input_had_moved_before_it(compared: Compare, moved: float) -> None:
    """Before the release the input had moved as much, and the predictions had not."""
    reference = {**draw(1, 2 * ROWS), "version": np.full(2 * ROWS, "7")}
    now, earlier = (
        compared(reference, other_age(seed, part, version), version="version", **ROLES)
        for seed, part, version in ((2, moved, "8"), (3, 0.4, "7"))
    )
    found = explain(now, earlier=earlier)
    assert found[0].key == "version_change"
    assert set(found[0].columns) <= {"score", "prediction"}
    assert {"covariate_shift", "event"}.isdisjoint(cause.key for cause in found)
    alone = explain(now)
    assert "version_change" not in {cause.key for cause in alone}, "nothing then proves it"
    # Where the input had not moved before, it may be what the predictions follow.
    still = compared(reference, other_age(3, 0.0, "7"), version="version", **ROLES)
    assert "version_change" not in {cause.key for cause in explain(now, earlier=still)}
    # Nor is it the release that moves what moved before it.
    known = compared(reference, other_age(5, moved, "8"), version="version", **ROLES)
    assert "version_change" not in {cause.key for cause in explain(now, earlier=known)}


def test_predictions_that_follow_a_broken_input_come_last(compared: Compare) -> None:
    current = draw(2)
    current["x0"] = np.full(ROWS, 0.25)
    current["score"] = 1 / (1 + np.exp(-(current["x0"] + current["x1"] - 0.7)))
    found = explain(compared(draw(1, 2 * ROWS), current, **ROLES))
    assert [cause.key for cause in found] == ["stuck_value", "prediction_follows_features"]


def test_a_shift_in_one_segment(compared: Compare) -> None:
    many = draw(2, 8 * ROWS)
    south = many["region"] == "south"
    wanted = np.exp(1.2 * many["x0"])
    current = chosen(many, np.where(south, wanted / wanted[south].mean(), 1.0))
    cause = first(compared, current, segment=["region"])
    assert cause.key == "one_segment"
    assert cause.evidence["segment"] == "region = south"
    assert cause.evidence["distance_elsewhere"] < 0.05 < cause.evidence["distance_within"]


def test_performance_that_one_segment_lost(compared: Compare) -> None:
    """Labels and scores as a whole are distributed as before; only in the south they are of other rows."""
    current = draw(2)
    south = np.flatnonzero(current["region"] == "south")
    mixed = np.random.default_rng(3).permutation(south)
    for name in ("score", "prediction"):
        current[name][south] = current[name][mixed]
    found = explain(compared(draw(1, 2 * ROWS), current, segment=["region", "x0"], **ROLES))
    told = [cause for cause in found if cause.key == "one_segment"]
    assert [cause.evidence["segment"] for cause in told] == ["region = south"]
    assert told[0].evidence["current"] == pytest.approx(0.5, abs=0.05)
    assert told[0].evidence["rows_share"] == pytest.approx(len(south) / ROWS)
    assert told[0].evidence["loss_elsewhere"] < 0.03
    everywhere = draw(2)
    order = np.random.default_rng(3).permutation(ROWS)
    for name in ("score", "prediction"):
        everywhere[name] = everywhere[name][order]
    found = explain(compared(draw(1, 2 * ROWS), everywhere, segment=["region"], **ROLES))
    assert [cause.key for cause in found] == ["concept_change"]
    assert "different rows were joined" in found[0].sentence


def test_another_mix_of_segments(compared: Compare) -> None:
    many = draw(2, 8 * ROWS)
    current = chosen(many, np.where(many["region"] == "west", 8.0, 1.0))
    cause = first(compared, current, segment=["region"])
    assert cause.key == "segment_mix"
    assert cause.evidence["segment"] == "region = west"
    assert cause.share is not None
    assert cause.share > 0.8


def test_many_features_without_labels(compared: Compare) -> None:
    many = draw(2, 6 * ROWS)
    current = chosen(many, np.exp(0.8 * many["x0"]))
    sides = [{k: v for k, v in side.items() if k.startswith(("x", "quiet"))} for side in (draw(1), current)]
    found = explain(compared(*sides))
    assert [cause.key for cause in found] == ["broad_shift"]
    assert harm(compared(*sides)).sentence == "The harm is not known without labels."


def test_labels_that_tell_nothing_are_not_called_missing(compared: Compare) -> None:
    """The labels became texts; a colleague who sees them in the table must not read that there are none."""
    before, now = ({"y": np.arange(900.0), "estimate": np.arange(900.0) + side} for side in (1, 2))
    now["y"] = np.array([f"${value:,.2f}" for value in now["y"]], object)
    said = harm(compared(before, now, label="y", score="estimate")).sentence
    assert said == "The harm is not known, since performance could not be judged."
    late = {"estimate": now["estimate"]}
    said = harm(compared(before, late, label="y", score="estimate")).sentence
    assert said == "The harm is not known without labels."


def timed(table: Table, start: str) -> Table:
    return {**table, "at": np.datetime64(start, "us") + np.arange(ROWS) * np.timedelta64(60_000_000, "us")}


def moment(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))


def test_events_shortly_before_are_told_last(compared: Compare) -> None:
    current = draw(2)
    current["quiet"] = current["quiet"] * 1000
    sides = timed(draw(1), "2026-03-01"), timed(current, "2026-03-08")
    found = compared(*sides, timestamp="at", **ROLES)
    events = [
        Event(moment("2026-02-01"), "deploy", "long before"),
        Event(moment("2026-03-08T01:00"), "upstream", "the meter reports litres"),
        Event(moment("2026-04-01"), "holiday", "long after"),
    ]
    causes = explain(found, events)
    assert [cause.key for cause in causes] == ["unit_change", "event"]
    assert causes[-1].sentence == "2026-03-08 01:00 UTC, upstream: the meter reports litres."
    assert causes[-1].evidence["hours_after_start"] == pytest.approx(1.0)


def test_of_many_events_the_nearest_are_told(compared: Compare) -> None:
    current = draw(2)
    current["quiet"] = current["quiet"] * 1000
    found = compared(timed(draw(1), "2026-03-01"), timed(current, "2026-03-08"), timestamp="at", **ROLES)
    hours = [Event(moment(f"2026-03-08T{hour:02d}:00"), "note", str(hour)) for hour in range(9, 0, -1)]
    told = [cause.sentence[-3:] for cause in explain(found, hours) if cause.key == "event"]
    assert told == [" 1.", " 2.", " 3."]


def test_harm_is_the_realised_change_with_its_interval(compared: Compare) -> None:
    current = draw(2)
    current["label"] = np.where(
        np.random.default_rng(3).random(ROWS) < 0.3, 1 - current["label"], current["label"]
    )
    found = compared(draw(1, 2 * ROWS), current, **ROLES)
    whole = harm(found)
    scored = found.performance.scores[whole.metric]
    assert (whole.change, whole.low, whole.high) == tuple(
        float(x) for x in (scored.change.change, scored.change.low, scored.change.high)
    )
    assert whole.loss is True
    assert " fell by " in whole.sentence
    quiet = harm(compared(draw(1, 2 * ROWS), draw(2), **ROLES))
    assert quiet.loss is False
    assert "did not clearly change" in quiet.sentence
    # The mirror image: what was worse is the reference.
    gained = harm(compared({**draw(1), "label": 1 - draw(1)["label"]}, draw(2), **ROLES))
    assert gained.loss is False
    assert gained.sentence.endswith(", for the better.")


def test_an_empty_table_and_a_table_of_nulls_are_survived(compared: Compare) -> None:
    nothing = {name: values[:0] for name, values in draw(1).items()}
    assert explain(compared(draw(1), nothing, **ROLES)) == ()
    nulls: Table = {**draw(2), "x0": np.full(ROWS, np.nan), "region": np.full(ROWS, None)}
    keys = {(cause.key, *cause.columns) for cause in explain(compared(draw(1), nulls, **ROLES))}
    assert keys >= {("missing_values", "x0"), ("missing_values", "region")}


def test_rules_are_told_apart() -> None:
    keys = [rule.key for rule in RULES]
    assert len(set(keys)) == len(keys)
    assert all(rule.title and rule.summary.endswith(".") for rule in RULES)
    for rule in RULES:
        assert rule.find.__module__ == f"leadline.diagnosis.rules.{rule.key}"
