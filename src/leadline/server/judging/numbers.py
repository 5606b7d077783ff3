"""The numbers of a model that Prometheus reads: kept with the judgement, so that a scrape reads no report."""

from __future__ import annotations

import msgspec

from leadline.reports.record import ReportRecord
from leadline.reports.record.columns import ColumnResult
from leadline.reports.record.timeline import TimelineSeries
from leadline.schedule import instant
from leadline.server.judging.operations import Operations

COLUMNS = 200
"""Most columns of a model that are told, so that series stay few: what alerts, then what moved most."""

DRIFT, MISSING, PERFORMANCE = "leadline_drift", "leadline_missing_share", "leadline_performance"
OPERATIONS = "leadline_operations"
FAMILIES = {
    DRIFT: "Distance of a column to its reference, by the metric that is compared with the floor.",
    MISSING: "Share of values of a column that are missing.",
    PERFORMANCE: "Performance of the latest window whose labels are all there, or estimated without labels.",
    OPERATIONS: "Number of the latest hour or day of serving, by metric.",
    "leadline_labelled_share": "Labels that have come by those that are to be expected.",
    "leadline_window_rows": "Predictions in the latest window.",
    "leadline_window_end_timestamp_seconds": "End of the latest window.",
    "leadline_expected_false_alerts": "False alerts that the budget allows in the windows that are judged.",
    "leadline_window_alerts": "Alerts in the windows that are judged.",
}
"""Help texts by name, in the order in which they are told; all are gauges."""


class Number(msgspec.Struct, frozen=True, array_like=True):
    """A sample, without the model's name."""

    family: str
    value: float
    labels: dict[str, str]


def numbers(record: ReportRecord, operations: Operations) -> list[Number]:
    """The numbers of a report, and of how the model serves; what is unknown has none."""
    found = [number for column in _chosen(record.columns) for number in _of_column(column)]
    for known in operations.series:
        value = next((value for value in reversed(known.values) if value is not None), None)
        if value is not None:
            found.append(Number(OPERATIONS, value, {"metric": known.key, "unit": known.unit}))
    timeline = record.timeline
    if timeline is None:
        return found
    provisional = timeline.labels.provisional if timeline.labels is not None else []
    for series in timeline.performance:
        value = _latest(series, provisional)
        if value is not None and series.kind != "best":
            found.append(Number(PERFORMANCE, value, {"metric": series.key, "kind": series.kind}))
    current = [window for window in timeline.windows if window.side == "current" and window.rows]
    budget, labels = timeline.budget, timeline.labels
    told = {
        "leadline_labelled_share": labels.share if labels is not None else None,
        "leadline_window_rows": current[-1].rows if current else None,
        "leadline_window_end_timestamp_seconds": instant(current[-1].end) / 1e6 if current else None,
        "leadline_expected_false_alerts": budget.expected if budget is not None else None,
        "leadline_window_alerts": budget.observed if budget is not None else None,
    }
    found += [Number(name, float(value), {}) for name, value in told.items() if value is not None]
    return found


def _chosen(columns: list[ColumnResult]) -> list[ColumnResult]:
    def order(column: ColumnResult) -> tuple[bool, float, str]:
        size = abs(column.effect.value) if column.effect is not None and column.effect.value else 0.0
        return column.verdict != "alert", -size, column.name

    return sorted(columns, key=order)[:COLUMNS]


def _of_column(column: ColumnResult) -> list[Number]:
    found = []
    if column.effect is not None and column.effect.value is not None:
        labels = {"column": column.name, "metric": column.effect.metric}
        found.append(Number(DRIFT, column.effect.value, labels))
    missing = column.quality.get("missing_share")
    if isinstance(missing, float | int):
        found.append(Number(MISSING, float(missing), {"column": column.name}))
    return found


def _latest(series: TimelineSeries, provisional: list[bool]) -> float | None:
    """The value of the latest window that is not provisional."""
    for place in range(len(series.values) - 1, -1, -1):
        value = series.values[place]
        early = series.kind == "realised" and place < len(provisional) and provisional[place]
        if value is not None and not early:
            return value
    return None
