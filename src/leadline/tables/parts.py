"""Columns of structures become a column for each part: `features.age` of `{"features": {"age": 41}}`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from leadline.tables.derived import DerivedTable
from leadline.tables.names import unique_names
from leadline.tables.table import Batch, Column, Field, Table

DEPTH = 3
"""Structures within structures that are taken apart; what lies deeper stays one column."""

MOST = 1_000
"""Parts of a column; one of more (such as a structure with a field for each user) stays one column."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column, or a part of one.

    Attributes:
        path: name of the column, then of the part, and of the part within it.
        places: of the part among the column's parts, and so on; none for a whole column.
        field: physical type of the values.
    """

    path: tuple[str, ...]
    places: tuple[int, ...]
    field: Field


def leaves(fields: Sequence[Field]) -> dict[str, Leaf]:
    """The columns in order, those of structures taken apart, by unique names such as `features.age`."""
    found: list[Leaf] = []
    for item in fields:
        whole = Leaf((item.name,), (), item)
        parts = list(islice(_within(whole), MOST + 1))
        found += parts if len(parts) <= MOST else [whole]
    # A column that is called as a part is keeps its name.
    order = sorted(range(len(found)), key=lambda place: bool(found[place].places))
    names = unique_names(".".join(found[place].path) for place in order)
    named = dict(zip(order, names, strict=True))
    return {named[place]: leaf for place, leaf in enumerate(found)}


def _within(leaf: Leaf) -> Iterator[Leaf]:
    if not leaf.field.parts or len(leaf.places) == DEPTH:
        yield leaf
        return
    for place, part in enumerate(leaf.field.parts):
        yield from _within(Leaf((*leaf.path, part.name), (*leaf.places, place), part))


def unpacked(table: Table) -> Table:
    """The table with its structures taken apart."""
    if not any(item.parts for item in table.fields):
        return table
    named = leaves(table.fields)

    def sources(columns: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(named[name].path[0] for name in columns))

    fields = tuple(Field(name, leaf.field.physical) for name, leaf in named.items())
    return DerivedTable(table, fields, lambda batch: _UnpackedBatch(batch, named), sources)


@dataclass(slots=True)
class _UnpackedBatch:
    """A batch whose structures are read once for all their parts."""

    inner: Batch
    leaves: dict[str, Leaf]
    read: dict[str, Column] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def rows(self) -> int:
        return self.inner.rows

    def column(self, name: str) -> Column:
        leaf = self.leaves[name]
        whole = leaf.path[0]
        if not leaf.places:
            return self.inner.column(whole)
        with self.lock:
            if whole not in self.read:
                self.read[whole] = self.inner.column(whole)
        column = self.read[whole]
        for place in leaf.places:
            if column.unreadable:
                return column
            column = column.parts[place]
        return column
