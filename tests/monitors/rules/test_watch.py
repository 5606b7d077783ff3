"""Monitors from the rows of two tables to the report: laws, renderings, exit codes, real data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.cli.main import run
from leadline.errors import DataError
from leadline.reports.record import MonitorResult, ReportRecord

DAY = np.timedelta64(1, "D")
START = np.datetime64("2026-01-05T00:00", "us")
ROLES: dict[str, Any] = {"timestamp": "time", "label": "label", "score": "score", "segment": "shop"}
MONITORS: list[dict[str, Any]] = [
    {"metric": "rows", "below": 60, "runbook": "https://example.org/rows"},
    {"metric": "missing_share", "column": "amount", "above": "10 %", "for": 2, "clear_after": 2},
    {"metric": "psi", "column": "amount", "above": 0.5, "tier": "warning"},
    {"metric": "mean", "column": "amount", "changes_by": "20 %", "segment": "shop=north"},
    {"metric": "accuracy", "falls_by": "10 %"},
    {"metric": "estimated_accuracy", "below": 0.7},
    {"metric": "no_data", "above": "60h"},
    {"metric": "freshness", "above": "60h"},
    {"metric": "label_age", "above": "4d"},
    {"metric": "stuck", "column": "amount", "above": 2},
    {"metric": "mae", "above": 1},
]


def stream(first: int, days: int, rows: int = 80) -> dict[str, Any]:
    """Days of traffic of a model that is right nine times of ten."""
    rng = np.random.default_rng(first)
    day = np.repeat(first + np.arange(days), rows)
    label = rng.random(len(day)) < 0.4
    return {
        "time": START + day * DAY + rng.integers(0, 86_400, len(day)).astype("timedelta64[s]"),
        "amount": rng.lognormal(3, 0.4, len(day)),
        "shop": rng.choice(["north", "south"], len(day)),
        "score": np.clip(np.where(label, 0.7, 0.3) + rng.normal(0, 0.15, len(day)), 0, 1),
        "label": label.astype(float),
    }


def faulty() -> dict[str, Any]:
    """Sixteen days: values are missing on days 3 to 6, no rows come on days 9 and 10, later ones repeat."""
    table = stream(40, 16)
    day = (table["time"] - START) // DAY - 40
    table["amount"][(day >= 3) & (day <= 6) & (np.arange(len(day)) % 3 == 0)] = np.nan
    table["amount"][day >= 12] = 7.0
    return {name: values[(day != 9) & (day != 10)] for name, values in table.items()}


REFERENCE, FAULTY = stream(0, 40), faulty()


@pytest.fixture(scope="module")
def baseline() -> Any:
    return ll.learn(REFERENCE, **ROLES, monitors=MONITORS)


@pytest.fixture(scope="module")
def record(baseline: Any) -> ReportRecord:
    return ll.check(baseline, FAULTY).record


def named(record: ReportRecord, start: str) -> MonitorResult:
    return next(monitor for monitor in record.monitors if monitor.name.startswith(start))


def spans(monitor: MonitorResult) -> list[tuple[int, int | None]]:
    """First window beyond the limit and the one that closed it, in days of the current table."""
    return [(a.since - 40, None if a.closed is None else a.closed - 40) for a in monitor.alerts]


def test_each_fault_is_dated(record: ReportRecord) -> None:
    assert record.timeline is not None
    assert all(len(monitor.values) == len(record.timeline.windows) == 56 for monitor in record.monitors)
    assert spans(named(record, "rows")) == [(9, 11)]
    assert spans(named(record, "missing_share")) == [(3, 8)]
    assert spans(named(record, "psi")) == [(12, None)]
    assert spans(named(record, "stuck")) == [(14, None)]
    assert spans(named(record, "mean")) == [(12, None)]
    assert spans(named(record, "accuracy")) == []
    assert named(record, "no_data").values[49:51] == [24, 48]
    verdicts = {monitor.metric: monitor.verdict for monitor in record.monitors}
    assert verdicts["rows"] == "alert", "an alert stands after it closed"
    assert verdicts["psi"] == "warning"
    assert verdicts["accuracy"] == verdicts["no_data"] == "ok"
    assert verdicts["mae"] == "unknown"
    assert record.verdict == "alert"
    assert "limits are crossed" in record.headline
    assert "Rows at worst 0, below the limit of 60, since 2026-02-23, closed 2026-02-25." in record.summary


def test_a_warning_that_closed_is_over() -> None:
    monitors = [{"metric": "rows", "below": 60, "tier": "warning"}]
    report = ll.check(REFERENCE, FAULTY, **ROLES, monitors=monitors).record
    assert spans(report.monitors[0]) == [(9, 11)]
    assert report.monitors[0].verdict == "ok"


def test_the_backtest_counts_what_the_reference_would_have_raised() -> None:
    daily = [{"metric": "mean", "column": "amount", "above": 0}, {"metric": "rows", "below": 1}]
    days = np.arange(40)
    alternating = stream(0, 40)
    alternating["amount"] = np.where(np.repeat(days, 80) % 4 == 1, 1.0, -1.0) * alternating["amount"]
    report = ll.check(alternating, FAULTY, **ROLES, monitors=daily).record
    assert [(m.replayed, m.replayed_days, m.rate) for m in report.monitors] == [(10, 40, 7.5), (0, 40, 0)]


def test_the_order_and_the_split_of_rows_do_not_matter(baseline: Any, record: ReportRecord) -> None:
    mixed = np.random.default_rng(1).permutation(len(FAULTY["time"]))
    halves = [{name: values[rows] for name, values in FAULTY.items()} for rows in np.array_split(mixed, 2)]
    whole = ll.profile(halves[0], baseline).merge(ll.profile(halves[1], baseline))
    assert ll.check(baseline, whole).record.monitors == record.monitors


def test_what_was_said_of_a_window_does_not_change_with_later_ones(
    baseline: Any, record: ReportRecord
) -> None:
    """Judged day by day, as rows come, and all at once."""
    day = (FAULTY["time"] - START) // DAY - 40
    for until in (5, 11, 13):
        known = {name: values[day < until] for name, values in FAULTY.items()}
        moment = str(START + (40 + until) * DAY - np.timedelta64(1, "us"))
        earlier = ll.check(baseline, known, as_of=moment).record
        for then, now in zip(earlier.monitors, record.monitors, strict=True):
            # In the last window ages are known to the moment, later only to the bucket.
            same = 40 + until - (then.unit in ("hours", "days"))
            assert then.values[:same] == now.values[:same], then.name
            opened = [(a.since, a.opened) for a in then.alerts]
            assert opened == [(a.since, a.opened) for a in now.alerts if a.opened < 40 + until]
            closed = [a.closed for a in now.alerts if a.closed is not None and a.closed < 40 + until]
            assert [a.closed for a in then.alerts if a.closed is not None] == closed


def test_a_saved_baseline_judges_as_a_fresh_one(baseline: Any, record: ReportRecord, tmp_path: Path) -> None:
    loaded = ll.load(baseline.save(tmp_path / "b.leadline"))
    assert ll.check(loaded, FAULTY).record.monitors == record.monitors


def test_other_monitors_may_be_stated_when_a_baseline_is_used(baseline: Any) -> None:
    found = ll.check(baseline, FAULTY, monitors=[{"metric": "rows", "above": 1000}]).record
    assert [(monitor.name, monitor.verdict) for monitor in found.monitors] == [("rows above 1000", "ok")]


def test_windows_follow_until_the_moment_of_the_check(baseline: Any) -> None:
    found = ll.check(baseline, FAULTY, as_of="2026-03-04T18:00Z").record
    assert found.timeline is not None
    assert [window.rows for window in found.timeline.windows[-4:]] == [80, 0, 0, 0]
    assert spans(named(found, "rows")) == [(9, 11), (16, None)]
    assert named(found, "rows").values[-1] is None
    assert spans(named(found, "freshness")) == [(18, None)]
    assert named(found, "freshness").open


def test_two_tables_without_times_are_a_window_each() -> None:
    timeless = [
        {name: values for name, values in table.items() if name != "time"} for table in (REFERENCE, FAULTY)
    ]
    roles = {name: column for name, column in ROLES.items() if name != "timestamp"}
    found = ll.check(*timeless, **roles, monitors=MONITORS).record
    assert found.timeline is None
    assert {len(monitor.values) for monitor in found.monitors} == {2}
    assert named(found, "rows").values == [3200, 1120]
    assert named(found, "mean").verdict == "alert"
    assert named(found, "no_data").reason == "rows have no times"
    assert all(monitor.rate is None for monitor in found.monitors)


def test_a_column_that_the_current_table_lacks_is_unknown(baseline: Any) -> None:
    current = {name: values for name, values in FAULTY.items() if name != "amount"}
    found = ll.check(baseline, current).record
    assert named(found, "missing_share").reason == "the current table has no such column"


@pytest.mark.parametrize(
    ("monitor", "words"),
    [
        ({"metric": "psi", "column": "amonut", "above": 1}, ["monitors.0.column", "'amonut'", "'amount'"]),
        ({"metric": "rows", "below": 1, "segment": "shop=east"}, ["monitors.0.segment", "shop=north"]),
    ],
)
def test_what_is_not_there_is_named(monitor: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        ll.check(REFERENCE, FAULTY, **ROLES, monitors=[monitor])
    for word in words:
        assert word in str(caught.value)


def test_every_rendering_tells_of_monitors(audited: Any) -> None:
    told = audited(REFERENCE, FAULTY, renderings=True, **ROLES, monitors=MONITORS)
    assert told["monitors"][0]["name"] == "rows below 60"
    report = ll.check(REFERENCE, FAULTY, **ROLES, monitors=MONITORS)
    cases = ElementTree.fromstring(report.to_junit()).findall(".//testcase[@classname='leadline.monitors']")
    assert len(cases) == len(MONITORS)
    assert sum(case.find("failure") is not None for case in cases) == 4
    assert sum(case.find("skipped") is not None for case in cases) == 1
    terminal, markdown, page = " ".join(repr(report).split()), report.to_markdown(), report.to_html()
    assert "monitor rows below 60: Rows at worst 0, below the limit of 60" in terminal
    assert "Runbook: https://example.org/rows" in terminal
    assert "Backtested: 0 alerts in 40 days of the reference." in terminal
    assert "5 monitors within limits" in terminal
    assert "**alert**: monitor rows below 60" in markdown
    assert "<h2>Monitors</h2>" in page


@pytest.fixture
def files(tmp_path: Path) -> Path:
    pl.DataFrame(REFERENCE).write_parquet(tmp_path / "reference.parquet")
    pl.DataFrame(stream(40, 10)).write_parquet(tmp_path / "quiet.parquet")
    return tmp_path


@pytest.mark.parametrize(
    ("monitor", "fail_on", "code"),
    [
        ("{metric: rows, below: 60}", "alert", 0),
        ("{metric: rows, above: 60}", "alert", 1),
        ("{metric: rows, above: 60}", "never", 0),
        ("{metric: rows, above: 60, tier: warning}", "alert", 0),
        ("{metric: rows, above: 60, tier: warning}", "warning", 1),
        ("{metric: mae, above: 60}", "alert", 0),
        ("{metric: mae, above: 60}", "unknown", 1),
        ("{metric: rows, over: 60}", "alert", 2),
    ],
)
def test_exit_codes(files: Path, monitor: str, fail_on: str, code: int) -> None:
    config = files / "leadline.yaml"
    config.write_text(f"timestamp: time\nlabel: label\nscore: score\nmonitors:\n  - {monitor}\n")
    tables = [str(files / "reference.parquet"), str(files / "quiet.parquet")]
    assert run(["check", *tables, "--config", str(config), "--fail-on", fail_on]) == code


def test_a_backtest_shows_them(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = files / "leadline.yaml"
    config.write_text(
        "timestamp: time\nlabel: label\nscore: score\nmonitors:\n  - {metric: rows, above: 60}\n"
    )
    assert run(["backtest", str(config), str(files / "reference.parquet"), "--json", "-"]) == 0
    monitor = json.loads(capsys.readouterr().out)["monitors"][0]
    assert (monitor["verdict"], monitor["replayed"], monitor["replayed_days"]) == ("alert", 1, 24)


def test_hours_that_really_are_missing(shared_data: Path) -> None:
    """Bike sharing, Washington 2011 and 2012: hurricane Sandy left hours without rows on 29 October 2012."""
    rides = pl.read_parquet(shared_data / "bike_sharing.parquet")
    cut = pl.datetime(2012, 7, 1)
    before, now = rides.filter(pl.col("timestamp") < cut), rides.filter(pl.col("timestamp") >= cut)
    monitors = [
        {"metric": "no_data", "above": "12h"},
        {"metric": "rows", "below": 24},
    ]
    found = ll.check(
        before.select("timestamp", "windspeed"), now.select("timestamp", "windspeed"),
        timestamp="timestamp", window="1d", monitors=monitors,
    ).record  # fmt: skip
    assert found.timeline is not None
    low = found.monitors[1]
    dates = [found.timeline.windows[alert.worst].start[:10] for alert in low.alerts]
    assert "2012-10-29" in dates
    hours = now.group_by(pl.col("timestamp").dt.date()).len().sort("timestamp")
    expected = hours.filter(pl.col("len") < 24)["timestamp"].cast(str).to_list()
    days = [
        found.timeline.windows[i].start[:10] for i, v in enumerate(low.values) if v is not None and v < 24
    ]
    assert [day for day in days if day >= "2012-07-01"] == expected
