"""Tables with computed columns after their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from leadline.errors import ConfigurationError, DataError
from leadline.tables.derived import DerivedTable
from leadline.tables.expressions import Expression, parse
from leadline.tables.table import Batch, Column, Field, Physical, Table


def with_columns(table: Table, expressions: Mapping[str, str]) -> Table:
    """The table with a computed column for each expression; later ones may use earlier ones.

    Raises:
        ConfigurationError: an expression cannot be parsed, or its name is a column already.
        DataError: it reads a column that the table lacks.
    """
    if not expressions:
        return table
    types: dict[str, Physical] = {item.name: item.physical for item in table.fields}
    parsed: dict[str, Expression] = {}
    for name, text in expressions.items():
        where = f"columns.{name}"
        if name in types:
            raise ConfigurationError(
                "the table has a column of this name", where=where, next_step="Choose another name."
            )
        expression = parse(text, where)
        for column in expression.columns:
            if column not in types:
                raise DataError.no_column(column, types, table.name, where)
        parsed[name] = expression
        types[name] = expression.physical(types)
    return DerivedTable(
        table,
        tuple(Field(name, physical) for name, physical in types.items()),
        lambda batch: _ComputedBatch(batch.rows, batch, parsed),
        partial(_sources, parsed),
    )


@dataclass(frozen=True, slots=True)
class _ComputedBatch:
    """A batch with computed columns beside its own."""

    rows: int
    inner: Batch
    expressions: Mapping[str, Expression]

    def column(self, name: str) -> Column:
        expression = self.expressions.get(name)
        return self.inner.column(name) if expression is None else expression(self)


def _sources(expressions: Mapping[str, Expression], columns: Sequence[str]) -> list[str]:
    """The table's own columns that these columns are made of."""
    found: dict[str, None] = {}
    open_names = list(reversed(columns))
    while open_names:
        name = open_names.pop()
        expression = expressions.get(name)
        if expression is None:
            found[name] = None
        else:
            open_names.extend(reversed(expression.columns))
    return list(found)


def fitting(table: Table, expressions: Mapping[str, str]) -> dict[str, str]:
    """The expressions whose columns the table has, with values that they can work on."""
    kinds: dict[str, Physical] = {item.name: item.physical for item in table.fields}
    found = {}
    for name, text in expressions.items():
        expression = parse(text, f"columns.{name}")
        if not set(expression.columns) <= set(kinds):
            continue
        try:
            expression(_OneRow(kinds))
        except ConfigurationError:
            continue
        kinds[name] = expression.physical(kinds)
        found[name] = text
    return found


@dataclass(frozen=True, slots=True)
class _OneRow:
    """A row of nulls, on which an expression shows whether it fits the types of its columns."""

    kinds: Mapping[str, Physical]
    rows: int = 1

    def column(self, name: str) -> Column:
        kind = self.kinds[name]
        if kind == "string":
            return Column(np.zeros(1, np.uint8), np.zeros(1, bool), [""])
        return Column(np.zeros(0 if kind in ("binary", "list", "struct", "other") else 1), np.zeros(1, bool))
