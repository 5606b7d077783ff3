"""Windows over time, as a part of the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import structs

from leadline.baselines.baseline import Baseline
from leadline.diagnosis import Cause, Explained, Pair
from leadline.monitors.budget import FirstWeeks as Began
from leadline.monitors.budget import Judgement
from leadline.monitors.compare import Comparison
from leadline.monitors.series import PERFORMANCE
from leadline.monitors.timeline import Timeline as Judged
from leadline.monitors.timeline import hits_of, skew_of
from leadline.monitors.windows import Windows
from leadline.profiles.grid import Grid
from leadline.reports.alerts import alert_of, named_source
from leadline.reports.explained import with_causes
from leadline.reports.moments import moment
from leadline.reports.performed import labels_of, performance_of, rounded
from leadline.reports.record import (
    Budget,
    FirstWeeks,
    HeatRow,
    Timeline,
    TimelineAlert,
    TimelineEvent,
    Verdict,
    WindowResult,
)
from leadline.reports.values_moved import values_moved
from leadline.reports.versions import REASON, versions_of
from leadline.reports.words import counted
from leadline.schedule import BY_VERSION
from leadline.tables.events import Event

Floats = npt.NDArray[np.float64]

PARTIAL, NO_ROWS = "the table begins or ends within it", "no rows"


def timeline_of(
    comparison: Comparison,
    explained: Sequence[Explained],
    versions: Mapping[Pair, Sequence[Cause]],
    events: Sequence[Event],
) -> Timeline | None:
    """The part of the record; None without times.

    Args:
        explained: why alerts of windows are there.
        versions: causes of what differs in versions that are windows.
        events: what people told; those beyond the windows are left out.
    """
    found = comparison.timeline
    if found is None:
        return None
    first = len(found.reference)
    known_at = found.performed_now.maturity.known_at
    judged = () if found.judgement is None else found.judgement.alerts
    alerts = [alert_of(alert, comparison, harm) for alert, harm in zip(judged, found.harms, strict=True)]
    if found.versions:
        alerts = [
            structs.replace(
                alert, sentence=f"Version {found.current.names[alert.opened - first]}: {alert.sentence}"
            )
            for alert in alerts
        ]
    return Timeline(
        window=BY_VERSION if found.versions else found.calendar.window.words,
        why="stated" if found.versions else found.calendar.why,
        zone=found.calendar.zone or "UTC",
        reason=found.reason,
        windows=[
            *_windows("reference", found.reference, None),
            *_windows("current", found.current, found.judgement),
        ],
        budget=_budget(found),
        alerts=with_causes(alerts, explained),
        performance=performance_of(found),
        labels=labels_of(found, None if known_at is None else moment(known_at)),
        digest=comparison.current.fingerprint,
        first_weeks=_first_weeks(found, comparison.baseline),
        heat=[] if found.judgement is None else _heat(found, found.judgement, first),
        far=found.reference.far + found.current.far,
        untimed=found.reference.untimed + found.current.untimed,
        versions=versions_of(found, comparison.baseline, versions),
        events=_events(events, found.reference, found.current),
    )


def _events(events: Sequence[Event], *sides: Windows) -> list[TimelineEvent]:
    spans = [(int(side.starts.min()), int(side.ends.max())) for side in sides if len(side)]
    return [
        TimelineEvent(moment(event.time), event.kind, event.text)
        for event in events
        if any(start <= event.time < end for start, end in spans)
    ]


def beside(timeline: Timeline | None, grid: Grid) -> list[TimelineAlert]:
    """The alerts, and the open warnings, that decide and name neither a column nor the performance.

    Of those that name the same first the worst alone, whose sentence says when, and how many others there
    are.
    """
    if timeline is None or timeline.budget is None or not timeline.budget.decides:
        return []
    found: dict[str, list[TimelineAlert]] = {}
    for alert in timeline.alerts:
        names = [source.source for source in alert.sources]
        decides = alert.tier == "alert" or alert.closed is None
        if names and decides and not any(name == PERFORMANCE or name in grid.index for name in names):
            found.setdefault(names[0], []).append(alert)
    return [_worst(timeline, alerts) for alerts in found.values()]


def _worst(timeline: Timeline, alerts: Sequence[TimelineAlert]) -> TimelineAlert:
    """Alerts come before warnings, open ones before closed ones, then the latest."""
    worst = max(alerts, key=lambda one: (one.tier == "alert", one.closed is None, one.opened))
    window = timeline.windows[worst.opened]
    last = timeline.windows[worst.last]
    when = "" if window.version else f", {_when(window.start, last.start, worst.closed is None)}"
    others = f"; {counted(len(alerts) - 1, 'more alert')} of this below" if len(alerts) > 1 else ""
    return structs.replace(worst, sentence=f"{worst.sentence.removesuffix('.')}{when}{others}.")


def sentence_of(comparison: Comparison, source: str) -> str:
    """What the windows say of a source that they alert of, with the time; "" where they do not decide."""
    found = comparison.timeline
    if found is None or found.judgement is None or not found.decides:
        return ""
    hits = hits_of(found.judgement, source)
    skew = skew_of(found, source)
    if not hits and skew is not None:
        return f"{named_source(skew, comparison.baseline).sentence} against the training rows."
    if not hits:
        return ""
    alert, named = hits[0]
    starts = np.concatenate([found.reference.starts, found.current.starts])
    said = named_source(named, comparison.baseline, values=values_moved(comparison, named)).sentence
    first, last = (moment(int(starts[at])) for at in (alert.opened, alert.last))
    return f"{said}, {_when(first, last, alert.closed is None)}."


def _when(first: str, last: str, still: bool) -> str:
    """The days of an alert.

    Args:
        first, last: when its first and its last window begin.
        still: it is open.
    """
    first, last = first[:10], last[:10]
    if still:
        return f"since {first}"
    return f"on {first}" if first == last else f"from {first} to {last}"


def _windows(
    side: Literal["reference", "current"], windows: Windows, judgement: Judgement | None
) -> list[WindowResult]:
    verdicts: list[Verdict] = ["unknown"] * len(windows)
    reasons = ["" if rows else NO_ROWS for rows in windows.rows]
    scores: list[float | None] = [None] * len(windows)
    if judgement is not None:
        for i, (tier, reason, score) in enumerate(
            zip(judgement.tier, judgement.reason, judgement.score.tolist(), strict=True)
        ):
            verdicts[i], reasons[i] = tier, reason
            scores[i] = None if not np.isfinite(score) else round(score, 2)
    return [
        WindowResult(
            side=side,
            start=moment(int(windows.starts[i])),
            end=moment(int(windows.ends[i])),
            rows=int(windows.rows[i]),
            verdict=verdicts[i],
            reason=PARTIAL if windows.partial[i] else reasons[i],
            surprise=scores[i],
            version=windows.names[i] if windows.names else "",
        )
        for i in range(len(windows))
    ]


def _budget(found: Judged) -> Budget | None:
    calibration, judgement, first_weeks = found.calibration, found.judgement, found.first_weeks
    if judgement is None:
        return None
    days = float((found.current.ends - found.current.starts).sum()) / 86_400e6

    def finite(value: float) -> float | None:
        return round(value, 3) if np.isfinite(value) else None

    budget = Budget(
        alerts=found.rate.alerts,
        days=found.rate.days,
        stated=found.stated,
        decides=found.decides,
        supported=False,
        reason="" if first_weeks is None else _provisional(first_weeks),
        threshold=None,
        threshold_warning=None if first_weeks is None else finite(first_weeks.threshold),
        expected=round(found.rate.alerts * days / found.rate.days, 3),
        observed=sum(alert.tier == "alert" for alert in judgement.alerts),
        replayed=None,
        baseline="fixed",
        season="none",
        gap=None,
        why=[],
        not_judged=round(judgement.skipped, 4),
    )
    if found.versions:
        return structs.replace(budget, expected=0.0, reason=REASON)
    if calibration is None:
        return budget
    frame = calibration.frame
    return structs.replace(
        budget,
        supported=calibration.supported,
        reason=calibration.reason,
        threshold=finite(calibration.alert_threshold),
        threshold_warning=finite(calibration.warning_threshold),
        replayed=calibration.replayed if np.isfinite(calibration.alert_threshold) else None,
        baseline=calibration.baseline,
        season=frame.season,
        gap=frame.gap,
        why=[text for text in (frame.season_reason, frame.baseline_reason) if text],
    )


def _provisional(found: Began) -> str:
    """How far the first weeks are."""
    if found.objection:
        return found.objection
    return f"{len(found.reference)} of {found.needed} windows are there"


def _first_weeks(found: Judged, baseline: Baseline) -> FirstWeeks | None:
    began = found.first_weeks
    if began is None:
        return None
    skew = [named_source(one, baseline) for one in began.skew]
    accepted, needed = len(began.reference), began.needed
    sentences = [f"Provisional: {accepted} of {needed} windows; until then windows warn at most."]
    if began.switched is not None:
        start = np.concatenate([found.reference.starts, found.current.starts])[began.switched]
        sentences = [f"The budget judges since {moment(int(start))[:10]}; before, windows warned at most."]
    elif began.objection:
        sentences = [f"Provisional: {began.objection}."]
    if skew:
        rest = f", and {counted(len(skew) - 1, 'more thing')}" if len(skew) > 1 else ""
        sentences.append(f"Production differs from the training rows: {skew[0].sentence}{rest}.")
    return FirstWeeks(accepted, needed, round(began.threshold, 3), began.switched, skew, " ".join(sentences))


def _heat(found: Judged, judgement: Judgement, first: int) -> list[HeatRow]:
    """What is judged by windows, the most surprising first."""
    channels = judgement.channels
    total = first + len(found.current)
    heat = np.full((total, len(channels.sources)), np.nan)
    for c, source in enumerate(channels.source):
        heat[first:, source] = np.fmax(heat[first:, source], judgement.surprise[:, c])
    tiers = _tiers(judgement)
    distance = _distances(found)
    rows = [
        HeatRow(
            source=source,
            tier=tiers.get(source, ""),
            surprise=rounded(heat[:, i], 1),
            effect=rounded(distance[source], 3) if source in distance else [None] * total,
        )
        for i, source in enumerate(channels.sources)
    ]
    # A source that nothing is known of has no surprise at all.
    largest = np.nan_to_num(np.where(np.isfinite(heat), heat, -np.inf).max(0, initial=-np.inf), neginf=-1e9)
    rank = {"alert": 0, "warning": 1, "": 2}
    order = sorted(range(len(rows)), key=lambda i: (rank[rows[i].tier], -largest[i], rows[i].source))
    return [rows[i] for i in order]


def _tiers(judgement: Judgement) -> Mapping[str, Literal["alert", "warning"]]:
    """Worst tier by source."""
    worst: dict[str, Literal["alert", "warning"]] = {}
    for alert in judgement.alerts:
        for source in alert.sources:
            if worst.get(source.source) != "alert":
                worst[source.source] = alert.tier
    return worst


def _distances(found: Judged) -> Mapping[str, Floats]:
    """Kolmogorov-Smirnov distance (total variation) of each window to the whole reference, by column."""
    table = found.before.histograms
    counts = np.concatenate([table.counts, found.now.histograms.counts])
    reference = np.arange(len(found.reference)) if found.first_weeks is None else found.first_weeks.reference
    out = {}
    for j, name in enumerate(table.names):
        own = counts[:, table.offsets[j] : table.offsets[j + 1]]
        whole = own[reference].sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = own / own.sum(1, keepdims=True) - whole / whole.sum()
        out[name] = np.abs(gap.cumsum(1)).max(1) if table.ordered[j] else np.abs(gap).sum(1) / 2
    return out
