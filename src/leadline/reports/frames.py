"""The record as tables, for whoever goes on computing: Arrow without pyarrow, and pandas on request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from leadline.errors import MissingExtraError
from leadline.reports.record import (
    ColumnResult,
    DriftValue,
    Effect,
    PerformanceValue,
    ReportRecord,
    RuleResult,
)
from leadline.reports.words import encodable

Type = Literal["text", "number", "integer", "flag"]
Columns = Mapping[str, Type]
Row = dict[str, Any]


@dataclass(frozen=True)
class Frame:
    """A small table; any library that reads the Arrow PyCapsule interface takes it as it is.

    Attributes:
        columns: type of each column, in order.
        rows: one dict for each row; None where there is no value.
    """

    columns: Columns
    rows: tuple[Row, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        return [row[name] for row in self.rows]

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        import nanoarrow as arrow

        types = {
            "text": arrow.string(),
            "number": arrow.float64(),
            "integer": arrow.int64(),
            "flag": arrow.bool_(),
        }
        schema = arrow.struct({name: types[kind] for name, kind in self.columns.items()})
        children = [arrow.c_array(self.column(name), types[kind]) for name, kind in self.columns.items()]
        batch = arrow.c_array_from_buffers(schema, len(self), [None], children=children, null_count=0)
        return arrow.Array(batch).__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> Any:
        """A pandas DataFrame.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                "a table for pandas needs pandas", next_step="pip install pandas"
            ) from error
        dtypes = {"text": "object", "number": "float64", "integer": "Int64", "flag": "boolean"}
        return pandas.DataFrame(
            {
                name: pandas.Series(self.column(name), dtype=dtypes[kind])
                for name, kind in self.columns.items()
            }
        )


_EFFECT: Columns = {
    "effect_metric": "text",
    "effect": "number",
    "effect_low": "number",
    "effect_high": "number",
    "effect_floor": "number",
    "effect_unit": "text",
}
_PERFORMANCE: Columns = {
    "metric": "text",
    "title": "text",
    "reference": "number",
    "current": "number",
    "low": "number",
    "high": "number",
    "change": "number",
    "change_low": "number",
    "change_high": "number",
    "p_value": "number",
    "p_value_adjusted": "number",
    "verdict": "text",
    "floor": "number",
    "rows_reference": "integer",
    "rows_current": "integer",
    "bin_error": "number",
    "reason": "text",
}


def columns(record: ReportRecord) -> Frame:
    """One row for each column, worst first: verdict, what decided, effect, p-values."""
    names = (
        "name",
        "role",
        "kind",
        "physical",
        "physical_current",
        "verdict",
        "reason",
        "sentence",
        "decided_by",
    )
    numbers = ("p_value", "p_value_adjusted", "detectable", "noise_inflation")
    types: Columns = {**dict.fromkeys(names, "text"), **_EFFECT, **dict.fromkeys(numbers, "number")}

    def rows() -> Iterator[Row]:
        for column in record.columns:
            kept = {name: getattr(column, name) for name in (*names, *numbers)}
            yield kept | _effect(column.effect)

    return _frame(types, rows())


def drift(record: ReportRecord) -> Frame:
    """One row for each column and drift metric."""
    numbers = DriftValue.__struct_fields__[:-1]
    types: Columns = {
        "column": "text",
        "metric": "text",
        "title": "text",
        **dict.fromkeys(numbers, "number"),
        "reason": "text",
    }
    return _frame(types, _of_columns(record, _drift_rows))


def quality(record: ReportRecord) -> Frame:
    """One row for each column and quality metric, with both sides; `column` is null for the table itself.

    Values that are not numbers stand in `text`.
    """
    types: Columns = {
        "column": "text",
        "metric": "text",
        "current": "number",
        "reference": "number",
        "text": "text",
        "reason": "text",
    }

    def rows() -> Iterator[Row]:
        yield from _quality_rows(None, record.quality, record.quality_reasons)
        for column in record.columns:
            yield from _quality_rows(column.name, column.quality, column.quality_reasons)

    return _frame(types, rows())


def votes(record: ReportRecord) -> Frame:
    """One row for each statistic that took part in a column's verdict."""
    types: Columns = {
        "column": "text",
        "statistic": "text",
        "p_value": "number",
        **_EFFECT,
        "beyond_floor": "flag",
    }

    def of(column: ColumnResult) -> Iterator[Row]:
        for vote in column.votes:
            yield {
                "statistic": vote.statistic,
                "p_value": vote.p_value,
                "beyond_floor": vote.beyond_floor,
            } | _effect(vote.effect)

    return _frame(types, _of_columns(record, of))


def performance(record: ReportRecord) -> Frame:
    """One row for each performance metric, with both sides, the change and its interval."""
    return _frame(_PERFORMANCE, _performance_rows(record, record.performance))


def segments(record: ReportRecord) -> Frame:
    """One row for each segment and performance metric (one with a null metric where there is none)."""
    types: Columns = {
        "column": "text",
        "value": "text",
        "segment_rows_reference": "integer",
        "segment_rows_current": "integer",
        **_PERFORMANCE,
    }

    def rows() -> Iterator[Row]:
        for segment in record.segments:
            own = {
                "column": segment.column,
                "value": segment.value,
                "segment_rows_reference": segment.rows_reference,
                "segment_rows_current": segment.rows_current,
            }
            measured = list(_performance_rows(record, segment.performance))
            for row in measured or [dict.fromkeys(_PERFORMANCE)]:
                yield own | row

    return _frame(types, rows())


def rules(record: ReportRecord) -> Frame:
    """One row for each declared validation rule."""
    types: Columns = {
        "column": "text",
        "rule": "text",
        "verdict": "text",
        "broken": "integer",
        "rows": "integer",
        "reason": "text",
    }

    def row(rule: RuleResult) -> Row:
        return {name: getattr(rule, name) for name in types}

    return _frame(types, map(row, record.rules))


TABLES: dict[str, Callable[[ReportRecord], Frame]] = {
    table.__name__: table for table in (columns, drift, quality, votes, performance, segments, rules)
}
"""Every table by name."""


def _frame(types: Columns, rows: Iterable[Row]) -> Frame:
    return Frame(types, tuple({name: _value(row.get(name), types[name]) for name in types} for row in rows))


def _value(value: Any, kind: Type) -> Any:
    if value is None:
        return None
    if kind == "text":
        return encodable(str(value))
    return float(value) if kind == "number" else value


def _effect(effect: Effect | None) -> Row:
    if effect is None:
        return {}
    return {
        "effect_metric": effect.metric,
        "effect": effect.value,
        "effect_low": effect.low,
        "effect_high": effect.high,
        "effect_floor": effect.floor,
        "effect_unit": effect.unit,
    }


def _of_columns(record: ReportRecord, rows: Callable[[ColumnResult], Iterator[Row]]) -> Iterator[Row]:
    for column in record.columns:
        for row in rows(column):
            named = {"column": column.name} | row
            if "metric" in row:
                named["title"] = _title(record, row["metric"])
            yield named


def _drift_rows(column: ColumnResult) -> Iterator[Row]:
    for key, value in column.drift.items():
        yield {"metric": key} | msgspec.structs.asdict(value)


def _quality_rows(column: str | None, values: Mapping[str, Any], reasons: Mapping[str, str]) -> Iterator[Row]:
    keys = dict.fromkeys(key.removesuffix("_reference") for key in (*values, *reasons))
    for key in keys:
        current, reference = values.get(key), values.get(f"{key}_reference")
        yield {
            "column": column,
            "metric": key,
            "current": _number(current),
            "reference": _number(reference),
            "text": current if isinstance(current, str) else None,
            "reason": reasons.get(key),
        }


def _number(value: Any) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)


def _performance_rows(record: ReportRecord, values: Mapping[str, PerformanceValue]) -> Iterator[Row]:
    for key, value in values.items():
        yield {"metric": key, "title": _title(record, key)} | msgspec.structs.asdict(value)


def _title(record: ReportRecord, key: str) -> str:
    declared = record.metrics.get(key)
    return declared.title if declared else key
