"""A batch as clients send it (`docs/reference/wire.md`) becomes typed columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.errors import DataError
from leadline.server.intake.answer import Answer, Refused, chosen
from leadline.server.intake.bounds import TOO_MANY, check_refused, check_values
from leadline.server.intake.encodings import TEXT_BYTES
from leadline.server.intake.formats import arrow
from leadline.server.intake.formats.rows import columns as columns_of
from leadline.server.intake.formats.rows import unknown_column
from leadline.server.intake.ready import Classes, Ready
from leadline.stores.cells import Cells, Key, constant, texts, typed
from leadline.stores.contract import FIELDS, Batch, Rows, Section
from leadline.stores.metadata.database import unkept

NAME_LETTERS = 500
"""Most letters of the name of a model, version or field."""

ID_LETTERS = 500
LAST_SECONDS = 4_102_444_800
LAST = LAST_SECONDS * 1_000_000
"""Times are taken from 1970 up to this moment, the year 2100."""

_SECTIONS: tuple[Section, ...] = ("predictions", "labels", "feedback")
_COLUMNS: Mapping[Section, tuple[str, ...]] = {
    "predictions": ("latency_ms", "error", "score", "prediction", "label", "weight"),
    "labels": ("label",),
    "feedback": ("name", "value"),
}
_GROUPS: Mapping[Section, tuple[str, ...]] = {
    "predictions": ("features", "segment", "steps"),
    "labels": (),
    "feedback": (),
}
_NEEDED: Mapping[Section, tuple[str, ...]] = {
    "predictions": (), "labels": ("id", "label"), "feedback": ("id", "name", "value"),
}  # fmt: skip

Bools = npt.NDArray[np.bool_]


class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """A batch before its rows are looked at. A section is an object of columns, or a list of rows.

    Who has more to say than this states another format: a name that is not known would be data lost.
    """

    format: Literal[1]
    model: str
    version: str | None = None
    client: dict[str, Any] = {}
    heartbeats: list[dict[str, Any]] = []
    dropped: dict[str, Any] = {}
    predictions: dict[str, Any] | list[Any] | None = None
    labels: dict[str, Any] | list[Any] | None = None
    feedback: dict[str, Any] | list[Any] | None = None


_DECODER = msgspec.json.Decoder(Envelope)


def read_batch(text: bytes, key: str, received_at: int, clock_offset: float | None = None) -> Batch:
    """The rows of a batch of JSON, and the answer to it; see `batch_of`.

    Raises:
        DataError: it is no batch.
    """
    try:
        envelope = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError("not a batch", found=str(error) or type(error).__name__, accepted=_ACCEPTED) from None
    return batch_of(envelope, key, received_at, clock_offset)


def read_arrow(
    body: bytes, model: str, version: str | None, section: Section, key: str, received_at: int
) -> Batch:
    """The rows of a section as an Arrow stream, and the answer to it; see `batch_of`.

    Raises:
        DataError: it is no such stream.
        MissingExtraError: it holds types that are read with pyarrow, which is not installed.
    """
    found = arrow.columns(body, ("id", "timestamp", *_COLUMNS[section]), _GROUPS[section])
    envelope = Envelope(1, model, version)
    setattr(envelope, section, found)
    return batch_of(envelope, key, received_at)


def batch_of(envelope: Envelope, key: str, received_at: int, clock_offset: float | None = None) -> Batch:
    """The rows of a batch, and the answer to it.

    Rows that cannot be kept are left out and named in the answer: labels and feedback without an id or a
    value, ids of more than 500 letters, times out of range, values under a name that cannot be kept, or under
    one beyond the most that a model may have; of a list of rows also what is no object or has a name that is
    not known, as long as there are others. A prediction without a time has the time at which it came.
    Values of any kind are kept as they are.

    Args:
        envelope: what came.
        key: names the batch.
        received_at: microseconds since 1970.
        clock_offset: seconds that the server's clock is ahead of the client's; None: not known.

    Raises:
        DataError: a section is not what the wire says.
        TooLarge: it holds too much, or too many rows that cannot be kept.
    """
    _check_name(envelope.model, "model")
    refused: list[Refused] = []
    sections: dict[Section, Rows] = {}
    for section in _SECTIONS:
        found = getattr(envelope, section)
        unread: Mapping[int, str] = {}
        if isinstance(found, list):
            found, unread = columns_of(found, _names(section), _GROUPS[section], section)
        if found is not None:
            rows = _Reader(section, found, envelope.version, received_at, refused, unread).rows()
            if len(rows):
                sections[section] = rows
    answer = Answer({section: len(rows) for section, rows in sections.items()}, refused)
    about = {
        "version": envelope.version,
        "client": envelope.client,
        "heartbeats": envelope.heartbeats,
        "dropped": envelope.dropped,
        "clock_offset_seconds": clock_offset,
    }
    return Batch(
        key,
        envelope.model,
        received_at,
        msgspec.json.encode(answer),
        msgspec.json.encode({name: value for name, value in about.items() if value}),
        sections,
    )


_ACCEPTED = (
    f"an object with format 1, {', '.join(Envelope.__struct_fields__[1:])}; see docs/reference/wire.md"
)


class _Reader:
    """One section of a batch."""

    def __init__(
        self,
        section: Section,
        found: dict[str, Any],
        version: str | None,
        received_at: int,
        refused: list[Refused],
        unread: Mapping[int, str],
    ) -> None:
        self.section, self.found, self.received_at = section, found, received_at
        self.version = version
        self.refused = refused
        if unknown := [name for name in found if name not in ("rows", *_names(section))]:
            raise unknown_column(unknown[0], _names(section), section)
        size = found.get("rows")
        # Each row takes a letter at least, so that the text bounds what is made of it.
        if type(size) is not int or not 1 <= size <= TEXT_BYTES:
            raise self._error("rows", size, f"a number of rows from 1 to {TEXT_BYTES}")
        self.size: int = size
        self.keep: Bools = np.ones(size, np.bool_)
        for row, reason in unread.items():
            self.refused.append(Refused(section, row, reason))
        self.keep[[*unread]] = False
        if not self._columns() and self.keep.any():
            raise self._error("rows", size, "columns of that length")

    def _columns(self) -> int:
        """How many there are, each of the length that it must have."""
        own = [name for name in ("id", "timestamp", *_COLUMNS[self.section]) if name in self.found]
        for name in own:
            if not isinstance(self.found[name], Classes):
                self._values(name)
        grouped = [(group, name) for group in _GROUPS[self.section] for name in self._group(group)]
        for place, (group, name) in enumerate(grouped, len(own)):
            where, column = f"{group}.{name}", self.found[group][name]
            if not isinstance(column, Ready):
                self._checked(where, column)
            if place >= FIELDS:
                self._refuse(~self._null(where, column), TOO_MANY)
                del self.found[group][name]
        return len(own) + len(grouped)

    def rows(self) -> Rows:
        """The rows that are kept."""
        ids = self._ids()
        moments = self._moments()
        for name in _NEEDED[self.section]:
            self._refuse(self._null(name, self.found.get(name)), f"{name} is null")
        columns = {key: cells for name in _COLUMNS[self.section] for key, cells in self._typed("", name)}
        for group in _GROUPS[self.section]:
            for name, column in self._group(group).items():
                columns |= self._field(group, name, f"{group}.{name}", column)
        if self.section == "predictions" and self.version is not None:
            _check_name(self.version, "version")
            columns[Key("", "version", "text")] = constant(self.version, self.size)
        kept = Rows(texts(ids), moments, columns)
        return kept if self.keep.all() else chosen(kept, self.keep)

    def _typed(self, group: str, name: str) -> list[tuple[Key, Cells]]:
        if name not in self.found:
            return []
        column = self.found[name]
        if isinstance(column, Classes):
            parts = [self._field("scores", own, f"score.{own}", scores) for own, scores in column.items()]
            return [found for part in parts for found in part.items()]
        if name == "score" and not isinstance(column, Ready):
            values, _ = self._values(name)
            if any(type(value) is dict for value in values):
                return self._by_class(values)
        return list(self._field(group, name, name, column).items())

    def _field(self, group: str, name: str, where: str, column: Any) -> dict[Key, Cells]:
        try:
            _check_name(name, "field")
        except DataError as error:
            # One such row among a thousand, which many callers may have logged, costs none of the others.
            self._refuse(~self._null(where, column), str(error))
            return {}
        if isinstance(column, Ready):
            return {Key(group, name, kind): cells for kind, cells in column.cells.items()}
        return _of_field(group, name, *self._checked(where, column))

    def _by_class(self, values: Sequence[Any]) -> list[tuple[Key, Cells]]:
        """Scores by class, a column each; other scores stay as they are."""
        classes: dict[str, None] = {}
        beyond: list[int] = []
        for row, value in enumerate(values):
            if type(value) is dict:
                more = [name for name in value if name not in classes]
                if len(classes) + len(more) > FIELDS:
                    beyond.append(row)
                else:
                    classes |= dict.fromkeys(more)
        self._refuse(self._at(beyond), TOO_MANY)
        check_values(self.size, len(classes), f"{self.section}.score")
        found: dict[Key, Cells] = {}
        for name in classes:
            scores = [value.get(name) if type(value) is dict else None for value in values]
            found |= self._field("scores", name, f"score.{name}", scores)
        single = [None if type(value) is dict else value for value in values]
        return [*found.items(), *self._field("", "score", "score", single).items()]

    def _ids(self) -> list[str | None]:
        values = self._values("id")[0] if "id" in self.found else [None] * self.size
        wrong = [value is not None and type(value) not in (str, int) for value in values]
        self._refuse(np.array(wrong, np.bool_), "id is no text")
        ids = [None if value is None else str(value) for value in values]
        long = [value is not None and len(value) > ID_LETTERS for value in ids]
        self._refuse(np.array(long, np.bool_), f"id has more than {ID_LETTERS} letters")
        return ids

    def _moments(self) -> npt.NDArray[np.int64]:
        values = self._values("timestamp")[0] if "timestamp" in self.found else [None] * self.size
        now = self.received_at / 1e6
        numeric = [type(value) in (int, float) for value in values]
        self._refuse(
            np.array(
                [value is not None and not good for value, good in zip(values, numeric, strict=True)],
                np.bool_,
            ),
            "timestamp is no number: it is seconds since 1970",
        )
        seconds = [value if good else now for value, good in zip(values, numeric, strict=True)]
        try:
            found = np.array(seconds, np.float64)
        except OverflowError:
            found = np.array([min(max(value, -1), LAST_SECONDS) for value in seconds], np.float64)
        moments = np.rint(np.clip(found, -1, LAST_SECONDS) * 1e6)
        wrong = ~((moments >= 0) & (moments < LAST))
        self._refuse(wrong, "timestamp is before 1970 or after 2099: it is seconds since 1970")
        return moments.astype(np.int64)

    def _null(self, where: str, column: Any) -> Bools:
        """The rows in which a column holds nothing; all of them where there is none."""
        if column is None:
            return np.ones(self.size, np.bool_)
        if isinstance(column, Ready):
            return column.null()
        values, special = self._checked(where, column)
        found = np.array([value is None for value in values], np.bool_)
        for rows in special.values():
            found[rows] = False
        return found

    def _at(self, rows: Collection[int]) -> Bools:
        found = np.zeros(self.size, np.bool_)
        found[[*rows]] = True
        return found

    def _refuse(self, rows: Bools, reason: str) -> None:
        gone = np.flatnonzero(rows & self.keep)
        check_refused(len(self.refused) + len(gone), reason)
        for row in gone.tolist():
            self.refused.append(Refused(self.section, row, reason))
        self.keep &= ~rows

    def _group(self, name: str) -> dict[str, Any]:
        found = self.found.get(name)
        if found is None:
            return {}
        if type(found) is not dict:
            raise self._error(name, found, "columns by name")
        return found

    def _values(self, name: str) -> tuple[Sequence[Any], Mapping[str, Sequence[int]]]:
        return self._checked(name, self.found[name])

    def _checked(self, name: str, column: Any) -> tuple[Sequence[Any], Mapping[str, Sequence[int]]]:
        """Values of a column, and its rows that are not finite."""
        if isinstance(column, Ready):
            return column.listed(), {}
        values: Any = column
        special: Any = {}
        if type(column) is dict:
            values, special = column.get("values"), column.get("not_finite")
            well = type(special) is dict and all(
                type(rows) is list and all(type(row) is int and 0 <= row < self.size for row in rows)
                for rows in special.values()
            )
            if not well:
                raise self._error(f"{name}.not_finite", special, "lists of rows by name")
        if type(values) is not list or len(values) != self.size:
            found = f"{len(values)} values" if type(values) is list else values
            raise self._error(name, found, f"a list of {self.size} values, as `rows` says")
        return values, special

    def _error(self, name: str, found: object, accepted: str) -> DataError:
        return DataError("not a batch", where=f"{self.section}.{name}", found=found, accepted=accepted)


def _names(section: Section) -> tuple[str, ...]:
    """What the rows of a section may have."""
    return ("id", "timestamp", *_COLUMNS[section], *_GROUPS[section])


def _of_field(
    group: str, name: str, values: Sequence[Any], special: Mapping[str, Sequence[int]]
) -> dict[Key, Cells]:
    try:
        found = typed(values, special)
    except ValueError as error:
        raise DataError("not a batch", where=f"{group}.{name}", found=str(error)) from None
    return {Key(group, name, kind): cells for kind, cells in found.items()}


def _check_name(name: str, what: str) -> None:
    if not name or len(name) > NAME_LETTERS:
        raise DataError(
            f"not a name of a {what}", found=f"{len(name)} letters", accepted=f"1 to {NAME_LETTERS} letters"
        )
    if why := unkept(name):
        raise DataError(
            f"not a name of a {what}", found=f"{why} in {name[:60]!r}",
            accepted="texts of Unicode without null characters",
        )  # fmt: skip
