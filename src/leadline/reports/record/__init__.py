"""The record of a check. Every rendering (terminal, page, JSON, JUnit, Markdown) is fed by it alone.

`schema_version` 1. Fields are only ever added; a field that changes its meaning changes the version.
A number that does not exist is null and has a reason beside it; it is never zero.
"""

from __future__ import annotations

from leadline.reports.record.base import Record, Verdict
from leadline.reports.record.columns import ColumnResult, Distribution, DriftValue, Effect, Vote
from leadline.reports.record.performance import Confusion, Curve, PerformanceValue, Task
from leadline.reports.record.report import (
    CauseResult,
    MetricInfo,
    ReportRecord,
    RuleResult,
    SegmentResult,
    Side,
)
from leadline.reports.record.timeline import (
    Budget,
    HeatRow,
    NamedSource,
    Timeline,
    TimelineAlert,
    TimelineSeries,
    WindowResult,
)

__all__ = [
    "Budget",
    "CauseResult",
    "ColumnResult",
    "Confusion",
    "Curve",
    "Distribution",
    "DriftValue",
    "Effect",
    "HeatRow",
    "MetricInfo",
    "NamedSource",
    "PerformanceValue",
    "Record",
    "ReportRecord",
    "RuleResult",
    "SegmentResult",
    "Side",
    "Task",
    "Timeline",
    "TimelineAlert",
    "TimelineSeries",
    "Verdict",
    "Vote",
    "WindowResult",
]
