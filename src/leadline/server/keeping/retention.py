"""Rows shrink to stubs, stubs and old counts go; what was counted of them stays as long as it is said.

A row is old when both its time and its arrival are: what is loaded from the past is kept as long as what
came in then. First it is said of a bucket, in one transaction with the counts that are frozen for it, which
of its rows are stubs or gone; then their values leave the disk in slices, between which rows come in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.schedule import DAY, HOUR, Width, floor, following
from leadline.server.judging import counting
from leadline.server.judging.frozen import LOST, frozen_with
from leadline.server.keeping import sums
from leadline.stores import packed
from leadline.stores.contract import Aged, Kept, RowStore
from leadline.stores.metadata.retention import Retention

SLICE = 20_000
"""Rows that change at once, while those that come in wait: about a tenth of a second."""

QUIET = HOUR
"""Microseconds for which buckets do not change before they are added up."""

BUCKETS = 50
"""Buckets that are frozen at once."""

_DAYS = Width(1, "day")


@dataclass(frozen=True, slots=True)
class Old:
    """What is old: moments before which rows, labels, buckets and profiles are, and changes."""

    rows: int
    labels: int
    buckets: int
    profiles: int
    changes: int

    @classmethod
    def of(cls, retention: Retention, now: int) -> Old:
        """What is old at a moment."""
        return cls(
            now - retention.rows_days * DAY,
            now - retention.labels_days * DAY,
            now - retention.buckets_days * DAY,
            now - retention.profiles_days * DAY,
            now - QUIET,
        )


def keep(
    store: RowStore, model: str, baseline: Baseline | None, old: Old, working: Callable[[], bool]
) -> bool:
    """Let go what is old of a model.

    Args:
        store: whose profiles know all rows that are old.
        model: whose rows.
        baseline: with a calendar; None: nothing was counted.
        old: what is old.
        working: whether there is time for more.

    Returns:
        Whether all was done.
    """
    done = _freeze(store, model, baseline, old, working)
    done = _shrink(store, model, baseline, working) and done
    if not done or not working():
        return False
    store.forget_unjoined(model, old.labels)
    if baseline is None:
        return True
    _roll_up(store, model, baseline, old)
    store.forget_profiles(model, old.profiles)
    return sums.add_up(store, model, baseline, old.changes, working)


def needed(baseline: Baseline | None) -> set[tuple[str, str]]:
    """Fields that stubs keep, beside what the wire itself names: they say who, when, and which part."""
    if baseline is None:
        return set()
    segments = {name for name, _ in baseline.grid.segments}
    kept = {column.name for column in baseline.schema if column.role not in LOST} | segments
    return {key for one in counting.wanted(baseline) if one.name in kept for key in one.keys}


def _freeze(
    store: RowStore, model: str, baseline: Baseline | None, old: Old, working: Callable[[], bool]
) -> bool:
    """Say of the buckets that are old what is no longer kept of them."""
    grid = "" if baseline is None else counting.grid_name(baseline)
    upto = store.last() if baseline is None else store.counted(model, grid)
    last_old, last_late = (min(store.before(moment), upto) for moment in (old.rows, old.labels))
    known = store.aged(model)
    found = _due(
        store.ageing(model, old.rows, last_old, "stubs").tolist(),
        store.ageing(model, old.labels, last_late, "gone").tolist(),
        lambda quarter: _range(quarter, baseline, known),
        known,
        (old, last_old, last_late),
    )
    for first in range(0, len(found), BUCKETS):
        if not working():
            return False
        part = found[first : first + BUCKETS]
        if baseline is None:
            store.keep_profiles(model, grid, upto, [], part)
            continue
        with store.looking(model, upto) as look:
            look.prepare([(one.start, one.end) for one in part])
            counter = counting.Counter(look, baseline, known)
            kept = [_frozen(store, model, baseline, counter, one) for one in part]
        store.keep_profiles(model, grid, upto, [one for one in kept if one is not None], part)
    return True


def _due(
    shrinking: Sequence[int],
    going: Sequence[int],
    range_of: Callable[[int], tuple[int, int]],
    known: Sequence[Aged],
    limits: tuple[Old, int, int],
) -> list[Aged]:
    """What is to be said of the buckets of some quarters of an hour.

    Args:
        shrinking, going: quarters with rows that are to be stubs, or to go.
        range_of: the bucket of a quarter.
        known: what is said so far.
        limits: what is old, and the last batches that are old enough for stubs, and to go.
    """
    old, last_old, last_late = limits
    found = {(one.start, one.end): one for one in known}
    due: dict[tuple[int, int], Aged] = {}
    for quarter in shrinking:
        start, end = range_of(quarter)
        if end <= old.rows:
            before = found.get((start, end), Aged(start, end, 0))
            found[start, end] = due[start, end] = replace(before, stubs=max(before.stubs, last_old))
    for quarter in going:
        start, end = range_of(quarter)
        if end <= old.labels:
            before = found.get((start, end), Aged(start, end, 0))
            due[start, end] = replace(
                before, stubs=max(before.stubs, last_late), gone=max(before.gone, last_late)
            )
    return [due[own] for own in sorted(due)]


def _range(quarter: int, baseline: Baseline | None, known: Sequence[Aged]) -> tuple[int, int]:
    """The bucket of a quarter of an hour; a day of UTC, where there is no baseline."""
    for one in known:
        if one.start <= quarter < one.end:
            return one.start, one.end
    if baseline is None or baseline.calendar is None:
        start = quarter // DAY * DAY
        return start, start + DAY
    calendar = baseline.calendar
    start = int(floor(np.array([quarter]), calendar.bucket, calendar.place)[0])
    return start, following(start, calendar.bucket, calendar.place)


def _frozen(
    store: RowStore, model: str, baseline: Baseline, counter: counting.Counter, after: Aged
) -> Kept | None:
    """The profile of a bucket, with what cannot be counted again from then on; None: it has none."""
    grid = counting.grid_name(baseline)
    kept = next(iter(store.profiles(model, grid, after.start, after.end)), None)
    if kept is None:
        return None
    stubs, gone = counter.kept_of(after.start, after.end)
    shrinking = counter.counted(after.start, after.end, stubs, after.stubs)
    going = counter.counted(after.start, after.end, gone, after.gone) if after.gone > gone else None
    before = counting.thawed(kept.frozen, baseline.grid) if kept.frozen else None
    frozen = frozen_with(before, shrinking, going)
    return None if frozen is None else replace(kept, frozen=packed.joined(packed.pack(frozen)))


def _shrink(store: RowStore, model: str, baseline: Baseline | None, working: Callable[[], bool]) -> bool:
    fields = needed(baseline)
    while working():
        if store.shrink(model, fields, SLICE) == 0:
            return True
    return False


def _roll_up(store: RowStore, model: str, baseline: Baseline, old: Old) -> None:
    """Put the hours of old days together, where none of their rows is there any more."""
    calendar = baseline.calendar
    assert calendar is not None
    if calendar.bucket.hours >= _DAYS.hours:
        return
    grid = counting.grid_name(baseline)
    aged = store.aged(model)
    for end, own in sums.spans(store.buckets(model, grid, until=old.buckets), _DAYS, calendar):
        start = int(floor(np.array([own[0].start]), _DAYS, calendar.place)[0])
        if len(own) > 1 and end <= old.buckets and not any(a.start < end and a.end > start for a in aged):
            whole = sums.together(store.fewest(model, grid, start, end), baseline.grid, start, end)
            frozen = packed.joined((whole.content, whole.samples))
            store.keep_profiles(model, grid, store.counted(model, grid), [replace(whole, frozen=frozen)])


def until(seconds: float, stopping: Callable[[], bool]) -> Callable[[], bool]:
    """Whether there is still time: so many seconds from now, unless everything stops."""
    end = monotonic() + seconds
    return lambda: not stopping() and monotonic() < end
