"""Buckets of time are counted from the kept rows once they are over, and anew whenever a batch touches them.

So each row is in its bucket once, whatever came late, twice or out of order, and whenever the process ended:
the counts follow from the rows, and the number of the last batch that they know is kept with them.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.profiles.grid import Grid
from leadline.profiles.profile import Profile
from leadline.schedule import DAY, Calendar, Width, floor, following
from leadline.schema import ColumnSchema, Kind, Role
from leadline.server.judging.frozen import put_together
from leadline.stores import packed
from leadline.stores.contract import (
    ID,
    LABEL_TIMESTAMP,
    TIMESTAMP,
    Aged,
    Kept,
    Moments,
    Pass,
    RowStore,
    Wanted,
)
from leadline.tables.table import Physical

_OF_ROLE = {
    Role.ID: ID,
    Role.TIMESTAMP: TIMESTAMP,
    Role.LABEL_TIMESTAMP: LABEL_TIMESTAMP,
    Role.VERSION: "version",
    Role.PREDICTION: "prediction",
    Role.SCORE: "score",
    Role.LABEL: "label",
    Role.WEIGHT: "weight",
}
"""Where the wire has what a column of the baseline is to the model."""

_NOT_READ = {Role.IGNORED, Role.DERIVED}

GRACE = 600_000_000
"""Microseconds after the end of a bucket for which its rows are waited for."""

LATER = 2**62
"""A time by which every bucket is over."""


def live(baseline: Baseline) -> Baseline:
    """The baseline with a calendar: days, where its reference had no times."""
    if baseline.calendar is not None:
        return baseline
    names = {column.name for column in baseline.schema}
    name = next(n for n in (TIMESTAMP, *(f"{TIMESTAMP}_{i}" for i in range(2, 99))) if n not in names)
    day = Width(1, "day")
    column = ColumnSchema(name, Role.TIMESTAMP, Kind.DATETIME, why="the time of a prediction")
    calendar = Calendar(name, day, day, "the reference has no times", baseline.settings.time_zone)
    return dataclasses.replace(baseline, schema=(*baseline.schema, column), calendar=calendar)


def grid_name(baseline: Baseline) -> str:
    """Names what profiles are counted on: the grid, the buckets, and the options that count."""
    return baseline.once("name of what is counted", _grid_name)


def _grid_name(baseline: Baseline) -> str:
    digest = hashlib.sha256(baseline.fingerprint.encode())
    digest.update(repr((baseline.calendar, baseline.schema)).encode())
    return digest.hexdigest()[:32]


def wanted(baseline: Baseline) -> list[Wanted]:
    """What of the kept rows each column of the baseline is made of."""
    physical = {column.name: column.physical for column in baseline.grid.columns}
    has_score = any(column.role is Role.SCORE for column in baseline.schema)
    found = []
    for column in baseline.schema:
        if column.role in _NOT_READ:
            continue
        keys = [("features", column.name), ("segment", column.name)]
        if column.role in _OF_ROLE:
            keys.insert(0, ("", _OF_ROLE[column.role]))
        if column.role is Role.PREDICTION and column.kind is Kind.NUMERIC and not has_score:
            # What a regression gives is its prediction in a table, and a score as serving code has it.
            keys.insert(1, ("", "score"))
        if column.role is Role.SCORE:
            keys += [("scores", part) for part in _classes(column.name)]
        kind = "timestamp" if column.kind is Kind.DATETIME else physical.get(column.name, "string")
        found.append(Wanted(column.name, tuple(keys), cast(Physical, kind)))
    return found


def _classes(name: str) -> list[str]:
    """Names of the class whose score a column may hold: `p_b_c` may be that of `p_b_c`, `b_c` or `c`."""
    parts = name.split("_")
    return ["_".join(parts[i:]) for i in range(len(parts))]


@dataclass
class Open:
    """Buckets of a model that are not over: nobody asks for their counts yet, and each batch changes them.

    Attributes:
        grid: on which the model is counted.
        seen: number of the last batch whose buckets are known here.
        mark: the watermark that is kept.
        since: by bucket, the number of a batch before all that touched it.
        anew: while the model is counted from its first row on, as on a new baseline: the buckets that are
            counted by now, and all that are to be; None: it is not.
    """

    grid: str = ""
    seen: int = 0
    mark: int = 0
    since: dict[tuple[int, int], int] = field(default_factory=dict)
    anew: tuple[int, int] | None = None


def count(
    store: RowStore, model: str, baseline: Baseline, now: int = LATER, waiting: Open | None = None
) -> list[Kept]:
    """Count the buckets that are over and that batches touched since the last time; returns their profiles.

    The watermark that is kept with them lies before all batches of buckets that are not over: after a new
    start those are found again. A bucket whose rows are stubs and that was not counted before on this
    baseline's grid is left out: their features are not known.

    Args:
        store: with the rows; it keeps the profiles.
        model: whose rows.
        baseline: with a calendar.
        now: microseconds since 1970; by default all buckets are over.
        waiting: what was left open the last time, and now is; None: what the kept watermark says.
    """
    waiting = Open() if waiting is None else waiting
    calendar = baseline.calendar
    assert calendar is not None
    grid, upto = grid_name(baseline), store.last()
    if waiting.grid != grid:
        waiting.grid, waiting.since = grid, {}
        waiting.seen = waiting.mark = store.counted(model, grid)
    due = {bucket for bucket in waiting.since if not is_open(bucket, now)}
    if waiting.seen >= upto and not due:
        return []
    profiles, aged = [], store.aged(model)
    with store.looking(model, upto) as look:
        for bucket in _buckets(look.touched(waiting.seen), calendar):
            if is_open(bucket, now):
                waiting.since.setdefault(bucket, waiting.seen)
            else:
                due.add(bucket)
        before = _before(store, model, grid, sorted(due))
        if before:
            look.prepare([*before])
        counter = Counter(look, baseline, aged)
        for number, ((start, end), kept) in enumerate(before.items()):
            if not waiting.seen:
                waiting.anew = number, len(before)
            frozen = b"" if kept is None else kept.frozen
            found = counter.bucket(start, end, frozen)
            if found is None and kept is not None:
                found = counter.emptied(start, end)
            if found is not None:
                rows = found.rows + found.left_out
                profiles.append(Kept(start, end, rows, upto, *packed.pack(found), frozen))
    since = {bucket: batch for bucket, batch in waiting.since.items() if bucket not in due}
    mark = min(since.values(), default=upto)
    if profiles or mark > waiting.mark:
        store.keep_profiles(model, grid, mark, profiles)
    waiting.seen, waiting.mark, waiting.since, waiting.anew = upto, mark, since, None
    return profiles


def is_open(bucket: tuple[int, int], now: int) -> bool:
    """Rows of a bucket are still waited for. One of the far future is none that serving fills."""
    start, end = bucket
    return end + GRACE > now and start <= now + DAY


def _before(
    store: RowStore, model: str, grid: str, buckets: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], Kept | None]:
    """What is known so far of buckets; one of an hour may be part of a day by now."""
    found: dict[tuple[int, int], Kept | None] = {}
    for start, end in buckets:
        kept = store.profiles(model, grid, start, end)
        if kept:
            found |= {(one.start, one.end): one for one in kept}
        else:
            found[start, end] = None
    return found


class Counter:
    """Counts the rows of buckets on the grid of a baseline.

    Args:
        look: at the rows.
        baseline: with a calendar.
        aged: what is no longer kept of them.
    """

    def __init__(self, look: Pass, baseline: Baseline, aged: Sequence[Aged]) -> None:
        self._look, self._baseline, self._aged = look, baseline, aged
        self._columns = wanted(baseline)

    def bucket(self, start: int, end: int, frozen: bytes) -> Profile | None:
        """What is counted of a bucket; None: it has no rows, or some whose features were never counted.

        Args:
            frozen: what cannot be counted again; empty: nothing.
        """
        stubs, gone = self.kept_of(start, end)
        if not frozen:
            return None if stubs else self.counted(start, end)
        whole = self.counted(start, end, stubs)
        left = self.counted(start, end, gone, stubs) if stubs > gone else None
        return put_together(thawed(frozen, self._baseline.grid), whole, left)

    def emptied(self, start: int, end: int) -> Profile | None:
        """What is counted of a bucket that had rows, all of which were erased; None: it has stubs."""
        if self.kept_of(start, end)[0]:
            return None
        return comparison.profile(self._look.read(start, end, self._columns), self._baseline)

    def kept_of(self, start: int, end: int) -> tuple[int, int]:
        """Numbers of the last batches whose rows in a bucket are stubs, and gone."""
        own = [one for one in self._aged if one.start < end and one.end > start]
        return max((one.stubs for one in own), default=0), max((one.gone for one in own), default=0)

    def counted(self, start: int, end: int, after: int = 0, upto: int | None = None) -> Profile | None:
        """The profile of the rows of some batches; None: there are none."""
        table = self._look.read(start, end, self._columns, after, upto)
        return comparison.profile(table, self._baseline) if table.rows else None


def decoded(kept: Kept, grid: Grid) -> Profile:
    """A kept profile, which was counted on a grid."""
    return packed.unpack(kept.content, kept.samples, grid)


def thawed(frozen: bytes, grid: Grid) -> Profile:
    """What of a kept profile cannot be counted again."""
    return packed.unpack(*packed.parted(frozen), grid)


def _buckets(moments: Moments, calendar: Calendar) -> Sequence[tuple[int, int]]:
    starts = np.unique(floor(moments, calendar.bucket, calendar.place)).tolist()
    return [(start, following(start, calendar.bucket, calendar.place)) for start in starts]
