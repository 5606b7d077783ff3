"""How complete the labels of windows are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.metrics.declare import Z95
from leadline.monitors.labels.curve import UNCOUNTED, WINDOWS_MIN, DelayCurve, learn_curve
from leadline.monitors.windows import Windows
from leadline.profiles.delays import CELLS, DELAYS, EDGES, classes
from leadline.profiles.profile import Profile
from leadline.schedule import DAY, Calendar, Width, floor, zone

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

MATURE = 0.95
"""Share of the expected labels from which a window is mature."""

STILL_COMING = "its labels are still coming, sooner for some classes than others"
FEWER = "fewer of its rows have a label than in the reference; if more are to come, early ones may mislead"

POINTS = 8
"""Moments within a bucket at which the ages of its rows are looked at."""


@dataclass(frozen=True, eq=False)
class Maturity:
    """The labels of W windows as known at a moment.

    Attributes:
        known_at: microseconds since 1970 UTC; None where labels have no times.
        labels: shape (W,): rows with a label.
        expected: shape (W,): rows that will have one in the end.
        share: shape (W,): the former by the latter; NaN without rows or without labels in the reference.
        low, high: shape (W,): 95 % interval of the labels by those that there will be: that many rows have a
            label in the end is chance, and windows of the reference differ in it beyond chance.
        arrived: shape (C, W): share of a class's labels that should have come by now; None without times.
        variance: shape (C, W): its relative variance in a single window.
        final: shape (C,): the classes' shares of all labels in the end.
        coverage: share of rows that have a label in the end.
        provisional: shape (W,): more labels are to be expected.
        late: why the labels of all windows together are not yet those that there will be; "" where they are,
            for all that is known: single windows lack some by chance.
    """

    known_at: int | None
    labels: Floats
    expected: Floats
    share: Floats
    low: Floats
    high: Floats
    arrived: Floats | None
    variance: Floats | None
    final: Floats | None
    coverage: float
    provisional: Booleans
    late: str


@dataclass(frozen=True, eq=False)
class Usual:
    """What the reference says of labels.

    Attributes:
        coverage: share of rows that have a label in the end; NaN where no labels are counted.
        spread: standard deviation of that share between windows, beyond chance.
        curve: of delays; None where labels have no times.
    """

    coverage: float
    spread: float
    curve: DelayCurve | None


def latest(profile: Profile, windows: Windows) -> int | None:
    """The latest moment that a profile tells of: its last prediction, or the label that came last.

    Microseconds since 1970; the time of a label is known from below, to a cell of its delay.
    """
    if profile.end is None:
        return None
    counts = profile.sums.get(DELAYS)
    if counts is None:
        return profile.end
    timed = counts[:, :, 0, :, :CELLS].sum((1, 2))
    inside = (windows.of_bucket >= 0) & timed.any(-1)
    starts = np.array(profile.axes.buckets, np.int64)[inside]
    longest = CELLS - 1 - np.argmax(timed[inside][:, ::-1] > 0, axis=-1)
    return max([profile.end, *(starts + EDGES[longest].astype(np.int64)).tolist()])


def usual(profile: Profile, windows: Windows, outcomes: Any, calendar: Calendar) -> Usual:
    """What the windows of the reference say of labels.

    Args:
        outcomes: of these windows, see `monitors.series.outcomes_of`; None: no labels are counted.
    """
    if outcomes is None:
        return Usual(float("nan"), 0.0, None)
    labels = _labels(windows, outcomes)
    rows = windows.rows.astype(np.float64)
    known_at = latest(profile, windows)
    counts = profile.sums.get(DELAYS)
    if counts is None or known_at is None:
        return Usual(*_coverage(labels, rows), None)
    inside = np.flatnonzero((windows.of_bucket >= 0) & (profile.sums["rows"][:, :, 0].sum(1) > 0))
    found = counts[inside][:, :, 0].sum(1)
    youngest, _ = ages(profile, calendar, known_at)
    whole = profile.sums["rows"][inside][:, :, 0].sum(1) == found.sum((1, 2))
    curve = learn_curve(
        classes(profile.grid), found, np.where(whole, np.inf, youngest[inside]), windows.of_bucket[inside]
    )
    if curve.reason:
        return Usual(*_coverage(labels, rows), curve)
    come = _arrived(curve, profile, windows, calendar, known_at)[0]
    pooled = np.where(labels == rows, 1.0, (come * curve.share[:, None]).sum(0))
    mature = pooled >= MATURE
    enough = mature if (mature & (rows > 0)).any() else pooled >= 0.5
    return Usual(*_coverage(labels[enough] / pooled[enough], rows[enough]), curve)


def maturity(
    known: Usual,
    profile: Profile,
    windows: Windows,
    outcomes: Any,
    calendar: Calendar,
    known_at: int | None,
) -> Maturity:
    """The maturity of the windows of a table.

    Args:
        known: of the reference.
        outcomes: of these windows.
        known_at: as of when labels are there, microseconds since 1970.
    """
    labels, rows = _labels(windows, outcomes), windows.rows.astype(np.float64)
    expected = known.coverage * rows
    # Whether a row ever has a label is chance, and windows differ in it beyond chance.
    variance_of_rows = expected * (1 - known.coverage) + (rows * known.spread) ** 2
    spread = Z95 * np.sqrt(variance_of_rows)
    share, low, high = (
        _part(labels, np.clip(final, labels, np.maximum(rows, labels)))
        for final in (expected, expected + spread, expected - spread)
    )
    curve = known.curve if known.curve is not None and not known.curve.reason else None
    timed = curve is not None and DELAYS in profile.sums and known_at is not None
    least = expected.sum() - Z95 * np.sqrt(variance_of_rows.sum())
    fewer = bool(labels.sum() < MATURE * least)
    untimed = Maturity(
        known_at,
        labels,
        expected,
        share,
        low,
        high,
        None,
        None,
        None,
        known.coverage,
        high < MATURE,
        FEWER if fewer else "",
    )
    if not timed or curve is None or known_at is None:
        return untimed
    arrived, variance = _arrived(curve, profile, windows, calendar, known_at)
    counted = curve.share > UNCOUNTED
    due = np.where(counted[:, None], arrived, 1.0).min(0)
    waiting = labels < rows
    provisional = waiting & ((due < MATURE) | (high < MATURE))
    return replace(
        untimed,
        arrived=np.where(waiting, arrived, 1.0),
        variance=np.where(waiting, variance, 0.0),
        final=curve.share,
        provisional=provisional,
        late=STILL_COMING if provisional.any() else "",
    )


def _part(labels: Floats, final: Floats) -> Floats:
    known = final > 0
    return np.where(known, labels / np.where(known, final, 1.0), np.nan)


def _labels(windows: Windows, outcomes: Any) -> Floats:
    if outcomes is None:
        return np.zeros(len(windows))
    found: Floats = windows.rows - outcomes.status["label_missing"]
    return found


def _coverage(labels: Floats, rows: Floats) -> tuple[float, float]:
    """Share of rows with a label, and its standard deviation between windows beyond chance."""
    labels, rows = labels[rows > 0], rows[rows > 0]
    if not rows.sum() or not labels.sum():
        return float("nan"), 0.0
    share = min(float(labels.sum() / rows.sum()), 1.0)
    spread = float((rows * (labels / rows - share) ** 2).sum()) - (len(rows) - 1) * share * (1 - share)
    weight = rows.sum() - (rows**2).sum() / rows.sum()
    return share, float(np.sqrt(max(spread, 0.0) / weight)) if len(rows) >= WINDOWS_MIN else 0.0


def ages(profile: Profile, calendar: Calendar, known_at: int | Floats) -> tuple[Floats, Floats]:
    """Ages of the youngest and the oldest rows of each bucket, microseconds, shapes (B,).

    Args:
        known_at: a moment, or one for each bucket.
    """
    starts = np.array(profile.axes.buckets, np.int64).astype(np.float64)
    width = calendar.bucket.hours * 3600e6
    grain = DAY if _dates(profile, calendar) else 0.0
    # Of a day nobody knows the hour. Labels of the same day count as there, those of the next do not.
    oldest = known_at - starts + grain / 2
    youngest = oldest - np.maximum(width - grain, 0.0)
    return np.maximum(youngest, 0.0), np.maximum(oldest, 0.0)


def _dates(profile: Profile, calendar: Calendar) -> bool:
    """The times of the table are days: its first and its last one are midnights."""
    if profile.start is None or profile.end is None or profile.start == profile.end:
        return False
    ends = np.array([profile.start, profile.end], np.int64)
    return any(
        bool((floor(ends, Width(1, "day"), place) == ends).all()) for place in (calendar.place, zone(None))
    )


def _arrived(
    curve: DelayCurve, profile: Profile, windows: Windows, calendar: Calendar, known_at: int
) -> tuple[Floats, Floats]:
    """Share of each class's labels that should have come, and its relative variance: shapes (C, W)."""
    youngest, oldest = ages(profile, calendar, known_at)
    at = (np.arange(POINTS) + 0.5) / POINTS
    moments = youngest[:, None] + (oldest - youngest)[:, None] * at
    rows = profile.sums["rows"][:, :, 0].sum(1).astype(np.float64)
    whole = np.maximum(windows.rows, 1)
    share, variance = (
        np.stack([windows.sums(rows * of_class) / whole for of_class in table.mean(-1)])
        for table in curve.at(moments)
    )
    return share, variance
