"""Concept drift on traffic whose truth is known: what inputs do, what labels do, and what noise does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import leadline as ll
from leadline.diagnosis import Concept, concept, explain
from leadline.monitors.compare import Comparison

Compare = Callable[..., Comparison]
Table = dict[str, np.ndarray[Any, Any]]
ROLES = {"label": "label", "score": "score"}
MANY = 200_000


def logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def chance(table: Table, strength: float) -> Any:
    """P(label = 1 | inputs): the score where nothing changed; else drawn by a coin where x1 is positive."""
    return np.where(table["x1"] > 0, (1 - strength) * table["score"] + strength / 2, table["score"])


def draw(seed: int, rows: int, shift: float = 0.0, strength: float = 0.0) -> Table:
    rng = np.random.default_rng(seed)
    table: Table = {f"x{k}": rng.normal(shift * (k == 0), 1, rows) for k in range(3)}
    table["kind"] = rng.choice(["a", "b", "c"], rows)
    table["score"] = logistic(1.5 * table["x0"] + table["x1"])
    return {**table, "label": (rng.random(rows) < chance(table, strength)).astype(np.int64)}


def truth(strength: float) -> dict[str, float]:
    """By how much metrics change when the reference's inputs meet other labels; and the mean change of them.

    Sums over many rows of expectations given the inputs, in closed form but for the rows themselves.
    """
    rows = draw(77, MANY)
    s = rows["score"]
    found = {}
    for key, one, none in (
        ("accuracy", s >= 0.5, s < 0.5),
        ("brier", (1 - s) ** 2, s**2),
    ):
        values = [(p * one + (1 - p) * none).mean() for p in (chance(rows, strength), chance(rows, 0.0))]
        found[key] = float(values[0] - values[1])
    order = np.argsort(s)
    now, before = (
        (p * np.cumsum(1 - p)).sum() / (p.sum() * (1 - p).sum())
        for p in (chance(rows, strength)[order], chance(rows, 0.0)[order])
    )
    found["roc_auc"] = float(now - before)
    found["size"] = float(np.abs(chance(rows, strength) - chance(rows, 0.0)).mean())
    return found


def looked_at(compared: Compare, seed: int, shift: float, strength: float) -> Concept:
    sides = draw(2 * seed, 5_000), draw(2 * seed + 1, 2_000, shift, strength)
    return concept(compared(*sides, **ROLES))


@pytest.mark.parametrize(("shift", "strength"), [(0.0, 0.0), (0.7, 0.0), (0.0, 0.6), (-0.6, 0.6)])
def test_the_parts_add_up_and_the_concept_is_the_truth(
    compared: Compare, shift: float, strength: float
) -> None:
    found = looked_at(compared, 3, shift, strength)
    known = truth(strength)
    assert found.reason == ""
    assert found.caution == ""
    assert set(found.splits) == {"roc_auc", "accuracy", "brier"}
    for key, split in found.splits.items():
        assert split.concept.value + split.covariate.value == pytest.approx(split.realised.value)
        error = (split.concept.high - split.concept.low) / 3.92
        # 3.3 standard errors: once in a thousand, and the seed is fixed.
        assert abs(split.concept.value - known[key]) < 3.3 * error
    assert (found.p_value < 1e-4) == (strength > 0)
    assert found.size.low <= known["size"]
    assert (found.size.low > 0) == (strength > 0)


@pytest.mark.long
@pytest.mark.parametrize(("shift", "strength"), [(0.0, 0.0), (0.7, 0.0), (0.0, 0.6), (-0.6, 0.6)])
def test_intervals_cover_the_truth(compared: Compare, shift: float, strength: float) -> None:
    """Of 60 intervals of 95 % (20 pairs, three metrics that go together) at least 50 hold the truth."""
    known = truth(strength)
    found = [looked_at(compared, seed, shift, strength) for seed in range(20, 40)]
    held = sum(
        split.concept.low <= known[key] <= split.concept.high
        for one in found
        for key, split in one.splits.items()
    )
    assert held >= 50
    if not strength:
        # The p-value is at most uniform: of 20, more than three below 0.05 come once in a hundred times.
        assert sum(one.p_value < 0.05 for one in found) <= 3
        assert abs(np.mean([one.size.value for one in found])) < 0.01


def test_a_pure_shift_of_inputs_is_told_apart_from_labels(compared: Compare) -> None:
    """Where x0 moves by 1.5 predictions become surer, and accuracy rises by what closed sums say."""
    found = looked_at(compared, 5, 1.5, 0.0)
    far = draw(78, MANY, 1.5)
    near = draw(78, MANY)
    values = [np.maximum(t["score"], 1 - t["score"]).mean() for t in (far, near)]
    accuracy = found.splits["accuracy"]
    assert accuracy.covariate.low <= values[0] - values[1] <= accuracy.covariate.high
    assert accuracy.concept.low <= 0 <= accuracy.concept.high


def test_regression(compared: Compare) -> None:
    """An offset of 1 in half of the rows: the mean label differs by 0.5, and errors as their mixture does."""

    def table(seed: int, rows: int, offset: float) -> Table:
        rng = np.random.default_rng(seed)
        x = rng.normal(0, 1, rows)
        other = rng.normal(0, 1, rows)
        label = 2 * x + offset * (other > 0) + rng.normal(0, 0.5, rows)
        return {"x": x, "other": other, "prediction": 2 * x, "label": label}

    found = concept(
        compared(table(1, 6_000, 0.0), table(2, 2_000, 1.0), label="label", prediction="prediction")
    )
    assert found.size.low <= 0.5 <= found.size.high
    mse = found.splits["rmse"].concept
    assert mse.low <= np.sqrt(0.25 + 0.5) - 0.5 <= mse.high
    noise = np.random.default_rng(3).normal(0, 0.5, MANY)
    mae = (np.abs(noise + 1).mean() - np.abs(noise).mean()) / 2
    assert found.splits["mae"].concept.low <= mae <= found.splits["mae"].concept.high


def test_several_classes(compared: Compare) -> None:
    """Three of ten labels are drawn anew from three classes: a fifth of the right answers gets wrong."""

    def table(seed: int, rows: int, wrong: float) -> Table:
        rng = np.random.default_rng(seed)
        x = rng.normal(0, 1, rows)
        right = np.digitize(x, [-0.6, 0.6])
        label = np.where(rng.random(rows) < wrong, rng.integers(0, 3, rows), right)
        names = np.array(["a", "b", "c"])
        return {"x": x, "prediction": names[right], "label": names[label]}

    found = concept(
        compared(table(1, 4_000, 0.0), table(2, 2_000, 0.3), label="label", prediction="prediction")
    )
    split = found.splits["accuracy"]
    assert split.concept.low <= -0.2 <= split.concept.high
    assert found.size.low <= 0.2 <= found.size.high


def test_inputs_far_from_those_of_the_reference_are_cautioned(compared: Compare) -> None:
    found = looked_at(compared, 6, 6.0, 0.0)
    assert "% of the reference's rows lie where these rows hold hardly any" in found.caution


def test_what_it_needs(compared: Compare) -> None:
    sides = draw(1, 2_000), draw(2, 1_000)

    def why(now: Table = sides[1], **options: Any) -> str:
        return concept(compared(sides[0], now, **{**ROLES, **options})).reason

    assert why(rows=0) == "needs rows: they are kept where `rows` is not 0"
    assert why({**sides[1], "label": np.full(1_000, np.nan)}) == "needs labels on both sides"
    few = {name: values[:150] for name, values in sides[1].items()}
    assert why(few) == "needs 200 labelled rows of either side, found 2000 and 150"
    nothing = {name: values[:0] for name, values in sides[1].items()}
    assert why(nothing) == "needs labels on both sides"
    features = [{k: v for k, v in side.items() if k.startswith("x")} for side in sides]
    assert "label" in concept(compared(*features)).reason
    weighted = [{**side, "weight": np.ones(len(side["label"]))} for side in sides]
    assert concept(compared(*weighted, weight="weight", **ROLES)).reason == "needs rows of equal weight"


def test_rows_in_another_order_say_the_same(compared: Compare) -> None:
    reference, now = draw(1, 2_000), draw(2, 1_000, 0.3)
    order = np.random.default_rng(0).permutation(1_000)
    shuffled = {name: values[order] for name, values in now.items()}
    one, other = (concept(compared(reference, table, **ROLES)) for table in (now, shuffled))
    assert one == other


def test_rows_that_were_looked_at_are_told(compared: Compare) -> None:
    many = draw(1, 30_000)
    labels = many["label"].astype(float)
    labels[:5_000] = np.nan
    found = concept(compared({**many, "label": labels}, draw(2, 1_500), **ROLES))
    assert found.labelled == (25_000, 1_500)
    assert found.used[0] <= 12_000
    assert found.used[1] == 1_500


def test_features_of_one_value_and_scores_that_tell_nothing_are_survived(compared: Compare) -> None:
    def flat(seed: int, share: float) -> Table:
        rng = np.random.default_rng(seed)
        return {
            "x": np.zeros(1_000),
            "score": np.full(1_000, 0.5),
            "label": (rng.random(1_000) < share).astype(int),
        }

    found = concept(compared(flat(1, 0.3), flat(2, 0.6), **ROLES))
    assert found.p_value < 1e-6
    assert found.size.low <= 0.3 <= found.size.high


@pytest.mark.parametrize("strength", [0.0, 0.6])
def test_a_change_of_labels_is_told_beside_a_change_of_inputs(compared: Compare, strength: float) -> None:
    """Rows of a positive x0 come three times as often; half of them have other labels, or none has."""
    many = draw(2, 20_000, 0.0, strength)
    weights = np.where(many["x0"] > 0, 3.0, 1.0)
    keep = np.random.default_rng(3).choice(20_000, 5_000, replace=False, p=weights / weights.sum())
    current = {name: values[keep] for name, values in many.items()}
    found = compared(draw(1, 10_000), current, **ROLES)
    assert found.decisions["x0"].verdict == "alert"
    assert ("concept_change" in {cause.key for cause in explain(found)}) == (strength > 0)


@pytest.mark.long
def test_magic(shared_data: Path, compared: Compare) -> None:
    """Real rows: the scenario `covariate` moves inputs alone, `concept` what labels make of them."""
    rows = polars.read_parquet(shared_data / "magic_scenarios.parquet")
    left_out = ["timestamp", "scenario", "chunk", "drifted", "partition"]
    reference = rows.filter(polars.col("partition") == "reference").drop(left_out)
    roles = {**ROLES, "prediction": "prediction", "id": "id", "segment": ["segment"]}

    def found(scenario: str) -> Concept:
        chosen = (polars.col("scenario") == scenario) & (polars.col("chunk") > 5)
        now = rows.filter((polars.col("partition") == "analysis") & chosen).drop(left_out)
        return concept(compared(reference, now, **roles))

    inputs, labels = found("covariate"), found("concept")
    for split in inputs.splits.values():
        assert split.concept.low <= 0 <= split.concept.high
        assert not split.covariate.low <= 0 <= split.covariate.high
    for split in labels.splits.values():
        assert not split.concept.low <= 0 <= split.concept.high
        assert split.covariate.low <= 0 <= split.covariate.high
    assert labels.p_value < 1e-20


def test_another_model_is_no_other_concept(compared: Compare) -> None:
    """Scores of a new model mean something else; labels depend on the features as before."""
    current = draw(2, 2_000)
    current["score"] = np.sqrt(current["score"])
    found = compared(draw(1, 5_000), current, **ROLES)
    assert concept(found).reason.startswith("predictions moved though no input did")
    assert "concept_change" not in {cause.key for cause in explain(found)}


def test_labels_that_are_still_to_come_say_nothing_of_the_concept() -> None:
    """Labels of ones come first: taken as they are, they look like a model that is wrong about zeros."""

    def timed(seed: int, rows: int, first: str, until: str) -> Table:
        rng = np.random.default_rng(seed)
        table = draw(seed, rows)
        at = np.datetime64(first, "us") + np.arange(rows) * np.timedelta64(7, "m")
        days = rng.exponential(size=rows) * np.where(table["label"] == 1, 1, 12)
        came = at + (days * 86_400e6).astype("m8[us]")
        waits = came > np.datetime64(until)
        label = np.where(waits, np.nan, table["label"])
        return {**table, "label": label, "at": at, "came": np.where(waits, np.datetime64("NaT"), came)}

    reference = timed(1, 12_000, "2026-01-01", "2027-01-01")
    current = timed(2, 2_000, "2026-03-10", "2026-03-20")
    current["x2"] = current["x2"] + 1
    report = ll.check(reference, current, timestamp="at", label_timestamp="came", **ROLES)
    assert report.record.verdict == "alert"
    assert report.record.concept is not None
    assert report.record.concept.reason.startswith("labels are still to come")
