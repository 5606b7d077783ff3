"""What people tell of a model's surroundings: a small table of what happened when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.errors import DataError
from leadline.schema import Kind
from leadline.settings import Settings
from leadline.tables import first_look, open_table
from leadline.tables.roles import infer
from leadline.tables.table import Batch, needed
from leadline.tables.texts import pick
from leadline.tables.times import ACCEPTED, with_times

MOST = 10_000
"""Most events that are read: more are a log, not what people tell."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened around a model.

    Attributes:
        time: microseconds since 1970 UTC; `kind`: deploy, configuration, upstream, holiday, ...; `text`: what
            happened.
    """

    time: int
    kind: str
    text: str


def read_events(source: Any) -> tuple[Event, ...]:
    """Events in order of time.

    Args:
        source: a table as in `leadline.check`, or the path of one, with columns `time` and `text`, and
            perhaps `kind` (`note` without it); or a tuple of events; None: there are none.

    Raises:
        DataError: the table cannot be read, lacks a column or holds too many rows, or a row has no time.
    """
    if source is None:
        return ()
    if isinstance(source, tuple):
        return tuple(sorted(source, key=lambda event: event.time))
    table = open_table(source, "events")
    names = [item.name for item in table.fields]
    lacking = [name for name in ("time", "text") if name not in names]
    if lacking:
        raise DataError(
            f"the events lack the column{'s' if len(lacking) > 1 else ''} {' and '.join(lacking)}",
            where=table.name,
            found=names,
            accepted="columns `time` and `text`, and perhaps `kind`",
            next_step="Name the columns so.",
        )
    schema = infer(table.fields, first_look(table), Settings(timestamp="time"))
    if next(column for column in schema if column.name == "time").kind is not Kind.DATETIME:
        raise DataError("events without times", where=f"{table.name}, time", accepted=ACCEPTED)
    found: list[Event] = []
    for batch in with_times(table, schema).batches():
        found += _events(batch, "kind" in names, table.name)
        if len(found) > MOST:
            raise DataError(
                "too many events", where=table.name, found=f"more than {MOST:,}", accepted=f"at most {MOST:,}"
            )
    return tuple(sorted(found, key=lambda event: event.time))


def _events(batch: Batch, kinds: bool, where: str) -> list[Event]:
    times = needed(batch, "time")
    if times.valid is not None and not times.valid.all():
        row = int(np.flatnonzero(~times.valid)[0])
        raise DataError("an event without a time", where=f"{where}, row {row + 1}", accepted=ACCEPTED)
    texts = _texts(batch, "text")
    named = _texts(batch, "kind") if kinds else [""] * batch.rows
    return [
        Event(time, kind or "note", text)
        for time, kind, text in zip(times.values.tolist(), named, texts, strict=True)
    ]


def _texts(batch: Batch, name: str) -> list[str]:
    """The column as texts, "" where there is none; numbers are no texts."""
    column = needed(batch, name)
    if column.dictionary is None:
        return [""] * batch.rows
    texts = [str(text) for text in pick(column.dictionary, column.values)]
    if column.valid is None:
        return texts
    return [text if known else "" for text, known in zip(texts, column.valid.tolist(), strict=True)]
