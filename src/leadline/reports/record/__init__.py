"""The record of a check. Every rendering (terminal, page, JSON, JUnit, Markdown) is fed by it alone.

`schema_version` 1. Fields are only ever added; a field that changes its meaning changes the version.
A number that does not exist is null and has a reason beside it; it is never zero.
"""

from __future__ import annotations

from leadline.reports.record.base import Record, Verdict
from leadline.reports.record.causes import CauseResult
from leadline.reports.record.columns import ColumnResult, Distribution, DriftValue, Effect, Vote
from leadline.reports.record.concept import ConceptResult, ConceptSplit, DetectorResult
from leadline.reports.record.monitors import MonitorAlert, MonitorResult
from leadline.reports.record.performance import Confusion, Curve, PerformanceValue, Task
from leadline.reports.record.report import (
    MetricInfo,
    ReportRecord,
    RuleResult,
    Side,
)
from leadline.reports.record.segments import SegmentHit, SegmentResult
from leadline.reports.record.timeline import (
    Budget,
    FirstWeeks,
    HeatRow,
    LabelDelay,
    Labels,
    NamedSource,
    Timeline,
    TimelineAlert,
    TimelineEvent,
    TimelineSeries,
    VersionChange,
    VersionResult,
    WindowResult,
)

__all__ = [
    "Budget",
    "CauseResult",
    "ColumnResult",
    "ConceptResult",
    "ConceptSplit",
    "Confusion",
    "Curve",
    "DetectorResult",
    "Distribution",
    "DriftValue",
    "Effect",
    "FirstWeeks",
    "HeatRow",
    "LabelDelay",
    "Labels",
    "MetricInfo",
    "MonitorAlert",
    "MonitorResult",
    "NamedSource",
    "PerformanceValue",
    "Record",
    "ReportRecord",
    "RuleResult",
    "SegmentHit",
    "SegmentResult",
    "Side",
    "Task",
    "Timeline",
    "TimelineAlert",
    "TimelineEvent",
    "TimelineSeries",
    "Verdict",
    "VersionChange",
    "VersionResult",
    "Vote",
    "WindowResult",
]
