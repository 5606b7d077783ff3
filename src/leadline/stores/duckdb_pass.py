"""Reading the rows of a model out of the embedded store, each with its label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.stores.cells import Key, Kind
from leadline.stores.contract import (
    ID,
    LABEL_TIMESTAMP,
    QUARTER,
    TIMESTAMP,
    Moments,
    Section,
    Wanted,
)
from leadline.tables.arrow import ArrowBatch
from leadline.tables.batches import picked
from leadline.tables.sampling import row_ranges
from leadline.tables.table import Batch, Field, Physical, Sample

Source = tuple[str, Kind]
"""An SQL expression and the kind of its values."""

_FIXED: Mapping[tuple[str, str], Source] = {
    ("", ID): ("p.id", "text"),
    ("", TIMESTAMP): ("p.moment", "integer"),
    ("", LABEL_TIMESTAMP): ("j.moment", "integer"),
}
_PHYSICAL: Mapping[Kind, Physical] = {
    "integer": "int", "number": "float", "boolean": "bool", "text": "string", "nested": "string",
}  # fmt: skip
_TEXTS = {"text", "nested"}
_RANGES = 200
"""Ranges of time beyond which one from the first to the last is looked at."""


@dataclass(frozen=True, slots=True)
class _Read:
    """How a column is read: its values in most rows, and in those whose value is none of its kind."""

    field: Field
    plain: str
    odd: str
    is_odd: str


class DuckDBPass:
    """A `Pass` on a connection of its own, within one transaction."""

    def __init__(
        self, cursor: Any, name: str, number: int, places: Mapping[Section, Mapping[Key, int]], upto: int
    ) -> None:
        self._cursor, self._name, self._number, self._upto = cursor, name, number, upto
        self._places = places

    def touched(self, after: int) -> Moments:
        """See `Pass.touched`."""
        new = f"batch > {after} AND batch <= {self._upto}"
        rows = self._cursor.execute(
            f"SELECT DISTINCT moment // {QUARTER} FROM predictions_{self._number} WHERE {new} "
            f"UNION SELECT DISTINCT moment // {QUARTER} FROM predictions_{self._number} "
            f"WHERE batch <= {self._upto} AND id IN (SELECT id FROM labels_{self._number} WHERE {new}) "
            f"UNION SELECT DISTINCT quarter FROM changed WHERE model = {self._number} AND {new}"
        ).fetchall()
        return np.sort(np.array([quarter for (quarter,) in rows], np.int64)) * QUARTER

    def fields(self) -> list[Key]:
        """See `Pass.fields`."""
        labels = [key for key in self._places["labels"] if key[:2] == ("", "label")]
        return list(dict.fromkeys([*self._places["predictions"], *labels]))

    def prepare(self, ranges: Sequence[tuple[int, int]]) -> None:
        """See `Pass.prepare`."""
        labels = [f"latest.c{place}" for key, place in self._places["labels"].items() if key.name == "label"]
        within = _within(ranges)
        upto, number = self._upto, self._number
        self._cursor.execute(f"""
            CREATE OR REPLACE TEMP TABLE joined AS
            WITH here AS (
                SELECT DISTINCT id FROM predictions_{number}
                WHERE batch <= {upto} AND id IS NOT NULL AND ({within})
            ), latest AS (
                SELECT * FROM labels_{number} WHERE batch <= {upto} AND id IN (SELECT id FROM here)
                QUALIFY row_number() OVER (PARTITION BY id ORDER BY moment DESC, batch DESC, place DESC) = 1
            ), first AS (
                SELECT id, batch, place FROM predictions_{number}
                WHERE batch <= {upto} AND id IN (SELECT id FROM latest)
                QUALIFY row_number() OVER (PARTITION BY id ORDER BY batch, place) = 1
            )
            SELECT {", ".join(["first.batch", "first.place", "latest.moment", *labels])}
            FROM first JOIN latest USING (id)
        """)

    def read(
        self, start: int, end: int, wanted: Sequence[Wanted], after: int = 0, upto: int | None = None
    ) -> StoredTable:
        """See `Pass.read`."""
        last = self._upto if upto is None else min(upto, self._upto)
        rows = (
            f"FROM predictions_{self._number} p "
            "LEFT JOIN joined j ON p.batch = j.batch AND p.place = j.place "
            f"WHERE p.batch > {after} AND p.batch <= {last} AND p.moment >= {start} AND p.moment < {end}"
        )
        sources = [self._sources(column) for column in wanted]
        named = list(dict.fromkeys(expression for own in sources for expression, _ in own))
        counts = self._cursor.execute(
            f"SELECT {', '.join(['count(*)', *(f'count({name})' for name in named)])} {rows}"
        ).fetchall()[0]
        held = dict(zip(named, counts[1:], strict=True))
        reads = [
            _read(column, [source for source in own if held[source[0]]])
            for column, own in zip(wanted, sources, strict=True)
        ]
        return StoredTable(self._cursor, self._name, reads, rows, counts[0])

    def _sources(self, column: Wanted) -> list[Source]:
        """Where values of a column may come from, the first choice first."""
        found: list[Source] = []
        for group, name in column.keys:
            if (group, name) in _FIXED:
                found.append(_FIXED[group, name])
            if (group, name) == ("", "label"):
                found += self._of("labels", "j", group, name)
            found += self._of("predictions", "p", group, name)
        return found

    def _of(self, section: Section, table: str, group: str, name: str) -> list[Source]:
        places = self._places[section].items()
        return [(f"{table}.c{place}", key.kind) for key, place in places if key[:2] == (group, name)]


class StoredTable:
    """Predictions of a range of time, as a `Table`; read anew each time, one reader at a time."""

    replayable = True
    in_memory = False

    def __init__(self, cursor: Any, name: str, reads: Sequence[_Read], source: str, rows: int) -> None:
        self._cursor, self._reads, self._source = cursor, reads, source
        self.name = name
        self.fields = tuple(read.field for read in reads)
        self.rows: int | None = rows

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        chosen = [read for read in self._reads if columns is None or read.field.name in columns]
        positions = {read.field.name: i for i, read in enumerate(chosen)}
        # At least one expression, so that rows without any column can be counted.
        odd = " OR ".join(f"({read.is_odd})" for read in self._reads if read.is_odd)
        usual = f" AND NOT ({odd})" if odd else ""
        yield from self._batches([read.plain for read in chosen], usual, positions)
        if odd:
            yield from self._batches([read.odd for read in chosen], f" AND ({odd})", positions)

    def _batches(self, chosen: Sequence[str], where: str, positions: dict[str, int]) -> Iterator[Batch]:
        import nanoarrow

        found = self._cursor.sql(
            f"SELECT {', '.join([*chosen, 'p.place'])} {self._source}{where} "
            "ORDER BY p.moment, p.batch, p.place"
        )
        for array in nanoarrow.c_array_stream(found):
            yield ArrowBatch(array.length, array, positions)

    def sample(self, columns: Sequence[str], rows: int, seed: int) -> Sample:
        starts, stops = row_ranges(self.rows or 0, rows, seed)
        fields = [item for item in self.fields if item.name in columns]
        return Sample(picked(self.batches(columns), fields, starts, stops), starts, stops)


def _read(wanted: Wanted, sources: Sequence[Source]) -> _Read:
    kinds = {kind for _, kind in sources}
    if not kinds:
        return _Read(Field(wanted.name, "null"), "NULL::DOUBLE", "NULL::DOUBLE", "")
    if len(kinds) == 1 or kinds <= _TEXTS:
        kind: Kind = "text" if kinds <= _TEXTS else next(iter(kinds))
        value = _coalesce([expression for expression, _ in sources])
        moment = wanted.physical == "timestamp" and kind == "integer"
        return _Read(Field(wanted.name, "timestamp" if moment else _PHYSICAL[kind]), value, value, "")
    as_text = _coalesce([f"{expression}::VARCHAR" for expression, _ in sources])
    if wanted.physical == "string":
        return _Read(Field(wanted.name, "string"), as_text, as_text, "")
    numbers = [expression for expression, kind in sources if kind not in _TEXTS]
    others = [expression for expression, kind in sources if kind in _TEXTS]
    value = _coalesce([f"{expression}::DOUBLE" for expression in numbers])
    # A source that comes first hides what comes after it.
    is_odd = f"{_coalesce(others)} IS NOT NULL AND {value} IS NULL" if others else ""
    return _Read(Field(wanted.name, "float"), value, as_text if others else value, is_odd)


def _coalesce(expressions: Sequence[str]) -> str:
    return expressions[0] if len(expressions) == 1 else f"coalesce({', '.join(expressions)})"


def _within(ranges: Sequence[tuple[int, int]]) -> str:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            start, end = merged[-1][0], max(merged.pop()[1], end)
        merged.append((start, end))
    if len(merged) > _RANGES:
        merged = [(merged[0][0], merged[-1][1])]
    return " OR ".join(f"moment >= {start} AND moment < {end}" for start, end in merged) or "false"
