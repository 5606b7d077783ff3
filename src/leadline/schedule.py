"""How time is cut: widths of windows, periods of budgets, the calendar of a time zone."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.digits import grouped
from leadline.errors import ConfigurationError

Moments = npt.NDArray[np.int64]
"""Microseconds since 1970 UTC."""

Zone = tzinfo
"""A time zone; whoever only passes one on needs no clock."""

Unit = Literal["hour", "day", "week", "row"]

BY_VERSION = "version"
"""What is stated instead of a width where each version of the model is a window."""

_MICROSECONDS = 1_000_000
_HOURS = {"hour": 1, "day": 24, "week": 168}
_QUARTER = 900 * _MICROSECONDS
HOUR, DAY = 3_600 * _MICROSECONDS, 86_400 * _MICROSECONDS
"""Microseconds, as clocks have them that know no summer time."""

_MONDAY = -3 * DAY
"""1969-12-29, the Monday from which weeks are counted."""

_UNITS: dict[str, Unit] = {
    "h": "hour", "hour": "hour", "hours": "hour", "d": "day", "day": "day", "days": "day",
    "w": "week", "week": "week", "weeks": "week", "row": "row", "rows": "row",
}  # fmt: skip
_WIDTH = re.compile(r"\s*(\d+)?\s*([a-z]+)\s*", re.IGNORECASE)
_BUDGET = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/|per)\s*(.+)", re.IGNORECASE)


class Width(msgspec.Struct, frozen=True):
    """The width of a window or bucket: so many hours, days or weeks of the calendar, or so many rows.

    Hours are counted from 1970 UTC whatever the zone, days from local midnight, weeks from Monday; several
    days or weeks from 1969-12-29, a Monday.
    """

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str, where: str = "window") -> Width:
        """Read "1h", "1 day", "7d", "2 weeks" or "5000 rows".

        Raises:
            ConfigurationError: anything else.
        """
        found = _WIDTH.fullmatch(text)
        unit = _UNITS.get(found[2].lower()) if found else None
        if found is None or unit is None or int(found[1] or 1) < 1:
            raise ConfigurationError(
                "not a width of windows",
                where=where,
                found=text,
                accepted="hours, days, weeks or rows, such as `1h`, `1d`, `1w`, `5000 rows`; or `version`",
            )
        return cls(int(found[1] or 1), unit)

    @property
    def hours(self) -> int:
        """Nominal length; 0 for rows."""
        return self.count * _HOURS.get(self.unit, 0)

    @property
    def words(self) -> str:
        """ "1 day", "2 weeks", "5,000 rows"."""
        return f"{grouped(self.count)} {self.unit}{'s' if self.count > 1 else ''}"

    @classmethod
    def of_hours(cls, hours: int) -> Width:
        """The width of so many hours, in the largest unit that fits."""
        units: tuple[Unit, ...] = ("week", "day", "hour")
        unit = next(unit for unit in units if hours % _HOURS[unit] == 0)
        return cls(hours // _HOURS[unit], unit)


class AlertRate(msgspec.Struct, frozen=True):
    """A budget: so many false alerts in so many days."""

    alerts: float
    days: float

    @classmethod
    def parse(cls, text: str, where: str = "budget") -> AlertRate:
        """Read "1/30d", "0.5 per week" or "1 per 30 days".

        Raises:
            ConfigurationError: anything else, or a budget of nothing.
        """
        found = _BUDGET.fullmatch(text)
        width = None
        if found is not None:
            try:
                width = Width.parse(found[2])
            except ConfigurationError:
                width = None
        if found is None or width is None or width.unit == "row" or float(found[1]) <= 0:
            raise ConfigurationError(
                "not an alert budget",
                where=where,
                found=text,
                accepted="false alerts per time: `1/30d`, `0.5 per week`, `1 per 30 days`",
            )
        return cls(float(found[1]), width.hours / 24)

    @property
    def text(self) -> str:
        """ "1/30d": what `parse` reads, to twelve decimals."""
        alerts = f"{self.alerts:.12f}".rstrip("0").rstrip(".")
        return f"{alerts}/{self.days:g}d" if self.days % 1 == 0 else f"{alerts}/{round(24 * self.days)}h"

    @property
    def words(self) -> str:
        """ "1 false alert in 30 days"."""
        plural = "" if self.alerts == 1 else "s"
        return f"{self.alerts:g} false alert{plural} in {self.days:g} day{'' if self.days == 1 else 's'}"


WEIGHTS = (0.001, 1000.0)
"""Least and largest weight of a model in a fleet."""


def divided(budget: AlertRate, weights: Mapping[str, float]) -> dict[str, AlertRate]:
    """The share of each model in a budget of all of them; the shares add up to it.

    Budgets of several models add up, whatever they have to do with each other: so many false alerts are to be
    expected of all together.

    Args:
        weights: by model, 0.001 to 1,000; without models there is nothing to divide.

    Raises:
        ConfigurationError: a weight is out of range.
    """
    for name, weight in weights.items():
        check_weight(weight, f"weights.{name}")
    total = sum(weights.values())
    return {name: AlertRate(budget.alerts * weight / total, budget.days) for name, weight in weights.items()}


def check_weight(weight: float, where: str) -> None:
    """A model's weight in a fleet is in range.

    Raises:
        ConfigurationError: it is not.
    """
    low, high = WEIGHTS
    if not low <= weight <= high:
        raise ConfigurationError(
            "value out of range", where=where, found=weight, accepted=f"a number from {low:g} to {high:g}"
        )


class Calendar(msgspec.Struct, frozen=True):
    """How the time of a model is cut.

    Attributes:
        column: with the times.
        bucket: width of what is counted; windows are sums of buckets.
        window: width of what is judged.
        why: what the width of windows rests on, in words.
        zone: name of the time zone; None: UTC.
    """

    column: str
    bucket: Width
    window: Width
    why: str
    zone: str | None = None

    @property
    def place(self) -> Zone:
        """The time zone."""
        return zone(self.zone)


def zone(name: str | None, where: str = "time_zone") -> Zone:
    """The time zone of a name of the IANA data base; UTC by default.

    Raises:
        ConfigurationError: there is no such zone.
    """
    if name is None or name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(
            "no such time zone", where=where, found=name, accepted="a name such as `Europe/Berlin`"
        ) from None


def instant(text: str, where: str = "as_of") -> int:
    """Microseconds since 1970 of a time in ISO 8601; UTC where it names no offset.

    Raises:
        ConfigurationError: it is no time.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            "not a time",
            where=where,
            found=text,
            accepted="ISO 8601: `2024-01-05`, `2024-01-05T10:00:00+02:00`",
        ) from None
    found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return (found - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def span(text: str, where: str = "label_lateness") -> int:
    """Microseconds of a length of time: "36h", "30d", "2 weeks".

    Raises:
        ConfigurationError: anything else.
    """
    try:
        width = Width.parse(text)
    except ConfigurationError:
        width = None
    if width is None or width.unit == "row":
        raise ConfigurationError(
            "not a length of time",
            where=where,
            found=text,
            accepted="a number of hours, days or weeks: `36h`, `30d`, `2w`",
        )
    return width.hours * 3600 * _MICROSECONDS


def floor(times: Moments, width: Width, place: Zone) -> Moments:
    """The start of the bucket that each time falls into, same shape.

    Args:
        times: any moments; far ones stay exact within the int64 range.
        width: in hours, days or weeks.
        place: whose calendar is meant. A day of 23 or 25 hours is one day.
    """
    if place is UTC or width.unit == "hour":
        return _floor_utc(times, width)
    offset = _offsets(times, place)
    local = _floor_utc(times + offset, width)
    # The offset in force just before local midnight: clocks may have changed since, or right then.
    return local - _offsets(local - offset - 1, place)


def following(start: int, width: Width, place: Zone) -> int:
    """The start of the bucket after the one that begins at `start`."""
    step = width.hours * 3600 * _MICROSECONDS
    # An hour past the nominal end lies in the next bucket even where a day lasts 25 hours, and half a bucket
    # past it never lies beyond the next.
    near = start + step + min(step // 2, 5400 * _MICROSECONDS)
    found = int(floor(np.array([near]), width, place)[0])
    return found if found > start else start + step


def local_parts(starts: Moments, place: Zone) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Weekday (0: Monday) and hour of day of some moments, in a zone's calendar."""
    offset = _offsets(starts, place)
    seconds = (starts + offset) // _MICROSECONDS
    return (seconds // 86_400 + 3) % 7, seconds // 3600 % 24


def _floor_utc(times: Moments, width: Width) -> Moments:
    step = width.hours * 3600 * _MICROSECONDS
    origin = _MONDAY if width.unit == "week" or (width.unit == "day" and width.count > 1) else 0
    return (times - origin) // step * step + origin


def _offsets(times: Moments, place: Zone) -> Moments:
    """Offset of the zone from UTC at each time, microseconds."""
    if place is UTC:
        return np.zeros(len(times), np.int64)
    days, day = np.unique(times // DAY, return_inverse=True)
    bounds = [(_offset(int(d) * DAY, place), _offset(int(d + 1) * DAY, place)) for d in days]
    first, last = np.array(bounds, np.int64).reshape(-1, 2).T
    found = first[day]
    # On a day on which the clocks change, by the quarter of an hour.
    change = np.flatnonzero((first != last)[day])
    quarters, quarter = np.unique(times[change] // _QUARTER, return_inverse=True)
    found[change] = np.array([_offset(int(q) * _QUARTER, place) for q in quarters], np.int64)[quarter]
    return found


def _offset(moment: int, place: Zone) -> int:
    """Offset of the zone from UTC in microseconds; beyond the years of the calendar, the standard one."""
    if place is UTC:
        return 0
    seconds = math.floor(moment / _MICROSECONDS)
    try:
        found = datetime.fromtimestamp(seconds, place).utcoffset()
    except (OverflowError, ValueError, OSError):
        found = None
    return int((found or timedelta()).total_seconds()) * _MICROSECONDS
