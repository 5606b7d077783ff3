"""Backtests: what estimates would have raised before labels came, and versions of the past."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import leadline as ll
from leadline.cli.main import run
from leadline.errors import ConfigurationError, DataError
from leadline.monitors.series import ESTIMATED_PERFORMANCE, PERFORMANCE
from leadline.reports.over_time import lines
from leadline.reports.record import ReportRecord

START = np.datetime64("2026-01-05T00:00", "us")
DAY = np.timedelta64(1, "D")
BAD = 72
"""First day on which the scores say less of the labels than before."""

Table = dict[str, Any]


def past(days: int = 90, rows: int = 200, *, delay: float | None = None, concept: bool = False) -> Table:
    """Days of predictions, all labelled by now. From a day on rows are harder to tell apart.

    Args:
        delay: mean days that labels take; None: their times are not known.
        concept: scores stay as they are, and mean less.
    """
    rng = np.random.default_rng(11)
    day = np.repeat(np.arange(days), rows)
    z = 1.6 * rng.standard_normal(len(day))
    bad = day >= BAD
    logit = np.where(bad & ~np.bool_(concept), z / 3, z)
    score = 1 / (1 + np.exp(-logit))
    truth = np.where(bad & np.bool_(concept), 1 / (1 + np.exp(-z / 3)), score)
    time = START + day * DAY + rng.integers(0, 86_400, len(day)).astype("timedelta64[s]")
    table = {"time": time, "score": score, "label": (rng.random(len(day)) < truth).astype(int)}
    if delay is not None:
        table["known"] = time + (rng.exponential(delay, len(day)) * 86_400).astype("timedelta64[s]")
    return table


def backtested(table: Table, **options: Any) -> ReportRecord:
    known = {"label_timestamp": "known"} if "known" in table else {}
    return ll.backtest(
        table, label="label", score="score", timestamp="time", window="1d", threads=1, **known, **options
    ).record


def named(record: ReportRecord) -> set[str]:
    """What alerts name; warnings are more frequent."""
    assert record.timeline is not None
    return {s.source for alert in record.timeline.alerts if alert.tier == "alert" for s in alert.sources}


def estimated(record: ReportRecord) -> list[bool]:
    assert record.timeline is not None
    assert record.timeline.labels is not None
    return record.timeline.labels.estimated


def test_estimates_raise_what_they_would_have_raised_before_the_labels_came() -> None:
    record = backtested(past(), label_delay="30d")
    assert ESTIMATED_PERFORMANCE in named(record)
    timeline = record.timeline
    assert timeline is not None
    assert all(
        timeline.windows[alert.opened].start >= str(START + BAD * DAY)[:10]
        for alert in timeline.alerts
        if alert.tier == "alert"
    )
    assert estimated(record) == [window.side == "current" for window in timeline.windows]
    assert "Estimates of performance take part in 36 windows" in " ".join(lines(record))
    # The labels that came later say it, too.
    assert PERFORMANCE in named(record)


def test_without_a_delay_labels_say_what_estimates_would() -> None:
    record = backtested(past())
    assert ESTIMATED_PERFORMANCE not in named(record)
    assert estimated(record) == []


def test_times_of_labels_tell_which_windows_waited() -> None:
    late, soon = backtested(past(delay=10.0)), backtested(past(delay=0.05))
    assert ESTIMATED_PERFORMANCE in named(late)
    assert all(estimated(late)[54:])
    assert estimated(soon) == []


def test_what_only_labels_can_tell_is_told_by_them_alone() -> None:
    record = backtested(past(concept=True), label_delay="30d")
    assert PERFORMANCE in named(record)
    assert ESTIMATED_PERFORMANCE not in named(record)


def test_a_delay_that_changes_nothing_is_refused() -> None:
    table = past(30)
    with pytest.raises(ConfigurationError, match="label_delay"):
        ll.backtest({name: table[name] for name in ("time", "score")}, timestamp="time", label_delay="30d")
    with pytest.raises(ConfigurationError, match="not a length of time"):
        backtested(table, label_delay="soon")


def test_the_command_takes_the_delay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    polars.DataFrame(past()).write_parquet(tmp_path / "past.parquet")
    arguments = ["--label", "label", "--score", "score", "--timestamp", "time", "--window", "1d"]
    assert run(["backtest", str(tmp_path / "past.parquet"), *arguments, "--label-delay", "2w"]) == 0
    assert "estimated without labels" in " ".join(capsys.readouterr().out.split())


def released(days: int = 20, rows: int = 150) -> Table:
    """Five versions one after the other; the fourth gets a feature in another unit, the fifth is mended."""
    rng = np.random.default_rng(12)
    number = np.repeat(np.arange(1, 6), days * rows)
    day = np.repeat(np.arange(5 * days), rows)
    height = rng.normal(175, 8, len(day))
    score = rng.random(len(day))
    return {
        "time": START + day * DAY + rng.integers(0, 86_400, len(day)).astype("timedelta64[s]"),
        "height": np.where(number == 4, height / 2.54, height),
        "score": score,
        "label": (rng.random(len(day)) < score).astype(int),
        "model": number.astype(str).astype(object),
    }


VERSIONS: dict[str, Any] = {
    "label": "label", "score": "score", "timestamp": "time", "version": "model", "window": "version",
    "threads": 1,
}  # fmt: skip


def test_versions_of_the_past_are_judged_in_the_order_in_which_they_came() -> None:
    record = ll.backtest(released(), share=0.5, **VERSIONS).record
    timeline = record.timeline
    assert timeline is not None
    assert [(v.version, v.baseline.verdict) for v in timeline.versions] == [
        ("3", "ok"), ("4", "warning"), ("5", "ok"),
    ]  # fmt: skip
    third, fourth, fifth = timeline.versions
    assert third.before is None
    assert timeline.windows[third.window].start == str(START + 50 * DAY)[:10] + "T00:00:00Z"
    assert fourth.before is not None
    assert fifth.before is not None
    assert fourth.baseline.causes[0].key == fourth.before.causes[0].key == "unit_change"
    assert fifth.before.causes[0].key == "unit_change"
    assert [alert.opened for alert in timeline.alerts] == [fourth.window]


def test_a_backtest_of_versions_says_what_a_check_of_the_later_rows_says() -> None:
    """The noise of rows is that of the first part: the fault in the rest does not hide itself."""
    table = released()
    before = table["time"] < START + 60 * DAY
    whole = ll.backtest(table, share=0.6, **VERSIONS).record.timeline
    parts = [{name: values[side] for name, values in table.items()} for side in (before, ~before)]
    apart = ll.check(*parts, **VERSIONS, budget="1/30d").record.timeline
    assert whole is not None
    assert apart is not None
    for ours, theirs in zip(whole.versions, apart.versions, strict=True):
        assert ours.version == theirs.version
        assert ours.baseline.verdict == theirs.baseline.verdict
        assert [s.source for s in ours.baseline.sources] == [s.source for s in theirs.baseline.sources]
        assert [c.key for c in ours.baseline.causes] == [c.key for c in theirs.baseline.causes]


def test_a_backtest_of_versions_needs_rows_and_more_of_the_past() -> None:
    table = released()
    with pytest.raises(ConfigurationError, match="a baseline does not count them by version"):
        ll.backtest(ll.learn(table, **VERSIONS))
    with pytest.raises(ConfigurationError, match="versions are not judged by estimates"):
        ll.backtest(table, label_delay="30d", **VERSIONS)
    with pytest.raises(DataError, match="more windows"):
        ll.backtest({name: values[:150] for name, values in table.items()}, **VERSIONS)
