"""How time is cut: the windows that are judged, and the buckets of which they are made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC

import numpy as np
import numpy.typing as npt

from leadline.engines.block_noise import BLOCK_HOURS, most_blocks
from leadline.engines.buckets import TimeBuckets, bucket_limit
from leadline.engines.first_look import first_look
from leadline.engines.groups import Grouping
from leadline.engines.versions import LIVE, VersionBuckets
from leadline.errors import ConfigurationError
from leadline.monitors.windows import choose
from leadline.profiles.grid import Grid
from leadline.schedule import Calendar, Width, zone
from leadline.schema import ColumnSchema, Kind, Role
from leadline.settings import Settings
from leadline.tables.table import Batch, Column, Table

_HOUR = 3600 * 1_000_000


def learn_calendar(
    columns: Sequence[ColumnSchema], batch: Batch, rows: int | None, grid: Grid, settings: Settings
) -> Calendar | None:
    """How the reference's time is cut; None without times.

    Raises:
        ConfigurationError: the stated windows are too narrow for so many columns over so long a time.
    """
    named = [c.name for c in columns if c.role is Role.TIMESTAMP and c.kind is Kind.DATETIME]
    times = _times(batch.column(named[0])) if named else np.zeros(0, np.int64)
    if len(times) == 0:
        return None
    place = zone(settings.time_zone)
    window, why = choose(times, rows or len(times), place)
    if settings.width is not None:
        window, why = Width.parse(settings.width), "stated"
    first, last = (int(end) for end in np.quantile(times, [0.001, 0.999], method="nearest"))
    hours = (last - first) / _HOUR
    block = next((h for h in BLOCK_HOURS if hours / h < most_blocks(grid) - 1), BLOCK_HOURS[-1])
    if place is not UTC:  # only whole days nest in the days of a zone
        block = max(block, 24)
    most = bucket_limit(_cells(grid))
    if window.unit == "row":
        a_bucket = window.count / 4 * hours / max(1, rows or len(times))
        narrow = max((h for h in BLOCK_HOURS if h <= max(a_bucket, hours / most, 1)), default=1)
        bucket = math.gcd(narrow, block)
    else:
        bucket = math.gcd(window.hours, block)
        if hours / bucket > most:
            bucket = window.hours
    if hours / bucket > most and settings.width is not None:
        raise ConfigurationError(
            "the windows are too narrow for so many columns over so long a time",
            where="window",
            found=f"{settings.width}: {hours / bucket:,.0f} windows",
            accepted=f"a width that gives at most {most:,} windows",
        )
    return Calendar(named[0], Width.of_hours(bucket), window, why, settings.time_zone)


def calendar_of(table: Table, column: ColumnSchema, grid: Grid, settings: Settings) -> Calendar | None:
    """How the time of a table is cut that is not the reference; None where its column holds no time."""
    return learn_calendar([column], first_look(table).batch, table.rows, grid, settings)


def buckets(calendar: Calendar, grid: Grid, *, by_version: bool = False) -> Grouping:
    """The grouping of rows into the buckets of a calendar, and by the model's version if it is asked for.

    Raises:
        ConfigurationError: there is no column with versions.
    """
    parts = LIVE if by_version else 1
    times = TimeBuckets(calendar.column, calendar.bucket, calendar.place, bucket_limit(_cells(grid) * parts))
    if not by_version:
        return times
    column = next((column.name for column in grid.columns if column.role is Role.VERSION), None)
    if column is None:
        raise ConfigurationError(
            "windows by version need the column with the model's version",
            where="window",
            next_step="Name it with `version`.",
        )
    return VersionBuckets(times, column)


def _cells(grid: Grid) -> int:
    return int(grid.offsets[-1]) * (1 + len(grid.segments))


def _times(data: Column) -> npt.NDArray[np.int64]:
    if data.dictionary is not None:
        return np.zeros(0, np.int64)
    return data.values if data.valid is None else data.values[data.valid]
