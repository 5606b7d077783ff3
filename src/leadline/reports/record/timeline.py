"""What a report says of windows of time."""

from __future__ import annotations

from typing import Literal

import msgspec

from leadline.reports.record.base import Record, Verdict
from leadline.reports.record.causes import CauseResult
from leadline.reports.record.segments import SegmentHit


class WindowResult(Record, frozen=True):
    """One window of time, or one version of the model.

    Attributes:
        side: "reference" or "current".
        start, end: first moment, and first moment after it, ISO 8601 in UTC; of versions, which may
            overlap, to a bucket.
        rows: rows in it.
        verdict: of the windows that are judged: ok, warning, alert; else unknown, also in the reference.
        reason: why it is not judged ("no rows", "partial", "pooled with the next"), else "".
        surprise: largest surprise of its channels, -log of a tail probability with weights; null where it was
            not judged. Comparable with the thresholds of the budget.
        version: of the model, where that is the window; else "".
    """

    side: Literal["reference", "current"]
    start: str
    end: str
    rows: int
    verdict: Verdict = "unknown"
    reason: str = ""
    surprise: float | None = None
    version: str = ""


class NamedSource(Record, frozen=True):
    """What an alert names: a column, "performance", or "estimated performance".

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
        harm: what became of performance in these windows, in words; "" for what was a warning from the start.
        causes: likely causes of what it names, from the rows of these windows, the likeliest first; null
            where nobody looked: the worst few alerts are explained.
        segments: in which performance became worse in these windows, hit hardest first; null where nobody
            looked, or labels of these windows are still to come.
    """

    tier: Literal["alert", "warning"]
    opened: int
    last: int
    closed: int | None
    sources: list[NamedSource]
    sentence: str
    harm: str = ""
    causes: list[CauseResult] | None = None
    segments: list[SegmentHit] | None = None


class TimelineSeries(Record, frozen=True):
    """One number over all windows, reference first.

    Attributes:
        key: metric key; `title`, `unit` for people; worse: "higher", "lower" or "either".
        estimated: computed without labels.
        values, low, high: by window, with a 95 % interval; null where unknown.
        labelled: share of the rows of each window with a label.
        note: what to know of it, in words.
        kind: "realised": from the labels that have come, corrected for the bias of early ones where they are
            not all there; "estimated": without labels; "best": labels where they have come, else estimates.
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
    kind: Literal["realised", "estimated", "best"] = "realised"


class LabelDelay(Record, frozen=True):
    """How long the labels of a class take, in days.

    Attributes:
        name: of the class; "" where labels are numbers.
        half, most: days within which 50 % and 90 % of them come; null where the reference does not tell.
    """

    name: str
    half: float | None
    most: float | None


class Labels(Record, frozen=True):
    """How complete the labels are.

    Attributes:
        known_at: as of when they were there, ISO 8601 in UTC.
        share: labels of the current table by those that are expected in the end, 0..1.
        coverage: share of rows that have a label in the end.
        maturity, low, high: labels by those expected, by window, reference first; with a 95 % interval.
        provisional: by window: more labels are to be expected.
        delays: by class; empty where labels have no times.
        lateness_days: days after the end of a window for which its late labels may open an alert.
        reason: why delays could not be learned, "" where they were.
        estimated: by window: estimates of performance took part, as its labels had not come; empty: nowhere.
    """

    known_at: str | None
    share: float | None
    coverage: float
    maturity: list[float | None]
    low: list[float | None]
    high: list[float | None]
    provisional: list[bool]
    delays: list[LabelDelay]
    lateness_days: float | None
    reason: str
    estimated: list[bool] = msgspec.field(default_factory=list)


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
        fleet: alerts that all models together may raise in as many days, where this budget is a share of
            theirs; else null.
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
    fleet: float | None = None


class FirstWeeks(Record, frozen=True):
    """How windows are judged before the reference has enough of them for the budget.

    Attributes:
        accepted: windows that are the reference by now; needed: windows that the budget needs.
        threshold: surprise beyond which a provisional window warns; it never alerts.
        switched: position in `Timeline.windows` of the first window that the budget judged; null: not yet.
        skew: what differs between training rows without times and the first windows; said once.
        sentence: the same in words.
    """

    accepted: int
    needed: int
    threshold: float
    switched: int | None
    skew: list[NamedSource]
    sentence: str


class VersionChange(Record, frozen=True):
    """How a version differs from the baseline, or from another version.

    Attributes:
        version: the other one; "" for the baseline.
        verdict: "warning" where it differs, "ok", or "unknown"; reason: why it is not known, else "".
        sources: what differs, the most surprising first.
        sentence: the first of it in words; "" where nothing differs.
        causes: likely ones of what differs, the likeliest first; of the latest versions that differ.
        harm: what became of performance, in words; "" where nothing differs.
    """

    version: str
    verdict: Literal["ok", "warning", "unknown"]
    reason: str
    sources: list[NamedSource]
    sentence: str
    causes: list[CauseResult] = msgspec.field(default_factory=list)
    harm: str = ""


class VersionResult(Record, frozen=True):
    """One version of the model.

    Attributes:
        version: its name.
        window: position in `Timeline.windows`.
        baseline: how it differs from the baseline; this is the verdict of its window.
        before: how it differs from the version that was seen first before it; null without one, and where it
            has too few rows.
    """

    version: str
    window: int
    baseline: VersionChange
    before: VersionChange | None = None


class TimelineEvent(Record, frozen=True):
    """What people told of the model's surroundings.

    Attributes:
        at: when, ISO 8601 in UTC.
        kind: deploy, configuration, upstream, holiday, ...; `text`: what happened.
    """

    at: str
    kind: str
    text: str


class Timeline(Record, frozen=True):
    """Both tables over time.

    Attributes:
        window: width of a window in words, or "version"; `why`: what it rests on; `zone`: whose calendar.
        reason: why windows are not judged, "" where they are.
        windows: of the reference, then of the current table.
        budget: of false alerts; null where windows are not judged.
        alerts: in the current windows, in order of time.
        performance: metrics over time.
        heat: columns by windows, the most surprising first.
        far, untimed: rows in no window: far from all other times, without a time.
        labels: how complete they are; null without labels.
        digest: of the counts that were judged.
        first_weeks: how windows are judged before the budget can; null where the reference is long enough.
        versions: where each version of the model is a window: how they differ; empty else.
        events: what people told of the time that the windows cover.
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
    labels: Labels | None = None
    digest: str = ""
    first_weeks: FirstWeeks | None = None
    versions: list[VersionResult] = msgspec.field(default_factory=list)
    events: list[TimelineEvent] = msgspec.field(default_factory=list)
