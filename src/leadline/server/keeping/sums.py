"""Sums of what is counted: of days, weeks and four weeks, so that a year is read from a few profiles.

The store drops a sum in the transaction that changes a bucket of it, so what is there is exact. It is made
again here, of the next narrower ones, when no bucket of its time changed for a while; until then buckets are
read. A sum is what counting with buckets of that width would have counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.profiles.grid import Grid
from leadline.schedule import Calendar, Width, floor, following
from leadline.server.judging.counting import grid_name
from leadline.stores.contract import Bucket, Kept, RowStore
from leadline.stores.packed import Added, pack

WIDTHS = (Width(1, "day"), Width(1, "week"), Width(4, "week"))
"""Of sums, each of whole ones of the width before."""

LEAST = 4
"""Buckets, or narrower sums, that a sum usually holds: fewer are read as quickly as they are."""


def add_up(store: RowStore, model: str, baseline: Baseline, quiet: int, working: Callable[[], bool]) -> bool:
    """Make the sums that are missing, the narrow ones first; whether all are there.

    Args:
        baseline: with a calendar.
        quiet: a moment; what ended before it, and did not change since, is added up.
        working: whether there is time for more; one is made at least.
    """
    calendar, grid = baseline.calendar, grid_name(baseline)
    assert calendar is not None
    last = store.before(quiet)
    known = {(one.start, one.end) for one in store.buckets(model, grid, sums=True)}
    buckets = store.buckets(model, grid)
    for width in widths(calendar.bucket):
        for end, own in spans(buckets, width, calendar):
            start, stop = own[0].start, own[-1].end
            settled = end <= quiet and all(one.upto <= last for one in own)
            if len(own) == 1 or not settled or (start, stop) in known:
                continue
            parts = store.fewest(model, grid, start, stop)
            store.keep_sum(model, grid, together(parts, baseline.grid, start, stop), own)
            if not working():
                return False
    return True


def widths(bucket: Width) -> list[Width]:
    """Of the sums of buckets, ascending."""
    found, below = [], bucket.hours
    for width in WIDTHS:
        if width.hours >= LEAST * below:
            found.append(width)
            below = width.hours
    return found


def spans(buckets: Sequence[Bucket], width: Width, calendar: Calendar) -> Iterator[tuple[int, list[Bucket]]]:
    """The buckets that begin in each time of a width, with the end of that time."""
    starts = floor(np.array([one.start for one in buckets], np.int64), width, calendar.place).tolist()
    for start, own in groupby(zip(starts, buckets, strict=True), key=lambda pair: pair[0]):
        yield following(start, width, calendar.place), [bucket for _, bucket in own]


def together(parts: Sequence[Kept], grid: Grid, start: int, end: int) -> Kept:
    """Some profiles, at least one, as that of one bucket."""
    added = Added(grid, [start])
    for part in parts:
        added.add(part.content, part.samples, start)
    found = added.profile()
    if found.sample is not None:
        bucket = np.full(len(found.sample), start, np.int64)
        found = replace(found, sample=replace(found.sample, bucket=bucket).cut())
    rows, upto = sum(part.rows for part in parts), max(part.upto for part in parts)
    return Kept(start, end, rows, upto, *pack(found))
