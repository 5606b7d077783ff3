"""Windows: what is judged over time, as sums of buckets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from leadline.digits import grouped
from leadline.profiles.arrays import NO_TIME
from leadline.profiles.profile import Profile
from leadline.schedule import Moments, Unit, Width, Zone, floor, following

Number = TypeVar("Number", np.int64, np.float64)
Ints = npt.NDArray[np.int64]

FIRST, LAST = -62_135_596_800_000_000, 253_402_300_800_000_000
"""The years 1 to 9999."""

FAR = 366 * 86_400 * 1_000_000
"""A gap in time, microseconds, across which a few rows are taken for wrong clocks."""

FEW = 0.01
"""Share of the rows below which rows across such a gap are not judged."""

ENOUGH = 0.5
"""A first or last window that the table cuts is partial when it has less than this part of the usual rows."""


@dataclass(frozen=True)
class Windows:
    """The windows of one table, in the order in which they begin; those without rows are among them.

    Attributes:
        starts, ends: shape (W,): window w holds starts[w] <= time < ends[w].
        rows: shape (W,).
        partial: shape (W,) bool: the table begins or ends within the window.
        of_bucket: shape (B,): window of each bucket, -1 for none.
        far, untimed: rows that lie in no window: far from all others, and without a time.
        names: of the versions that are windows; empty where windows are times.
    """

    starts: Moments
    ends: Moments
    rows: Ints
    partial: npt.NDArray[np.bool_]
    of_bucket: npt.NDArray[np.intp]
    far: int
    untimed: int
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.starts)

    def sums(self, counts: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Counts by window, shape (W, ...), of counts by bucket, shape (B, ...)."""
        out = np.zeros((len(self), *counts.shape[1:]), counts.dtype)
        inside = self.of_bucket >= 0
        np.add.at(out, self.of_bucket[inside], counts[inside])
        return out

    def each(self, counts: Mapping[str, npt.NDArray[Number]]) -> dict[str, npt.NDArray[Number]]:
        """`sums` of several counts, by name."""
        return {name: self.sums(array) for name, array in counts.items()}


def untimed() -> Windows:
    """No window, for a table without times, which has one bucket."""
    nothing = np.zeros(0, np.int64)
    return Windows(nothing, nothing, nothing, np.zeros(0, bool), np.full(1, -1, np.intp), 0, 0)


def together(profile: Profile) -> Windows:
    """All rows of a profile as one window, which begins and ends with them."""
    start, end = profile.start or 0, (profile.end or 0) + 1
    of_bucket = np.zeros(len(profile.axes.buckets), np.intp)
    rows = np.array([profile.rows], np.int64)
    return Windows(np.array([start]), np.array([end]), rows, np.zeros(1, bool), of_bucket, far=0, untimed=0)


def by_version(profile: Profile, bucket: Width, place: Zone) -> Windows:
    """Each version of the model as a window, the one that was seen first before the others.

    A window lasts from the first to the last bucket with rows of its version, those far from all others and
    without a time left aside; windows may overlap. Versions without any rows are no windows.

    Args:
        profile: with versions; buckets of the windows are those of `profile.by_version()`.
        bucket: width of its buckets.
        place: whose calendar.
    """
    buckets, names = np.array(profile.axes.buckets, np.int64), profile.axes.versions
    rows, last = profile.sums["rows"][:, :, 0], profile.end or 0
    spans = []
    for own in rows.T:
        near = buckets[_near(buckets, own)]
        until = following(int(near[-1]), bucket, place) if len(near) else last
        spans.append((int(near[0]) if len(near) else last, until))
    seen = [v for v in range(len(names)) if rows[:, v].any()]
    order = sorted(seen, key=lambda v: (spans[v], names[v]))
    of_version = np.full(len(names), -1, np.intp)
    of_version[order] = np.arange(len(order))
    starts, ends = np.array([spans[v] for v in order], np.int64).reshape(-1, 2).T
    return Windows(
        starts,
        ends,
        rows[:, order].sum(0),
        np.zeros(len(order), bool),
        np.tile(of_version, len(buckets)),
        far=0,
        untimed=0,
        names=tuple(names[v] for v in order),
    )


def cut(
    buckets: Moments,
    rows: Ints,
    width: Width,
    place: Zone,
    *,
    ends: tuple[int | None, int | None] = (None, None),
    until: int | None = None,
) -> Windows:
    """Cut buckets into windows.

    Args:
        buckets: shape (B,): first moment of each bucket, ascending; `NO_TIME` first where rows have none.
        rows: shape (B,).
        width: by the calendar, or a number of rows: such a window closes with the first bucket with which it
            has enough.
        place: whose calendar.
        ends: first and last moment in the table; windows that they leave unfinished are partial if thin.
        until: moment, at most a year after the last row, up to which rows would have come: windows follow
            until then.
    """
    untimed = int(rows[buckets == NO_TIME].sum())
    near = _near(buckets, rows)
    far = int(rows.sum()) - untimed - int(rows[near].sum())
    chosen = np.flatnonzero(near)
    if width.unit == "row":
        starts, stops, window = _by_rows(buckets[chosen], rows[chosen], width.count)
    else:
        starts, stops, window = _by_calendar(buckets[chosen], width, place)
        starts, stops = _continued(starts, stops, width, place, until)
    of_bucket = np.full(len(buckets), -1, np.intp)
    of_bucket[chosen] = window
    size = np.zeros(len(starts), np.int64)
    np.add.at(size, window, rows[chosen])
    partial = _partial(starts, stops, size, width, ends)
    return Windows(starts, stops, size, partial, of_bucket, far, untimed)


def _near(buckets: Moments, rows: Ints) -> npt.NDArray[np.bool_]:
    """The buckets of the calendar's years that no long gap parts from nearly all rows."""
    timed = (buckets >= FIRST) & (buckets < LAST)
    here = np.flatnonzero(timed & (rows > 0))
    if len(here) == 0:
        return np.zeros(len(buckets), bool)
    # Two int64 moments may lie further apart than an int64 can tell.
    run = np.cumsum(np.r_[False, np.diff(buckets[here].astype(np.float64)) > FAR])
    share = np.bincount(run, rows[here]) / rows[here].sum()
    near = np.zeros(len(buckets), bool)
    near[here] = share[run] >= FEW
    return near


def _by_calendar(
    buckets: Moments, width: Width, place: Zone
) -> tuple[Moments, Moments, npt.NDArray[np.intp]]:
    if len(buckets) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.intp)
    start_of = floor(buckets, width, place)
    starts: list[int] = []
    for found in np.unique(start_of):
        # Windows without rows are windows, but nobody waits years for them.
        while starts and found - starts[-1] <= FAR and (after := following(starts[-1], width, place)) < found:
            starts.append(after)
        starts.append(int(found))
    edges = np.array(starts, np.int64)
    ends = np.array([following(start, width, place) for start in starts], np.int64)
    return edges, ends, np.searchsorted(edges, start_of)


def _continued(
    starts: Moments, ends: Moments, width: Width, place: Zone, until: int | None
) -> tuple[Moments, Moments]:
    """The windows, and those without rows that follow up to a moment."""
    if len(starts) == 0 or until is None:
        return starts, ends
    edges = [int(ends[-1])]
    while edges[-1] <= min(until, int(ends[-1]) + FAR):
        edges.append(following(edges[-1], width, place))
    later = np.array(edges, np.int64)
    return np.r_[starts, later[:-1]], np.r_[ends, later[1:]]


def _by_rows(buckets: Moments, rows: Ints, enough: int) -> tuple[Moments, Moments, npt.NDArray[np.intp]]:
    window = np.zeros(len(buckets), np.intp)
    held = place = 0
    for i, size in enumerate(rows.tolist()):
        window[i] = place
        held += size
        if held >= enough:
            held, place = 0, place + 1
    first = np.flatnonzero(np.diff(window, prepend=-1))
    starts = buckets[first]
    ends = np.r_[starts[1:], buckets[-1:] + 1]
    return starts, ends, window


def _partial(
    starts: Moments, ends: Moments, rows: Ints, width: Width, table: tuple[int | None, int | None]
) -> npt.NDArray[np.bool_]:
    """The first and the last window where the table leaves them thin; the last by rows unless it is full."""
    partial = np.zeros(len(starts), bool)
    if len(starts) == 0:
        return partial
    if width.unit == "row":
        partial[-1] = rows[-1] < width.count
        return partial
    thin = rows < ENOUGH * np.median(rows[rows > 0])
    first, last = table
    partial[0] = first is not None and first > starts[0] and thin[0]
    partial[-1] |= last is not None and last < ends[-1] - 1 and thin[-1]
    return partial


def choose(times: Moments, rows: int, place: Zone) -> tuple[Width, str]:
    """The width of windows that suits a reference, and why.

    Days, where they hold a hundred rows; weeks, where days are thinner and the reference is long; hours,
    where it lasts less than two weeks. Thin rows of years go to weeks, or as many of them as hold ten rows.
    What is thin all the same is pooled when it is judged.

    Args:
        times: shape (n,), n >= 1: times of the reference or of a sample of it.
        rows: rows of the reference.
    """
    # Stable: they mostly come in order.
    near = np.sort(times, kind="stable")[len(times) // 1000 : len(times) - len(times) // 1000]
    units: tuple[Unit, ...] = ("hour", "day", "week")
    starts = {unit: np.sort(floor(near, Width(1, unit), place), kind="stable") for unit in units}
    found = {unit: rows / (1 + np.count_nonzero(np.diff(starts[unit]))) for unit in units}
    days = (int(near[-1]) - int(near[0])) / 86_400e6
    dates = bool((starts["day"] == near).all())
    unit: Unit = "day"
    if days < LONG and found["hour"] >= THICK and not dates:
        unit = "hour"
    elif found["day"] < THICK and days >= WEEKS * 7 and (found["week"] >= THICK or days >= YEARS):
        unit = "week"
    lasts = f"{grouped(days)} days" if days >= 2 else f"{grouped(days * 24)} hours"
    width = _thin(rows, days / 7) if unit == "week" and found["week"] < THICK else Width(1, unit)
    return width, f"the reference has {grouped(found[unit])} rows a {unit} over {lasts}"


def _thin(rows: int, weeks: float) -> Width:
    """The fewest weeks that hold `HELD` rows on average, while there are enough such windows."""
    enough = [count for count in (1, 4, 13, 52) if weeks / count >= WEEKS]
    return Width(next((count for count in enough if rows * count / weeks >= HELD), enough[-1]), "week")


LONG = 14
"""Days from which a reference has enough days."""

WEEKS = 30
"""Weeks from which a reference has enough weeks."""

YEARS = 1000
"""Days from which thin days go together to weeks, thin or not: of so many windows more say little more."""

HELD = 10
"""Rows that a window of a thin reference of years should hold."""

THICK = 100
"""Rows that a window should hold."""
