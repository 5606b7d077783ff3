"""A part of a model's rows as a profile: from the counts of buckets where they tell it apart, else from rows.

The counts of a bucket know its segments, and how many of its rows are of each version. So a bucket of one
version needs none of its rows, and a release needs those of the hours in which both versions ran.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Annotated, Any

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
from leadline.stores.contract import Kept, RowStore, Wanted

_COMPARING = threading.BoundedSemaphore(2)
"""Comparisons on demand at a time: counting what comes in goes on beside them."""

_FLOORS = ("false_alarm_rate", "floors", "column_floors", "thresholds", "business")
"""Options of a model's judgements that hold for a comparison of two slices, too."""

_NOT_OF_SLICES: Mapping[str, Any] = {"budget": None, "monitors": (), "detectors": (), "rules": {}}
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
    kept = [one for one in store.profiles(model, counting.grid_name(baseline)) if since <= one.start < until]
    place = _place(baseline, wanted.segment)
    filters = [] if wanted.segment is None or place else [_filter(wanted.segment)]
    whole, mixed = [], []
    for one in kept:
        # On one bucket, and on a grid whose fingerprint is known: thousands of them are quickly added up.
        counts = replace(counting.decoded(one.content), grid=baseline.grid).collapse()
        rows = counts.rows if wanted.version is None else counts.versions.get(wanted.version, 0)
        if not filters and rows == counts.rows:
            whole.append(counts)
        elif rows or (wanted.version is not None and not counts.versions):
            mixed.append(one)
    if mixed:
        whole.append(_counted(store, model, baseline, mixed, filters, wanted.version).collapse())
    found = judging.together(whole) if whole else None
    if found is None or not found.sums["rows"][:, :, place].any():
        raise DataError(
            "the slice has no rows", where=wanted.name,
            next_step="Choose a longer time, or another version or segment.",
        )  # fmt: skip
    return replace(found, name=wanted.name)


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
    buckets: Sequence[Kept],
    filters: Sequence[Filter],
    version: str | None,
) -> Profile:
    """The profile of the chosen rows of some buckets."""
    check_kept(store, model, [(one.start, one.end) for one in buckets])
    with ExitStack() as stack:
        look = stack.enter_context(store.looking(model, store.last()))
        known = columns(look, baseline)
        own = [*filters]
        if version is not None:
            own.append(Filter(key_of(known, "", "version"), [version]))
        checked(own, known)
        wanted = of_baseline(baseline, known, own)
        look.prepare([(one.start, one.end) for one in buckets])
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


def _runs(buckets: Sequence[Kept]) -> list[tuple[int, int]]:
    """Buckets that follow each other, read at once."""
    found: list[tuple[int, int]] = []
    for one in buckets:
        if found and found[-1][1] == one.start:
            found[-1] = found[-1][0], one.end
        else:
            found.append((one.start, one.end))
    return found
