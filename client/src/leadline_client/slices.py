"""Events into slices: a few rows of one kind as columns, each of which is read when it is encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from leadline_client.buffer import CELL_BYTES, HEAD, Event
from leadline_client.values import Frame, Unusable, identifier, named_values, part, unix_seconds

ROWS = 64
BYTES = 64_000
"""A slice ends with that many rows, or with rows that hold that much text."""

PREDICTION = ("id", "timestamp", "latency_ms", "error", "score", "prediction", "label", "weight")
GROUPS = ("features", "steps", "segment")
LABEL = ("id", "label", "timestamp")
FEEDBACK = ("id", "name", "value", "timestamp")

Read = Callable[[], list[Any]]
Refuse = Callable[[str, Exception, int], None]
"""Takes the kind, what was wrong, and the number of rows that are left out."""


class Slice(NamedTuple):
    """A few rows of one kind: columns that every row has, and columns by group and name."""

    kind: str
    rows: int
    scalars: dict[str, list[Any]]
    groups: dict[str, dict[str, Read]]


class FrameEvent(NamedTuple):
    """Many predictions or labels at once, as the caller passed them."""

    scalars: Frame
    groups: dict[str, Frame]
    rows: int


class Slicer:
    """Cuts the events of a channel into slices, kind by kind.

    Args:
        names: Names for features that come as bare values.
        refuse: Told about each row that cannot be read; the others are not touched by it.
        pause: Called between small pieces of work.
    """

    def __init__(self, names: Sequence[str], refuse: Refuse, pause: Callable[[], None]) -> None:
        self._names = names
        self._refuse = refuse
        self._pause = pause

    def slices(self, events: Sequence[Event]) -> Iterator[Slice]:
        """All rows of the events, each once."""
        rows: dict[str, list[Event]] = {}
        for event in events:
            kind, data = event[2], event[HEAD]
            if type(data) is FrameEvent:
                yield from self._of_frame(kind, data)
            else:
                rows.setdefault(kind, []).append(event)
        for kind, found in rows.items():
            for few in _few(found):
                self._pause()
                if kind == "predictions":
                    yield self._predictions(few)
                else:
                    yield self._simple(kind, LABEL if kind == "labels" else FEEDBACK, few)

    def _predictions(self, rows: Sequence[tuple[Any, ...]]) -> Slice:
        kept: list[tuple[Any, ...]] = []
        named: list[tuple[Mapping[Any, Any], ...]] = []
        for row in rows:
            try:
                groups = (named_values(row[10], self._names), row[9] or {}, dict(row[8] or {}))
                kept.append((identifier(row[0]), unix_seconds(row[1]), *row[2:8]))
                named.append(groups)
            except Exception as error:
                self._refuse("predictions", error, 1)
        scalars = dict(zip(PREDICTION, map(list, zip(*kept))))
        columns = {group: self._columns(found) for group, found in zip(GROUPS, zip(*named))}
        return Slice("predictions", len(kept), scalars, columns)

    def _columns(self, rows: Sequence[Mapping[Any, Any]]) -> dict[str, Read]:
        found: dict[Any, None] = {}
        for row in rows:
            if row and row.keys() != found.keys():
                found.update(dict.fromkeys(row))
                self._pause()
        return {str(name): partial(_picked, rows, name) for name in found}

    def _simple(self, kind: str, fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Slice:
        kept = []
        for row in rows:
            try:
                subject = identifier(row[0])
                if subject is None:
                    raise Unusable("it has no id")
                kept.append((subject, *row[1:-1], unix_seconds(row[-1])))
            except Exception as error:
                self._refuse(kind, error, 1)
        return Slice(kind, len(kept), dict(zip(fields, map(list, zip(*kept)))), {})

    def _of_frame(self, kind: str, event: FrameEvent) -> Iterator[Slice]:
        for start in range(0, event.rows, ROWS):
            stop = min(event.rows, start + ROWS)
            self._pause()
            try:
                scalars = {name: part(column, start, stop) for name, column in event.scalars.columns.items()}
                scalars["id"] = [identifier(value) for value in scalars["id"]]
                scalars["timestamp"] = [unix_seconds(value) for value in scalars["timestamp"]]
            except Exception as error:
                self._refuse(kind, error, stop - start)
                continue
            groups: dict[str, dict[str, Read]] = {}
            for group, frame in event.groups.items():
                groups[group] = {
                    name: partial(part, column, start, stop) for name, column in frame.columns.items()
                }
            yield Slice(kind, stop - start, scalars, groups)


def _few(events: Sequence[Event]) -> Iterator[list[tuple[Any, ...]]]:
    """Neighbouring rows that together are quickly encoded."""
    few: list[tuple[Any, ...]] = []
    text = 0
    for event in events:
        features = event[-1]
        text += event[0] - CELL_BYTES * (len(features) if isinstance(features, dict) else 0)
        few.append(event[HEAD:])
        if len(few) == ROWS or text > BYTES:
            yield few
            few, text = [], 0
    if few:
        yield few


def _picked(rows: Sequence[Mapping[Any, Any]], name: Any) -> list[Any]:
    return [row.get(name) for row in rows]
