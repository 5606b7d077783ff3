"""What a report says of segments."""

from __future__ import annotations

from leadline.reports.record.base import Record
from leadline.reports.record.columns import Effect
from leadline.reports.record.performance import PerformanceValue


class SegmentResult(Record, frozen=True):
    """One segment (shown, does not vote).

    Attributes:
        column, value: the slice.
        rows_reference, rows_current: rows in it.
        performance: by metric key.
        largest: name of the column that moved most within the segment, with its effect.
    """

    column: str
    value: str
    rows_reference: int
    rows_current: int
    share_reference: float
    share_current: float
    performance: dict[str, PerformanceValue]
    largest: str | None = None
    largest_effect: Effect | None = None


class SegmentHit(Record, frozen=True):
    """A segment whose performance became worse.

    Attributes:
        column, value: the slice; rows: in it.
        metric, title: of performance; change: current - reference, with its 95 % interval.
    """

    column: str
    value: str
    rows: int
    metric: str
    title: str
    change: float
    low: float
    high: float
