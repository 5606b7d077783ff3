"""A part of a model's rows as a profile: from the counts of buckets where they tell it apart, else from rows.

The counts of a bucket know its segments, and how many of its rows are of each version. So a bucket of one
version needs none of its rows, and a release needs those of the hours in which both versions ran.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.errors import DataError
from leadline.profiles.grid import Segment
from leadline.profiles.profile import Profile
from leadline.reports.record import ReportRecord
from leadline.schedule import instant
from leadline.server.judging import counting
from leadline.server.judging import judge as judging
from leadline.server.keeping.rows import Chosen, Filter, check_size, checked, columns, key_of, mask
from leadline.stores import packed
from leadline.stores.contract import Kept, RowStore, Wanted
from leadline.stores.packed import Added

_COMPARING = threading.BoundedSemaphore(2)
"""Comparisons on demand at a time: counting what comes in goes on beside them."""

_FLOORS = ("false_alarm_rate", "floors", "column_floors", "thresholds", "business")
"""Options of a model's judgements that hold for a comparison of two slices, too."""

_NOT_OF_SLICES: Mapping[str, Any] = {
    "budget": None, "window": None, "time_zone": None, "as_of": None, "label_lateness": None,
    "monitors": (), "detectors": (), "rules": {},
}  # fmt: skip
"""What is about windows, or was not counted of a slice."""


class InSegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows whose column has a value."""

    column: Annotated[str, Meta(max_length=500)]
    value: Annotated[str, Meta(max_length=2_000)]


class Slice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """A part of a model's predictions.

    Attributes:
        since, until: ISO 8601, UTC where no offset is named: the buckets that begin in [from, to); null: all
            that are kept.
        version: of the model; null: any.
        segment: null: all rows.
    """

    since: Annotated[str, Meta(max_length=100)] | None = None
    until: Annotated[str, Meta(max_length=100)] | None = None
    version: Annotated[str, Meta(max_length=500)] | None = None
    segment: InSegment | None = None

    @property
    def name(self) -> str:
        """In words."""
        parts = [] if self.version is None else [f"version {self.version}"]
        if self.segment is not None:
            parts.append(f"{self.segment.column}={self.segment.value}")
        if self.since is not None or self.until is not None:
            parts.append(f"{(self.since or 'the beginning')[:10]} to {(self.until or 'now')[:10]}")
        return ", ".join(parts) or "all rows"

    def span(self) -> tuple[int, int]:
        """Its first moment and the one after its last.

        Raises:
            ConfigurationError: one is no time.
        """
        since = 0 if self.since is None else instant(self.since, "from")
        return since, 2**62 if self.until is None else instant(self.until, "to")


def compared(
    store: RowStore, model: str, baseline: Baseline, sides: tuple[Slice, Slice], options: Mapping[str, Any]
) -> ReportRecord:
    """The second slice against the first one, by what `leadline.check` does of two tables.

    Args:
        store: with the rows and counts.
        model: whose.
        baseline: with a calendar; slices are counted on its grid.
        sides: reference and current.
        options: of the model's judgements.

    Raises:
        DataError: a slice is empty, its rows are no longer kept, or there are too many of them.
    """
    with _COMPARING:
        found = [profile(store, model, baseline, side) for side in sides]
    places = [_place(baseline, side.segment) for side in sides]
    if any(places):
        found = [_only(one, place) for one, place in zip(found, places, strict=True)]
    record = against(baseline, found[0], found[1], options)
    if all(side.version is None for side in sides):
        return record
    # That another version answers is what was asked for, and no cause.
    causes = [cause for cause in record.causes if "version" not in cause.evidence]
    return msgspec.structs.replace(record, causes=causes)


def _only(found: Profile, place: int) -> Profile:
    """The rows of one segment, 0 for all of them, on a grid that knows no segments."""
    part = found.segment(place)
    bare = replace(found.grid, segments=())
    return replace(part, grid=bare, axes=replace(part.axes, segments=(None,)))


def against(
    baseline: Baseline, reference: Profile, current: Profile, options: Mapping[str, Any]
) -> ReportRecord:
    """Two profiles on the grid of a baseline, as two tables without times."""
    settings = msgspec.structs.replace(baseline.settings, **_NOT_OF_SLICES)
    timeless = replace(baseline, profile=reference, settings=settings, calendar=None)
    known = {name: options[name] for name in _FLOORS if name in options}
    return comparison.check(timeless, current, **known).record


def profile(store: RowStore, model: str, baseline: Baseline, wanted: Slice) -> Profile:
    """What is counted of a slice; where its segment is counted apart, of all segments.

    Raises:
        DataError: it is empty, its rows are no longer kept, or there are too many of them.
    """
    since, until = wanted.span()
    place = _place(baseline, wanted.segment)
    if wanted.segment is not None and not place:
        grid, filters = counting.grid_name(baseline), [_filter(wanted.segment)]
        buckets = store.buckets(model, grid, since, until)
        mixed = [(one.start, one.end) for one in buckets if one.start >= since]
        found = None
    else:
        filters = []
        found, mixed = _added(store, model, baseline, (since, until), wanted.version)
    if mixed:
        counted = _counted(store, model, baseline, mixed, filters, wanted.version).collapse()
        found = counted if found is None else found.merge(counted)
    if found is None or not found.sums["rows"][:, :, place].any():
        raise DataError(
            "the slice has no rows", where=wanted.name,
            next_step="Choose a longer time, or another version or segment.",
        )  # fmt: skip
    return replace(found, name=wanted.name)


def _added(
    store: RowStore, model: str, baseline: Baseline, span: tuple[int, int], version: str | None
) -> tuple[Profile | None, list[tuple[int, int]]]:
    """All buckets of some time in which no other version answered, as one; and those of several versions."""
    grid = counting.grid_name(baseline)
    sums = {(one.start, one.end) for one in store.buckets(model, grid, *span, sums=True)}
    added, some = Added(baseline.grid, [0]), False
    mixed: list[tuple[int, int]] = []
    waiting: list[tuple[int, int, int | None]] = [(*span, None)]
    while waiting:
        # The widest first: few values of the narrow ones reach the threshold of their samples.
        found = sorted(store.fewest(model, grid, *waiting.pop()), key=lambda one: one.start - one.end)
        for one in found:
            part = _part(one, version)
            if part == "whole":
                added.add(one.content, one.samples, 0)
                some = True
            elif part == "mixed" and (one.start, one.end) in sums:
                waiting.append((one.start, one.end, one.end - one.start - 1))
            elif part == "mixed":
                mixed.append((one.start, one.end))
    return added.profile().collapse() if some else None, sorted(mixed)


def _part(kept: Kept, version: str | None) -> Literal["whole", "mixed", "none"]:
    """How much of what is kept is of a version."""
    if version is None:
        return "whole"
    rows, versions = packed.rows(kept.content)
    if not versions:
        return "mixed"  # their names were not counted
    own = versions.get(version, 0)
    return "whole" if own == rows else "mixed" if own else "none"


def _place(baseline: Baseline, segment: InSegment | None) -> int:
    """Place of a segment on the axis of the counts; 0, that of all rows: it is not counted apart."""
    axis: Sequence[Segment | None] = baseline.profile.axes.segments
    wanted = None if segment is None else (segment.column, segment.value)
    return axis.index(wanted) if wanted in axis else 0


def _filter(segment: InSegment) -> Filter:
    return Filter(segment.column, [segment.value])


def _counted(
    store: RowStore,
    model: str,
    baseline: Baseline,
    buckets: Sequence[tuple[int, int]],
    filters: Sequence[Filter],
    version: str | None,
) -> Profile:
    """The profile of the chosen rows of some buckets."""
    check_kept(store, model, buckets)
    with ExitStack() as stack:
        look = stack.enter_context(store.looking(model, store.last()))
        known = columns(look, baseline)
        own = [*filters]
        if version is not None:
            own.append(Filter(key_of(known, "", "version"), [version]))
        checked(own, known)
        wanted = of_baseline(baseline, known, own)
        look.prepare(buckets)
        found: Chosen | None = None
        for start, end in _runs(buckets):
            table = look.read(start, end, wanted)
            check_size(table)
            found = found or Chosen(model, table.fields)
            for batch in table.batches():
                found.add(batch, mask(batch, own))
        assert found is not None
        return comparison.profile(found, baseline)


def of_baseline(baseline: Baseline, known: Sequence[Wanted], filters: Sequence[Filter]) -> list[Wanted]:
    """The columns that a baseline counts, and those of the conditions."""
    names = {one.name for one in counting.wanted(baseline)} | {one.column for one in filters}
    return [one for one in known if one.name in names]


def check_kept(store: RowStore, model: str, ranges: Sequence[tuple[int, int]]) -> None:
    """The rows of some ranges of time are there with all their values.

    Raises:
        DataError: they are not any more.
    """
    gone = [
        one.end
        for one in store.aged(model)
        if any(one.start < end and one.end > start for start, end in ranges)
    ]
    if gone:
        raise DataError(
            "rows of this time are no longer kept", where=model, accepted=f"from {judging.moment(max(gone))}",
            next_step="Choose a later time, or a slice that the counts know: a declared segment.",
        )  # fmt: skip


def _runs(buckets: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Buckets that follow each other, read at once."""
    found: list[tuple[int, int]] = []
    for start, end in buckets:
        if found and found[-1][1] == start:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found
