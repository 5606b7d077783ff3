"""What is known of an alert: each thing that it names has the picture of the number that it is about."""

from __future__ import annotations

import pytest
from loading import loaded
from msgspec.structs import replace

from leadline.reports.record import HeatRow, NamedSource, ReportRecord
from leadline.server.alerting.alerts import told
from leadline.server.alerting.findings import PERFORMANCE, TREND_WINDOWS, Findings, findings


@pytest.fixture(scope="module")
def record() -> ReportRecord:
    found: ReportRecord = loaded("tests/ui/timeline_sample.py").over_time()
    return found


def naming(record: ReportRecord, *named: tuple[str, str]) -> Findings:
    """What is known of an open alert that names these sources by these channels."""
    timeline = record.timeline
    assert timeline is not None
    sources = [NamedSource(source, channel, 0.1, "", 9.0, 150, "It moved.") for source, channel in named]
    heat = HeatRow("all columns", "alert", [float(i) for i in range(len(timeline.windows))], [])
    one = replace(timeline.alerts[-1], sources=sources)
    changed = replace(record, timeline=replace(timeline, alerts=[one], heat=[*timeline.heat, heat]))
    (problem,) = [each for each in told(changed) if each.monitor == "windows"]
    return findings(changed, problem)


def test_performance_has_its_metric_with_intervals(record: ReportRecord) -> None:
    timeline = record.timeline
    assert timeline is not None
    (one,) = naming(record, (PERFORMANCE, "accuracy")).evidence
    (series,) = [each for each in timeline.performance if each.key == "accuracy"]
    assert one.trend is not None
    assert (one.trend.title, one.trend.unit) == ("Accuracy", series.unit)
    assert one.trend.values == series.values[-TREND_WINDOWS:]
    assert (one.trend.low, one.trend.high) == (series.low[-TREND_WINDOWS:], series.high[-TREND_WINDOWS:])
    assert one.trend.reference == record.performance["accuracy"].reference


def test_an_estimate_is_not_drawn_as_what_came_true(record: ReportRecord) -> None:
    timeline = record.timeline
    assert timeline is not None
    (one,) = naming(record, ("estimated performance", "estimated_log_loss")).evidence
    (series,) = [each for each in timeline.performance if each.key == "log_loss" and each.estimated]
    assert one.trend is not None
    assert one.trend.title == "Log loss, estimated"
    assert one.trend.values == series.values[-TREND_WINDOWS:]


def test_all_columns_have_their_surprise_and_no_interval(record: ReportRecord) -> None:
    timeline = record.timeline
    assert timeline is not None
    assert timeline.budget is not None
    (one,) = naming(record, ("all columns", "mean_of_columns")).evidence
    assert one.trend is not None
    size = len(timeline.windows)
    assert one.trend.values == [float(i) for i in range(size - TREND_WINDOWS, size)]
    assert one.trend.limit == timeline.budget.threshold
    assert (one.trend.low, one.trend.high, one.trend.reference) == ([], [], None)


def test_a_number_is_drawn_once_and_a_column_by_its_values(record: ReportRecord) -> None:
    found = naming(record, (PERFORMANCE, "accuracy"), (PERFORMANCE, "accuracy"), ("income", "psi"))
    first, again, column = found.evidence
    assert first.trend is not None
    assert again.trend is None
    assert column.trend is None
    assert column.distribution is not None
    assert found.trend == first.trend
