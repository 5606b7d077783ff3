"""What a list of models shows of a report: kept with the judgement, so that a list reads no whole report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from leadline.monitors.rules.measures import ESTIMATED
from leadline.reports.record import ReportRecord, Verdict
from leadline.reports.record.timeline import Timeline, TimelineSeries, WindowResult
from leadline.schedule import instant

WINDOWS = 30
"""Windows of a model that a list shows at most, the latest ones."""

_DIGITS = 5
"""Of a value in a list; a small picture needs no more."""


class Line(msgspec.Struct, frozen=True):
    """A metric over the latest windows, with a 95 % interval; null where it is unknown.

    Attributes:
        key, title, unit, worse: as in the record.
        kind: from labels that have come, or estimated without them.
        values, low, high: by window.
        provisional: by window: more labels are to be expected; empty: of no window.
        reference: median over the reference's windows.
    """

    key: str
    title: str
    unit: str
    worse: str
    kind: Literal["realised", "estimated"]
    values: list[float | None]
    low: list[float | None]
    high: list[float | None]
    provisional: list[bool]
    reference: float | None


class Summary(msgspec.Struct, frozen=True):
    """A report in a few lines.

    Attributes:
        now: the verdict of what is open now; the report's also knows what is over.
        sentence, since: of the worst that is open, and its begin, ISO 8601 in UTC; "" and null: nothing is.
        start, end: of the latest windows together, ISO 8601 in UTC; "" where there are none.
        width: of a window, in words.
        rows: by window.
        per_second: predictions in the latest full window.
        last_row: time of the latest prediction, ISO 8601 in UTC, or null.
        lines: the performance metric that the worst open alert is about, else the one that the model is
            known by; realised and estimated.
        expected, observed: false alerts to expect in the judged windows, and alerts in them; null: no budget.
        labelled: labels that have come by those that are to be expected, 0..1; null: no labels.
        versions: of the model, the one with most rows first.
        why_not: why windows are not judged, "" where they are.
        harm: what became of performance, in words.
        alerts, warnings: columns with that verdict.
        columns: how many there are.
    """

    now: Verdict
    sentence: str
    since: str | None
    start: str
    end: str
    width: str
    rows: list[int]
    per_second: float | None
    last_row: str | None
    lines: list[Line]
    expected: float | None
    observed: int | None
    labelled: float | None
    versions: list[str]
    why_not: str
    harm: str
    alerts: int
    warnings: int
    columns: int


def summary(record: ReportRecord) -> Summary:
    """The few lines of a report."""
    timeline = record.timeline
    budget = timeline.budget if timeline is not None else None
    windows = _latest(timeline)
    shown = [timeline.windows[i] for i in windows] if timeline is not None else []
    verdicts = [column.verdict for column in record.columns]
    now, sentence, since = _now(record)
    return Summary(
        now=now,
        sentence=sentence,
        since=since,
        start=shown[0].start if shown else "",
        end=shown[-1].end if shown else "",
        width=timeline.window if timeline is not None else "",
        rows=[window.rows for window in shown],
        per_second=_rate(shown),
        last_row=record.current.end,
        lines=_lines(record, timeline, windows) if timeline is not None else [],
        expected=budget.expected if budget is not None else None,
        observed=budget.observed if budget is not None else None,
        labelled=timeline.labels.share if timeline is not None and timeline.labels is not None else None,
        versions=[*record.current.versions],
        why_not=(budget.reason if budget is not None and not budget.supported else "")
        or (timeline.reason if timeline is not None else "no times"),
        harm=record.harm,
        alerts=verdicts.count("alert"),
        warnings=verdicts.count("warning"),
        columns=len(verdicts),
    )


def _now(record: ReportRecord) -> tuple[Verdict, str, str | None]:
    """The worst that is open: its tier, what it says, since when."""
    timeline = record.timeline
    if timeline is None or timeline.budget is None or not timeline.budget.decides:
        return record.verdict, record.headline, None
    for worst in _open(record, timeline):
        return worst.tier, worst.sentence, timeline.windows[worst.opened].start
    return ("unknown" if record.verdict == "unknown" else "ok"), "", None


class _Open(NamedTuple):
    """An alert that is open: its tier, how surprising it is (0.0: it has a limit of its own), the window that
    opened it, what it says, keys of what it measures."""

    tier: Literal["alert", "warning"]
    surprise: float
    opened: int
    sentence: str
    metrics: tuple[str, ...]


def _open(record: ReportRecord, timeline: Timeline) -> list[_Open]:
    """What is open, the most surprising and latest of the worst tier first."""
    found = [
        _Open(
            alert.tier,
            max((named.surprise for named in alert.sources), default=0.0),
            alert.opened,
            alert.sentence,
            tuple(named.channel for named in alert.sources),
        )
        for alert in timeline.alerts
        if alert.closed is None
    ]
    found += [
        _Open(monitor.tier, 0.0, monitor.alerts[-1].opened, monitor.alerts[-1].sentence, (monitor.metric,))
        for monitor in record.monitors
        if monitor.open and monitor.alerts
    ]
    return sorted(found, key=lambda one: (one.tier != "alert", -one.surprise, -one.opened))


def _latest(timeline: Timeline | None) -> range:
    """Positions of the latest windows of the current table."""
    if timeline is None:
        return range(0)
    size = len(timeline.windows)
    first = next((i for i, w in enumerate(timeline.windows) if w.side == "current"), size)
    return range(max(first, size - WINDOWS), size)


def _rate(windows: Sequence[WindowResult]) -> float | None:
    """Rows per second of the latest window that the table does not cut."""
    full = [window for window in windows if window.reason != "partial"]
    if not full:
        return None
    seconds = (instant(full[-1].end) - instant(full[-1].start)) / 1e6
    return full[-1].rows / seconds


def _lines(record: ReportRecord, timeline: Timeline, windows: range) -> list[Line]:
    """The metric that the worst open alert is about, else the first that the record names; as labels tell it
    and as it is estimated.
    """
    known = dict.fromkeys(series.key for series in timeline.performance)
    told = (metric.removeprefix(ESTIMATED) for alert in _open(record, timeline) for metric in alert.metrics)
    key = next((metric for metric in told if metric in known), next(iter(known), ""))
    return [
        _line(timeline, series, series.kind, windows)
        for series in timeline.performance
        if series.key == key and series.kind != "best"
    ]


def _line(
    timeline: Timeline, series: TimelineSeries, kind: Literal["realised", "estimated"], windows: range
) -> Line:
    before = [
        value
        for window, value in zip(timeline.windows, series.values, strict=True)
        if window.side == "reference" and value is not None
    ]
    known = timeline.labels.provisional if timeline.labels is not None and kind == "realised" else []
    provisional = [i < len(known) and known[i] for i in windows]
    return Line(
        series.key,
        series.title,
        series.unit,
        series.worse,
        kind,
        [_short(series.values[i]) for i in windows],
        [_short(series.low[i]) for i in windows],
        [_short(series.high[i]) for i in windows],
        provisional if any(provisional) else [],
        _short(sorted(before)[len(before) // 2]) if before else None,
    )


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
