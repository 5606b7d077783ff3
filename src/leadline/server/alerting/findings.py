"""What a report says of a problem: evidence, likely causes, who is hit, what changed in the data then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import msgspec

from leadline.monitors.rules.measures import ESTIMATED
from leadline.monitors.series import ESTIMATED_PERFORMANCE
from leadline.reports.record import (
    CauseResult,
    ColumnResult,
    Distribution,
    Effect,
    ReportRecord,
    SegmentHit,
    Timeline,
    TimelineSeries,
    Verdict,
)
from leadline.reports.segments import hits
from leadline.reports.words import amount, count, number
from leadline.schedule import DAY, instant
from leadline.stores.metadata.alerts import Tier

PERFORMANCE, MISSING = "performance", "missing_share"

TREND_WINDOWS = 60
"""Windows of a trend at most, the latest ones."""

_BUSY = 2.0
"""Traffic that is so many times the usual, or a so-manyth of it, has changed."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a monitor says.

    Attributes:
        source: a column, "performance", or what else it is about.
        monitor: which says it.
        sentence: in words.
        metric: key of what was measured; "": nothing was.
        value: how far it is from the reference, in `unit` ("" for a distance, "share", or of the metric).
        surprise, threshold: of a window: -log of a tail probability, and where alerts begin.
        overall: the column's change over all rows that were judged, with its interval; null: not known.
        overall_metric: title of the metric that `overall` is a value of; "": there is none.
        p_value: of that change, corrected for all columns.
        verdict: of the column over all these rows; `reason`: why.
        distribution: of the column, in the reference and in these rows; where `dates` are given, in the
            rows of these dates.
        dates: when the alert that is explained was, as "2026-11-30 to 2026-12-03"; "": it is another one.
        trend: of what is no column: its number over the latest windows; null: not known.
    """

    source: str
    monitor: str
    sentence: str
    metric: str = ""
    value: float | None = None
    unit: str = ""
    surprise: float | None = None
    threshold: float | None = None
    overall: Effect | None = None
    overall_metric: str = ""
    p_value: float | None = None
    verdict: Verdict | None = None
    reason: str = ""
    distribution: Distribution | None = None
    dates: str = ""
    trend: Trend | None = None


class Trend(msgspec.Struct, frozen=True):
    """The number that an alert is about, over the latest windows.

    Attributes:
        title, unit: of the number.
        starts: first moments of the windows, ISO 8601 in UTC.
        values: by window; null where unknown.
        limit: beyond which it alerts, or null.
        first: position of the first window of the alert.
        low, high: 95 % intervals, by window; null where unknown; empty: there are none.
        reference: the number over all of the reference, or null.
    """

    title: str
    unit: str
    starts: list[str]
    values: list[float | None]
    limit: float | None
    first: int
    low: list[float | None] = msgspec.field(default_factory=list)
    high: list[float | None] = msgspec.field(default_factory=list)
    reference: float | None = None


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an alert.

    Attributes:
        evidence: the strongest first.
        causes: likely ones, the likeliest first, each with its proof.
        harm: what became of performance, in words.
        segments: hit hardest first.
        changes: what else is different in the data since then: types, columns, traffic.
        trend: of what it is about, or null.
        runbooks: what the monitors that tell of it say is to be done.
        headline: of the whole report.
    """

    evidence: list[Evidence] = msgspec.field(default_factory=list)
    causes: list[CauseResult] = msgspec.field(default_factory=list)
    harm: str = ""
    segments: list[SegmentHit] = msgspec.field(default_factory=list)
    changes: list[str] = msgspec.field(default_factory=list)
    trend: Trend | None = None
    runbooks: list[str] = msgspec.field(default_factory=list)
    headline: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """A problem as a report tells it.

    Attributes:
        monitor: what found it; `monitors`: everything that tells of it, that one first.
        opened, last: begin of the first window that shows it, end of the last one; microseconds.
        over: it is no longer there.
        sources: what it names.
        sentence, harm: in words.
        tier: "alert" is told at once, "warning" is for the digest.
        dated: its time is that of the problem; else that of all rows which were judged.
        late: it follows from labels that came too late to open an alert (`label_lateness`).
        cause: key of its likeliest cause, or "".
        causes: likely ones, the likeliest first.
        because: of problems that were found to be one, the likeliest cause of each; (): it is one problem.
        evidence: the strongest first.
        segments: hit hardest first, in its own days; None: nobody looked at them alone, or their labels are
            still to come.
        runbooks: what its monitors say is to be done.
        trend: of what it is about, where its monitor knows; None: the report's windows may show it.
        served: it is of the service, not of its data: what became of performance says nothing of it.
    """

    monitor: str
    opened: int
    last: int
    over: bool
    sources: tuple[str, ...]
    sentence: str
    harm: str = ""
    tier: Tier = "alert"
    dated: bool = True
    late: bool = False
    cause: str = ""
    causes: tuple[CauseResult, ...] = ()
    because: tuple[CauseResult, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    segments: tuple[SegmentHit, ...] | None = None
    runbooks: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    trend: Trend | None = None
    served: bool = False

    @property
    def monitors(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.monitor, *self.others)))


def findings(record: ReportRecord | None, problem: Told) -> Findings:
    """What is known of a problem.

    Args:
        record: of the report that tells of it; None: it comes from elsewhere.
    """
    if record is None:
        return Findings(
            evidence=[*problem.evidence], causes=[*problem.causes], harm=problem.harm,
            runbooks=[*problem.runbooks], trend=problem.trend,
        )  # fmt: skip
    columns = {column.name: column for column in record.columns}
    return Findings(
        evidence=[
            *_drawn_once(
                _with_column(one, columns.get(one.source), record, problem) for one in problem.evidence
            )
        ],
        causes=[*problem.causes],
        harm=problem.harm if problem.served else problem.harm or record.harm,
        segments=_hit(record, problem),
        changes=[*_changes(record, problem)],
        trend=problem.trend or _first_trend(record, problem),
        runbooks=[*problem.runbooks],
        headline=record.headline,
    )


def _hit(record: ReportRecord, problem: Told) -> list[SegmentHit]:
    if problem.segments is None:
        # All judged rows say nothing of the days of an alert.
        return [] if problem.served or problem.dated else hits(record.segments, record.metrics)
    return [*problem.segments]


class _Limit(msgspec.Struct):
    surprise: float | None = None
    threshold: float | None = None


class _Limits(msgspec.Struct):
    evidence: list[_Limit]


_LIMITS = msgspec.json.Decoder(_Limits)


def beyond(kept: bytes) -> float:
    """How severe an alert is: by how much the most surprising thing that was found of it lies beyond where
    alerts begin, as -log of a tail probability. 0.0 where nothing with such a limit tells of it.

    Args:
        kept: its findings as JSON; only these two numbers of them are read.
    """
    found = _LIMITS.decode(kept).evidence
    known = [one.surprise - one.threshold for one in found if one.surprise and one.threshold]
    return max(known, default=0.0)


def causes_of(record: ReportRecord, sources: Sequence[str], opened: int, last: int) -> list[CauseResult]:
    """The causes that the report gives for what happened to some sources in a span of time."""
    if record.explained and not _touch(record.explained, opened, last):
        return []
    named = set(sources)
    return [cause for cause in record.causes if not cause.columns or named & {*cause.columns}]


def _touch(dates: str, opened: int, last: int) -> bool:
    """Whether a span of time shares a day with some dates: "2026-03-18", "2026-03-18 to 2026-03-25"."""
    first, _, end = dates.partition(" to ")
    return bool(first) and opened <= instant(end or first) + DAY and instant(first) <= last


def _with_column(
    found: Evidence, column: ColumnResult | None, record: ReportRecord, problem: Told
) -> Evidence:
    """With what the report says of the column, drawn of the days of the problem where it is so drawn; of what
    is no column, with its number over time.
    """
    if column is None:
        return msgspec.structs.replace(found, trend=_trend(record, problem, found.source, found.metric))
    found = msgspec.structs.replace(
        found,
        overall=column.effect,
        overall_metric=_title(record, column.effect),
        p_value=column.p_value_adjusted,
        verdict=column.verdict,
        reason=column.reason,
    )
    if found.metric == MISSING:
        # The few values that are left look like anything: that the others are missing is the finding.
        return msgspec.structs.replace(found, trend=_trend(record, problem, found.source, found.metric))
    dates = column.explained_dates or record.explained
    explained = column.explained if _touch(dates, problem.opened, problem.last) else None
    return msgspec.structs.replace(
        found, distribution=explained or column.distribution, dates=dates if explained else ""
    )


def _drawn_once(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    """Several findings may be about one number over time: the first has its picture."""
    drawn: set[str] = set()
    for one in evidence:
        if one.trend is not None and one.trend.title in drawn:
            yield msgspec.structs.replace(one, trend=None)
        else:
            yield one
        if one.trend is not None:
            drawn.add(one.trend.title)


def _title(record: ReportRecord, effect: Effect | None) -> str:
    if effect is None:
        return ""
    known = record.metrics.get(effect.metric)
    return effect.metric.replace("_", " ") if known is None else known.title


def with_former(found: Findings, before: Findings) -> Findings:
    """A report explains few alerts, the worst: what another report explained of this one stays."""
    drawn = {(one.source, one.monitor): one for one in before.evidence if one.dates}
    evidence = [
        msgspec.structs.replace(one, distribution=was.distribution, dates=was.dates)
        if not one.dates and (was := drawn.get((one.source, one.monitor))) is not None
        else one
        for one in found.evidence
    ]
    return msgspec.structs.replace(found, evidence=evidence, causes=found.causes or before.causes)


def _changes(record: ReportRecord, problem: Told) -> Iterator[str]:
    for column in record.columns:
        if column.quality.get("type_changed") or column.decided_by in ("type_changed", "column_missing"):
            yield column.sentence or column.reason
    for key, text in (("columns_missing", "Missing columns"), ("columns_added", "New columns")):
        if record.quality.get(key):
            yield f"{text}: {record.quality[key]}."
    if record.timeline is not None and problem.dated:
        yield from _traffic(record.timeline, problem)


def _traffic(timeline: Timeline, problem: Told) -> Iterator[str]:
    """Whether there are far more or fewer rows than usual since then."""
    before = [w.rows for w in timeline.windows if instant(w.end) <= problem.opened and w.rows]
    since = [w.rows for w in timeline.windows if problem.opened <= instant(w.start) < problem.last and w.rows]
    if not before or not since:
        return
    usual, now = median(before[-TREND_WINDOWS:]), median(since)
    if now >= _BUSY * usual or usual >= _BUSY * now:
        yield f"{count(round(now))} rows in a window of {timeline.window}, {count(round(usual))} before."


def _first_trend(record: ReportRecord, problem: Told) -> Trend | None:
    """Of what leads the problem."""
    metric = problem.evidence[0].metric if problem.evidence else ""
    return _trend(record, problem, problem.sources[0], metric) if problem.sources else None


def _trend(record: ReportRecord, problem: Told, source: str, metric: str) -> Trend | None:
    """What is said of a source, over time: its metric of performance, else how surprising it is."""
    timeline = record.timeline
    if timeline is None:
        return None
    first = max(0, len(timeline.windows) - TREND_WINDOWS)
    shown = timeline.windows[first:]
    starts = [window.start for window in shown]
    opened = next((i for i, w in enumerate(shown) if instant(w.end) > problem.opened), len(shown) - 1)
    series = _series(timeline, source, metric)
    if series is not None:
        whole = record.performance.get(series.key)
        return Trend(
            f"{series.title}, estimated" if series.estimated else series.title, series.unit, starts,
            [*series.values[first:]], None, opened, [*series.low[first:]], [*series.high[first:]],
            None if whole is None else whole.reference,
        )  # fmt: skip
    row = next((row for row in timeline.heat if row.source == source), None)
    if row is None:
        return None
    limit = timeline.budget.threshold if timeline.budget is not None else None
    return Trend(f"Surprise of {source}", "", starts, [*row.surprise[first:]], limit, opened)


def _series(timeline: Timeline, source: str, metric: str) -> TimelineSeries | None:
    """The series of what is said of performance, from labels or estimated; None of all else."""
    if source == PERFORMANCE:
        known = [series for series in timeline.performance if series.kind == "realised"]
    elif source == ESTIMATED_PERFORMANCE:
        known = [series for series in timeline.performance if series.kind == "estimated"]
    else:
        return None
    key = metric.removeprefix(ESTIMATED)
    return next((series for series in known if series.key == key), next(iter(known), None))


def how_large(evidence: Evidence) -> str:
    """The size of what was found with its interval, in words; "" where nothing was measured."""
    effect = evidence.overall
    if effect is not None and effect.value is not None:
        text = f"{evidence.overall_metric} {amount(effect.value, effect.unit)}"
        if effect.low is not None and effect.high is not None:
            text += f" ({amount(effect.low, effect.unit)} to {amount(effect.high, effect.unit)})"
        return f"{text} over all judged rows".strip()
    if evidence.value is None:
        return ""
    return f"{evidence.metric.replace('_', ' ')} {amount(evidence.value, evidence.unit)}".strip()


def how_sure(evidence: Evidence) -> str:
    """How sure it is, in words; "" where that is not known."""
    if evidence.surprise is not None and evidence.threshold:
        return f"surprise {number(evidence.surprise)}, alerts begin at {number(evidence.threshold)}"
    if evidence.p_value is not None:
        return f"p = {number(evidence.p_value)} over all columns" if evidence.p_value > 0 else "p < 1e-300"
    return ""
