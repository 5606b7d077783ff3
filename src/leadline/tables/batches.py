"""Batches that are made of other batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.tables.arrow import concatenate
from leadline.tables.sampling import chosen_rows
from leadline.tables.table import Batch, Column, Field


@dataclass(frozen=True, slots=True)
class JoinedBatch:
    """Several batches of the same columns as one."""

    rows: int
    parts: Sequence[Batch]

    def column(self, name: str) -> Column:
        return concatenate(part.column(name) for part in self.parts)


@dataclass(frozen=True, slots=True)
class HeldBatch:
    """Columns that are held."""

    rows: int
    columns: dict[str, Column]

    def column(self, name: str) -> Column:
        return self.columns[name]


def joined(parts: Sequence[Batch], fields: Iterable[Field]) -> Batch:
    """One batch of all rows of the parts; without parts, an empty one of these fields."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return HeldBatch(0, {item.name: _no_rows(item) for item in fields})
    return JoinedBatch(sum(part.rows for part in parts), parts)


def _no_rows(item: Field) -> Column:
    return Column(np.empty(0, np.uint8), None, [""]) if item.physical == "string" else Column(np.empty(0))


def picked(
    batches: Iterable[Batch], fields: Sequence[Field], starts: npt.NDArray[Any], stops: npt.NDArray[Any]
) -> Batch:
    """One batch of the rows in the ranges, out of batches that follow each other."""
    wanted = chosen_rows(starts, stops)
    parts: list[Batch] = []
    offset = 0
    for batch in batches:
        low, high = np.searchsorted(wanted, [offset, offset + batch.rows])
        if high > low:
            rows = wanted[low:high] - offset
            held = {item.name: batch.column(item.name).take(rows) for item in fields}
            parts.append(HeldBatch(len(rows), held))
        offset += batch.rows
    return joined(parts, fields)


@dataclass(slots=True)
class _Group:
    names: list[str]
    lock: threading.Lock = field(default_factory=threading.Lock)
    batch: Batch | None = None
    asked: set[str] = field(default_factory=set)


class GroupedBatch:
    """Some rows of a wide table: a group of columns is read when one of them is asked for.

    It is let go when each of them was asked for once, so memory holds a few groups, not the whole width.
    """

    def __init__(
        self, rows: int, groups: Iterable[list[str]], load: Callable[[Sequence[str]], Batch]
    ) -> None:
        self.rows = rows
        self._load = load
        self._groups = {name: group for group in map(_Group, groups) for name in group.names}

    def column(self, name: str) -> Column:
        group = self._groups[name]
        with group.lock:
            found = group.batch
            if found is None:
                found = group.batch = self._load(group.names)
                group.asked.clear()
            group.asked.add(name)
            if len(group.asked) == len(group.names):
                group.batch = None
        return found.column(name)
