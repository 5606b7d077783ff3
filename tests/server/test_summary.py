"""What a list of models shows follows from the report, and tells what is open from what is over."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import msgspec
import pytest
from loading import loaded

from leadline.reports.record import ReportRecord, Timeline
from leadline.schedule import instant
from leadline.server.judging.summary import WINDOWS, summary


@pytest.fixture(scope="module")
def sample() -> ModuleType:
    return loaded("tests/ui/timeline_sample.py")


def _timeline(record: ReportRecord) -> Timeline:
    assert record.timeline is not None
    return record.timeline


def _with(record: ReportRecord, **changes: Any) -> ReportRecord:
    return msgspec.structs.replace(record, timeline=msgspec.structs.replace(_timeline(record), **changes))


def test_what_is_open_speaks_the_worst_and_latest_first(sample: ModuleType) -> None:
    record = sample.over_time()
    timeline = _timeline(record)
    (open_alert,) = [alert for alert in timeline.alerts if alert.closed is None]
    found = summary(record)
    assert (found.now, found.sentence) == ("alert", open_alert.sentence)
    assert found.since == timeline.windows[open_alert.opened].start
    milder = [
        msgspec.structs.replace(alert, tier="warning", closed=None) if alert.tier == "warning" else alert
        for alert in timeline.alerts
    ]
    assert summary(_with(record, alerts=milder)).sentence == open_alert.sentence


@pytest.mark.parametrize("louder", [0, 1])
def test_of_several_alerts_the_most_surprising_speaks(sample: ModuleType, louder: int) -> None:
    """Not the latest; a warning is milder than an alert, however surprising it is."""
    record = sample.over_time()
    alert = _timeline(record).alerts[-1]

    def told(place: int, tier: str, surprise: float) -> Any:
        named = [msgspec.structs.replace(alert.sources[0], surprise=surprise)]
        return msgspec.structs.replace(
            alert, tier=tier, opened=place, closed=None, sources=named, sentence=f"{tier} {place}"
        )

    first = len(_timeline(record).windows) - 9
    open_ones = [told(first + i, "alert", 30.0 if i == louder else 12.0) for i in range(2)]
    found = summary(_with(record, alerts=[*open_ones, told(first + 4, "warning", 99.0)]))
    assert found.sentence == f"alert {first + louder}"
    assert found.since == _timeline(record).windows[first + louder].start


def test_what_is_over_is_not_now(sample: ModuleType) -> None:
    """The report goes on to tell of it; the list does not call the model ill."""
    record = sample.over_time()
    over = [msgspec.structs.replace(alert, closed=alert.last) for alert in _timeline(record).alerts]
    found = summary(_with(record, alerts=over))
    assert (found.now, found.sentence, found.since) == ("ok", "", None)


def test_where_windows_do_not_decide_the_report_does(sample: ModuleType) -> None:
    record = sample.unjudged()
    found = summary(record)
    assert (found.now, found.sentence) == (record.verdict, record.headline)
    assert found.expected is None
    assert found.why_not == _timeline(record).reason


def test_lines_are_the_end_of_what_the_record_has(sample: ModuleType) -> None:
    """The first metric, realised and estimated, to five digits, over the latest current windows."""
    record = sample.over_time()
    timeline = _timeline(record)
    found = summary(record)
    assert [line.kind for line in found.lines] == ["realised", "estimated"]
    for line, series in zip(found.lines, timeline.performance, strict=False):
        assert len(line.values) == WINDOWS
        for short, value in zip(line.values, series.values[-WINDOWS:], strict=True):
            assert short is None if value is None else short == pytest.approx(value, rel=1e-4)
    assert found.rows == [window.rows for window in timeline.windows[-WINDOWS:]]


@pytest.mark.parametrize(
    ("channel", "drawn"),
    [("accuracy", "accuracy"), ("estimated_log_loss", "log_loss"), ("kolmogorov_smirnov", "roc_auc")],
)
def test_lines_are_of_what_the_worst_open_alert_is_about(
    sample: ModuleType, channel: str, drawn: str
) -> None:
    """Else of the first metric; what is over chooses nothing."""
    record = sample.over_time()
    timeline = _timeline(record)

    def about(closed: int | None) -> list[Any]:
        named = msgspec.structs.replace(timeline.alerts[-1].sources[0], source="x", channel=channel)
        return [msgspec.structs.replace(timeline.alerts[-1], sources=[named], closed=closed)]

    assert {line.key for line in summary(_with(record, alerts=about(None))).lines} == {drawn}
    assert {line.key for line in summary(_with(record, alerts=about(10))).lines} == {"roc_auc"}


def test_the_rate_is_that_of_the_last_window_that_is_whole(sample: ModuleType) -> None:
    record = sample.over_time()
    windows = _timeline(record).windows
    assert windows[-1].reason == "partial"
    whole = windows[-2]
    seconds = (instant(whole.end) - instant(whole.start)) / 1e6
    assert summary(record).per_second == pytest.approx(whole.rows / seconds)


def test_without_times_there_are_no_windows(sample: ModuleType) -> None:
    record = msgspec.structs.replace(sample.over_time(), timeline=None)
    found = summary(record)
    assert (found.lines, found.rows, found.per_second, found.start) == ([], [], None, "")
    assert found.now == record.verdict
