"""What a list of models shows of a report: kept with the judgement, so that a list reads no whole report."""

from __future__ import annotations

from typing import Literal

import msgspec

from leadline.reports.record import ReportRecord
from leadline.reports.record.timeline import Timeline, TimelineSeries

WINDOWS = 60
"""Windows of a model that a list shows at most, the latest ones."""


class Line(msgspec.Struct, frozen=True):
    """A metric over the latest windows, with a 95 % interval; null where it is unknown.

    Attributes:
        key, title, unit, worse: as in the record.
        kind: from labels that have come, estimated without labels, or the best of both.
        values, low, high: by window.
        provisional: by window: more labels are to be expected.
        reference: median over the reference's windows.
    """

    key: str
    title: str
    unit: str
    worse: str
    kind: Literal["realised", "estimated", "best"]
    values: list[float | None]
    low: list[float | None]
    high: list[float | None]
    provisional: list[bool]
    reference: float | None


class Summary(msgspec.Struct, frozen=True):
    """A report in a few lines.

    Attributes:
        windows: first moments of the latest windows, ISO 8601 in UTC; of what width.
        rows, verdicts: by window.
        lines: the performance metric that the model is known by, realised and estimated.
        expected, observed: false alerts to expect in the judged windows, and alerts in them; null: no budget.
        labelled: labels that have come by those that are to be expected, 0..1; null: no labels.
        versions: of the model, the one with most rows first.
        why_not: why windows are not judged, "" where they are.
        harm: what became of performance, in words.
        alerts, warnings: columns with that verdict.
    """

    windows: list[str]
    width: str
    rows: list[int]
    verdicts: list[str]
    lines: list[Line]
    expected: float | None
    observed: int | None
    labelled: float | None
    versions: list[str]
    why_not: str
    harm: str
    alerts: int
    warnings: int


def summary(record: ReportRecord) -> Summary:
    """The few lines of a report."""
    timeline = record.timeline
    budget = timeline.budget if timeline is not None else None
    windows = _latest(timeline)
    shown = [timeline.windows[i] for i in windows] if timeline is not None else []
    verdicts = [column.verdict for column in record.columns]
    return Summary(
        windows=[window.start for window in shown],
        width=timeline.window if timeline is not None else "",
        rows=[window.rows for window in shown],
        verdicts=[window.verdict for window in shown],
        lines=_lines(timeline, windows) if timeline is not None else [],
        expected=budget.expected if budget is not None else None,
        observed=budget.observed if budget is not None else None,
        labelled=timeline.labels.share if timeline is not None and timeline.labels is not None else None,
        versions=[*record.current.versions],
        why_not=(budget.reason if budget is not None and not budget.supported else "")
        or (timeline.reason if timeline is not None else "no times"),
        harm=record.harm,
        alerts=verdicts.count("alert"),
        warnings=verdicts.count("warning"),
    )


def _latest(timeline: Timeline | None) -> range:
    """Positions of the latest windows of the current table."""
    if timeline is None:
        return range(0)
    size = len(timeline.windows)
    first = next((i for i, w in enumerate(timeline.windows) if w.side == "current"), size)
    return range(max(first, size - WINDOWS), size)


def _lines(timeline: Timeline, windows: range) -> list[Line]:
    """The first metric that the record names, in each of its kinds."""
    if not timeline.performance:
        return []
    key = timeline.performance[0].key
    return [_line(timeline, series, windows) for series in timeline.performance if series.key == key]


def _line(timeline: Timeline, series: TimelineSeries, windows: range) -> Line:
    before = [
        value
        for window, value in zip(timeline.windows, series.values, strict=True)
        if window.side == "reference" and value is not None
    ]
    provisional = timeline.labels.provisional if timeline.labels is not None else []
    return Line(
        series.key,
        series.title,
        series.unit,
        series.worse,
        series.kind,
        [series.values[i] for i in windows],
        [series.low[i] for i in windows],
        [series.high[i] for i in windows],
        [series.kind == "realised" and i < len(provisional) and provisional[i] for i in windows],
        sorted(before)[len(before) // 2] if before else None,
    )
