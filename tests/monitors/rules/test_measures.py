"""Each number that can be watched, on small tables whose answer is known by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import precision_score

import leadline as ll
from leadline.monitors.compare import compare
from leadline.monitors.rules import Watched

DAY, HOUR = np.timedelta64(1, "D"), np.timedelta64(1, "h")
START = np.datetime64("2026-01-05T00:00", "us")
ROWS = 24


def traffic(first: int, days: int, seed: int = 0) -> dict[str, Any]:
    """One row an hour of some days."""
    rng = np.random.default_rng([seed, first])
    hours = first * 24 + np.arange(days * ROWS)
    label = rng.random(len(hours)) < 0.4
    return {
        "time": START + hours * HOUR,
        "temperature": rng.normal(20, 2, len(hours)),
        "room": rng.choice(["hall", "attic"], len(hours)),
        "version": np.full(len(hours), "7"),
        "decision": np.where(rng.random(len(hours)) < 0.8, label, ~label).astype(int),
        "label": label.astype(float),
    }


REFERENCE = traffic(0, 20)
ROLES = {
    "timestamp": "time",
    "label": "label",
    "prediction": "decision",
    "version": "version",
    "window": "1d",
}


def watched(current: dict[str, Any], *, reference: Any = None, **monitor: Any) -> Watched:
    """What becomes of one monitor. Keywords that are roles or `as_of` are options of the check."""
    names = ("timestamp", "as_of", "segment_column", "window")
    options = ROLES | {name: monitor.pop(name) for name in names if name in monitor}
    if "segment_column" in options:
        options["segment"] = options.pop("segment_column")
    options["monitors"] = [monitor]
    base = REFERENCE if reference is None else reference
    if "time" not in base:
        options = {name: value for name, value in options.items() if name not in ("timestamp", "window")}
    baseline = ll.learn(base, **options)
    profile = ll.profile(current, baseline)
    physical = dict.fromkeys(current, "float")
    return compare(baseline, profile, baseline.settings, physical).monitors[0]


def without(table: dict[str, Any], drop: Any) -> dict[str, Any]:
    """The table without the rows of some days, counted from its first."""
    day = (table["time"] - table["time"].min()) // DAY
    return {name: values[~np.isin(day, drop)] for name, values in table.items()}


def test_rows_are_counted_and_their_usual_number_is_that_of_a_window() -> None:
    current = without(traffic(20, 6), [2, 3])
    found = watched(current, metric="rows", falls_by="50 %")
    assert found.usual == ROWS
    assert found.now.tolist() == [24, 24, 0, 0, 24, 24]
    assert [(a.since, a.closed) for a in found.alerts] == [(2, 4)]
    assert (found.replayed, found.days) == (0, 20.0)
    assert found.verdict == "alert"


def test_a_window_that_the_table_cuts_off_has_no_number_of_rows() -> None:
    current = {name: values[: 5 * ROWS + 3] for name, values in traffic(20, 6).items()}
    assert_array_equal(watched(current, metric="rows", below=20).now, [24] * 5 + [np.nan])


def test_silence_counts_in_empty_buckets_and_up_to_the_last_moment_known() -> None:
    current = without(traffic(20, 8), [2, 3])
    found = watched(current, metric="no_data", above="36h", as_of="2026-02-03T12:00Z")
    # Days 20 to 27 begin on 25 January; the last row is that of 1 February, 23:00.
    assert_allclose(found.now, [0, 0, 24, 48, 48, 0, 0, 0, 24, 37])
    assert [(a.since, a.closed, a.value) for a in found.alerts] == [(3, 5, 48), (9, None, 37)]


def test_the_newest_row_ages_until_the_check() -> None:
    found = watched(traffic(20, 3), metric="freshness", above="2d", as_of="2026-01-31T11:00Z")
    assert_allclose(found.now, [0, 0, 0, 24, 48, 72, 84])
    assert [(a.since, a.closed) for a in found.alerts] == [(5, None)]


def test_what_a_bucket_cannot_tell_is_unknown() -> None:
    """Rows of a day are known by the day: whether two hours passed without one is known at the end only."""
    found = watched(traffic(20, 3), metric="freshness", above="2h")
    assert_array_equal(found.now, [np.nan, np.nan, 0])
    assert found.replayed is None
    assert found.verdict == "ok"
    hourly = watched(traffic(20, 3), metric="freshness", above="2h", window="1h")
    assert (hourly.now == 0).all()
    assert hourly.replayed == 0


def test_a_column_may_be_constant_in_one_window_only() -> None:
    current = traffic(20, 4)
    current["temperature"][ROWS : 2 * ROWS] = 21.5
    current["room"][2 * ROWS : 3 * ROWS] = "hall"
    for column, expected in (("temperature", [0, 1, 0, 0]), ("room", [0, 0, 1, 0])):
        found = watched(current, metric="constant", column=column, above=0.5, min_rows=ROWS)
        assert found.now.tolist() == expected
        assert found.reason == ""


def test_a_column_that_keeps_one_value_is_stuck() -> None:
    current = traffic(20, 8)
    day = np.arange(8 * ROWS) // ROWS
    current["temperature"][(day >= 2) & (day < 6)] = 21.5
    current["temperature"][3 * ROWS + 1] = np.nan
    found = watched(current, metric="stuck", column="temperature", above=3)
    assert found.now.tolist() == [1, 1, 1, 2, 3, 4, 1, 1]
    assert [(a.since, a.closed) for a in found.alerts] == [(5, 6)]
    assert found.replayed == 0


def test_another_value_begins_anew() -> None:
    current = traffic(20, 6)
    current["temperature"] = np.repeat([1.0, 1, 2, 2, 2, 1], ROWS)
    assert watched(current, metric="stuck", column="temperature", above=3).now.tolist() == [1, 2, 1, 2, 3, 1]


def test_a_feed_that_is_sent_again_is_stuck() -> None:
    current = traffic(20, 5)
    for name in ("temperature", "room"):
        current[name][ROWS : 4 * ROWS] = np.tile(current[name][:ROWS][::-1], 3)
    assert watched(current, metric="stuck", column="temperature", above=3).now.tolist() == [1, 2, 3, 4, 1]
    assert watched(current, metric="stuck", column="room", above=3).now.tolist()[:4] == [1, 2, 3, 4]


def test_a_category_alone_is_stuck_and_empty_windows_interrupt_nothing() -> None:
    current = traffic(20, 6)
    current["room"] = np.repeat(["hall", "attic", "attic", "x", "attic", "attic"], ROWS)
    found = watched(without(current, [3]), metric="stuck", column="room", above=9)
    assert_array_equal(found.now, [1, 1, 2, np.nan, 3, 4])


def test_the_age_of_the_model_begins_with_its_version_or_where_it_is_stated() -> None:
    current = traffic(20, 6)
    current["version"][4 * ROWS :] = "8"
    assert_allclose(watched(current, metric="model_age", above="90d").now[:5], [21, 22, 23, 24, 1], atol=0.05)
    stated = watched(current, metric="model_age", above="30d", since="2026-01-01")
    assert_allclose(stated.now[:5], [25, 26, 27, 28, 29])


def test_a_model_without_a_version_has_no_age() -> None:
    options = {"timestamp": "time", "label": "label", "prediction": "decision", "ignore": ["version"]}
    baseline = ll.learn(REFERENCE, **options, monitors=[{"metric": "model_age", "above": "90d"}])
    found = compare(baseline, ll.profile(traffic(20, 2), baseline), baseline.settings, None).monitors[0]
    assert found.verdict == "unknown"
    assert "`since` is not stated" in found.reason


def test_training_data_end_with_the_reference_or_where_it_is_stated() -> None:
    found = watched(traffic(20, 4), metric="training_data_age", above="3d")
    assert_allclose(found.now, [1, 2, 3, 4], atol=0.05)
    assert [(a.since, a.closed) for a in found.alerts] == [(2, None)]
    stated = watched(traffic(20, 4), metric="training_data_age", above="30d", since="2026-01-05T00:00Z")
    assert_allclose(stated.now[:3], [21, 22, 23])
    assert stated.replayed == 0


def test_labels_age_from_the_newest_row_that_has_one() -> None:
    current = traffic(20, 6)
    current["label"][3 * ROWS :] = np.nan
    found = watched(current, metric="label_age", above="1d")
    assert_allclose(found.now, [0, 0, 0, 1, 2, 3], atol=0.05)
    assert [(a.since, a.closed) for a in found.alerts] == [(4, None)]


def test_performance_is_that_of_scikit_learn_in_each_window() -> None:
    current = traffic(20, 6)
    found = watched(current, metric="precision", falls_by="5 %", min_rows=1)
    days = [slice(first, first + ROWS) for first in range(0, 6 * ROWS, ROWS)]
    expected = [precision_score(current["label"][day], current["decision"][day]) for day in days]
    assert_allclose(found.now, expected)
    usual = precision_score(REFERENCE["label"], REFERENCE["decision"])
    assert found.usual == pytest.approx(usual)
    assert found.allowed is not None
    assert found.allowed.low == pytest.approx(0.95 * usual)


def test_performance_of_a_segment_is_that_of_its_rows() -> None:
    current = traffic(20, 6)
    found = watched(
        current, metric="accuracy", segment="room=hall", below=0.5, min_rows=1, segment_column="room"
    )
    hall, right = current["room"] == "hall", current["label"] == current["decision"]
    day = np.arange(6 * ROWS) // ROWS
    assert_allclose(found.now, [right[hall & (day == d)].mean() for d in range(6)])


def test_too_few_labelled_rows_tell_nothing() -> None:
    found = watched(traffic(20, 6), metric="accuracy", below=0.5)
    assert found.verdict == "unknown"
    assert "30 rows" in found.reason


def test_moments_of_a_column_are_those_of_its_rows() -> None:
    current = traffic(20, 6)
    current["temperature"][2 * ROWS : 3 * ROWS] *= 3
    days = current["temperature"].reshape(6, ROWS)
    mean = watched(current, metric="mean", column="temperature", changes_by="10 %", min_rows=1)
    assert_allclose(mean.now, days.mean(1), rtol=1e-6)
    assert mean.usual == pytest.approx(REFERENCE["temperature"].mean(), rel=1e-6)
    spread = watched(current, metric="standard_deviation", column="temperature", rises_by=3.0, min_rows=1)
    assert [(a.since, a.closed) for a in spread.alerts] == [(2, 3)]
    variance = watched(current, metric="variance_change", column="temperature", above=1.0, min_rows=1)
    ratio = days.var(1) / REFERENCE["temperature"].var() - 1
    assert_allclose(variance.now, ratio, rtol=1e-5, atol=1e-5)


def test_a_window_of_all_rows_has_the_value_of_the_check() -> None:
    """Two tables without times: one window each, and the numbers of the report."""
    before, now = (
        {name: values for name, values in side.items() if name != "time"}
        for side in (REFERENCE, traffic(20, 6))
    )
    report = ll.check(before, now, label="label", prediction="decision").record
    column = next(c for c in report.columns if c.name == "temperature")
    expected = {key: drift.value for key, drift in column.drift.items()}
    expected |= {key: column.quality[key] for key in ("mean", "median", "missing_share", "distinct_share")}
    monitors = [{"metric": key, "column": "temperature", "above": 1e9} for key in expected]
    baseline = ll.learn(before, label="label", prediction="decision", monitors=monitors)
    found = compare(baseline, ll.profile(now, baseline), baseline.settings, None).monitors
    assert [monitor.now[0] for monitor in found] == pytest.approx(list(expected.values()), rel=1e-9)


def test_estimates_need_no_labels() -> None:
    rng = np.random.default_rng(4)

    def scored(days: int, first: int) -> dict[str, Any]:
        score = rng.random(days * 200)
        day = first + np.arange(days * 200) // 200
        label = (rng.random(days * 200) < score).astype(float)
        return {"time": START + day * DAY, "score": score, "label": label}

    reference, current = scored(20, 0), scored(5, 20)
    current["label"][:] = np.nan
    options = {"timestamp": "time", "score": "score", "label": "label"}
    monitors = [{"metric": key, "below": 0.6} for key in ("estimated_accuracy", "accuracy")]
    baseline = ll.learn(reference, **options, monitors=monitors)
    counted = ll.profile(current, baseline)
    estimated, realised = compare(baseline, counted, baseline.settings, None).monitors
    assert_allclose(estimated.now, 0.75, atol=0.05)
    assert estimated.verdict == "ok"
    assert realised.verdict == "unknown"


def test_metrics_of_the_users_own_are_watched() -> None:
    options = ROLES | {"metrics": {"warmth": {"numerator": "temperature"}}}
    monitors = [{"metric": "warmth", "above": 25, "min_rows": 1}]
    baseline = ll.learn(REFERENCE, **options, monitors=monitors)
    current = traffic(20, 4)
    counted = ll.profile(current, baseline)
    found = compare(baseline, counted, baseline.settings, None).monitors[0]
    assert_allclose(found.now, current["temperature"].reshape(4, ROWS).mean(1), rtol=1e-6)


@pytest.mark.parametrize(
    ("monitor", "words"),
    [
        ({"metric": "mae", "below": 1}, "no metric of a binary model"),
        ({"metric": "mean", "column": "room", "below": 1}, "no metric of categorical columns"),
        ({"metric": "psi", "column": "time", "above": 1}, "no metric of datetime columns"),
        ({"metric": "stuck", "column": "time", "above": 1}, "not counted"),
        ({"metric": "missing_share", "column": "label", "rises_by": "5 %"}, "of 0"),
        ({"metric": "estimated_accuracy", "below": 1}, "cannot be estimated"),
    ],
)
def test_what_cannot_be_judged_says_why(monitor: dict[str, Any], words: str) -> None:
    found = watched(traffic(20, 3), **monitor)
    assert found.verdict == "unknown"
    assert words in found.reason


def test_ages_need_times() -> None:
    timeless = {name: values for name, values in REFERENCE.items() if name != "time"}
    for key in ("freshness", "no_data", "model_age", "training_data_age", "label_age"):
        assert watched(timeless, reference=timeless, metric=key, above=1).reason == "rows have no times"


def test_an_empty_table_is_seen() -> None:
    """No row came at all: that is few rows, and old ones."""
    nothing = {name: values[:0] for name, values in traffic(20, 1).items()}
    assert watched(nothing, metric="rows", below=10).verdict == "alert"
    old = watched(nothing, metric="freshness", above="2d", as_of="2026-02-01")
    assert old.now[0] == pytest.approx(7 * 24 + 1)
    assert old.verdict == "alert"
