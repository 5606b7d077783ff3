"""How a model gets its baseline on the server: from a file that somebody brings, or from its own rows."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.errors import ConfigurationError, DataError, LeadlineError, RetryableError
from leadline.progress import Progress
from leadline.schema import Kind, Role
from leadline.server.keeping.rows import columns, key_of
from leadline.server.looking.exploring import cell
from leadline.settings import Settings
from leadline.stores.contract import ID, LABEL_TIMESTAMP, TIMESTAMP, Pass, RowStore, Wanted
from leadline.tables import first_look, open_table
from leadline.tables.files import SUFFIXES
from leadline.tables.roles import infer
from leadline.tables.table import Batch, Field, Physical, Table

WAITING = 4
"""Baselines that may wait to be learned."""

COLUMNS = 3_000
ROWS = 20_000_000
"""Most columns and rows of a reference that is learned here; larger ones are for `leadline baseline`."""

EXAMPLES = 3
EXAMPLE_LETTERS = 60

State = Literal["none", "waiting", "learning", "learned", "failed"]


class InferredColumn(msgspec.Struct, frozen=True):
    """A column of a reference, as it would be read.

    Attributes:
        physical: its type in the file.
        role, kind, why: what it is taken for, and what that rests on.
        examples: some of its values, as texts.
    """

    name: str
    physical: Physical
    role: Role
    kind: Kind
    why: str
    examples: list[str]


class Inspected(msgspec.Struct, frozen=True):
    """What a file holds; rows: null where only reading all of it would tell."""

    filename: str
    rows: int | None
    columns: list[InferredColumn]


class Learning(msgspec.Struct, frozen=True):
    """How far a baseline is.

    Attributes:
        state: "none": nothing was asked for since the start.
        rows_done, rows_total: rows that are counted; null: not known.
        problem, next_step: why it failed, and what to do; "" where it did not.
    """

    state: State = "none"
    rows_done: int = 0
    rows_total: int | None = None
    problem: str = ""
    next_step: str = ""


class Busy(RetryableError):
    """Too many baselines wait, or that of this model is under way."""


class _Stopped(Exception):
    """The server ends."""


Work = Callable[[Progress], Baseline]


class Learner:
    """Learns baselines, one after the other, in a thread of its own.

    Args:
        settle: called with the model and the saved baseline.
    """

    def __init__(self, settle: Callable[[str, bytes], None]) -> None:
        self._settle = settle
        self._known: dict[str, Learning] = {}
        self._changing, self._stopping = threading.Lock(), threading.Event()
        self._pool = ThreadPoolExecutor(1, "leadline-learner")

    def start(self, model: str, work: Work) -> Learning:
        """Learn a model's baseline after those that wait.

        Raises:
            Busy: too many wait, or it is under way.
        """
        with self._changing:
            under_way = [name for name, one in self._known.items() if one.state in ("waiting", "learning")]
            if model in under_way or len(under_way) >= WAITING:
                raise Busy(
                    "the baseline of this model is being learned"
                    if model in under_way
                    else "too many baselines are being learned",
                    where=model,
                    next_step="Wait until it is done.",
                )
            found = self._known[model] = Learning("waiting")
            self._pool.submit(self._run, model, work)
        return found

    def of(self, model: str) -> Learning:
        """How far the baseline of a model is."""
        return self._known.get(model, Learning())

    def close(self) -> None:
        """Give up what is under way."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def _run(self, model: str, work: Work) -> None:
        def tell(rows_done: int, rows_total: int | None) -> None:
            if self._stopping.is_set():
                raise _Stopped
            self._known[model] = Learning("learning", rows_done, rows_total)

        self._known[model] = Learning("learning")
        try:
            self._settle(model, work(tell).to_bytes())
        except _Stopped:
            return
        except LeadlineError as error:
            self._known[model] = Learning("failed", problem=str(error), next_step=error.next_step or "")
        except Exception as error:
            # Whatever a file holds ends the work on this file only.
            self._known[model] = Learning("failed", problem=f"unexpected {type(error).__name__}: {error}")
        else:
            done = self._known[model]
            self._known[model] = Learning("learned", done.rows_done, done.rows_total)


@dataclass(frozen=True)
class Upload:
    """A file that somebody brought, in a folder of its own until it is closed."""

    filename: str
    path: Path
    folder: Any = field(repr=False)

    @classmethod
    def kept(cls, filename: str, content: bytes) -> Upload:
        """Keep a file until it is read. Only the end of its name is used.

        Raises:
            DataError: it is of no known format.
        """
        suffixes = [suffix.lower() for suffix in Path(filename).suffixes[-2:]]
        suffix = next((found for found in reversed(suffixes) if found in SUFFIXES), None)
        if suffix is None or suffixes[-1] != suffix:
            raise DataError(
                "unknown file format", where="filename", found=filename[-100:], accepted=tuple(SUFFIXES)
            )
        folder = tempfile.TemporaryDirectory(prefix="leadline-")
        path = Path(folder.name) / f"reference{suffix}"
        path.write_bytes(content)
        return cls(Path(filename).name[-200:], path, folder)

    @contextmanager
    def table(self) -> Iterator[Table]:
        """The file as a table; afterwards it is gone. Errors call it as whoever brought it does.

        Raises:
            DataError: it cannot be read, or it is too large.
        """
        try:
            found = open_table(self.path)
            if len(found.fields) > COLUMNS or (found.rows or 0) > ROWS:
                raise DataError(
                    "the reference is too large", where=self.filename,
                    found=f"{len(found.fields):,} columns", accepted=f"{COLUMNS:,} columns, {ROWS:,} rows",
                    next_step="Learn it with `leadline baseline`, and give the saved file to the model.",
                )  # fmt: skip
            yield found
        except LeadlineError as error:
            raise self._renamed(error) from None
        finally:
            self.folder.cleanup()

    def _renamed(self, error: LeadlineError) -> LeadlineError:
        path, name = str(self.path), self.filename

        def named(text: Any) -> Any:
            return text.replace(path, name) if isinstance(text, str) else text

        kind = ConfigurationError if isinstance(error, ConfigurationError) else DataError
        return kind(
            named(error.what), where=named(error.where), found=named(error.found),
            accepted=error.accepted, next_step=named(error.next_step),
        )  # fmt: skip


def inspected(upload: Upload) -> Inspected:
    """Roles and kinds of a file's columns, as `leadline.learn` would infer them.

    Raises:
        DataError: it cannot be read.
    """
    with upload.table() as table:
        look = first_look(table)
        physical = {item.name: item.physical for item in table.fields}
        found = [
            InferredColumn(
                column.name,
                physical[column.name],
                column.role,
                column.kind,
                column.why,
                _examples(look, Field(column.name, physical[column.name])),
            )
            for column in infer(table.fields, look, Settings())
        ]
        return Inspected(upload.filename, table.rows, found)


def _examples(look: Batch, item: Field) -> list[str]:
    column = look.column(item.name)
    found: dict[str, None] = {}
    for row in np.linspace(0, max(0, look.rows - 1), 50, dtype=int).tolist() if look.rows else []:
        value = cell(column, row, item)
        if value is not None and len(found) < EXAMPLES:
            found[_text(value)[:EXAMPLE_LETTERS]] = None
    return list(found)


def _text(value: str | float | int | bool) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def from_upload(upload: Upload, options: Mapping[str, Any]) -> Work:
    """Work that learns a baseline of a file."""

    def work(progress: Progress) -> Baseline:
        with upload.table() as table:
            return comparison.learn(table, progress=progress, **options)

    return work


def from_rows(store: RowStore, model: str, start: int, end: int, options: Mapping[str, Any]) -> Work:
    """Work that learns a baseline of what a model has sent in [start, end)."""

    def work(progress: Progress) -> Baseline:
        with store.looking(model, store.last()) as look:
            look.prepare([(start, end)])
            wanted = with_values(look, start, end)
            table = look.read(start, end, wanted)
            if not table.rows:
                raise DataError(
                    "no rows then", where=model, next_step="Choose a time in which it sent predictions."
                )
            return comparison.learn(table, progress=progress, **{**roles(wanted), **options})

    return work


_OPTIONS = ("version", "prediction", "score", "label", "weight")
_NOT_LEARNED = {"latency_ms", "error"}
"""What serving tells of itself; it is counted apart."""


def with_values(look: Pass, start: int, end: int) -> list[Wanted]:
    """The columns of the rows of some time in which there is some value."""
    every = [one for one in columns(look, None) if one.keys[0][1] not in _NOT_LEARNED or one.keys[0][0]]
    empty = {item.name for item in look.read(start, end, every).fields if item.physical == "null"}
    return [one for one in every if one.name not in empty]


def roles(wanted: list[Wanted]) -> dict[str, Any]:
    """What the wire says of columns, as options of `leadline.learn`."""
    found: dict[str, Any] = {
        name: key_of(wanted, "", name) for name in (ID, TIMESTAMP, LABEL_TIMESTAMP, *_OPTIONS)
    }
    if any(one.keys[0][0] == "scores" for one in wanted):
        # The common beginning of their columns, which no column has for a name.
        found["score"] = "score_"
    found["segment"] = [one.name for one in wanted if any(section == "segment" for section, _ in one.keys)]
    return {name: value for name, value in found.items() if value}
