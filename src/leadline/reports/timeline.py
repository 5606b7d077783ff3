"""Windows over time, as a part of the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.words import named
from leadline.metrics import METRICS
from leadline.metrics.performance.estimate import Z95
from leadline.monitors.budget import Alert, Judgement, Named
from leadline.monitors.compare import Comparison
from leadline.monitors.series import PERFORMANCE, SHARES
from leadline.monitors.timeline import Timeline as Judged
from leadline.monitors.timeline import hits_of
from leadline.monitors.windows import Windows
from leadline.profiles.grid import CategoricalAxis, Grid
from leadline.reports.record import (
    Budget,
    HeatRow,
    NamedSource,
    Timeline,
    TimelineAlert,
    TimelineSeries,
    Verdict,
    WindowResult,
)
from leadline.reports.words import counted

Floats = npt.NDArray[np.float64]

PARTIAL, NO_ROWS = "the table begins or ends within it", "no rows"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int) -> str:
    """Microseconds since 1970 as ISO 8601 in UTC."""
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
    except OverflowError:  # years beyond 1..9999
        return f"{np.datetime64(microseconds, 'us')}Z"


def timeline_of(comparison: Comparison) -> Timeline | None:
    """The part of the record; None without times."""
    found = comparison.timeline
    if found is None:
        return None
    grid = comparison.baseline.grid
    first = len(found.reference)
    alerts = [] if found.judgement is None else [_alert(a, grid) for a in found.judgement.alerts]
    return Timeline(
        window=found.calendar.window.words,
        why=found.calendar.why,
        zone=found.calendar.zone or "UTC",
        reason=found.reason,
        windows=[
            *_windows("reference", found.reference, None),
            *_windows("current", found.current, found.judgement),
        ],
        budget=_budget(found),
        alerts=alerts,
        performance=_performance(found),
        heat=[] if found.judgement is None else _heat(found, found.judgement, first),
        far=found.reference.far + found.current.far,
        untimed=found.reference.untimed + found.current.untimed,
    )


def sentence_of(comparison: Comparison, source: str) -> str:
    """What the windows say of a source that they alert of, with the time; "" where they do not decide."""
    found = comparison.timeline
    if found is None or found.judgement is None or not found.decides:
        return ""
    hits = hits_of(found.judgement, source)
    if not hits:
        return ""
    alert, named_source = hits[0]
    starts = np.concatenate([found.reference.starts, found.current.starts])
    said = _named(named_source, comparison.baseline.grid).sentence
    since = "since" if alert.closed is None else "on"
    return f"{said}, {since} {moment(int(starts[alert.opened]))[:10]}."


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
        )
        for i in range(len(windows))
    ]


def _alert(alert: Alert, grid: Grid) -> TimelineAlert:
    sources = [_named(source, grid) for source in alert.sources]
    more = len(sources) - 1
    rest = f", and {counted(more, 'more thing')} moved with it" if more else ""
    return TimelineAlert(
        tier=alert.tier,
        opened=alert.opened,
        last=alert.last,
        closed=alert.closed,
        sources=sources,
        sentence=f"{sources[0].sentence}{rest}." if sources else "",
    )


def _named(found: Named, grid: Grid) -> NamedSource:
    kind, unit, text = _said(found, grid)
    over = f" over {found.scale} windows" if found.scale > 1 else ""
    return NamedSource(
        source=found.source,
        channel=kind,
        effect=round(found.effect, 6),
        unit=unit,
        surprise=round(found.surprise, 2),
        window=found.window,
        sentence=text + over,
    )


def _said(found: Named, grid: Grid) -> tuple[str, str, str]:
    """Key of what moved, its unit, and the finding in words."""
    source, size = named(found.source), abs(found.effect)
    way = "rose" if found.effect > 0 else "fell"
    if found.source == PERFORMANCE:
        metric = METRICS[found.channel.removeprefix(f"{PERFORMANCE}/")]
        return metric.key, metric.unit, f"{metric.title} {way} by {size:.3g}"
    share = found.channel.removeprefix(f"{found.source}/")
    if share in SHARES:
        return share, "share", f"The {SHARES[share]} of {source} {way} by {100 * size:.2g} points"
    if found.statistic == "category share":
        category = _category(found, grid)
        return (
            found.statistic.replace(" ", "_"),
            "share",
            f"The share of {named(category)} in {source} {way} by {100 * size:.2g} points",
        )
    if found.source not in grid.index:
        return "mean_of_columns", "", "Many columns moved a little"
    distance = "kolmogorov_smirnov"
    if isinstance(grid.columns[grid.index[found.source]].axis, CategoricalAxis):
        distance = "total_variation"
    return distance, "", f"{source} moved by {size:.2g} ({METRICS[distance].title})"


def _category(found: Named, grid: Grid) -> str:
    """The name of the category that a channel "column[cell]" is about."""
    axis = grid.columns[grid.index[found.source]].axis
    cell = int(found.channel.removeprefix(f"{found.source}[").rstrip("]"))
    if isinstance(axis, CategoricalAxis) and cell < len(axis.vocabulary):
        return axis.vocabulary[cell]
    return "(other)"


def _budget(found: Judged) -> Budget | None:
    calibration, judgement = found.calibration, found.judgement
    if calibration is None or judgement is None:
        return None
    frame = calibration.frame
    days = float((found.current.ends - found.current.starts).sum()) / 86_400e6

    def finite(value: float) -> float | None:
        return round(value, 3) if np.isfinite(value) else None

    return Budget(
        alerts=found.rate.alerts,
        days=found.rate.days,
        stated=found.stated,
        decides=found.decides,
        supported=calibration.supported,
        reason=calibration.reason,
        threshold=finite(calibration.alert_threshold),
        threshold_warning=finite(calibration.warning_threshold),
        expected=round(found.rate.alerts * days / found.rate.days, 3),
        observed=sum(alert.tier == "alert" for alert in judgement.alerts),
        replayed=calibration.replayed if np.isfinite(calibration.alert_threshold) else None,
        baseline=calibration.baseline,
        season=frame.season,
        gap=frame.gap,
        why=[text for text in (frame.season_reason, frame.baseline_reason) if text],
        not_judged=round(judgement.skipped, 4),
    )


def _performance(found: Judged) -> list[TimelineSeries]:
    """The metrics that vote, by window, with their intervals: realised, and estimated without labels."""
    before, now = found.before.series, found.now.series
    out = _estimated(found)
    for i, name in enumerate(before.names):
        if before.family[i] != "performance":
            continue
        metric = METRICS[name.removeprefix(f"{PERFORMANCE}/")]
        value = np.concatenate([before.values[:, i], now.values[:, i]])
        spread = Z95 * np.sqrt(np.concatenate([before.variance[:, i], now.variance[:, i]]))
        low, high = (np.clip(end, *metric.range) for end in (value - spread, value + spread))
        out.append(
            TimelineSeries(
                key=metric.key,
                title=metric.title,
                unit=metric.unit,
                worse=metric.worse,
                estimated=False,
                values=_rounded(value, 5),
                low=_rounded(low, 5),
                high=_rounded(high, 5),
                labelled=_rounded(np.concatenate([found.labelled_before, found.labelled_now]), 4),
            )
        )
    return out


def _estimated(found: Judged) -> list[TimelineSeries]:
    """The estimates, in the windows of both sides."""
    out = []
    for key, now in found.estimated_now.items():
        before, metric = found.estimated_before[key], METRICS[key]
        value, low, high = (
            _rounded(np.concatenate([_known(earlier), _known(later)]), 5)
            for earlier, later in ((before.value, now.value), (before.low, now.low), (before.high, now.high))
        )
        doubtful = 0 if now.caution is None else int((now.caution != "").sum())
        out.append(
            TimelineSeries(
                key=key,
                title=metric.title,
                unit=metric.unit,
                worse=metric.worse,
                estimated=True,
                values=value,
                low=low,
                high=high,
                labelled=[0.0] * len(value),
                note=f"{now.statement} {_doubt(doubtful)}".strip(),
            )
        )
    return out


def _known(values: Floats | None) -> Floats:
    return np.empty(0) if values is None else values


def _doubt(windows: int) -> str:
    return (
        f"Extrapolating in {counted(windows, 'window')}: scores left those of the reference."
        if windows
        else ""
    )


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
            surprise=_rounded(heat[:, i], 1),
            effect=_rounded(distance[source], 3) if source in distance else [None] * total,
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
    out = {}
    for j, name in enumerate(table.names):
        own = counts[:, table.offsets[j] : table.offsets[j + 1]]
        whole = own[: len(found.reference)].sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = own / own.sum(1, keepdims=True) - whole / whole.sum()
        out[name] = np.abs(gap.cumsum(1)).max(1) if table.ordered[j] else np.abs(gap).sum(1) / 2
    return out


def _rounded(values: Floats, digits: int) -> list[float | None]:
    known = np.isfinite(values).tolist()
    return [v if ok else None for v, ok in zip(np.round(values, digits).tolist(), known, strict=True)]
