"""The embedded store: one DuckDB file, which this process owns while it is open.

Each section of each model has a table of its own: the number of the batch, the place in it, id, time, and a
column `c0`, `c1`, ... for each kind of each field, which `fields` names. Names that users choose are values
only, never part of a statement.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np

from leadline.errors import DataError, LeadlineError, RetryableError
from leadline.stores import arrow
from leadline.stores.cells import Cells, Key, Kind, concatenated
from leadline.stores.contract import FIELDS, MODELS, Batch, Kept, Rows, Section
from leadline.stores.duckdb_pass import DuckDBPass

VERSION = 1
"""Of the tables; a store of another version is not opened."""

_TYPES: Mapping[Kind, str] = {
    "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "text": "VARCHAR", "nested": "VARCHAR",
}  # fmt: skip

_TABLES = """
    CREATE TABLE version (version INTEGER);
    CREATE TABLE models (model INTEGER, name VARCHAR);
    CREATE TABLE fields (model INTEGER, section VARCHAR, "group" VARCHAR, name VARCHAR, kind VARCHAR);
    CREATE TABLE keys (key VARCHAR PRIMARY KEY, received_at BIGINT, answer BLOB);
    CREATE TABLE batches (batch BIGINT, model INTEGER, received_at BIGINT, about BLOB);
    CREATE TABLE profiles (
        model INTEGER, grid VARCHAR, bucket BIGINT, finish BIGINT, rows BIGINT, upto BIGINT, content BLOB);
    CREATE TABLE counted (model INTEGER, grid VARCHAR, upto BIGINT);
"""

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "1GB",
    "checkpoint_threshold": "64MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@dataclass
class _Model:
    """What is known of a model's tables.

    Attributes:
        number: of the model.
        places: by section, the column of each key.
    """

    number: int
    places: dict[Section, dict[Key, int]] = field(
        default_factory=lambda: {section: {} for section in get_args(Section)}
    )


class DuckDBStore:
    """A `RowStore` in one file.

    Args:
        path: of the file; it is made where there is none.
        threads: that a query may use; by default one for each core.

    Raises:
        DataError: the file is no store, or one of another version.
        RetryableError: another process has it open.
    """

    def __init__(self, path: str | Path, threads: int | None = None) -> None:
        import duckdb

        settings = _SETTINGS | ({} if threads is None else {"threads": threads})
        try:
            self._connection = duckdb.connect(str(path), config=settings)
            self._writer = self._connection.cursor()
            self._check_version(str(path))
        except duckdb.Error as error:
            if "lock" in str(error):
                raise RetryableError(
                    "another process has the store open", where=str(path), next_step="Stop it first."
                ) from None
            raise DataError("cannot open the store", where=str(path), found=str(error)[:300]) from None
        self._changing, self._counting = threading.Lock(), threading.Lock()
        self._models = self._known()
        self._last = int(self._one("SELECT coalesce(max(batch), 0) FROM batches"))

    def _check_version(self, path: str) -> None:
        known = self._writer.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'version'"
        ).fetchall()[0]
        if known == (0,):
            with _transaction(self._writer):
                self._writer.execute(_TABLES)
                self._writer.execute("INSERT INTO version VALUES (?)", [VERSION])
            return
        found = self._one("SELECT max(version) FROM version")
        if found != VERSION:
            raise DataError("a store of another version", where=path, found=found, accepted=str(VERSION))

    def _known(self) -> dict[str, _Model]:
        models = {
            name: _Model(number)
            for number, name in self._all("SELECT model, name FROM models ORDER BY model")
        }
        by_number = {model.number: model for model in models.values()}
        for number, section, group, name, kind in self._all("SELECT * FROM fields ORDER BY rowid"):
            places = by_number[number].places[section]
            places[Key(group, name, kind)] = len(places)
        return models

    def append(self, batches: Sequence[Batch]) -> list[bytes | LeadlineError]:
        """See `RowStore.append`."""
        import duckdb

        try:
            with self._changing:
                return self._append(batches)
        except duckdb.Error as error:
            raise RetryableError("the store could not keep the rows", found=str(error)[:300]) from error

    def _append(self, batches: Sequence[Batch]) -> list[bytes | LeadlineError]:
        answers = self._answers([batch.key for batch in batches])
        found: list[bytes | LeadlineError] = []
        new: list[Batch] = []
        for batch in batches:
            if batch.key in answers:
                found.append(answers[batch.key])
                continue
            try:
                self._make_room(batch)
            except DataError as error:
                found.append(error)
                continue
            answers[batch.key] = batch.answer
            found.append(batch.answer)
            new.append(batch)
        if new:
            with _transaction(self._writer):
                self._insert(new, self._last + 1)
            self._last += len(new)
        return found

    def _answers(self, keys: Sequence[str]) -> dict[str, bytes]:
        marks = ", ".join("?" * len(keys))
        return dict(self._all(f"SELECT key, answer FROM keys WHERE key IN ({marks})", [*keys]))

    def _insert(self, batches: Sequence[Batch], first: int) -> None:
        models = [self._models[batch.model] for batch in batches]
        self._writer.executemany(
            "INSERT INTO keys VALUES (?, ?, ?)", [(b.key, b.received_at, b.answer) for b in batches]
        )
        self._writer.executemany(
            "INSERT INTO batches VALUES (?, ?, ?, ?)",
            [
                (first + i, model.number, batch.received_at, batch.about)
                for i, (batch, model) in enumerate(zip(batches, models, strict=True))
            ],
        )
        parts: dict[tuple[int, Section], list[tuple[int, Rows]]] = {}
        known = {model.number: model for model in models}
        for i, (batch, model) in enumerate(zip(batches, models, strict=True)):
            for section, rows in batch.sections.items():
                parts.setdefault((model.number, section), []).append((first + i, rows))
        for (number, section), rows_of in parts.items():
            self._insert_rows(f"{section}_{number}", known[number].places[section], rows_of)

    def _insert_rows(self, table: str, places: Mapping[Key, int], parts: Sequence[tuple[int, Rows]]) -> None:
        sizes = [len(rows) for _, rows in parts]
        columns: dict[str, tuple[Kind, Cells]] = {
            "batch": ("integer", Cells(np.repeat([number for number, _ in parts], sizes))),
            "place": ("integer", Cells(np.concatenate([np.arange(size) for size in sizes]))),
            "id": ("text", concatenated("text", [(len(rows), rows.ids) for _, rows in parts])),
            "moment": ("integer", Cells(np.concatenate([rows.timestamps for _, rows in parts]))),
        }
        for key in {key: None for _, rows in parts for key in rows.columns}:
            cells = concatenated(key.kind, [(len(rows), rows.columns.get(key)) for _, rows in parts])
            columns[f"c{places[key]}"] = key.kind, cells
        self._writer.register("incoming", arrow.batch(columns, sum(sizes)))
        try:
            self._writer.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM incoming")
        finally:
            self._writer.unregister("incoming")

    def _make_room(self, batch: Batch) -> None:
        """Tables and columns for what the batch holds, in a transaction of their own.

        Raises:
            DataError: it would be too many.
        """
        model = self._models.get(batch.model)
        if model is None and len(self._models) >= MODELS:
            raise DataError("too many models", found=batch.model, accepted=f"at most {MODELS}")
        made = _Model(len(self._models) + 1) if model is None else model
        new = [
            (section, key)
            for section, rows in batch.sections.items()
            for key in rows.columns
            if key not in made.places[section]
        ]
        if model is not None and not new:
            return
        for section in batch.sections:
            added = sum(own == section for own, _ in new)
            if len(made.places[section]) + added > FIELDS:
                raise DataError(
                    f"too many fields of {section}", where=batch.model, accepted=f"at most {FIELDS}"
                )
        with _transaction(self._writer):
            if model is None:
                self._make_tables(made, batch.model, new)
            else:
                self._make_columns(made, new)
            if new:
                named = [(made.number, section, *key) for section, key in new]
                self._writer.executemany("INSERT INTO fields VALUES (?, ?, ?, ?, ?)", named)
        self._models[batch.model] = made
        for section, key in new:
            made.places[section][key] = len(made.places[section])

    def _make_tables(self, model: _Model, name: str, new: Sequence[tuple[Section, Key]]) -> None:
        """With all columns at once: each one that is added later takes the longer the more there are."""
        self._writer.execute("INSERT INTO models VALUES (?, ?)", [model.number, name])
        for section in get_args(Section):
            kinds = [key.kind for own, key in new if own == section]
            columns = [f"c{place} {_TYPES[kind]}" for place, kind in enumerate(kinds)]
            fixed = ["batch BIGINT", "place BIGINT", "id VARCHAR", "moment BIGINT"]
            self._writer.execute(f"CREATE TABLE {section}_{model.number} ({', '.join(fixed + columns)})")

    def _make_columns(self, model: _Model, new: Sequence[tuple[Section, Key]]) -> None:
        count = {section: len(places) for section, places in model.places.items()}
        for section, key in new:
            self._writer.execute(
                f"ALTER TABLE {section}_{model.number} ADD COLUMN c{count[section]} {_TYPES[key.kind]}"
            )
            count[section] += 1

    def last(self) -> int:
        """See `RowStore.last`."""
        return self._last

    def models(self) -> list[str]:
        """See `RowStore.models`."""
        return list(self._models)

    def rows(self, model: str) -> dict[Section, int]:
        """See `RowStore.rows`."""
        known = self._models.get(model)
        if known is None:
            return dict.fromkeys(get_args(Section), 0)
        with self._reader() as reader:
            return {
                section: reader.execute(f"SELECT count(*) FROM {section}_{known.number}").fetchall()[0][0]
                for section in get_args(Section)
            }

    @contextmanager
    def looking(self, model: str, upto: int) -> Iterator[DuckDBPass]:
        """See `RowStore.looking`."""
        known = self._models[model]
        with self._changing:
            places = {section: dict(own) for section, own in known.places.items()}
        with self._reader() as reader:
            reader.execute("BEGIN")
            yield DuckDBPass(reader, model, known.number, places, upto)

    def counted(self, model: str, grid: str) -> int:
        """See `RowStore.counted`."""
        if model not in self._models:
            return 0
        return int(
            self._one(
                "SELECT coalesce(max(upto), 0) FROM counted WHERE model = ? AND grid = ?",
                [self._models[model].number, grid],
            )
        )

    def profiles(self, model: str, grid: str) -> list[Kept]:
        """See `RowStore.profiles`."""
        if model not in self._models:
            return []
        found = self._all(
            "SELECT bucket, finish, rows, upto, content FROM profiles WHERE model = ? AND grid = ? "
            "ORDER BY bucket",
            [self._models[model].number, grid],
        )
        return [Kept(*row) for row in found]

    def keep_profiles(self, model: str, grid: str, upto: int, profiles: Sequence[Kept]) -> None:
        """See `RowStore.keep_profiles`."""
        number = self._models[model].number
        # Two transactions that begin together would not see each other's profiles, and both would stay.
        with self._counting, self._reader() as own, _transaction(own):
            own.execute("DELETE FROM profiles WHERE model = ? AND grid <> ?", [number, grid])
            own.execute("DELETE FROM counted WHERE model = ?", [number])
            own.execute("INSERT INTO counted VALUES (?, ?, ?)", [number, grid, upto])
            for kept in profiles:
                own.execute("DELETE FROM profiles WHERE model = ? AND bucket = ?", [number, kept.start])
                own.execute(
                    "INSERT INTO profiles VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [number, grid, kept.start, kept.end, kept.rows, kept.upto, kept.content],
                )

    def forget_keys(self, before: int) -> None:
        """See `RowStore.forget_keys`."""
        with self._changing:
            self._writer.execute("DELETE FROM keys WHERE received_at < ?", [before])

    def close(self) -> None:
        """See `RowStore.close`."""
        with self._changing:
            self._writer.close()
            self._connection.close()

    def _one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        return self._all(statement, values)[0][0]

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._reader() as reader:
            found: list[tuple[Any, ...]] = reader.execute(statement, [*values]).fetchall()
        return found

    @contextmanager
    def _reader(self) -> Iterator[Any]:
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


@contextmanager
def _transaction(cursor: Any) -> Iterator[None]:
    cursor.execute("BEGIN")
    try:
        yield
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")
