"""Texts of times (ISO 8601), and numbers that count from 1970, become moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from leadline.schema import ColumnSchema, Kind, Note, Role
from leadline.tables.derived import DerivedTable
from leadline.tables.table import Batch, Column, Physical, Table

Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_Letters = npt.NDArray[np.uint8]

ACCEPTED = "dates or times such as 2024-01-05, 2024-01-05 10:00:00.25 or 2024-01-05T10:00:00+02:00 (ISO 8601)"

READABLE: tuple[Physical, ...] = ("string", "int", "float", "decimal")
"""Physical types whose values can be read as times: texts, then numbers."""

_FIRST, _LAST = 1.0e9, 4.2e9
"""Seconds since 1970 between which a number is taken for a moment: 2001 to 2103."""
_UNITS = (1.0, 1e3, 1e6, 1e9)

_CHUNK = 1 << 15
_MOMENT = "0000-00-00T00:00:00.000000000"
_LENGTHS = (10, 16, 19, *range(21, 30))
_ZONES = ((" UTC", False), ("Z", False), ("+00:00", True), ("+0000", True), ("+00", True))
"""How a zone is written, the longest first where one ends with another, and whether it is an offset."""
_LONGEST = len(_MOMENT) + 6
_TAIL = 6


def as_times(texts: Sequence[str]) -> tuple[Integers, Bools]:
    """Moments of texts, and which of the texts are times; both of shape (len(texts),).

    Accepted is ISO 8601 in its extended form: a date, or a date and a time to the minute, the second or a
    fraction of it (microseconds count), after `T` or a space; then nothing (UTC), `Z`, ` UTC` or an offset
    (`+02:00`, `+0200`, `+02`). Days must exist; leap seconds and 24:00 are no times.

    Returns:
        Microseconds since 1970 UTC (0 where the text is no time), and True where it is one.
    """
    moments, good = np.zeros(len(texts), np.int64), np.zeros(len(texts), bool)
    listed = list(texts)
    for low in range(0, len(listed), _CHUNK):
        # One letter more than the longest time has: what is longer stays too long.
        some = np.array(listed[low : low + _CHUNK], dtype=f"<U{_LONGEST + 1}")
        part = slice(low, low + len(some))
        # No letter beyond ASCII stands in a time: 127 is for all of them.
        letters = np.minimum(some.view("<u4"), 127).astype(np.uint8).reshape(len(some), -1)
        moments[part], good[part] = _read(letters)
    return moments, good


def _read(letters: _Letters) -> tuple[Integers, Bools]:
    digit = (letters >= ord("0")) & (letters <= ord("9"))
    # One letter stands for all that may be in its place, so that a text fits a pattern or does not.
    classes = np.where(digit, np.uint8(ord("0")), letters)
    length = (letters != 0).sum(1)
    end, offset = _zone(letters, classes, length)
    classes[:, 10][np.isin(classes[:, 10], (ord(" "), ord("t")))] = ord("T")
    classes[:, 19][classes[:, 19] == ord(",")] = ord(".")
    pattern = np.frombuffer(_MOMENT.encode(), np.uint8)
    beyond = np.arange(len(pattern)) >= end[:, None]
    good = ((classes[:, : len(pattern)] == pattern) | beyond).all(1) & np.isin(end, _LENGTHS)
    # Whatever stands beyond the end, or is no digit, counts as 0: a date is its own midnight.
    digits = np.where(digit[:, : len(pattern)] & ~beyond, letters[:, : len(pattern)] - ord("0"), 0)
    year, month, day, hour, minute, second, fraction = (
        _number(digits[:, a:b]) for a, b in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19), (20, 26))
    )
    first = (np.clip(month, 1, 12) - 1 + 12 * (year - 1970)).astype("datetime64[M]")
    days = [(first + step).astype("datetime64[D]").astype(np.int64) for step in (0, 1)]
    good &= (month >= 1) & (month <= 12) & (day >= 1) & (day <= days[1] - days[0])
    good &= (hour < 24) & (minute < 60) & (second < 60) & (np.abs(offset) < 24 * 60)
    minutes = ((days[0] + day - 1) * 24 + hour) * 60 + minute - offset
    return np.where(good, (minutes * 60 + second) * 1_000_000 + fraction, 0), good


def _zone(letters: _Letters, classes: _Letters, length: Integers) -> tuple[Integers, Integers]:
    """Where the zone begins in each text (its end where it has none), and its offset in minutes."""
    end, offset = length.copy(), np.zeros(len(length), np.int64)
    places = np.maximum(length[:, None] - _TAIL + np.arange(_TAIL), 0)
    tail, kinds = (np.take_along_axis(part, places, 1) for part in (letters, classes))
    kinds = np.where(kinds == ord("-"), ord("+"), np.where(kinds == ord("z"), ord("Z"), kinds))
    for zone, is_offset in _ZONES:
        pattern = np.frombuffer(zone.encode(), np.uint8)
        # Only behind a time: a date ends like an offset.
        here = (
            (kinds[:, _TAIL - len(zone) :] == pattern).all(1) & (length >= 16 + len(zone)) & (end == length)
        )
        end[here] -= len(zone)
        if is_offset:
            own = tail[here, _TAIL - len(zone) :]
            digits = own[:, [i for i, letter in enumerate(zone) if letter == "0"]].astype(np.int64) - ord("0")
            minutes = _number(digits[:, :2]) * 60 + (_number(digits[:, 2:]) if len(zone) > 3 else 0)
            offset[here] = np.where(own[:, 0] == ord("-"), -minutes, minutes)
    return end, offset


def _number(digits: npt.NDArray[np.integer]) -> Integers:
    """The number that a row of digits writes."""
    number = np.zeros(len(digits), np.int64)
    for place in range(digits.shape[1]):
        number = number * 10 + digits[:, place]
    return number


def time_column(column: Column) -> Column:
    """A column of texts or numbers as one of moments; what is no time is null."""
    if column.dictionary is None:
        values, valid = from_numbers(column.values)
    else:
        moments, good = as_times(column.dictionary)
        values, valid = moments[column.values], good[column.values]
    if column.valid is not None:
        valid &= column.valid
    return Column(values, None if valid.all() else valid)


def from_numbers(values: npt.ArrayLike) -> tuple[Integers, Bools]:
    """Microseconds since 1970 UTC of numbers between 2001 and 2103, shape (rows,), and which are such.

    Whether a number counts seconds, thousandths, millionths or billionths of them follows from its size.
    """
    numbers = np.asarray(values, np.float64)
    moments = np.zeros(numbers.shape)
    for unit in _UNITS:
        fits = (numbers >= _FIRST * unit) & (numbers < _LAST * unit)
        moments[fits] = np.rint(numbers[fits] * (1e6 / unit))
    return moments.astype(np.int64), moments > 0


def are_moments(values: npt.ArrayLike) -> bool:
    """Numbers that are moments between 2001 and 2103, all in one unit; few other columns are."""
    numbers = np.asarray(values, np.float64)
    low, high = (numbers.min(), numbers.max()) if len(numbers) else (0.0, 0.0)
    return any(_FIRST * unit <= low and high < _LAST * unit for unit in _UNITS)


def with_times(table: Table, schema: Sequence[ColumnSchema]) -> Table:
    """The table with the texts and numbers of its columns of times read as moments; others become null.

    Of features those are read that were texts of times when they were learned, and are texts.
    """
    roles = (Role.TIMESTAMP, Role.LABEL_TIMESTAMP)
    times = [column for column in schema if column.kind is Kind.DATETIME]
    readable: dict[str, tuple[Physical, ...]]
    readable = {column.name: ("string",) for column in times if Note.TEXTS_OF_TIMES in column.notes}
    readable |= {column.name: READABLE for column in times if column.role in roles}
    names = frozenset(item.name for item in table.fields if item.physical in readable.get(item.name, ()))
    if not names:
        return table
    fields = tuple(
        replace(item, physical="timestamp") if item.name in names else item for item in table.fields
    )
    return DerivedTable(table, fields, lambda batch: _TimedBatch(batch, names))


@dataclass(slots=True)
class _TimedBatch:
    """A batch in which the texts or numbers of some columns are moments."""

    inner: Batch
    names: frozenset[str]
    read: dict[str, Column] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.inner.rows

    def column(self, name: str) -> Column:
        if name not in self.names:
            return self.inner.column(name)
        if name not in self.read:
            self.read[name] = time_column(self.inner.column(name))
        return self.read[name]
