"""Rows of a model that a few conditions choose, out of those that are kept.

Names that people send meet names that are known, and values meet values, in arrays: none becomes a part of a
statement of the store.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from leadline.baselines.baseline import Baseline
from leadline.errors import DataError
from leadline.server.judging import counting
from leadline.stores.contract import ID, LABEL_TIMESTAMP, TIMESTAMP, Pass, Wanted
from leadline.tables.batches import HeldBatch, picked
from leadline.tables.sampling import row_ranges
from leadline.tables.table import Batch, Column, Field, Physical, Sample, Table

Bools = npt.NDArray[np.bool_]

EXAMINED = 5_000_000
"""Most rows that are looked at for one answer."""

VALUES = 40_000_000
"""Most values of the chosen rows that are held at once: about 300 MB."""

FILTERS = 20

_WIRE = ("version", "prediction", "score", "label", "weight", "latency_ms", "error")
_KINDS: Mapping[str, Physical] = {"integer": "int", "number": "float", "boolean": "bool"}


class Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on one column; each part that is given must hold.

    Attributes:
        column: its name.
        values: one of these; numbers and truth values (true, false) written as texts.
        min, max: a closed range of numbers.
        missing: true: no value; false: some value.
    """

    column: Annotated[str, Meta(max_length=500)]
    values: Annotated[list[Annotated[str, Meta(max_length=2_000)]], Meta(max_length=100)] | None = None
    min: float | None = None
    max: float | None = None
    missing: bool | None = None


def columns(look: Pass, baseline: Baseline | None) -> list[Wanted]:
    """Every column of a model's rows: as its baseline names them, then as the wire does.

    A field of the wire whose name a feature has, too, gets a suffix: `score_2`.
    """
    found = [] if baseline is None else counting.wanted(baseline)
    taken, named = {key for one in found for key in one.keys}, {one.name for one in found}
    fields: dict[tuple[str, str], set[str]] = {}
    for section, name, kind in look.fields():
        fields.setdefault((section, name), set()).add(kind)
    own = dict.fromkeys(name for section, name in fields if section in ("features", "segment"))
    for name in own:
        keys = [key for key in (("features", name), ("segment", name)) if key in fields]
        if name not in named and not taken.issuperset(keys):
            found.append(Wanted(name, tuple(keys), _physical(set().union(*(fields[key] for key in keys)))))
            named.add(name)
    for key, name, physical in _of_wire(fields):
        if key not in taken:
            found.append(Wanted(free(name, named), (key,), physical))
            named.add(found[-1].name)
    return found


def free(name: str, taken: Collection[str]) -> str:
    """The name, or the first of `name_2`, `name_3`, ... that is not taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def _of_wire(fields: Mapping[tuple[str, str], set[str]]) -> Iterator[tuple[tuple[str, str], str, Physical]]:
    yield ("", ID), ID, "string"
    yield ("", TIMESTAMP), TIMESTAMP, "timestamp"
    for name in _WIRE:
        if ("", name) in fields:
            yield ("", name), name, _physical(fields["", name])
    for key in fields:
        if key[0] == "scores":
            yield key, f"score_{key[1]}", _physical(fields[key])
    if ("", "label") in fields:
        yield ("", LABEL_TIMESTAMP), LABEL_TIMESTAMP, "timestamp"


def _physical(kinds: Collection[str]) -> Physical:
    if len(kinds) == 1:
        return _KINDS.get(next(iter(kinds)), "string")
    return "float" if set(kinds) <= {"integer", "number"} else "string"


def key_of(columns: Sequence[Wanted], section: str, name: str) -> str:
    """The name of the column that holds a field of the wire; "": none does."""
    return next((one.name for one in columns if (section, name) in one.keys), "")


def checked(filters: Sequence[Filter], columns: Sequence[Wanted]) -> None:
    """The conditions are about columns that there are.

    Raises:
        DataError: they are not, or there are too many.
    """
    if len(filters) > FILTERS:
        raise DataError("too many filters", found=len(filters), accepted=f"at most {FILTERS}")
    names = {one.name for one in columns}
    for one in filters:
        if one.column not in names:
            raise DataError.no_column(one.column, sorted(names), "the model's rows", "filters")
        if one.min is not None and one.max is not None and not one.min <= one.max:
            raise DataError(
                "a range without numbers", where=f"filters.{one.column}", found=f"{one.min} to {one.max}"
            )


def mask(batch: Batch, filters: Sequence[Filter]) -> Bools:
    """Which rows of a batch fulfil all conditions, shape (rows,)."""
    found = np.ones(batch.rows, np.bool_)
    for one in filters:
        found &= _fulfils(batch.column(one.column), batch.rows, one)
    return found


def _fulfils(column: Column, rows: int, wanted: Filter) -> Bools:
    present = np.ones(rows, np.bool_) if column.valid is None else column.valid
    if column.dictionary is None and column.values.dtype.kind == "f":
        present = present & ~np.isnan(column.values)
    found = present
    if wanted.missing is not None:
        found = ~present if wanted.missing else present
    if wanted.values is not None:
        found = found & present & _is_one_of(column, wanted.values)
    if wanted.min is not None or wanted.max is not None:
        found = found & present & _is_between(column, wanted)
    return found


def _is_one_of(column: Column, values: Sequence[str]) -> Bools:
    if column.dictionary is not None:
        chosen = set(values)
        known = np.array([text in chosen for text in column.dictionary] or [False], np.bool_)
        return known[column.values]
    if column.values.dtype.kind == "b":
        return np.isin(column.values, [text == "true" for text in values if text in ("true", "false")])
    return np.isin(column.values, [number for number in map(_number, values) if number is not None])


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _is_between(column: Column, wanted: Filter) -> Bools:
    if column.dictionary is not None:
        return np.zeros(len(column.values), np.bool_)
    low = -math.inf if wanted.min is None else wanted.min
    high = math.inf if wanted.max is None else wanted.max
    return np.asarray((column.values >= low) & (column.values <= high), np.bool_)


@dataclass
class Chosen:
    """Rows that were chosen of a table, as a table; batches stay apart, for their types may differ."""

    name: str
    fields: tuple[Field, ...]
    parts: list[Batch] = field(default_factory=list)
    replayable = True
    in_memory = False

    @property
    def rows(self) -> int | None:
        return sum(part.rows for part in self.parts)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        yield from self.parts

    def sample(self, columns: Sequence[str], rows: int, seed: int) -> Sample:
        starts, stops = row_ranges(self.rows or 0, rows, seed)
        fields = [item for item in self.fields if item.name in columns]
        return Sample(picked(self.batches(), fields, starts, stops), starts, stops)

    def add(self, batch: Batch, rows: Bools) -> None:
        """Take some rows of a batch.

        Raises:
            DataError: they would be too many to hold.
        """
        size = int(rows.sum())
        if not size:
            return
        if ((self.rows or 0) + size) * len(self.fields) > VALUES:
            raise DataError(
                "the slice has too many rows to be counted at once", where=self.name,
                accepted=f"about {VALUES // max(1, len(self.fields)):,} rows of {len(self.fields)} columns",
                next_step="Choose a shorter time, or a further filter.",
            )  # fmt: skip
        held = {item.name: batch.column(item.name).take(rows) for item in self.fields}
        self.parts.append(HeldBatch(size, held))


def check_size(table: Table) -> None:
    """A table is not too long to be looked at for one answer.

    Raises:
        DataError: it is.
    """
    if (table.rows or 0) > EXAMINED:
        raise DataError(
            "too many rows to look at", where=table.name, found=f"{table.rows:,}",
            accepted=f"at most {EXAMINED:,}", next_step="Choose a shorter time.",
        )  # fmt: skip
