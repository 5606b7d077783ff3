"""Learning a baseline from the reference: roles, the grid, the counts, the noise between blocks of rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from leadline.baselines.baseline import Baseline
from leadline.engines.block_noise import most_blocks, noise_of_entities, noise_of_time
from leadline.engines.calendars import buckets, learn_calendar
from leadline.engines.delays import DelayCounter
from leadline.engines.duplicates import DuplicateRows, by_distinct, pivots
from leadline.engines.first_look import FirstLook, first_look
from leadline.engines.groups import EntityBlocks, Grouping
from leadline.engines.local import ExtraMaker, apart, count
from leadline.engines.outcomes import OutcomeCounter, learn_outcome
from leadline.engines.ratios import RatioCounter, learn_ratios
from leadline.engines.sampling import learn_key, sampler
from leadline.engines.versions import VersionCounter
from leadline.errors import ConfigurationError
from leadline.profiles import delays
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.columns import Known, as_labels, entry_rows
from leadline.profiles.counting import finite
from leadline.profiles.distinct import beyond_floats
from leadline.profiles.grid import OTHER_SEGMENT, Axis, Grid, GridColumn, Segment
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.orders import order_of
from leadline.profiles.profile import Profile
from leadline.profiles.vectors import VectorAxis
from leadline.progress import Progress
from leadline.schema import ColumnSchema, Kind, Role
from leadline.settings import Settings
from leadline.tables import first_look as few_rows
from leadline.tables.computed import with_columns
from leadline.tables.roles import infer
from leadline.tables.table import Batch, Column, Table
from leadline.tables.texts import empty, pick
from leadline.tables.times import with_times
from leadline.turns import threads_in_turns

Floats = npt.NDArray[np.float64]

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
    schema = infer(table.fields, few, settings, table.name)
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
        # What needs no axis, meanwhile.
        unit = _weight_unit(used, look.batch)
        outcome = learn_outcome(used, look.batch, settings, unit > 0)
        segments = learn_segments(settings.segment, look.batch)
        ratios = learn_ratios(look.batch, settings, unit > 0, list(physical))
        rows_differ = [c.name for c in used if c.role not in (Role.ID, Role.DERIVED)]
        distinct = by_distinct(rows_differ[:PIVOTS], few)
        learned = {column.name: axis_and_counts for column, axis_and_counts in zip(order, found, strict=True)}
    columns = tuple(GridColumn(column, physical[column.name], learned[column.name][0]) for column in used)
    known = {name: counts for name, (_, counts) in learned.items() if counts is not None}
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
    inflations = [] if calendar is None else noise_of_time(profile, calendar, threads)
    for column in used:
        if column.role is Role.ENTITY:
            blocks = counted(EntityBlocks(column.name, most_blocks(grid)), 0, segments=False)
            inflations.append(noise_of_entities(blocks))
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
