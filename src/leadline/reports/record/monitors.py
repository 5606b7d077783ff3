"""What a report says of declared monitors."""

from __future__ import annotations

from typing import Literal

from leadline.reports.record.base import Record, Verdict


class MonitorAlert(Record, frozen=True):
    """An alert of a monitor. Windows are positions in `MonitorResult.values`.

    Attributes:
        since: the first of the windows in a row that opened it; `opened`: the last of them.
        last: the latest window beyond the limit.
        closed: the window in which it closed; null while it is open.
        worst: the window furthest beyond the limit, and `value` there.
        sentence: what happened, in words.
    """

    since: int
    opened: int
    last: int
    closed: int | None
    worst: int
    value: float | None
    sentence: str


class MonitorResult(Record, frozen=True):
    """A declared monitor: a number by window and one condition. It stands outside the budget of false alerts.

    Attributes:
        name: of the monitor.
        metric: key of the number; `title`, `unit` for people; `column`, `segment`: what it is about, or null.
        condition: in words ("falls by more than 5 % for 3 windows").
        tier: "alert" or "warning".
        verdict: the tier where it alerted in the current windows (a warning: while it is open), else ok or
            unknown; `reason`: why it is unknown.
        open: an alert is open after the last window.
        reference: the number in the reference.
        low, high: the range that is allowed; null: no limit on that side.
        clear_low, clear_high: the range in which an alert closes.
        values: by window, as in `Timeline.windows`, reference first; null where unknown. Without times in one
            of the tables: one value for each table.
        alerts: in the current windows, in order of time.
        replayed: alerts that the reference's own windows would have raised, `replayed_days` how long those
            last, `rate` the same for 30 days; null where unknown.
        sentence: the verdict in words.
        runbook: what to do about it, or where that stands.
    """

    name: str
    metric: str
    title: str
    unit: str
    column: str | None
    segment: str | None
    condition: str
    tier: Literal["alert", "warning"]
    verdict: Verdict
    reason: str
    open: bool
    reference: float | None
    low: float | None
    high: float | None
    clear_low: float | None
    clear_high: float | None
    values: list[float | None]
    alerts: list[MonitorAlert]
    replayed: int | None
    replayed_days: float | None
    rate: float | None
    sentence: str
    runbook: str = ""
