"""What some conditions choose of a model's rows: how many over time, how the model does there, and which."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any, Literal, cast

import msgspec
import numpy as np
import numpy.typing as npt

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.errors import DataError
from leadline.reports.record import ReportRecord
from leadline.schedule import HOUR, Width, Zone, floor, following
from leadline.server.judging import judge as judging
from leadline.server.keeping.rows import Chosen, Filter, check_size, checked, columns, key_of, mask
from leadline.server.looking.slices import Slice, against, check_kept, profile
from leadline.stores.contract import TIMESTAMP, Pass, RowStore, Wanted
from leadline.tables.table import Column, Field

ROWS = 200
"""Most rows that are shown."""

POINTS = 200
"""Most points over time."""

TEXT_LETTERS = 300
"""Longest text that is shown of a value."""

FREQUENT = 12
"""Most values that are named of a column."""

HIDDEN = "(hidden)"
"""Stands for a value that the model's owners do not show."""


_UNLIKE = {"id", "entity"}
"""Roles of columns without frequent values."""

_WIDTHS = tuple(Width.parse(text) for text in ("1h", "3h", "6h", "12h", "1d", "1w", "4w"))
_EXPLORING = threading.BoundedSemaphore(2)

Cell = str | float | int | bool | None
Ints = npt.NDArray[np.int64]
ColumnKind = Literal["number", "text", "boolean", "time"]

_KINDS: Mapping[str, ColumnKind] = {
    "int": "number", "float": "number", "decimal": "number", "bool": "boolean", "timestamp": "time",
    "null": "text", "string": "text",
}  # fmt: skip


class ShownColumn(msgspec.Struct, frozen=True):
    """A column of the rows.

    Attributes:
        name: for filters, too.
        kind: of its values.
        role: what it is to the model; "": neither the baseline nor the wire says.
        values: the most frequent ones in the slice, of texts; at most 12.
        hidden: its values are not shown, and no filter may name it.
    """

    name: str
    kind: ColumnKind
    role: str
    values: list[str]
    hidden: bool


class Explored(msgspec.Struct, frozen=True):
    """A slice of a model's rows.

    Attributes:
        start, end: of what was looked at, ISO 8601 in UTC.
        total, matched: rows then, and those of the slice.
        starts: of the parts of that time, ISO 8601 in UTC; width: of one, in words.
        rows_by_time, matched_by_time: the same counts in each of them.
        columns: that filters may name, and that `rows` have, in this order.
        record: the slice against all rows of that time; without filters, against the model's baseline; null
            where `reason` says why.
        reason: "" where there is a record.
        rows: the latest, first; times are ISO 8601 in UTC.
        rows_reason: why there are none, "" where there are.
    """

    start: str
    end: str
    total: int
    matched: int
    starts: list[str]
    width: str
    rows_by_time: list[int]
    matched_by_time: list[int]
    columns: list[ShownColumn]
    record: ReportRecord | None
    reason: str
    rows: list[list[Cell]]
    rows_reason: str


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        filters: all of them hold in the slice.
        start, end: moments; of [start, end).
        rows: at most so many are shown, 0..200.
        why_not: why no rows are shown, "" where they are.
        hidden: columns whose values are not shown.
    """

    filters: Sequence[Filter]
    start: int
    end: int
    rows: int
    why_not: str = ""
    hidden: Collection[str] = ()


def explored(
    store: RowStore, model: str, baseline: Baseline | None, options: Mapping[str, Any], wish: Wish
) -> Explored:
    """Look at the rows of some time, once.

    Args:
        store: with the rows.
        model: that has sent some.
        baseline: with a calendar, or None.
        options: of the model's judgements.
        wish: what is asked for.

    Raises:
        DataError: a filter names no column, the rows are no longer kept, or there are too many of them.
    """
    with _EXPLORING, store.looking(model, store.last()) as look:
        known = columns(look, baseline)
        checked(wish.filters, [one for one in known if one.name not in wish.hidden])
        check_kept(store, model, [(wish.start, wish.end)])
        look.prepare([(wish.start, wish.end)])
        found = _read(look, model, known, wish)
        compared = _compared(found, store, baseline, options, wish)
    return _shown(found, known, baseline, wish, compared)


@dataclass
class _Found:
    """What one look at the rows of some time gives.

    Attributes:
        slice: the chosen rows.
        width: of the parts of the time.
        times, chosen: moments of all rows and of the chosen ones.
    """

    slice: Chosen
    width: Width
    times: list[Ints] = field(default_factory=list)
    chosen: list[Ints] = field(default_factory=list)


def _read(look: Pass, model: str, known: Sequence[Wanted], wish: Wish) -> _Found:
    table = look.read(wish.start, wish.end, known)
    check_size(table)
    when = key_of(known, "", TIMESTAMP)
    found = _Found(Chosen(model, table.fields), _width(wish.end - wish.start))
    for batch in table.batches():
        rows, times = mask(batch, wish.filters), batch.column(when).values
        found.slice.add(batch, rows)
        found.times.append(times)
        found.chosen.append(times[rows])
    return found


def _width(length: int) -> Width:
    """The narrowest part of so many microseconds that makes not too many points."""
    fits = (width for width in _WIDTHS if length <= width.hours * HOUR * POINTS)
    return next(fits, _WIDTHS[-1])


def _compared(
    found: _Found, store: RowStore, baseline: Baseline | None, options: Mapping[str, Any], wish: Wish
) -> tuple[ReportRecord | None, str]:
    """The slice against all rows, or why they are not compared."""
    if baseline is None:
        return None, "the model has no baseline yet, on whose grid rows are counted"
    if not found.slice.rows:
        return None, "the slice has no rows"
    try:
        counted = replace(comparison.profile(found.slice, baseline), name="the slice")
        if not wish.filters:
            return against(baseline, baseline.profile, counted, options), ""
        span = Slice(judging.moment(wish.start), judging.moment(wish.end))
        whole = replace(profile(store, found.slice.name, baseline, span), name="all rows")
        return against(baseline, whole, counted, options), ""
    except DataError as error:
        return None, error.what


def _shown(
    found: _Found,
    known: Sequence[Wanted],
    baseline: Baseline | None,
    wish: Wish,
    compared: tuple[ReportRecord | None, str],
) -> Explored:
    times, chosen = (np.concatenate([np.zeros(0, np.int64), *parts]) for parts in (found.times, found.chosen))
    place = baseline.calendar.place if baseline is not None and baseline.calendar is not None else UTC
    edges = _edges(wish, found.width, place, times)
    rows = [] if wish.why_not else _latest(found, known, wish)
    return Explored(
        judging.moment(wish.start),
        judging.moment(wish.end),
        len(times),
        len(chosen),
        [judging.moment(int(edge)) for edge in edges],
        found.width.words,
        _counts(edges, times),
        _counts(edges, chosen),
        _columns(found, known, baseline, wish),
        *compared,
        rows,
        wish.why_not,
    )


def _edges(wish: Wish, width: Width, place: Zone, times: Ints) -> list[int]:
    """First moments of the parts of the time that has rows."""
    if not len(times):
        return []
    first = max(wish.start, int(times.min()))
    edge = int(floor(np.array([first]), width, place)[0])
    last, found = int(times.max()), []
    while edge <= last:
        found.append(edge)
        edge = following(edge, width, place)
    return found


def _counts(edges: Sequence[int], times: Ints) -> list[int]:
    if not edges:
        return []
    at = np.searchsorted(np.array(edges, np.int64), times, "right") - 1
    counts: list[int] = np.bincount(at, minlength=len(edges)).tolist()
    return counts


def _columns(
    found: _Found, known: Sequence[Wanted], baseline: Baseline | None, wish: Wish
) -> list[ShownColumn]:
    roles = {} if baseline is None else {column.name: column.role.value for column in baseline.schema}
    kinds = {item.name: _KINDS.get(item.physical, "text") for item in found.slice.fields}
    shown = []
    for one in known:
        role = roles.get(one.name, "feature" if one.keys[0][0] == "features" else one.keys[0][1])
        kind = kinds[one.name]
        listed = kind == "text" and role not in _UNLIKE and one.name not in wish.hidden
        values = _frequent(found.slice, one.name) if listed else []
        shown.append(ShownColumn(one.name, kind, role, values, one.name in wish.hidden))
    return shown


def _frequent(rows: Chosen, name: str) -> list[str]:
    """The most frequent texts of a column, the first ones of those that occur as often."""
    counts: Counter[str] = Counter()
    for part in rows.parts:
        column = part.column(name)
        if column.dictionary is not None:
            codes = column.values if column.valid is None else column.values[column.valid]
            sizes = np.bincount(codes, minlength=len(column.dictionary))
            for code in np.argsort(-sizes, kind="stable")[: 4 * FREQUENT].tolist():
                if sizes[code]:
                    counts[column.dictionary[code]] += int(sizes[code])
    return [text[:TEXT_LETTERS] for text, _ in counts.most_common(FREQUENT)]


def _latest(found: _Found, known: Sequence[Wanted], wish: Wish) -> list[list[Cell]]:
    when = key_of(known, "", TIMESTAMP)
    places = [
        (int(time), part, row)
        for part in found.slice.parts
        for row, time in _last(part.column(when).values, wish.rows)
    ]
    places.sort(key=lambda place: -place[0])
    fields = found.slice.fields
    return [
        [HIDDEN if item.name in wish.hidden else cell(part.column(item.name), row, item) for item in fields]
        for _, part, row in places[: wish.rows]
    ]


def _last(times: Ints, rows: int) -> Iterator[tuple[int, int]]:
    """Places and moments of the latest rows of a batch."""
    order = np.argsort(-times, kind="stable")[:rows]
    yield from zip(order.tolist(), times[order].tolist(), strict=True)


def cell(column: Column, row: int, item: Field) -> Cell:
    """A value as JSON has it; None where there is none."""
    if len(column.values) == 0 or (column.valid is not None and not column.valid[row]):
        return None
    value = column.values[row].item()
    if column.dictionary is not None:
        return column.dictionary[value][:TEXT_LETTERS]
    if item.physical in ("date", "timestamp"):
        return judging.moment(value)[: 10 if item.physical == "date" else None]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return cast(Cell, value)
