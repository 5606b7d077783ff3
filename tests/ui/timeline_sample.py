"""A plausible report over time, made through the classes of the record, for looking at and testing the page.

The numbers are drawn at random around a story; only their look matters here.
"""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from leadline.reports.record import (
    Budget,
    HeatRow,
    NamedSource,
    ReportRecord,
    Timeline,
    TimelineAlert,
    TimelineSeries,
    WindowResult,
)


def _plain_sample() -> ModuleType:
    path = Path(__file__).parents[1] / "reports" / "sample.py"
    spec = importlib.util.spec_from_file_location("leadline_plain_sample", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


plain = _plain_sample()

ZONE = ZoneInfo("Europe/Berlin")
THRESHOLD, WARNING = 9.4, 6.3
LABELS_LATE = 12


class Episode(NamedTuple):
    """A column that moves: from a current window on, for so many windows, this surprising and large."""

    source: str
    first: int
    length: int
    surprise: float
    effect: float


def _instant(local: datetime) -> str:
    return local.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _windows(rng: np.random.Generator, reference: int, current: int) -> list[WindowResult]:
    windows = []
    for side, count, origin in (
        ("reference", reference, datetime(2026, 1, 5, tzinfo=ZONE)),
        ("current", current, datetime(2026, 6, 1, tzinfo=ZONE)),
    ):
        for i in range(count):
            start = origin + timedelta(days=i)
            rows = int((1100 if start.weekday() < 5 else 520) * rng.normal(1, 0.06))
            reason = ""
            if side == "current" and i in (20, 21):
                rows, reason = 0, "no rows"
            if side == "current" and i == count - 1:
                rows, reason = 140, "partial"
            windows.append(
                WindowResult(
                    side=side,  # type: ignore[arg-type]
                    start=_instant(start),
                    end=_instant(start + timedelta(days=1)),
                    rows=rows,
                    reason=reason,
                )
            )
    return windows


def _heat_row(
    rng: np.random.Generator, windows: list[WindowResult], source: str, episodes: list[Episode]
) -> HeatRow:
    begins = sum(window.side == "reference" for window in windows)
    surprise = np.minimum(rng.exponential(1.0, len(windows)), 5.5)
    effect = np.abs(rng.normal(0.022, 0.008, len(windows)))
    for episode in episodes:
        span = slice(begins + episode.first, begins + episode.first + episode.length)
        size = len(surprise[span])
        surprise[span] = episode.surprise * rng.normal(1, 0.12, size)
        effect[span] = episode.effect * rng.normal(1, 0.06, size)
    judged = [not window.reason for window in windows]
    numeric = source != "performance"
    return HeatRow(
        source=source,
        tier="alert" if any(e.surprise > THRESHOLD for e in episodes) else "warning" if episodes else "",
        surprise=[round(float(s), 2) if ok else None for s, ok in zip(surprise, judged, strict=True)],
        effect=[round(float(e), 3) if ok and numeric else None for e, ok in zip(effect, judged, strict=True)],
    )


def _series(
    rng: np.random.Generator,
    windows: list[WindowResult],
    key: str,
    title: str,
    level: float,
    fall: float,
    *,
    estimated: bool = False,
) -> TimelineSeries:
    begins = sum(window.side == "reference" for window in windows)
    values: list[float | None] = []
    lows: list[float | None] = []
    highs: list[float | None] = []
    labelled: list[float | None] = []
    for i, window in enumerate(windows):
        late = max(0, i - (len(windows) - LABELS_LATE))
        share = 1.0 if not late else max(0.0, 1 - late / (LABELS_LATE - 3))
        labelled.append(None if not window.rows else round(share, 3))
        if not window.rows or (not estimated and share < 0.05):
            values.append(None)
            lows.append(None)
            highs.append(None)
            continue
        drifted = max(0.0, min(1.0, (i - begins - 24) / 5)) if i >= begins else 0.0
        counted = window.rows * (1 if estimated else share)
        half = (0.25 if estimated else 0.6) * abs(level) / float(np.sqrt(counted))
        value = level - fall * drifted * (0.8 if estimated else 1) + float(rng.normal(0, half / 2.6))
        values.append(round(value, 4))
        lows.append(round(value - half, 4))
        highs.append(round(value + half, 4))
    return TimelineSeries(
        key=key,
        title=title,
        unit="",
        worse="lower" if fall > 0 else "higher",
        estimated=estimated,
        kind="estimated" if estimated else "realised",
        values=values,
        low=lows,
        high=highs,
        labelled=[] if estimated else labelled,
    )


def _alerts(begins: int) -> list[TimelineAlert]:
    return [
        TimelineAlert(
            tier="warning",
            opened=begins + 7,
            last=begins + 8,
            closed=begins + 12,
            sources=[
                NamedSource("state", "total_variation", 0.083, "", 7.4, begins + 7, "The mix of state moved.")
            ],
            sentence="The mix of state moved by 0.083 on 8 June.",
        ),
        TimelineAlert(
            tier="alert",
            opened=begins + 13,
            last=begins + 17,
            closed=begins + 19,
            sources=[
                NamedSource(
                    "months_at_address", "missing_share", 0.071, "share", 21.5, begins + 13,
                    "Missing values of months_at_address rose from 1.2 % to 8.3 %.",
                )
            ],
            sentence="Missing values of months_at_address rose from 1.2 % to 8.3 % on 14 June.",
        ),
        TimelineAlert(
            tier="alert",
            opened=begins + 24,
            last=begins + 44,
            closed=None,
            sources=[
                NamedSource(
                    "income", "kolmogorov_smirnov", 0.168, "", 27.2, begins + 24,
                    "Income shifted down by 0.38 sd.",
                ),
                NamedSource(
                    "performance", "roc_auc", -0.031, "", 13.1, begins + 27,
                    "ROC AUC fell by 0.031.",
                ),
                NamedSource(
                    "p_default", "kolmogorov_smirnov", 0.091, "", 11.0, begins + 25,
                    "Score p_default moved up by 0.15 sd.",
                ),
            ],
            sentence="Income shifted down by 0.38 sd since 25 June; ROC AUC fell by 0.031.",
        ),
    ]  # fmt: skip


EPISODES = [
    Episode("state", 7, 2, 7.4, 0.083),
    Episode("months_at_address", 13, 5, 21.5, 0.071),
    Episode("income", 24, 21, 25.0, 0.168),
    Episode("performance", 27, 17, 12.4, 0.0),
    Episode("p_default", 25, 19, 10.9, 0.091),
]


@cache
def over_time(reference: int = 120, current: int = 46, columns: int = 0, seed: int = 5) -> ReportRecord:
    """The credit model of the plain sample, day by day.

    Args:
        reference, current: windows of each side; the story needs 46 current ones.
        columns: quiet columns beside those of the sample.
        seed: of everything drawn.
    """
    rng = np.random.default_rng(seed)
    base = plain.sample() if not columns else plain.wide(columns)
    windows = _windows(rng, reference, current)
    moving = list(dict.fromkeys(episode.source for episode in EPISODES))
    quiet = [column.name for column in base.columns if column.name not in moving and column.effect]
    heat = [
        _heat_row(rng, windows, source, [e for e in EPISODES if e.source == source])
        for source in [*moving, *quiet]
    ]
    heat.sort(key=lambda row: -max(value or 0.0 for value in row.surprise[reference:]))
    for i, window in enumerate(windows):
        if window.reason:
            continue
        highest = max(row.surprise[i] or 0.0 for row in heat)
        verdict = "alert" if highest > THRESHOLD else "warning" if highest > WARNING else "ok"
        windows[i] = msgspec.structs.replace(
            window,
            surprise=highest,
            verdict=verdict if window.side == "current" else "unknown",
        )
    performance = [
        _series(rng, windows, "roc_auc", "ROC AUC", 0.871, 0.031),
        _series(rng, windows, "roc_auc", "ROC AUC", 0.871, 0.031, estimated=True),
        _series(rng, windows, "log_loss", "Log loss", 0.262, -0.04),
        _series(rng, windows, "log_loss", "Log loss", 0.262, -0.04, estimated=True),
        _series(rng, windows, "accuracy", "Accuracy", 0.902, 0.015),
        _series(rng, windows, "precision", "Precision", 0.611, 0.06),
        _series(rng, windows, "recall", "Recall", 0.438, 0.01),
    ]
    timeline = Timeline(
        window="1 day",
        why="the narrowest with 200 rows in 9 of 10 windows",
        zone="Europe/Berlin",
        reason="",
        windows=windows,
        budget=Budget(
            alerts=1.0,
            days=30.0,
            stated=True,
            decides=True,
            supported=True,
            reason="",
            threshold=THRESHOLD,
            threshold_warning=WARNING,
            expected=current / 30,
            observed=2,
            replayed=4,
            baseline="fixed",
            season="day of week",
            gap=3,
            why=["days of a week differ (share of variance 0.41)", "the reference does not wander"],
            not_judged=0.065,
        ),
        alerts=_alerts(reference),
        performance=performance,
        heat=heat,
        far=3,
        untimed=12,
    )
    return msgspec.structs.replace(base, timeline=timeline)


def unjudged() -> ReportRecord:
    """A reference too short for a budget: numbers over time, and no verdict from them."""
    record = over_time(5, 46)
    timeline = record.timeline
    assert timeline is not None
    bare = msgspec.structs.replace(
        timeline,
        reason="the reference has 5 windows of 1 day; 8 are needed",
        budget=None,
        alerts=[],
        windows=[
            msgspec.structs.replace(window, surprise=None, verdict="unknown") for window in timeline.windows
        ],
        heat=[
            msgspec.structs.replace(row, tier="", surprise=[None] * len(row.surprise))
            for row in timeline.heat
        ],
    )
    return msgspec.structs.replace(record, timeline=bare)
