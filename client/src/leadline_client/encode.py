"""Slices into batches: columns of JSON, compressed. Runs in the encoder's thread, in small steps."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from leadline_client.privacy import Policies
from leadline_client.slices import GROUPS, Read, Slice
from leadline_client.values import finite, plain

FORMAT = 1
"""The version of the wire format; `docs/reference/wire.md` describes it."""

PIECE = 32_768
"""Characters of a text that are encoded at a time."""

UNTOUCHED = frozenset({"timestamp", "latency_ms", "name"})
"""Fields that no policy applies to: without them a row means nothing."""


_dumps = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=plain).encode


class Column:
    """A growing column of JSON, and where its numbers are not finite."""

    __slots__ = ("parts", "rows", "special")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.rows = 0
        self.special: dict[str, list[int]] = {}

    def extend(self, values: list[Any], at: int, pause: Callable[[], None]) -> int:
        """Add the values of the rows from `at` on; says how many could not be encoded and are missing."""
        self.pad(at)
        failed = 0
        try:
            if any(type(value) is str and len(value) > PIECE for value in values):
                text = ",".join(_in_pieces(value, pause) for value in values)
            else:
                text = _dumps(values)[1:-1]
        except Exception:
            text, failed = self._careful(values)
        self.parts.append(text)
        self.rows += len(values)
        return failed

    def pad(self, rows: int) -> None:
        """Missing values up to a row."""
        if rows > self.rows:
            self.parts.append(",".join(["null"] * (rows - self.rows)))
            self.rows = rows

    def _careful(self, values: list[Any]) -> tuple[str, int]:
        # In a column of texts, pandas writes NaN where one is missing.
        textual = any(isinstance(value, str) for value in values)
        texts, failed = [], 0
        for row, value in enumerate(values, self.rows):
            try:
                value = value if isinstance(value, (float, dict, list)) else json.loads(_dumps(value))
            except Exception:
                value = _plain_or_none(value)
                failed += value is None
            if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
                if not textual:
                    self.special.setdefault(_name(value), []).append(row)
                value = None
            try:
                texts.append(_dumps(value))
            except Exception:
                try:
                    texts.append(_dumps(finite(value)))
                except Exception:
                    texts.append("null")
                    failed += 1
        return ",".join(texts), failed

    def pieces(self, rows: int) -> Iterator[str]:
        """The column as JSON: a list, or an object where something is not finite."""
        self.pad(rows)
        yield '{"values":[' if self.special else "["
        for place, text in enumerate(self.parts):
            yield f",{text}" if place else text
        yield f'],"not_finite":{_dumps(self.special)}}}' if self.special else "]"


def _in_pieces(value: Any, pause: Callable[[], None]) -> str:
    """A value as JSON; a long text piece by piece."""
    if type(value) is not str:
        return _dumps(value)
    pieces = []
    for start in range(0, len(value), PIECE):
        pieces.append(_dumps(value[start : start + PIECE])[1:-1])
        pause()
    return f'"{"".join(pieces)}"'


def _plain_or_none(value: Any) -> Any:
    try:
        return plain(value)
    except Exception:
        return None


def _name(value: float) -> str:
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


class Section:
    """The rows of one kind in a batch."""

    def __init__(self) -> None:
        self.rows = 0
        self.scalars: dict[str, Column] = {}
        self.groups: dict[str, dict[str, Column]] = {}

    def pieces(self) -> Iterator[str]:
        """The section as JSON."""
        yield f'{{"rows":{self.rows}'
        for name, column in self.scalars.items():
            yield f",{_dumps(name)}:"
            yield from column.pieces(self.rows)
        for group, columns in self.groups.items():
            yield f",{_dumps(group)}:{{"
            for place, (name, column) in enumerate(columns.items()):
                yield f"{',' if place else ''}{_dumps(name)}:"
                yield from column.pieces(self.rows)
            yield "}"
        yield "}"


class Batch:
    """Collects slices until it is large enough, and becomes a compressed body."""

    def __init__(self, policies: Policies, pause: Callable[[], None]) -> None:
        self.policies = policies
        self._pause = pause
        self.sections: dict[str, Section] = {}
        self.bytes = 0
        self.failed_values = 0

    @property
    def rows(self) -> dict[str, int]:
        """Rows by kind."""
        return {kind: section.rows for kind, section in self.sections.items() if section.rows}

    def add(self, found: Slice) -> None:
        """Apply the policies and encode. What they drop is gone from here on."""
        if not found.rows:
            return
        section = self.sections.setdefault(found.kind, Section())
        for name, values in found.scalars.items():
            kept: list[Any] | None = values
            if name == "value":
                kept = self._feedback(found.scalars["name"], values)
            elif name not in UNTOUCHED:
                kept = self.policies.apply(name, values, own=True)
            self._extend(section.scalars, name, kept, section.rows)
        for group, columns in found.groups.items():
            for name, read in columns.items():
                try:
                    values = read()
                except Exception:  # whatever a frame of the caller's does: one column is missing
                    self.failed_values += found.rows
                    continue
                kept = values if group == "steps" else self.policies.apply(name, values)
                self._extend(section.groups.setdefault(group, {}), name, kept, section.rows)
        section.rows += found.rows

    def _feedback(self, names: list[Any], values: list[Any]) -> list[Any]:
        """Each value under the policy of its name."""
        applied = (self.policies.apply(str(name), [value]) for name, value in zip(names, values))
        return [found[0] if found else None for found in applied]

    def _extend(self, columns: dict[str, Column], name: str, values: list[Any] | None, at: int) -> None:
        # A column that holds nothing is left out; one that exists is filled up at the end.
        if values is not None and any(value is not None for value in values):
            column = columns.setdefault(name, Column())
            self.failed_values += column.extend(values, at, self._pause)
            self.bytes += len(column.parts[-1])
            self._pause()

    def body(self, head: dict[str, Any]) -> bytes:
        """The whole batch as gzip; `head` is what it says beside its rows."""
        # 16 asks zlib for a gzip header; level 1 halves the time for a tenth more bytes.
        gzip = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        parts = []
        for text in self._pieces(head):
            parts.append(gzip.compress(text.encode("utf-8", "replace")))
            self._pause()
        return b"".join([*parts, gzip.flush()])

    def _pieces(self, head: dict[str, Any]) -> Iterator[str]:
        yield _dumps({"format": FORMAT, **head})[:-1]
        for kind, section in self.sections.items():
            if section.rows:
                yield f",{_dumps(kind)}:"
                yield from section.pieces()
        yield "}"


def reapplied(body: bytes, policies: Policies, pause: Callable[[], None]) -> bytes:
    """A batch with further policies applied to its values."""
    document = json.loads(zlib.decompress(body, zlib.MAX_WBITS | 16))
    kinds = [kind for kind in ("predictions", "labels", "feedback") if kind in document]
    batch = Batch(policies, pause)
    for kind in kinds:
        section = document.pop(kind)
        rows = section.pop("rows")
        groups: dict[str, dict[str, Read]] = {
            group: {name: partial(_values, column) for name, column in section.pop(group).items()}
            for group in GROUPS
            if group in section
        }
        scalars = {name: _values(column) for name, column in section.items()}
        batch.add(Slice(kind, rows, scalars, groups))
    document.pop("format")
    return batch.body(document)


def _values(column: Any) -> list[Any]:
    """The values of an encoded column."""
    if isinstance(column, list):
        return column
    values: list[Any] = column["values"]
    for name, rows in column["not_finite"].items():
        for row in rows:
            values[row] = float(name)
    return values


def split(body: bytes) -> list[tuple[bytes, dict[str, int]]]:
    """A batch as two with half of its rows each, for a server that finds it too large; one row cannot be
    split.

    Heartbeats and counts of lost rows stay with the first.
    """
    batch = json.loads(zlib.decompress(body, zlib.MAX_WBITS | 16))
    kinds = [kind for kind in ("predictions", "labels", "feedback") if kind in batch]
    total = sum(batch[kind]["rows"] for kind in kinds)
    if total < 2:
        return []
    head = {name: value for name, value in batch.items() if name not in kinds}
    rest = {name: value for name, value in head.items() if name not in ("heartbeats", "dropped")}
    left = total // 2
    for kind in kinds:
        rows = batch[kind]["rows"]
        middle = min(left, rows)
        left -= middle
        if middle:
            head[kind] = _cut(batch[kind], 0, middle)
        if middle < rows:
            rest[kind] = _cut(batch[kind], middle, rows)
    return [
        (_gzip(half), {kind: half[kind]["rows"] for kind in kinds if kind in half}) for half in (head, rest)
    ]


def _gzip(batch: dict[str, Any]) -> bytes:
    gzip = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return gzip.compress(_dumps(batch).encode("utf-8", "replace")) + gzip.flush()


def _cut(section: dict[str, Any], start: int, stop: int) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": stop - start}
    for name, column in section.items():
        if name in GROUPS:
            found[name] = {inner: _cut_column(values, start, stop) for inner, values in column.items()}
        elif name != "rows":
            found[name] = _cut_column(column, start, stop)
    return found


def _cut_column(column: Any, start: int, stop: int) -> Any:
    if isinstance(column, list):
        return column[start:stop]
    special = {
        name: [row - start for row in rows if start <= row < stop]
        for name, rows in column["not_finite"].items()
    }
    return {"values": column["values"][start:stop], "not_finite": special}
