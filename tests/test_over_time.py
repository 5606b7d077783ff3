"""Two tables over time, from rows to the report: windows, budget, causes, backtest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leadline as ll
from leadline.cli.main import run
from leadline.errors import ConfigurationError, DataError
from leadline.reports.record import ReportRecord
from leadline.reports.segments import hits
from leadline.server.alerting.alerts import joined, told
from leadline.server.alerting.findings import findings

DAY = np.timedelta64(1, "D")
START = np.datetime64("2026-01-05T00:00", "us")


def stream(first: int, days: int, seed: int, *, scale: float = 1.0, rows: int = 120) -> dict[str, Any]:
    """Days of traffic of a model that is right nine times of ten; `scale` multiplies the amounts."""
    rng = np.random.default_rng(seed)
    day = np.repeat(first + np.arange(days), rows)
    label = rng.random(len(day)) < 0.3
    score = np.clip(np.where(label, 0.7, 0.3) + rng.normal(0, 0.15, len(day)), 0, 1)
    return {
        "time": START + day * DAY + rng.integers(0, 86_400, len(day)).astype("timedelta64[s]"),
        "amount": rng.lognormal(3, 0.5, len(day)) * scale,
        "age": rng.normal(40, 10, len(day)),
        "channel": rng.choice(["app", "web", "shop"], len(day)),
        "score": score,
        "label": label.astype(int),
    }


def together(*parts: dict[str, Any]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


ROLES = {"timestamp": "time", "label": "label", "score": "score"}
REFERENCE = stream(0, 60, 1)
FAULTY = together(stream(60, 12, 2), stream(72, 8, 3, scale=100.0))


def test_a_fault_is_dated_named_and_explained() -> None:
    record = ll.check(REFERENCE, FAULTY, **ROLES, budget="1/30d").record
    timeline = record.timeline
    assert timeline is not None
    assert timeline.budget is not None
    assert timeline.budget.decides
    assert record.verdict == "alert"
    named = [a for a in timeline.alerts if any(s.source == "amount" for s in a.sources)]
    alert = next(a for a in named if a.tier == "alert")
    assert timeline.windows[alert.opened].start == "2026-03-18T00:00:00Z"
    assert alert.closed is None
    assert next(c for c in record.columns if c.name == "amount").verdict == "alert"
    assert record.causes[0].key == "unit_change"
    assert record.explained == "2026-03-19 to 2026-03-25", "without the day on which it began"
    assert timeline.heat[0].source == "amount"
    assert sum(w.side == "reference" for w in timeline.windows) == 60


def test_a_unit_that_changed_at_noon_is_named_by_the_days_after() -> None:
    """With the day on which it began a tenth of the rows are as before, which looks like another factor."""
    current, days = stream(60, 19, 4), np.repeat(np.arange(19), 120)
    noon = START + 74 * DAY + np.timedelta64(12, "h")
    current["amount"] = np.where(
        (days > 14) | (current["time"] >= noon), current["amount"] / 1.609344, current["amount"]
    )
    record = ll.check(REFERENCE, current, **ROLES, budget="1/30d").record
    cause = record.causes[0]
    assert (cause.key, cause.columns) == ("unit_change", ["amount"])
    assert (cause.evidence["unit"], cause.evidence["rows_share"]) == ("miles and kilometres", 1.0)


def test_what_is_drawn_of_a_fault_is_of_its_own_days() -> None:
    """In these days every amount lies beyond the reference; over all current rows 8 days of 20 do."""
    columns = {c.name: c for c in ll.check(REFERENCE, FAULTY, **ROLES, budget="1/30d").record.columns}
    amount, largest = columns["amount"], REFERENCE["amount"].max()
    beyond = [
        sum(share for edge, share in zip(drawn.edges, drawn.current, strict=False) if edge >= largest)
        for drawn in (amount.explained, amount.distribution)
        if drawn is not None and drawn.edges is not None
    ]
    assert beyond == [pytest.approx(1.0, abs=0.01), pytest.approx(0.4, abs=0.01)]
    assert columns["age"].verdict == "ok"
    assert columns["age"].explained is None


def test_the_alert_that_is_open_is_explained_though_one_that_is_over_surprised_more() -> None:
    faults = (stream(60, 6, 2), stream(66, 4, 3, scale=100.0), stream(70, 20, 4), stream(90, 6, 5, scale=0.5))
    record = ll.check(REFERENCE, together(*faults), **ROLES, budget="1/30d").record
    assert record.timeline is not None
    alerts = [alert for alert in record.timeline.alerts if alert.tier == "alert"]
    largest = {alert.closed is None: max(s.surprise for s in alert.sources) for alert in alerts}
    assert largest[False] > largest[True]
    assert record.explained.startswith("2026-04-06"), "91 days after 5 January"


@pytest.fixture(scope="module")
def three_faults() -> ReportRecord:
    """Three faults, one after the other: amounts in another unit, lower scores, older people."""
    at = np.repeat(np.arange(20), 120)
    current = together(stream(60, 12, 2), stream(72, 8, 3, scale=100.0))
    current["score"] = np.where(at >= 13, current["score"] * 0.6, current["score"])
    current["age"] = np.where(at >= 15, current["age"] + 30, current["age"])
    return ll.check(REFERENCE, current, **ROLES, budget="1/30d").record


def test_each_alert_has_the_causes_of_its_own_days(three_faults: ReportRecord) -> None:
    assert three_faults.timeline is not None
    causes = {
        alert.sources[0].source: [cause.key for cause in alert.causes]
        for alert in three_faults.timeline.alerts
        if alert.causes is not None
    }
    assert causes == {
        "amount": ["unit_change"],
        "score": ["unit_change", "prediction_follows_features"],
        "age": ["offset"],
    }, "what moved after the score is no cause of it"
    dates = {c.name: c.explained_dates[:10] for c in three_faults.columns if c.explained is not None}
    assert dates == {"amount": "2026-03-19", "score": "2026-03-20", "age": "2026-03-22"}


def test_what_lasted_and_is_over_is_told_with_both_ends() -> None:
    current = together(stream(60, 5, 2), stream(65, 9, 3, scale=100.0), stream(74, 40, 4))
    record = ll.check(REFERENCE, current, **ROLES, budget="1/30d").record
    assert record.timeline is not None
    alert = next(a for a in record.timeline.alerts if any(s.source == "amount" for s in a.sources))
    assert alert.closed is not None
    first, last = (record.timeline.windows[at].start[:10] for at in (alert.opened, alert.last))
    assert first == "2026-03-11", "65 days after 5 January"
    assert last >= "2026-03-19", "nine days of another unit"
    sentence = next(c for c in record.columns if c.name == "amount").sentence
    assert sentence.endswith(f", from {first} to {last}.")


def test_a_category_that_got_a_new_name_is_told_as_renamed_in_the_windows_of_its_alert() -> None:
    """How many names windows hold is not known; that one vanished and its rows hold new names is."""
    current = together(stream(60, 5, 2), stream(65, 9, 3))
    current["channel"] = np.where(
        (current["channel"] == "shop") & (current["time"] >= START + 65 * DAY), "Shop", current["channel"]
    )
    cause = ll.check(REFERENCE, current, **ROLES, budget="1/30d").record.causes[0]
    assert (cause.key, cause.columns) == ("category_renamed", ["channel"])
    assert cause.evidence["vanished"] == "shop"


def test_without_a_column_of_labels_none_is_said_to_be_late() -> None:
    tables = [{name: table[name] for name in ("time", "amount")} for table in (REFERENCE, FAULTY)]
    timeline = ll.check(*tables, timestamp="time", budget="1/30d").record.timeline
    assert timeline is not None
    harms = {alert.harm for alert in timeline.alerts if alert.tier == "alert"}
    assert harms == {"Its harm is not known: performance is not judged."}


def test_what_follows_from_an_input_is_one_living_alert_with_it(three_faults: ReportRecord) -> None:
    living = {p.cause: {*p.sources} for p in joined(told(three_faults)) if p.tier == "alert"}
    assert living.keys() == {"unit_change", "offset"}
    assert {"amount", "score"} < living["unit_change"]
    assert "age" not in living["unit_change"]


def test_the_segments_that_an_alert_names_are_hit_in_its_own_days() -> None:
    """Labels of one channel are the other way round in the last 6 of 40 days: there, not in all of them."""
    current = stream(60, 40, 8)
    day = np.repeat(np.arange(40), 120)
    turned = (day >= 34) & (current["channel"] == "web")
    current["label"] = np.where(turned, 1 - current["label"], current["label"])
    record = ll.check(REFERENCE, current, **ROLES, budget="1/30d", segment="channel").record
    assert record.timeline is not None
    alert = next(a for a in record.timeline.alerts if a.tier == "alert" and a.closed is None)
    assert record.timeline.windows[alert.opened].start >= "2026-04-08"
    (hit,) = alert.segments or ()
    assert (hit.column, hit.value) == ("channel", "web")
    (over_all,) = hits(
        [s for s in record.segments if s.value == "web"], {hit.metric: record.metrics[hit.metric]}
    )
    assert hit.change < 3 * over_all.change < 0
    (living,) = [p for p in joined(told(record)) if p.tier == "alert" and not p.over]
    assert findings(record, living).segments == [hit]


def test_a_share_by_window_decides_under_its_own_name() -> None:
    current = stream(60, 20, 9)
    gone = (np.repeat(np.arange(20), 120) >= 12) & (np.random.default_rng(9).random(2_400) < 0.5)
    current["age"] = np.where(gone, np.nan, current["age"])
    record = ll.check(REFERENCE, current, **ROLES, budget="1/30d").record
    age = next(column for column in record.columns if column.name == "age")
    assert age.decided_by == "missing_share"
    assert age.reason.endswith("by Missing")


@pytest.mark.parametrize(("limit", "late"), [("3d", True), ("30d", False)])
def test_old_windows_of_which_labels_tell_may_open_alerts_within_the_lateness_limit(
    limit: str, late: bool
) -> None:
    """Right and wrong change places for two days; twelve days later all labels are known."""
    current = stream(60, 20, 10)
    turned = np.isin(np.repeat(np.arange(20), 120), (6, 7))
    current["label"] = np.where(turned, 1 - current["label"], current["label"])
    record = ll.check(REFERENCE, current, **ROLES, budget="1/30d", label_lateness=limit).record
    old = [p for p in joined(told(record)) if "performance" in p.sources and p.tier == "alert"]
    assert [problem.late for problem in old] == [late]


def test_without_a_budget_windows_are_shown_and_do_not_decide() -> None:
    quiet = stream(60, 20, 4)
    record = ll.check(REFERENCE, quiet, **ROLES).record
    assert record.timeline is not None
    assert record.timeline.budget is not None
    assert not record.timeline.budget.decides
    assert record.verdict == "ok"


def test_a_short_reference_warns_provisionally_and_says_what_it_needs() -> None:
    short = stream(0, 12, 5)
    record = ll.check(short, FAULTY, **ROLES, budget="1/30d", window="1d").record
    assert record.timeline is not None
    budget, first_weeks = record.timeline.budget, record.timeline.first_weeks
    assert budget is not None
    assert first_weeks is not None
    assert not budget.supported
    assert first_weeks.needed == 29
    assert 12 <= first_weeks.accepted < 29
    assert budget.reason == f"{first_weeks.accepted} of 29 windows are there"
    assert record.verdict == "warning"


def test_the_order_and_the_split_of_rows_do_not_matter() -> None:
    mixed = np.random.default_rng(6).permutation(len(FAULTY["time"]))
    shuffled = {name: values[mixed] for name, values in FAULTY.items()}
    baseline = ll.learn(REFERENCE, **ROLES, budget="1/30d")
    whole = ll.check(baseline, FAULTY).record.timeline
    assert ll.check(baseline, shuffled).record.timeline == whole
    half = len(mixed) // 2
    parts = [
        ll.profile({name: values[rows] for name, values in FAULTY.items()}, baseline)
        for rows in (mixed[:half], mixed[half:])
    ]
    assert ll.check(baseline, parts[0].merge(parts[1])).record.timeline == whole


def test_a_saved_baseline_judges_as_a_fresh_one(tmp_path: Path) -> None:
    baseline = ll.learn(REFERENCE, **ROLES, budget="1/30d")
    loaded = ll.load(baseline.save(tmp_path / "b.leadline"))
    assert ll.check(loaded, FAULTY).record.timeline == ll.check(baseline, FAULTY).record.timeline


def test_rows_without_a_time_are_counted_and_judged_in_no_window() -> None:
    current = {name: values.copy() for name, values in FAULTY.items()}
    current["time"][:50] = np.datetime64("NaT")
    timeline = ll.check(REFERENCE, current, **ROLES).record.timeline
    assert timeline is not None
    assert timeline.untimed == 50


def test_a_current_table_without_its_timestamp_is_judged_as_a_whole() -> None:
    current = {name: values for name, values in FAULTY.items() if name != "time"}
    record = ll.check(REFERENCE, current, **ROLES, budget="1/30d").record
    assert record.timeline is None
    assert next(c for c in record.columns if c.name == "amount").verdict == "alert"


def test_a_window_that_buckets_do_not_fill_is_refused() -> None:
    baseline = ll.learn(REFERENCE, **ROLES, window="1d")
    with pytest.raises(ConfigurationError, match="window"):
        ll.check(baseline, FAULTY, window="1h")


def test_windows_follow_the_zone() -> None:
    record = ll.check(REFERENCE, FAULTY, **ROLES, time_zone="Asia/Tokyo").record
    assert record.timeline is not None
    assert record.timeline.zone == "Asia/Tokyo"
    assert {window.start[11:16] for window in record.timeline.windows} == {"15:00"}


def test_a_backtest_finds_the_fault_in_the_past(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    past = together(REFERENCE, FAULTY)
    record = ll.backtest(past, **ROLES).record
    assert record.timeline is not None
    assert record.timeline.budget is not None
    assert record.timeline.budget.alerts == 1
    assert any(s.source == "amount" for a in record.timeline.alerts for s in a.sources)
    learned = sum(window.side == "reference" for window in record.timeline.windows)
    assert learned == 48
    assert all(alert.opened >= learned for alert in record.timeline.alerts)
    polars = pytest.importorskip("polars")
    polars.DataFrame(past).write_parquet(tmp_path / "past.parquet")
    config = tmp_path / "leadline.yaml"
    config.write_text("timestamp: time\nlabel: label\nscore: score\nbudget: 1 per 30 days\n")
    assert run(["backtest", str(config), str(tmp_path / "past.parquet"), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["timeline"]["budget"]["stated"]
    assert run(["backtest", str(config), str(tmp_path / "past.parquet")]) == 0
    assert "Over time: windows of 1 day" in " ".join(capsys.readouterr().out.split())


def test_a_backtest_says_what_it_lacks() -> None:
    timeless = {name: values for name, values in REFERENCE.items() if name != "time"}
    with pytest.raises(DataError, match="needs the times"):
        ll.backtest(timeless, label="label", score="score")
    with pytest.raises(DataError, match="more windows"):
        ll.backtest(stream(0, 1, 7), **ROLES, window="1d")
    with pytest.raises(ConfigurationError, match="share"):
        ll.backtest(REFERENCE, **ROLES, share=1.0)


def test_performance_is_estimated_where_labels_have_not_come() -> None:
    """The estimate of each window holds its true accuracy, which no label of the window tells."""
    later = stream(60, 20, 8, rows=400)
    hidden = {**later, "label": np.where(np.arange(len(later["label"])) < 0, later["label"], np.nan)}
    record = ll.check(REFERENCE, hidden, **ROLES).record
    assert record.timeline is not None
    series = {(s.key, s.kind): s for s in record.timeline.performance}
    estimated = series["accuracy", "estimated"]
    assert series["accuracy", "realised"].values[60:] == [None] * 20
    assert "cannot see concept drift" in estimated.note
    right = (later["score"] >= 0.5) == later["label"]
    days = (later["time"] - START) // DAY
    truth = [float(right[days == day].mean()) for day in np.unique(days)]
    low, high = np.array(estimated.low[60:], float), np.array(estimated.high[60:], float)
    assert np.mean((low <= truth) & (truth <= high)) >= 0.85


@pytest.mark.parametrize("grows", [True, False])
def test_what_grows_for_weeks_is_no_change_of_a_unit(grows: bool) -> None:
    """Some factor fits all of a ramp together, and one of some unit is always near."""
    rng = np.random.default_rng(6)
    day = np.repeat(np.arange(110), 300)
    since = np.clip((day - 60) / 30, 0, 1) if grows else (day >= 62).astype(float)
    distance = np.exp(2 + 0.8 * rng.normal(size=len(day)) + np.log(1.609344) * since)
    at = np.datetime64("2026-01-01", "us") + (day * 86_400 + rng.integers(0, 86_400, len(day))).astype(
        "m8[s]"
    )
    table = {"at": at, "distance": distance, "age": rng.normal(40, 9, len(day))}
    reference = {name: values[day < 60] for name, values in table.items()}
    current = {name: values[day >= 60] for name, values in table.items()}
    record = ll.check(reference, current, timestamp="at", window="1d", budget="1/30d").record
    assert record.verdict == "alert"
    units = [cause for cause in record.causes if cause.key == "unit_change"]
    assert bool(units) is not grows
    assert grows or "miles and kilometres" in units[0].sentence
