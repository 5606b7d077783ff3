from __future__ import annotations

import numpy as np
import polars
import pytest

from leadline import comparison
from leadline.errors import ConfigurationError
from leadline.simulation import credit


def test_a_record_explains_the_metrics_that_appear_and_no_others() -> None:
    """Without labels nothing is said of performance, and of a binary model nothing of regression."""
    rng = np.random.default_rng(1)
    plain = polars.DataFrame({"x": rng.normal(size=500), "y": rng.choice(["a", "b"], 500)})
    record = comparison.check(plain, plain).record
    assert "kolmogorov_smirnov" in record.metrics
    assert {metric.family for metric in record.metrics.values()} == {"drift", "quality"}
    deployment = credit(2000, 2000, seed=1)
    record = comparison.check(deployment.reference, deployment.current, **deployment.roles).record
    assert set(record.performance) <= set(record.metrics)
    assert "rmse" not in record.metrics
    for column in record.columns:
        assert set(column.drift) <= set(record.metrics)


def test_what_is_assumed_of_rows_reads_as_an_assumption_and_says_how_to_drop_it() -> None:
    """It stands after the word "Assumptions", also where rows are lost from one of the tables alone."""
    rng = np.random.default_rng(2)
    plain = polars.DataFrame({"x": rng.normal(size=500), "w": np.ones(500)})
    lost = plain.with_columns(w=polars.when(polars.int_range(500) < 1).then(-1.0).otherwise("w"))
    assumed = comparison.check(plain, lost, weight="w").record.assumptions
    assert assumed[0] == "rows are taken as independent (name a timestamp or entity column to drop this)"
    assert "1 current row is left out for a weight that is negative, missing or infinite" in assumed


def test_an_effect_is_in_the_unit_of_its_metric() -> None:
    """What is compared with a floor is written as among the drift metrics."""
    deployment = credit(3000, 2000, seed=1)
    record = comparison.check(deployment.reference, deployment.current, **deployment.roles).record
    effects = [vote.effect for column in record.columns for vote in column.votes]
    units = {effect.metric: effect.unit for effect in effects}
    assert {"kolmogorov_smirnov", "total_variation"} <= set(units)
    for metric, unit in units.items():
        assert unit == record.metrics[metric].unit, metric


def test_the_headline_the_summary_and_the_columns_tell_one_story() -> None:
    deployment = credit(20_000, 5000, seed=2)
    record = comparison.check(deployment.reference, deployment.current, **deployment.roles).record
    loud = [column for column in record.columns if column.verdict == "alert"]
    # The confidence that is derived from the score is no column of the table.
    assert f"{len(loud)} of {len(deployment.reference)} columns changed" in record.headline
    assert record.summary[0] == record.task.sentence
    assert [line for line in record.summary if line.startswith(loud[0].name)] == [loud[0].sentence]


def test_options_about_times_are_not_ignored_in_silence() -> None:
    rows = {"x": np.random.default_rng(1).normal(size=500)}
    record = comparison.check(rows, rows, budget="1/30d", as_of="2026-01-01").record
    assert (
        "budget and as_of stated, but not used without times: name a timestamp column" in record.assumptions
    )
    timed = {**rows, "timestamp": np.datetime64("2026-01-01", "s") + np.arange(500) * np.timedelta64(1, "h")}
    for record in (
        comparison.check(rows, rows).record,
        comparison.check(timed, timed, budget="1/30d").record,
    ):
        assert not any("not used" in said for said in record.assumptions)


def test_a_wrong_option_is_told_before_a_file_is_looked_for() -> None:
    for call in (comparison.check, comparison.backtest):
        sides = ["/nowhere/a.parquet"] * (2 if call is comparison.check else 1)
        with pytest.raises(ConfigurationError, match="false_alarm_rate"):
            call(*sides, false_alarm_rate=2)


def test_one_score_for_labels_of_three_values_says_what_is_missing() -> None:
    rng = np.random.default_rng(1)
    rows = {"label": rng.choice(["a", "b", "c"], 300), "score": rng.random(300)}
    reason = comparison.check(rows, rows).record.task.reason
    assert "has 3 values, and one score tells only two apart" in reason
    assert "name a prediction" in reason
