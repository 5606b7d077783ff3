"""The embedded store: a DuckDB file, which this process owns while it is open, and one of profiles beside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from leadline.errors import DataError, LeadlineError
from leadline.schedule import Zone
from leadline.stores import arrow, duckdb_fields, duckdb_life, duckdb_profiles, operations
from leadline.stores.cells import Cells, Key, Kind, concatenated
from leadline.stores.contents import Contents
from leadline.stores.contract import (
    QUARTER,
    Aged,
    Batch,
    Bucket,
    Erased,
    Kept,
    Labels,
    Moments,
    Rows,
    Section,
    Size,
    Snapshot,
)
from leadline.stores.duckdb_fields import Model
from leadline.stores.duckdb_file import THRESHOLD, DuckDBFile
from leadline.stores.duckdb_pass import DuckDBPass
from leadline.stores.duckdb_tables import transaction, try_write
from leadline.stores.keys import Keys
from leadline.stores.operations_kinds import Counts as OperationsCounts

CONTENTS = ".profiles"
"""Ending of the name of the file beside the store's with what profiles hold."""


class DuckDBStore:
    """A `RowStore` in two files.

    Args:
        path: of the file; it is made where there is none, and so is the other one beside it.
        threads: that a query may use; by default one for each core.

    Raises:
        DataError: the file is no store, or one of another version.
        RetryableError: another process has it open.
    """

    def __init__(self, path: str | Path, threads: int | None = None) -> None:
        self._file = DuckDBFile(Path(path), threads)
        self._changing, self._counting, self._copying = (threading.Lock() for _ in range(3))
        with ExitStack() as unless_whole:
            unless_whole.callback(self._file.close)
            self._contents = Contents(self._file.path.with_name(self._file.path.name + CONTENTS))
            unless_whole.callback(self._contents.close)
            with self._file.reader() as own:
                duckdb_profiles.bring_forward(own, self._contents)
            self._look_again()
            unless_whole.pop_all()

    def _look_again(self) -> None:
        """Learn what is in the file, where it was opened since."""
        with self._file.reader() as own:
            self._models = duckdb_fields.known(own)
        self._last = int(self._one("SELECT coalesce(max(batch), 0) FROM batches"))
        self._keys = self._known_keys()
        self._opened = self._file.opened

    def _known_keys(self) -> Keys:
        with self._file.reader() as own:
            return Keys(own.execute("SELECT hash(key) AS hash FROM keys").fetchnumpy()["hash"])

    def append(self, batches: Sequence[Batch]) -> list[bytes | LeadlineError]:
        """See `RowStore.append`."""
        with self._writing():
            return self._append(batches)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """What came in may be written; where the file had to be opened again, what is in it is known."""
        with self._changing, self._file.told():
            if self._opened != self._file.ready():
                self._look_again()
            yield

    def _append(
        self, batches: Sequence[Batch], also: Callable[[int], None] = lambda number: None
    ) -> list[bytes | LeadlineError]:
        """Keep batches; `also` is done in the transaction of those that are new, with the last number."""
        hashes, answers = self._answers([batch.key for batch in batches])
        found: list[bytes | LeadlineError] = []
        new: list[Batch] = []
        for batch in batches:
            if batch.key in answers:
                found.append(answers[batch.key])
                continue
            try:
                duckdb_fields.make_room(self._file.writer, self._models, batch)
            except DataError as error:
                found.append(error)
                continue
            answers[batch.key] = batch.answer
            found.append(batch.answer)
            new.append(batch)
        if new:
            with transaction(self._file.writer):
                self._insert(new, self._last + 1)
                also(self._last + len(new))
            self._last += len(new)
            for batch in new:
                if (rows := self._models[batch.model].rows) is not None:
                    rows |= {section: rows[section] + len(own) for section, own in batch.sections.items()}
            self._keys.add(hashes[batch.key] for batch in new)
        return found

    def _answers(self, keys: Sequence[str]) -> tuple[dict[str, int], dict[str, bytes]]:
        """Hashes of some keys, and the answers to those that were kept before."""
        hashes = dict(self._all("SELECT key, hash(key) FROM (SELECT unnest(?::VARCHAR[]) AS key)", [[*keys]]))
        came = zip(hashes, self._keys.known([*hashes.values()]), strict=True)
        again = [key for key, known in came if known]
        if not again:
            return hashes, {}
        found = self._all("SELECT key, answer FROM keys WHERE list_contains(?::VARCHAR[], key)", [again])
        return hashes, dict(found)

    def _insert(self, batches: Sequence[Batch], first: int) -> None:
        models = [self._models[batch.model] for batch in batches]
        self._file.writer.executemany(
            "INSERT INTO keys VALUES (?, ?, ?)", [(b.key, b.received_at, b.answer) for b in batches]
        )
        self._file.writer.executemany(
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
        self._file.writer.register("incoming", arrow.batch(columns, sum(sizes)))
        try:
            self._file.writer.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM incoming")
        finally:
            self._file.writer.unregister("incoming")

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
        rows = known.rows
        if rows is None:
            with self._changing:
                rows = known.rows = self._counted_rows(known)
        return dict(rows)

    def _counted_rows(self, known: Model) -> dict[Section, int]:
        with self._file.reader() as reader:
            return {
                section: reader.execute(f"SELECT count(*) FROM {section}_{known.number}").fetchall()[0][0]
                for section in get_args(Section)
            }

    @contextmanager
    def _taking_away(self, known: Model) -> Iterator[Any]:
        """The cursor that writes rows, in a transaction in which rows of a model may go."""
        with self._changing:
            known.rows = None
            with transaction(self._file.writer):
                yield self._file.writer

    @contextmanager
    def looking(self, model: str, upto: int) -> Iterator[DuckDBPass]:
        """See `RowStore.looking`."""
        known = self._models[model]
        with self._changing:
            places = _copied(known)
        with self._file.reader() as reader:
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

    def grids(self, model: str) -> list[str]:
        """See `RowStore.grids`."""
        if model not in self._models:
            return []
        found = self._all(
            "SELECT DISTINCT grid FROM profiles WHERE model = ? ORDER BY grid", [self._models[model].number]
        )
        return [grid for (grid,) in found]

    def buckets(
        self, model: str, grid: str, since: int = 0, until: int | None = None, sums: bool = False
    ) -> list[Bucket]:
        """See `RowStore.buckets`."""
        if model not in self._models:
            return []
        with self._file.reader() as own:
            return duckdb_profiles.buckets(own, self._models[model].number, grid, since, until, sums)

    def profiles(self, model: str, grid: str, since: int = 0, until: int | None = None) -> list[Kept]:
        """See `RowStore.profiles`."""
        if model not in self._models:
            return []
        with self._file.reader() as own:
            number = self._models[model].number
            return duckdb_profiles.profiles(own, self._contents, number, grid, since, until)

    def fewest(
        self,
        model: str,
        grid: str,
        since: int,
        until: int,
        longest: int | None = None,
        samples: bool = True,
    ) -> list[Kept]:
        """See `RowStore.fewest`."""
        if model not in self._models:
            return []
        with self._file.reader() as own:
            number, span = self._models[model].number, (since, until)
            return duckdb_profiles.fewest(own, self._contents, number, grid, span, longest, samples)

    def keep_sum(self, model: str, grid: str, whole: Kept, of: Sequence[Bucket]) -> bool:
        """See `RowStore.keep_sum`."""
        number = self._models[model].number
        with self._keeping() as (own, gone):
            with transaction(own):
                kept, dropped = duckdb_profiles.keep_sum(own, self._contents, number, grid, whole, of)
            gone |= dropped
        return kept

    def keep_profiles(
        self, model: str, grid: str, upto: int, profiles: Sequence[Kept], aged: Sequence[Aged] = ()
    ) -> None:
        """See `RowStore.keep_profiles`."""
        number = self._models[model].number
        with self._keeping() as (own, gone):
            with transaction(own):
                dropped = duckdb_profiles.replace(own, self._contents, number, grid, profiles)
                own.execute("DELETE FROM counted WHERE model = ?", [number])
                own.execute("INSERT INTO counted VALUES (?, ?, ?)", [number, grid, upto])
                duckdb_life.keep_aged(own, number, aged)
            gone |= dropped

    def take_profiles(self, grid: str, batch: Batch, profiles: Sequence[Kept]) -> bytes | LeadlineError:
        """See `RowStore.take_profiles`."""
        with self._writing(), self._keeping() as (_, gone):

            def put(upto: int) -> None:
                model, known = self._models[batch.model].number, [replace(one, upto=upto) for one in profiles]
                gone.update(duckdb_profiles.replace(self._file.writer, self._contents, model, grid, known))

            (answer,) = self._append([batch], put)
        return answer

    @contextmanager
    def _keeping(self) -> Iterator[tuple[Any, set[str]]]:
        """A cursor that keeps profiles, and what they may not refer to any more: it is dropped afterwards."""
        gone: set[str] = set()
        # Two transactions that begin together would not see each other's profiles, and both would stay.
        with self._counting, self._file.reader() as own:
            yield own, gone
            duckdb_profiles.collect(own, self._contents, gone)

    def count_operations(self, model: str) -> int:
        """See `RowStore.count_operations`."""
        known = self._models[model]
        with self._changing:
            places, upto = _copied(known), self._last
        with self._counting, self._file.reader() as own:
            after = operations.counted(own, known.number)
            if after < upto:
                with transaction(own):
                    operations.count(own, known.number, places, after, upto)
            return max(after, upto)

    def operations(self, model: str, start: int, end: int, version: str | None = None) -> OperationsCounts:
        """See `RowStore.operations`."""
        known = self._models.get(model)
        with self._file.reader() as own:
            # No model has the number 0.
            return operations.read(own, known.number if known else 0, start, end, version)

    def age_operations(self, model: str, hours_before: int, gone_before: int, place: Zone) -> None:
        """See `RowStore.age_operations`."""
        number = self._models[model].number
        with self._counting, self._file.reader() as own, transaction(own):
            operations.age(own, number, hours_before, gone_before, place)

    def before(self, moment: int) -> int:
        """See `RowStore.before`."""
        return int(
            self._one(
                "SELECT coalesce(min(batch) - 1, ?) FROM batches WHERE received_at >= ?", [self._last, moment]
            )
        )

    def ageing(self, model: str, before: int, upto: int, to: Literal["stubs", "gone"]) -> Moments:
        """See `RowStore.ageing`."""
        with self._file.reader() as reader:
            return duckdb_life.ageing(reader, self._models[model].number, before, upto, to)

    def span(self, model: str) -> int:
        """See `RowStore.span`."""
        if model not in self._models:
            return 0
        number = self._models[model].number
        came = self._one("SELECT max(received_at) - min(received_at) FROM batches WHERE model = ?", [number])
        ends = self._one(f"SELECT approx_quantile(moment, [0.01, 0.99]) FROM predictions_{number}")
        return max(came or 0, ends[1] - ends[0] if ends else 0)

    def aged(self, model: str) -> list[Aged]:
        """See `RowStore.aged`."""
        if model not in self._models:
            return []
        with self._file.reader() as reader:
            return duckdb_life.aged(reader, self._models[model].number)

    def shrink(self, model: str, needed: Collection[tuple[str, str]], rows: int) -> int:
        """See `RowStore.shrink`."""
        known = self._models[model]
        with self._taking_away(known) as own:
            return duckdb_life.shrink(own, known.number, known.places, needed, rows)

    def forget_profiles(self, model: str, before: int) -> int:
        """See `RowStore.forget_profiles`."""
        number = self._models[model].number
        with self._keeping() as (own, gone):
            with transaction(own):
                buckets, dropped = duckdb_profiles.forget(own, number, before)
            gone |= dropped
        return buckets

    def forget_unjoined(self, model: str, before: int) -> int:
        """See `RowStore.forget_unjoined`."""
        known = self._models[model]
        with self._taking_away(known) as own:
            return duckdb_life.forget_unjoined(own, known.number, before)

    def labels(self, model: str) -> Labels:
        """See `RowStore.labels`."""
        if model not in self._models:
            return Labels(0, 0)
        with self._file.reader() as reader:
            return duckdb_life.labels(reader, self._models[model].number)

    def erase(self, model: str, column: str, values: Sequence[str], received_at: int) -> Erased:
        """See `RowStore.erase`."""
        known = self._models.get(model)
        if known is None:
            return Erased((), dict.fromkeys(get_args(Section), 0), np.zeros(0, np.int64))
        with self._changing, self._keeping() as (_, gone):
            known.rows = None
            with transaction(self._file.writer):
                gone |= duckdb_profiles.delete(self._file.writer, "model = ? AND summed", [known.number])
                found = duckdb_life.erase(self._file.writer, known.number, known.places, column, values)
                number = self._last + 1
                self._file.writer.execute(
                    "INSERT INTO batches VALUES (?, ?, ?, ?)", [number, known.number, received_at, b"{}"]
                )
                self._file.writer.execute(
                    "INSERT INTO changed SELECT ?, unnest(?::BIGINT[]), ?",
                    [known.number, (found.quarters // QUARTER).tolist(), number],
                )
            self._last = number
        return found

    def scrub(self) -> None:
        """See `RowStore.scrub`."""
        with self._copying, self._file.reader() as own:
            with self._changing, self._counting:
                own.execute("CHECKPOINT")
                self._contents.scrub()
            duckdb_life.fill(own)

    def size(self, model: str) -> Size:
        """See `RowStore.size`."""
        if model not in self._models:
            return Size(dict.fromkeys(get_args(Section), 0), 0, 0)
        with self._file.reader() as reader:
            return duckdb_life.size(reader, self._models[model].number)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """See `RowStore.snapshot`.

        A checkpoint puts everything into the files; until the next one, which waits, changes are only added
        to the logs beside them.
        """
        with self._copying, self._file.reader() as own, ExitStack() as until_then:
            try:
                with self._changing, self._counting:
                    own.execute("CHECKPOINT")
                    own.execute("SET GLOBAL checkpoint_threshold = '1TB'")
                    contents = until_then.enter_context(self._contents.snapshot())
                    files = {
                        path.name: (path, size)
                        for path, size in [(self._file.path, self._file.path.stat().st_size), contents]
                    }
                    rows = {model: self._counted_rows(known) for model, known in self._models.items()}
                yield Snapshot(files, rows)
            finally:
                own.execute(f"SET GLOBAL checkpoint_threshold = '{THRESHOLD}'")

    def write_parquet(self, model: str, section: Section, path: Path) -> int:
        """See `RowStore.write_parquet`."""
        known = self._models[model]
        with self._changing:
            places = _copied(known)
        with self._file.reader() as reader:
            return duckdb_life.write_parquet(reader, known.number, places, section, path)

    def try_write(self) -> None:
        """See `RowStore.try_write`."""
        with self._writing():
            try_write(self._file.writer)

    def forget_keys(self, before: int) -> None:
        """See `RowStore.forget_keys`."""
        with self._changing:
            self._file.writer.execute("DELETE FROM keys WHERE received_at < ?", [before])
            self._keys = self._known_keys()

    def close(self) -> None:
        """See `RowStore.close`."""
        with self._copying, self._changing, self._counting:
            self._file.close()
            self._contents.close()

    def _one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        return self._all(statement, values)[0][0]

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._file.reader() as reader:
            found: list[tuple[Any, ...]] = reader.execute(statement, [*values]).fetchall()
        return found


def _copied(model: Model) -> dict[Section, dict[Key, int]]:
    """The columns of a model as they are now: batches that come add some."""
    return {section: dict(places) for section, places in model.places.items()}
