"""A table of past predictions as the batches that serving would have sent, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.errors import DataError
from leadline.schema import Role
from leadline.settings import Settings
from leadline.stores.cells import finite
from leadline.tables import first_look, open_table
from leadline.tables.roles import infer
from leadline.tables.table import Column, Physical, Table, needed
from leadline.tables.times import with_times

Moments = npt.NDArray[np.int64]

ROWS_AT_ONCE = 5_000
"""Most rows of a batch."""

_OWN = {Role.ID: "id", Role.PREDICTION: "prediction", Role.WEIGHT: "weight", Role.LABEL: "label"}
_MOMENTS = {Role.TIMESTAMP, Role.LABEL_TIMESTAMP}


@dataclass(frozen=True, slots=True)
class Due:
    """A batch.

    Attributes:
        moment: of its last row, microseconds since 1970: when it is to be sent.
        rows: predictions and labels in it.
        content: JSON, as docs/reference/wire.md says.
    """

    moment: int
    rows: int
    content: bytes


class Recording:
    """A table of past predictions, in memory.

    Args:
        source: see `leadline.check`.
        options: see `leadline.Settings`: roles of columns.

    Attributes:
        rows: predictions in it.
        start, end: its first and last moment, microseconds since 1970.
        left_out: names of columns whose values JSON has no word for.

    Raises:
        DataError: it cannot be read, or rows have no times.
    """

    def __init__(self, source: Any, **options: Any) -> None:
        settings = Settings.of(**options)
        table = open_table(source, "recording")
        schema = infer(table.fields, first_look(table), settings)
        table = with_times(table, schema)
        self._schema = {column.name: column for column in schema if column.role is not Role.IGNORED}
        self._prefix = f"{settings.score}_" if settings.score is not None else ""
        physical = {item.name: item.physical for item in table.fields}
        self.left_out = [name for name in self._schema if physical[name] in ("binary", "list", "struct")]
        named = {name: physical[name] for name in self._schema if name not in self.left_out}
        self._columns = _read(table, named, {n for n in named if self._schema[n].role in _MOMENTS})
        self._moments = self._times(Role.TIMESTAMP)
        if self._moments is None or not len(self._moments):
            raise DataError(
                "a replay needs the times of rows",
                where=table.name,
                next_step="Name the column with --timestamp.",
            )
        self._known = self._times(Role.LABEL_TIMESTAMP) if self._one(Role.LABEL) else None
        self.rows = len(self._moments)
        self.start, self.end = int(self._moments.min()), int(self._moments.max())

    def due(self, model: str, step: int | None = None, shift: int = 0) -> Iterator[Due]:
        """The batches, in the order of time; labels with a time of their own come when they became known.

        Args:
            model: whose.
            step: most microseconds from the first to the last row of a batch; None: any.
            shift: microseconds that are added to all times.
        """
        assert self._moments is not None
        order = np.argsort(self._moments, kind="stable")
        late = np.argsort(self._known, kind="stable") if self._known is not None else order[:0]
        told = 0
        for places in _cut(order, self._moments[order], step):
            last = int(self._moments[places[-1]])
            for version, own in self._by_version(places):
                yield self._due(model, version, last + shift, {"predictions": self._predictions(own, shift)})
            upto = told
            while upto < len(late) and self._known is not None and self._known[late[upto]] <= last:
                upto += 1
            yield from self._labels(model, late[told:upto], shift)
            told = upto
        yield from self._labels(model, late[told:], shift)

    def _labels(self, model: str, places: Moments, shift: int) -> Iterator[Due]:
        label = self._one(Role.LABEL)
        if label is None or self._known is None:
            return
        has = [place for place in places.tolist() if self._columns[label][place] is not None]
        for first in range(0, len(has), ROWS_AT_ONCE):
            part = has[first : first + ROWS_AT_ONCE]
            section = {
                "rows": len(part),
                "id": self._ids(part),
                "label": [self._columns[label][place] for place in part],
                "timestamp": ((self._known[part] + shift) / 1e6).tolist(),
            }
            yield self._due(model, None, int(self._known[part[-1]]) + shift, {"labels": section})

    def _predictions(self, places: Sequence[int], shift: int) -> dict[str, Any]:
        assert self._moments is not None
        section: dict[str, Any] = {
            "rows": len(places),
            "timestamp": ((self._moments[places] + shift) / 1e6).tolist(),
        }
        if self._known is not None:
            section["id"] = self._ids(places)
        scores: dict[str, list[Any]] = {}
        for name, values in self._columns.items():
            role, own = self._schema[name].role, [values[place] for place in places]
            if role in _MOMENTS or role is Role.VERSION:
                continue
            if role is Role.LABEL and self._known is not None:
                continue
            if role is Role.SCORE:
                scores[name] = own
            elif role in _OWN:
                section.setdefault(_OWN[role], own)
            else:
                group = "segment" if role is Role.SEGMENT else "features"
                section.setdefault(group, {})[name] = finite(own)
        section |= self._scores(scores)
        return section

    def _scores(self, scores: dict[str, list[Any]]) -> dict[str, Any]:
        if not scores:
            return {}
        if len(scores) == 1:
            return {"score": finite(*scores.values())}
        names = [name.removeprefix(self._prefix) for name in scores]
        return {"score": [dict(zip(names, row, strict=True)) for row in zip(*scores.values(), strict=True)]}

    def _ids(self, places: Sequence[int]) -> list[str]:
        """Ids, made of the place in the table where it has none: labels that come later need one."""
        name = self._one(Role.ID)
        if name is None:
            return [f"row {place}" for place in places]
        return [f"{self._columns[name][place]}" for place in places]

    def _by_version(self, places: Moments) -> Iterator[tuple[str | None, list[int]]]:
        name = self._one(Role.VERSION)
        if name is None:
            yield None, places.tolist()
            return
        parts: dict[Any, list[int]] = {}
        for place in places.tolist():
            parts.setdefault(self._columns[name][place], []).append(place)
        for version, own in parts.items():
            yield None if version is None else str(version), own

    def _due(self, model: str, version: str | None, moment: int, sections: dict[str, Any]) -> Due:
        named = {"version": version} if version is not None else {}
        document = {"format": 1, "model": model, **named, **sections}
        rows = sum(section["rows"] for section in sections.values())
        return Due(moment, rows, msgspec.json.encode(document))

    def _one(self, role: Role) -> str | None:
        return next((n for n, column in self._schema.items() if column.role is role), None)

    def _times(self, role: Role) -> Moments | None:
        name = self._one(role)
        if name is None or name not in self._columns:
            return None
        values = self._columns[name]
        if any(type(value) is not int for value in values):
            raise DataError(
                "some rows have no time", where=name, found=sum(type(value) is not int for value in values)
            )
        return np.array(values, np.int64)


def _read(table: Table, named: Mapping[str, Physical], moments: set[str]) -> dict[str, list[Any]]:
    """All values, as JSON has them; those of some columns as microseconds since 1970."""
    found: dict[str, list[Any]] = {name: [] for name in named}
    for batch in table.batches([*named]):
        for name, physical in named.items():
            is_text = physical in ("timestamp", "date") and name not in moments
            found[name] += _values(needed(batch, name), is_text)
    return found


def _values(column: Column, as_dates: bool) -> list[Any]:
    if column.dictionary is not None:
        values = [column.dictionary[code] for code in column.values.tolist()]
    elif as_dates:
        values = np.datetime_as_string(column.values.astype("datetime64[us]")).tolist()
    else:
        values = column.values.tolist()
    if column.valid is None:
        return values
    return [value if valid else None for value, valid in zip(values, column.valid.tolist(), strict=True)]


def _cut(order: Moments, moments: Moments, step: int | None) -> Iterator[Moments]:
    """Rows of a batch at a time."""
    first = 0
    while first < len(order):
        last = min(first + ROWS_AT_ONCE, len(order))
        if step is not None:
            last = min(last, max(first + 1, int(np.searchsorted(moments, moments[first] + step))))
        yield order[first:last]
        first = last
