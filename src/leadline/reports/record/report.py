"""The whole report, and its smaller parts."""

from __future__ import annotations

from typing import Literal

import msgspec

from leadline.reports.record.base import Record, Verdict
from leadline.reports.record.causes import CauseResult
from leadline.reports.record.columns import ColumnResult
from leadline.reports.record.concept import ConceptResult, DetectorResult
from leadline.reports.record.monitors import MonitorResult
from leadline.reports.record.performance import PerformanceValue, Task
from leadline.reports.record.segments import SegmentResult
from leadline.reports.record.timeline import Timeline


class Side(Record, frozen=True):
    """One of the two tables.

    Attributes:
        name: path, or "reference" / "current".
        rows: number of rows that were counted.
        rows_left_out: rows beside them whose weight is negative, missing or infinite.
        versions: rows of each version of the model, the largest first, where a version column is known.
        start, end: first and last timestamp, ISO 8601 in UTC, where a timestamp is known.
        fingerprint: of the counts (hexadecimal).
    """

    name: str
    rows: int
    start: str | None = None
    end: str | None = None
    fingerprint: str | None = None
    rows_left_out: int = 0
    versions: dict[str, int] = msgspec.field(default_factory=dict)


class RuleResult(Record, frozen=True):
    """One declared validation rule.

    Attributes:
        column, rule: what was declared.
        verdict: ok, alert (broken) or unknown.
        broken: rows that break it; `rows`: rows looked at.
        examples: a few values that break it.
    """

    column: str
    rule: str
    verdict: Verdict
    broken: int
    rows: int
    examples: list[str] = msgspec.field(default_factory=list)
    reason: str = ""


class MetricInfo(Record, frozen=True):
    """What the page needs to know of a metric, from its declaration."""

    title: str
    family: str
    summary: str
    unit: str
    worse: str
    range: list[float | None]
    reference: str


class ReportRecord(Record, frozen=True, kw_only=True):
    """A whole report.

    Attributes:
        schema_version: 1.
        leadline_version: of the library.
        verdict: the worst of all.
        headline: the verdict in one sentence; `summary`: what follows from it, worst first.
        assumptions: what the verdict rests on ("rows are taken as independent", ...).
        false_alarm_rate: rate at which a check of undrifted data may alert.
        columns: worst first.
        quality: quality of the tables as wholes (rows, duplicates, columns that appeared or vanished).
        performance: by metric key; `task`: what it belongs to.
        channels: number of columns and performance channels that shared the false-alarm rate.
        metrics: titles and units of every metric key that appears.
        timeline: both tables over time; null without times.
        causes: likely causes of what alerts, the likeliest first; none where nothing alerts.
        harm: what became of performance, in words; "" where nothing alerts.
        monitors: numbers with limits of their own, in the order of declaration; outside the budget.
        explained: the dates that causes and harm speak of, where windows decide: those of the most surprising
            alert; "" for all current rows.
        concept: whether labels depend on the inputs as in the reference; null where nothing alerts.
        detectors: what row-wise detectors said, where the option names some; outside the budget.
    """

    schema_version: Literal[1] = 1
    leadline_version: str
    verdict: Verdict
    headline: str
    summary: list[str]
    assumptions: list[str]
    false_alarm_rate: float
    channels: int
    reference: Side
    current: Side
    columns: list[ColumnResult]
    quality: dict[str, float | int | str | bool | None]
    quality_reasons: dict[str, str]
    rules: list[RuleResult]
    task: Task
    performance: dict[str, PerformanceValue]
    segments: list[SegmentResult]
    metrics: dict[str, MetricInfo]
    timeline: Timeline | None = None
    causes: list[CauseResult] = msgspec.field(default_factory=list)
    harm: str = ""
    explained: str = ""
    monitors: list[MonitorResult] = msgspec.field(default_factory=list)
    concept: ConceptResult | None = None
    detectors: list[DetectorResult] = msgspec.field(default_factory=list)
