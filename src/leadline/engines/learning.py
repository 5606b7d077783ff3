"""Learning a baseline from the reference: roles, the grid, the counts, the noise between blocks of rows."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from leadline.baselines.baseline import Baseline, Inflation
from leadline.baselines.noise import BLOCKS_MIN, block_inflation, dyadic, merge_blocks, vector_inflation
from leadline.baselines.performance_noise import performance_inflation
from leadline.engines.buckets import TimeBuckets, bucket_limit
from leadline.engines.delays import DelayCounter
from leadline.engines.duplicates import DuplicateRows, by_distinct, pivots
from leadline.engines.groups import EntityBlocks, Grouping
from leadline.engines.local import SAMPLE_ROWS, ExtraMaker, apart, count
from leadline.engines.outcomes import OutcomeCounter, learn_outcome
from leadline.engines.ratios import RatioCounter, learn_ratios
from leadline.engines.sampling import learn_key, sampler
from leadline.engines.versions import LIVE, VersionBuckets, VersionCounter
from leadline.errors import ConfigurationError
from leadline.metrics.vectors import Moments
from leadline.monitors.windows import choose, cut
from leadline.profiles import delays
from leadline.profiles.arrays import EMPTY_TEXT, NAN, NULL
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.columns import Known, as_labels, entry_rows
from leadline.profiles.counting import finite
from leadline.profiles.distinct import beyond_floats
from leadline.profiles.grid import OTHER_SEGMENT, PREFIX, Axis, Grid, GridColumn, Segment
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.orders import order_of
from leadline.profiles.profile import Profile
from leadline.profiles.vectors import VectorAxis
from leadline.progress import Progress
from leadline.schedule import Calendar, Width, zone
from leadline.schema import ColumnSchema, Kind, Role
from leadline.settings import Settings
from leadline.tables import first_look as few_rows
from leadline.tables.computed import with_columns
from leadline.tables.roles import infer
from leadline.tables.table import Batch, Column, Sample, Table
from leadline.tables.texts import empty, pick
from leadline.tables.times import with_times
from leadline.turns import threads_in_turns

Floats = npt.NDArray[np.float64]

VALUES_AT_ONCE = 1 << 25
"""Values that are decoded together while a grid is learned from a file or stream (256 MB)."""

SEGMENT_VALUES = 16
"""Most values of a segment column that are counted apart."""

SEGMENTS_MAX = 64
"""Most segments of a model."""

PIVOTS = 64
"""Columns among which the pivot of the search for duplicate rows is chosen."""

CONFIDENCE = ColumnSchema(
    "confidence", Role.DERIVED, Kind.NUMERIC, why="derived: probability of the likeliest class"
)
"""The column that is added where the model gives probabilities."""

_COUNTED = {Role.FEATURE, Role.PREDICTION, Role.SCORE, Role.LABEL, Role.SEGMENT, Role.DERIVED}
_SEED = 20_251
_BLOCKS = 64
_BLOCK_CELLS = 1 << 22
_HOUR = 3600 * 1_000_000
_BLOCK_HOURS = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672, 1344, 2688)


@dataclass(frozen=True)
class FirstLook:
    """The rows that teach the grid.

    Attributes:
        batch: the rows.
        sample: their place in the table, when they are left out of the counts; None: they are all the
            rows, and are counted.
    """

    batch: Batch
    sample: Sample | None


def first_look(table: Table) -> FirstLook:
    """All rows of a table of up to 2**20 rows; a seeded sample of a larger one."""
    names = [item.name for item in table.fields]
    if table.in_memory:
        if (table.rows or 0) <= SAMPLE_ROWS:
            return FirstLook(next(iter(table.batches())), None)
        return FirstLook((sample := table.sample(names, SAMPLE_ROWS // 4, _SEED)).batch, sample)
    if table.rows is not None and table.rows <= SAMPLE_ROWS:
        # Parquet: the columns are read when they are asked for, a few at a time.
        return FirstLook(table.sample(names, table.rows, _SEED).batch, None)
    rows = min(SAMPLE_ROWS, max(1 << 13, VALUES_AT_ONCE // max(1, len(names))))
    if table.rows is not None:
        rows = min(rows, SAMPLE_ROWS // 4)
    sample = table.sample(names, rows, _SEED)
    whole = table.rows is not None and sample.batch.rows >= table.rows
    return FirstLook(sample.batch, None if whole else sample)


def learn(table: Table, settings: Settings, progress: Progress | None = None) -> Baseline:
    """Learn a baseline.

    Args:
        table: the reference.
        settings: the options.
        progress: told while rows are counted.

    Raises:
        DataError: the table cannot be read, or a named column is missing.
        ConfigurationError: the options do not fit the columns.
    """
    few = few_rows(table)
    schema = infer(table.fields, few, settings)
    table = with_times(table, schema)
    confidence = confidence_of(schema, few)
    if confidence is not None:
        table = with_columns(table, {CONFIDENCE.name: confidence})
        settings = replace(settings, columns={**settings.columns, CONFIDENCE.name: confidence})
        schema = (*schema, CONFIDENCE)
    look = first_look(table)
    used = [column for column in schema if column.role is not Role.IGNORED]
    physical = {item.name: item.physical for item in table.fields}
    threads = settings.threads or os.cpu_count() or 1
    with threads_in_turns(threads) as pool:
        weighted = any(column.role is Role.WEIGHT for column in used)
        order = apart(used, threads)
        found = pool.map(lambda c: _learn_axis(c, look, weighted), order)
        rows_differ = [c.name for c in used if c.role not in (Role.ID, Role.DERIVED)]
        distinct = by_distinct(rows_differ[:PIVOTS], few)
        learned = {column.name: axis_and_counts for column, axis_and_counts in zip(order, found, strict=True)}
    columns = tuple(GridColumn(column, physical[column.name], learned[column.name][0]) for column in used)
    known = {name: counts for name, (_, counts) in learned.items() if counts is not None}
    unit = _weight_unit(used, look.batch)
    outcome = learn_outcome(used, look.batch, settings, unit > 0)
    segments = learn_segments(settings.segment, look.batch)
    ratios = learn_ratios(look.batch, settings, unit > 0, list(physical))
    pivot = distinct[0] if distinct else None
    grid = Grid(columns, unit, outcome, segments, ratios, pivot, learn_key(used, distinct, few))

    def counted(grouping: Grouping | None, rows: int, segments: bool = True) -> Profile:
        return count(
            table,
            grid,
            grouping=grouping,
            segments=segments,
            extras=extras(grid),
            duplicates=duplicates(grid, settings),
            sampler=sampler(grid, rows, grouping is not None),
            skip=None if look.sample is None else (look.sample.starts, look.sample.stops),
            batches=[look.batch] if look.sample is None else None,
            known=known,
            threads=threads,
            progress=progress,
        )

    calendar = learn_calendar(used, look.batch, table.rows, grid, settings)
    profile = counted(None if calendar is None else buckets(calendar, grid), settings.rows)
    inflations = [] if calendar is None else noise_of_time(profile, calendar)
    for column in used:
        if column.role is Role.ENTITY:
            blocks = counted(EntityBlocks(column.name, _most_blocks(grid)), 0, segments=False)
            inflations.append(_noise(blocks.grid, _by_block(blocks), 0.0))
    return Baseline(
        profile=profile,
        schema=schema,
        settings=settings,
        inflations=tuple(inflations),
        sampled=0 if look.sample is None else look.batch.rows,
        calendar=calendar,
    )


def confidence_of(schema: Sequence[ColumnSchema], few: Batch) -> str | None:
    """The row expression of the model's confidence, the probability of its likeliest class.

    None without scores on 0..1, and where a column has that name already.
    """
    scores = [column.name for column in schema if column.role is Role.SCORE]
    if not scores or any(column.name == CONFIDENCE.name or "`" in column.name for column in schema):
        return None
    for name in scores:
        values = _sorted(few.column(name), few.rows)
        if len(values) == 0 or values[0] < 0 or values[-1] > 1:
            return None
    quoted = [f"`{name}`" for name in scores]
    return f"max({', '.join(quoted)})" if len(quoted) > 1 else f"max({quoted[0]}, 1 - {quoted[0]})"


def extras(grid: Grid) -> list[ExtraMaker]:
    """The counters of several columns together that a grid asks for."""
    makers: list[ExtraMaker] = [partial(RatioCounter, i, plan) for i, plan in enumerate(grid.ratios)]
    makers += [partial(VersionCounter, column.name) for column in grid.columns if column.role is Role.VERSION]
    if grid.outcome.grid is not None:
        makers.append(partial(OutcomeCounter, grid.outcome))
    if delays.columns(grid) is not None:
        makers.append(partial(DelayCounter, grid))
    return makers


def duplicates(grid: Grid, settings: Settings) -> DuplicateRows | None:
    """The counter of duplicate rows: equal in all columns but the id."""
    if grid.pivot is None:
        return None
    names = [column.name for column in grid.columns if column.role is not Role.ID]
    return DuplicateRows(names, pivots(grid, names), settings.exact_duplicates)


def learn_segments(columns: Sequence[str], batch: Batch) -> tuple[Segment, ...]:
    """The segments of some columns: the most frequent values of each, and all others together."""
    segments: list[Segment] = []
    for column in columns:
        values, counts = value_counts(batch.column(column))
        order = sorted(range(len(values)), key=lambda i: (-int(counts[i]), values[i]))
        room = min(SEGMENT_VALUES, SEGMENTS_MAX - len(segments) - 1)
        if room < 1:
            raise ConfigurationError(
                "too many segments",
                where="segment",
                found=f"{len(columns)} columns",
                accepted=f"columns with at most {SEGMENTS_MAX} values together",
            )
        segments += [(column, values[i]) for i in order[:room]] + [(column, OTHER_SEGMENT)]
    return tuple(segments)


def value_counts(data: Column) -> tuple[Sequence[str], npt.NDArray[np.int64]]:
    """Distinct texts of a column (empty text left out) and how often each occurs."""
    coded = data if data.dictionary is not None else as_labels(data)
    texts: Sequence[str] = coded.dictionary or ()
    counts = entry_rows(coded)
    used = np.flatnonzero(counts)
    found = pick(texts, used)
    named = ~empty(found)
    return pick(found, np.flatnonzero(named)), counts[used][named].astype(np.int64)


def _learn_axis(column: ColumnSchema, look: FirstLook, weighted: bool) -> tuple[Axis | None, Known | None]:
    """The axis of a column; None where its values are not compared.

    Where numbers are all the rows that will be counted they are counted at once. Vectors are not compared
    where rows have weights.
    """
    if column.role not in _COUNTED:
        return None, None
    batch, exact = look.batch, look.sample is None
    data = batch.column(column.name)
    if column.kind is Kind.NUMERIC:
        numbers = data.dictionary is None and len(data.values) == batch.rows
        order = order_of(data.values, data.valid) if numbers else None
        if order is None:
            return NumericAxis.of_nothing(exact), None
        axis = NumericAxis.learn(order, random_edges=exact)
        # Rows without a usable weight are not counted, and floats do not tell all whole numbers apart.
        counted = exact and not weighted and not beyond_floats(data.values.dtype, order.low, order.high)
        return axis, Known.of(axis, order) if counted else None
    if column.kind in (Kind.CATEGORICAL, Kind.BOOLEAN) and len(data.values) == batch.rows:
        values, counts = value_counts(data)
        key = column.name.encode("utf-8", "surrogatepass")[:64]
        return CategoricalAxis.learn(values, counts, key), None
    if column.kind is Kind.VECTOR and data.vectors is not None and not weighted:
        return VectorAxis.learn(data.vectors, data.valid), None
    return None, None


def _sorted(data: Column, rows: int) -> Floats:
    """The finite values of a column in order; none where they are no numbers."""
    if data.dictionary is not None or len(data.values) != rows:
        return np.zeros(0)
    ordered = np.array(data.values, np.float64)
    if data.valid is not None:
        np.copyto(ordered, np.nan, where=~data.valid)
    ordered.sort()
    return finite(ordered)


def _weight_unit(columns: Sequence[ColumnSchema], batch: Batch) -> float:
    """The mean usable weight, rounded to a power of two; 0 without weights."""
    name = next((c.name for c in columns if c.role is Role.WEIGHT), None)
    if name is None:
        return 0.0
    values = _sorted(batch.column(name), batch.rows)
    values = values[values > 0]
    if len(values) == 0:
        return 1.0
    largest = values[-1]
    return float(2.0 ** np.clip(np.round(np.log2((values / largest).mean()) + np.log2(largest)), -1000, 1000))


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
    block = next((h for h in _BLOCK_HOURS if hours / h < _most_blocks(grid) - 1), _BLOCK_HOURS[-1])
    if place is not UTC:  # only whole days nest in the days of a zone
        block = max(block, 24)
    most = bucket_limit(_cells(grid))
    if window.unit == "row":
        a_bucket = window.count / 4 * hours / max(1, rows or len(times))
        narrow = max((h for h in _BLOCK_HOURS if h <= max(a_bucket, hours / most, 1)), default=1)
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


def _most_blocks(grid: Grid) -> int:
    return max(2 * BLOCKS_MIN, min(_BLOCKS, _BLOCK_CELLS // max(1, int(grid.offsets[-1]))))


def _by_block(profile: Profile) -> dict[str, Floats]:
    """The sums of each block, over all segments and versions."""
    return {name: array[:, :, 0].sum(1).astype(np.float64) for name, array in profile.sums.items()}


def noise_of_time(profile: Profile, calendar: Calendar) -> list[Inflation]:
    """Noise inflation at 1, 2, 4, ... times the shortest block of which there are not too many."""
    starts = np.array(profile.axes.buckets, np.int64)
    rows = profile.sums["rows"][:, :, 0].sum(1)
    nested = [hours for hours in _BLOCK_HOURS if hours % calendar.bucket.hours == 0]
    for hours in nested or [calendar.bucket.hours]:
        blocks = cut(starts, rows, Width.of_hours(hours), calendar.place)
        if len(blocks) <= _most_blocks(profile.grid):
            break
    sums = {name: blocks.sums(array) for name, array in _by_block(profile).items()}
    found = []
    for length in dyadic(len(blocks)):
        merged = {name: merge_blocks(array, length) for name, array in sums.items()}
        found.append(_noise(profile.grid, merged, hours * 3600.0 * length))
    return found


def _noise(grid: Grid, sums: Mapping[str, Floats], seconds: float) -> Inflation:
    """Noise inflation between blocks whose sums are given."""
    size = len(grid.columns)
    columns, missing = np.full(size, np.nan), np.full(size, np.nan)
    rows = sums["rows"]
    absent = sums["specials"][:, :, [NULL, NAN, EMPTY_TEXT]].sum(-1)
    for k, column in enumerate(grid.columns):
        part = slice(int(grid.offsets[k]), int(grid.offsets[k + 1]))
        if isinstance(column.axis, VectorAxis):
            columns[k] = vector_inflation(Moments(*column.axis.means(sums["vectors"][:, grid.vectors[k]])))
        elif column.axis is not None:
            columns[k] = block_inflation(sums["cells"][:, part], isinstance(column.axis, NumericAxis))
        if absent[:, k].any():
            missing[k] = block_inflation(np.stack([absent[:, k], rows - absent[:, k]], -1), False)
    performance = performance_inflation(grid, sums)
    return Inflation(
        seconds, len(rows), float(rows.mean()), columns, missing, _outcome_noise(sums), performance
    )


def _outcome_noise(sums: Mapping[str, Floats]) -> float:
    """Noise inflation of the table of outcomes: of the confusion matrix, or of the cells of the residual."""
    for name in ("confusion", "absolute"):
        array = sums.get(PREFIX + name)
        if array is not None:
            if name == "confusion":
                array = array[:, :-1, :-1]
            return block_inflation(array[..., 0].reshape(len(array), -1), ordered=name == "absolute")
    return float("nan")
