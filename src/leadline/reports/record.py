"""The record of a check. Every rendering (terminal, page, JSON, JUnit, Markdown) is fed by it alone.

`schema_version` 1. Fields are only ever added; a field that changes its meaning changes the version.
A number that does not exist is null and has a reason beside it; it is never zero.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal["ok", "warning", "alert", "unknown"]


class Record(msgspec.Struct, frozen=True):
    """Base of all parts of a report."""


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
    versions: dict[str, int] = {}


class Effect(Record, frozen=True):
    """The size of a change, in the statistic that is compared with the floor.

    Attributes:
        metric: key of the metric.
        value: its value.
        low, high: 95 % confidence interval.
        floor: the smallest value worth an alert; null: none applies.
        unit: "" for a pure number, "share", or a unit.
    """

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    unit: str = ""


class DriftValue(Record, frozen=True):
    """One drift metric of one column."""

    value: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    bin_error: float | None = None
    reason: str | None = None


class Vote(Record, frozen=True):
    """One statistic that took part in a column's verdict.

    Attributes:
        statistic: metric key, or "missing_share", "unseen_share", "out_of_range_share".
        p_value: under no change, for these sizes.
        effect: its effect and floor.
        beyond_floor: the effect is large enough for an alert.
    """

    statistic: str
    p_value: float | None
    effect: Effect
    beyond_floor: bool


class Distribution(Record, frozen=True):
    """What is drawn of a column: shares of both sides on at most 40 cells.

    Attributes:
        edges: numeric: cell i lies between edges[i] and edges[i + 1]; null for categories.
        labels: categories: names of the cells, the largest first; the last may be "(other)",
            "(unseen)". For numeric columns null.
        reference, current: share of rows with a present value in each cell. Numeric shares may add up to
            a little less than 1: the far ends are not drawn.
    """

    edges: list[float] | None
    labels: list[str] | None
    reference: list[float]
    current: list[float]


class ColumnResult(Record, frozen=True):
    """One column.

    Attributes:
        name, role, kind: see the words of the documentation.
        physical: physical type in the reference; `physical_current` in the current table.
        why: what role and kind rest on.
        verdict: ok, warning, alert or unknown.
        reason: why the verdict is what it is, in words; for unknown, why nothing could be judged.
        sentence: the finding for people ("Income shifted down by 0.4 sd"), "" when quiet.
        decided_by: the statistic that decided, or null.
        effect: of that statistic (of the largest distance when quiet).
        p_value: joint p-value of the column's votes; `p_value_adjusted`: over all columns (Holm).
        detectable: the smallest drift effect (`effect.metric`) found with 80 % power at these sizes.
        noise_inflation: rows of this column carry 1 / this much of independent rows.
        votes: every statistic that took part.
        quality: quality metrics by key; a key ending in `_reference` is the reference's value.
        quality_reasons: why a quality value is null, by key.
        drift: drift metrics by key.
        distribution: what is drawn, or null.
    """

    name: str
    role: str
    kind: str
    physical: str | None
    physical_current: str | None
    why: str
    verdict: Verdict
    reason: str
    sentence: str
    decided_by: str | None
    effect: Effect | None
    p_value: float | None
    p_value_adjusted: float | None
    detectable: float | None
    noise_inflation: float | None
    votes: list[Vote]
    quality: dict[str, float | int | str | bool | None]
    quality_reasons: dict[str, str]
    drift: dict[str, DriftValue]
    distribution: Distribution | None


class PerformanceValue(Record, frozen=True):
    """One performance metric on both sides.

    Attributes:
        reference, current: values; `low`, `high`: 95 % interval of the current value.
        change: current - reference; `change_low`, `change_high`: its 95 % interval.
        p_value: of no change for the worse (metrics that vote), `p_value_adjusted` over all channels.
        verdict: of this metric; "ok" also where it does not vote.
        floor: smallest loss worth an alert, null where it does not vote.
        rows_reference, rows_current: labelled rows behind it.
        reason: why there is no value, or no verdict.
    """

    reference: float | None
    current: float | None
    low: float | None = None
    high: float | None = None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    p_value: float | None = None
    p_value_adjusted: float | None = None
    verdict: Verdict = "ok"
    floor: float | None = None
    rows_reference: int = 0
    rows_current: int = 0
    bin_error: float | None = None
    reason: str | None = None


class Curve(Record, frozen=True):
    """A curve of both sides, at most 100 points each.

    Attributes:
        key: "roc", "precision_recall", "calibration", "gain", "residuals".
        x, y: titles of the axes.
        reference, current: lists of [x, y].
    """

    key: str
    title: str
    x: str
    y: str
    reference: list[list[float]]
    current: list[list[float]]


class Confusion(Record, frozen=True):
    """Confusion matrices of both sides: rows are labels, columns are predictions."""

    classes: list[str]
    reference: list[list[int]]
    current: list[list[int]]


class Task(Record, frozen=True):
    """What the model does.

    Attributes:
        kind: "binary", "multiclass", "regression", or null when unknown.
        reason: why performance could not be computed, or "".
        positive: the positive label (binary).
        threshold: the deployed threshold, and where it comes from.
        classes: labels (classification).
        confusion: confusion matrices, or null.
        curves: curves, where they exist.
        per_class: metrics by class (multiclass), by metric key.
        sentence: what happened to performance, in words.
        verdict: of the performance channels together.
    """

    kind: str | None = None
    reason: str = ""
    positive: str | None = None
    threshold: float | None = None
    threshold_why: str = ""
    classes: list[str] = []
    confusion: Confusion | None = None
    curves: list[Curve] = []
    per_class: dict[str, dict[str, PerformanceValue]] = {}
    sentence: str = ""
    verdict: Verdict = "unknown"


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
    examples: list[str] = []
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


class WindowResult(Record, frozen=True):
    """One window of time.

    Attributes:
        side: "reference" or "current".
        start, end: first moment, and first moment after it, ISO 8601 in UTC.
        rows: rows in it.
        verdict: of the windows that are judged: ok, warning, alert; else unknown, also in the reference.
        reason: why it is not judged ("no rows", "partial", "pooled with the next"), else "".
        surprise: largest surprise of its channels, -log of a tail probability with weights; null where it was
            not judged. Comparable with the thresholds of the budget.
    """

    side: Literal["reference", "current"]
    start: str
    end: str
    rows: int
    verdict: Verdict = "unknown"
    reason: str = ""
    surprise: float | None = None


class NamedSource(Record, frozen=True):
    """What an alert names: a column, or "performance".

    Attributes:
        source: its name.
        channel: what surprised most: a metric key of the column or of performance.
        effect: how far it was from its baseline; `unit` "" for a distance on 0..1, "share", or of the metric.
        surprise: how surprising that was.
        window: position in `Timeline.windows`.
        sentence: the same in words.
    """

    source: str
    channel: str
    effect: float
    unit: str
    surprise: float
    window: int
    sentence: str


class TimelineAlert(Record, frozen=True):
    """An alert over time.

    Attributes:
        tier: "alert" or "warning".
        opened, last: positions in `Timeline.windows`: the window that opened it, the latest one in which
            something that it names was over the threshold.
        closed: the window in which it closed; null while it is open.
        sources: what it names, the most surprising first.
        sentence: what happened, in words.
    """

    tier: Literal["alert", "warning"]
    opened: int
    last: int
    closed: int | None
    sources: list[NamedSource]
    sentence: str


class TimelineSeries(Record, frozen=True):
    """One number over all windows, reference first.

    Attributes:
        key: metric key; `title`, `unit` for people; worse: "higher", "lower" or "either".
        estimated: computed without labels.
        values, low, high: by window, with a 95 % interval; null where unknown.
        labelled: share of the rows of each window with a label.
        note: what to know of it, in words.
    """

    key: str
    title: str
    unit: str
    worse: str
    estimated: bool
    values: list[float | None]
    low: list[float | None]
    high: list[float | None]
    labelled: list[float | None]
    note: str = ""


class HeatRow(Record, frozen=True):
    """One column (or "performance") over all windows, reference first.

    Attributes:
        source: its name.
        tier: worst tier of the alerts that name it, or "".
        surprise: by window: the largest of its channels; null where it was not judged.
        effect: by window: Kolmogorov-Smirnov distance or total variation to the baseline; null for others.
    """

    source: str
    tier: Literal["alert", "warning", ""]
    surprise: list[float | None]
    effect: list[float | None]


class Budget(Record, frozen=True):
    """The budget of false alerts that windows keep.

    Attributes:
        alerts, days: so many false alerts in so many days.
        stated: by the user; else it is the default, and windows are only shown.
        decides: the verdict of the report follows from it.
        supported: the reference is long enough; `reason`: why not, or how it was extrapolated.
        threshold, threshold_warning: surprise beyond which a window alerts or warns.
        expected: false alerts to expect in the current windows; `observed`: alerts in them.
        replayed: alerts that the reference's own windows would have raised.
        baseline: "fixed" or "rolling"; `season`, `gap` (windows); `why`: what these choices rest on.
        not_judged: share of the current time that is not judged.
    """

    alerts: float
    days: float
    stated: bool
    decides: bool
    supported: bool
    reason: str
    threshold: float | None
    threshold_warning: float | None
    expected: float | None
    observed: int
    replayed: int | None
    baseline: str
    season: str
    gap: int | None
    why: list[str]
    not_judged: float


class Timeline(Record, frozen=True):
    """Both tables over time.

    Attributes:
        window: width of a window in words; `why`: what it rests on; `zone`: whose calendar.
        reason: why windows are not judged, "" where they are.
        windows: of the reference, then of the current table.
        budget: of false alerts; null where windows are not judged.
        alerts: in the current windows, in order of time.
        performance: metrics over time.
        heat: columns by windows, the most surprising first.
        far, untimed: rows in no window: far from all other times, without a time.
    """

    window: str
    why: str
    zone: str
    reason: str
    windows: list[WindowResult]
    budget: Budget | None
    alerts: list[TimelineAlert]
    performance: list[TimelineSeries]
    heat: list[HeatRow]
    far: int = 0
    untimed: int = 0


class CauseResult(Record, frozen=True):
    """One likely cause of what alerts.

    Attributes:
        key: of the cause; `title`: its name for people.
        columns: what it explains.
        sentence: what points to it, in words.
        evidence: the figures behind the sentence, by name.
        share: part of the columns' effect that is gone when the cause is undone, 0..1; null: not measurable.
    """

    key: str
    title: str
    columns: list[str]
    sentence: str
    evidence: dict[str, float | str]
    share: float | None


class ReportRecord(Record, frozen=True, kw_only=True):
    """A whole report.

    Attributes:
        schema_version: 1.
        leadline_version: of the library.
        verdict: the worst of all.
        headline: the verdict in one sentence; `summary`: what follows from it, worst first.
        assumptions: what the verdict rests on ("assumes independent rows", ...).
        false_alarm_rate: rate at which a check of undrifted data may alert.
        columns: worst first.
        quality: quality of the tables as wholes (rows, duplicates, columns that appeared or vanished).
        performance: by metric key; `task`: what it belongs to.
        channels: number of columns and performance channels that shared the false-alarm rate.
        metrics: titles and units of every metric key that appears.
        timeline: both tables over time; null without times.
        causes: likely causes of what alerts, the likeliest first; none where nothing alerts.
        harm: what became of performance, in words; "" where nothing alerts.
        explained: the dates that causes and harm speak of, where windows decide: those of the most surprising
            alert; "" for all current rows.
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
    causes: list[CauseResult] = []
    harm: str = ""
    explained: str = ""
