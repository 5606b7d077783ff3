"""Parquet, CSV and JSON files, streamed by DuckDB as Arrow batches with flat memory."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from leadline.errors import DataError
from leadline.tables import arrow
from leadline.tables.batches import GroupedBatch, joined
from leadline.tables.names import unique_names
from leadline.tables.parts import DEPTH, Leaf, leaves
from leadline.tables.sampling import row_ranges
from leadline.tables.streams import StreamTable
from leadline.tables.table import Batch, Field, Sample

_BATCH_ROWS = 122_880
_STREAMED_VALUES = 16 << 20  # a batch with more values is read in groups of columns
_RANGE_ROWS = 2 * _BATCH_ROWS  # of a batch that is read in groups: a query costs milliseconds
_GROUP_VALUES = 4 << 20
_GROUP_COLUMNS = 64  # each column that is read at once holds a page or two
_TITLES = {"parquet": "Parquet", "csv": "CSV", "json": "JSON lines"}


def duckdb_table(name: str, files: Sequence[str], form: str, spread: bool) -> DuckTable:
    """A table of Parquet or JSON files; `spread`: they came from a folder, a glob or a list."""
    if form == "parquet":
        return ParquetTable(name, files, spread)
    return JsonTable(name, files, spread)


def _parquet(files: Sequence[str], spread: bool, numbered: bool = False) -> str:
    return reader("read_parquet", files, spread, f"file_row_number={str(numbered).lower()}")


def _json(files: Sequence[str], spread: bool) -> str:
    # The file, its columns, and lists in the parts of parts: what lies deeper comes as the text of it.
    options = f"maximum_depth={2 + DEPTH}, sample_size=-1, map_inference_threshold=-1"
    return reader("read_json", files, spread, "format='auto', records=true", options)


def reader(function: str, files: Sequence[str], spread: bool, *options: str) -> str:
    """The call of a table function of DuckDB on files."""
    union = f"union_by_name={str(len(files) > 1).lower()}"
    hive = f"hive_partitioning={str(spread).lower()}"
    return f"{function}({', '.join([_listed(files), union, hive, *options])})"


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _listed(files: Sequence[str]) -> str:
    return "[" + ", ".join(quoted(re.sub(r"([*?\[])", r"[\1]", file)) for file in files) + "]"


def named(column: str) -> str:
    """The name of a column as SQL writes it."""
    return '"' + column.replace('"', '""') + '"'


class DuckTable(StreamTable):
    """Files that are read from the beginning to the end."""

    def __init__(
        self, name: str, files: Sequence[str], form: str, source: str, written: Sequence[str] | None = None
    ) -> None:
        """`written`: the columns' names as the file has them, the first ones of the reader's columns."""
        self.name = name
        self._files = files
        self._form = form
        self._source = source
        self._connection = _connect()
        relation = self._relation(f"SELECT * FROM {source} LIMIT 0")
        columns = relation.columns
        shown = columns if written is None else [*written, *columns[len(written) :]]
        titles = unique_names(shown)
        found = leaves(arrow.fields(_schema(relation), titles))
        known = dict(zip(titles, zip(columns, relation.types, strict=True), strict=True))
        self._expressions = {name: _read(leaf, *known[leaf.path[0]]) for name, leaf in found.items()}
        fields = tuple(Field(name, leaf.field.physical) for name, leaf in found.items())
        super().__init__(name, fields, self._all, replayable=True)

    def _all(self, columns: Sequence[str]) -> Iterator[Batch]:
        return self._run(columns, f"SELECT {self._select(columns)} FROM {self._source}")

    def first(self, rows: int) -> Batch:
        """The first rows, without reading the rest."""
        names = self._chosen(None)
        sql = f"SELECT {self._select(names)} FROM {self._source} LIMIT {rows}"
        return joined(list(self._run(names, sql)), self.fields)

    def _chosen(self, columns: Sequence[str] | None) -> list[str]:
        return [item.name for item in self.fields] if columns is None else list(columns)

    def _fields_of(self, columns: Sequence[str]) -> list[Field]:
        known = {item.name: item for item in self.fields}
        return [known[name] for name in columns]

    def _select(self, columns: Sequence[str]) -> str:
        return ", ".join(self._expressions[name] for name in columns) or "1"

    def _run(self, columns: Sequence[str], sql: str, connection: Any = None) -> Iterator[Batch]:
        positions = {name: i for i, name in enumerate(columns)}
        stream = iter(self._stream(sql, connection or self._connection))
        while True:
            try:
                array = next(stream, None)
            except Exception as error:
                raise self._failure(error) from None
            if array is None:
                return
            yield arrow.ArrowBatch(array.length, array, positions)

    def _relation(self, sql: str) -> Any:
        try:
            return self._connection.cursor().sql(sql)
        except Exception as error:
            raise self._failure(error) from None

    def _stream(self, sql: str, connection: Any) -> Any:
        import nanoarrow

        try:
            return nanoarrow.c_array_stream(connection.cursor().sql(sql))
        except Exception as error:
            raise self._failure(error) from None

    def _rows(self, sql: str) -> list[Any]:
        try:
            return self._connection.cursor().sql(sql).fetchall()
        except Exception as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> Exception:
        return failure(error, self.name, self._files, _TITLES[self._form])


class JsonTable(DuckTable):
    """JSON files: an object a line, or a list of objects."""

    def __init__(self, name: str, files: Sequence[str], spread: bool) -> None:
        source = _json(files, spread)
        super().__init__(name, files, "json", source)
        types = self._relation(f"SELECT * FROM {source} LIMIT 0").types
        nested = all(str(kind).endswith("]") or str(kind).startswith(("STRUCT", "MAP")) for kind in types)
        if nested and len(self._rows(f"SELECT 1 FROM {source} LIMIT 2")) == 1:
            raise DataError(
                "one JSON object of columns, not of rows", where=name,
                accepted="one object a line for each row, or a list of such objects",
                next_step="Write it by rows (pandas: `to_json(path, orient='records', lines=True)`),"
                " or give the frame.",
            )  # fmt: skip


def _connect(**settings: Any) -> Any:
    import duckdb

    connection = duckdb.connect(
        config={
            **settings,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        }
    )
    connection.execute("SET GLOBAL TimeZone = 'UTC'; SET GLOBAL parquet_metadata_cache = true")
    # Texts as views: they are not copied to lie end to end, and short ones are compared as two words.
    connection.execute("SET GLOBAL arrow_output_version = '1.4'; SET GLOBAL produce_arrow_string_view = true")
    return connection


def _schema(relation: Any) -> Any:
    import nanoarrow

    return nanoarrow.c_array_stream(relation).get_schema()


def _read(leaf: Leaf, column: str, kind: Any) -> str:
    """How a column, or a part of one, is selected; JSON values without a type in common as texts."""
    expression = named(column)
    for part in leaf.path[1:]:
        expression, kind = f"struct_extract({expression}, {quoted(part)})", dict(kind.children)[part]
    return f"({expression} ->> '$')" if str(kind) == "JSON" else expression


class ParquetTable(DuckTable):
    """Parquet files: the number of rows is known, and ranges of rows are read without the rest."""

    def __init__(self, name: str, files: Sequence[str], spread: bool) -> None:
        self._connection = _connect()
        self._files, self._form, self.name = files, "parquet", name
        names = self._names()
        super().__init__(name, files, "parquet", _parquet(files, spread), names if len(files) == 1 else None)
        self._groups = self._row_groups()
        self.rows = sum(map(sum, self._groups))
        self._numbered = _parquet(files, spread, numbered=True)
        # Groups of columns are read side by side, each by the thread that asks for one: it decodes the rows
        # into few arrays. With threads of its own a query gives one for each row group, to be joined.
        self._alone = _connect(threads=1)
        taken = {"file_row_number", "filename"} & {shown.lower() for shown in names}
        self._addressable = not taken and len(set(files)) == len(files)

    def _names(self) -> list[str]:
        """Names of the columns as the first file has them: the reader changes repeated and empty ones."""
        rows = self._rows(f"SELECT name, num_children FROM parquet_schema({_listed(self._files[:1])})")
        names = []
        at = 1
        while at < len(rows):
            names.append(rows[at][0])
            at = _after(rows, at)
        return names

    def _row_groups(self) -> list[list[int]]:
        """Rows of every row group of each file, in order."""
        found: dict[str, list[int]] = {file: [] for file in self._files}
        for file, rows in self._rows(
            f"""SELECT file_name, any_value(row_group_num_rows) FROM parquet_metadata({_listed(self._files)})
            GROUP BY file_name, row_group_id ORDER BY file_name, row_group_id"""
        ):
            found[file].append(rows)
        return [found[file] for file in self._files]

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        chosen = self._chosen(columns)
        if len(chosen) * _BATCH_ROWS <= _STREAMED_VALUES or not self._addressable:
            yield from super().batches(chosen)
            return
        for low, high in _batch_ranges(list(itertools.chain.from_iterable(self._groups))):
            yield self._range_batch(chosen, [(low, high)])

    def sample(self, columns: Sequence[str], rows: int, seed: int) -> Sample:
        if not self._addressable:
            return super().sample(columns, rows, seed)
        # Each range costs a part of a row group of every column: few ranges where columns are many.
        blocks = min(64, max(8, 4096 // max(len(columns), 1)))
        starts, stops = row_ranges(self.rows or 0, rows, seed, blocks)
        ranges = list(zip(starts.tolist(), stops.tolist(), strict=True))
        return Sample(self._range_batch(self._chosen(columns), ranges), starts, stops)

    def first(self, rows: int) -> Batch:
        if not self._addressable:
            return super().first(rows)
        starts, stops = row_ranges(self.rows or 0, rows, 0, blocks=8 if len(self.fields) <= 100 else 1)
        return self._range_batch(self._chosen(None), list(zip(starts.tolist(), stops.tolist(), strict=True)))

    def _range_batch(self, columns: Sequence[str], ranges: Sequence[tuple[int, int]]) -> Batch:
        rows = sum(stop - start for start, stop in ranges)
        width = _group_width(len(columns), rows)
        wheres = self._wheres(ranges)

        def load(names: Sequence[str]) -> Batch:
            parts: list[Batch] = []
            for where in wheres:
                sql = f"SELECT {self._select(names)} FROM {self._numbered} WHERE {where}"
                parts.extend(self._run(names, sql, self._alone))
            return joined(parts, self._fields_of(names))

        groups = [list(columns[low : low + width]) for low in range(0, len(columns), width)]
        return GroupedBatch(rows, groups, load)

    def _wheres(self, ranges: Sequence[tuple[int, int]]) -> list[str]:
        """A condition for each file that holds some of the rows."""
        found = []
        offset = 0
        for file, groups in zip(self._files, self._groups, strict=True):
            here = [
                f"file_row_number BETWEEN {max(start - offset, 0)} AND {min(stop - offset, sum(groups)) - 1}"
                for start, stop in ranges
                if start < offset + sum(groups) and stop > offset
            ]
            if here:
                name = f"filename = {quoted(file)} AND " if len(self._files) > 1 else ""
                found.append(f"{name}({' OR '.join(here)})")
            offset += sum(groups)
        return found


def _group_width(columns: int, rows: int) -> int:
    """Columns that are read together: about as many in each group."""
    most = max(1, min(_GROUP_COLUMNS, _GROUP_VALUES // max(rows, 1)))
    return -(-columns // -(-columns // most)) if columns else 1


def _batch_ranges(groups: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges of at most `_RANGE_ROWS` rows: whole row groups where these are small, else parts of one."""
    low = high = 0
    for rows in groups:
        if high + rows - low > _RANGE_ROWS and high > low:
            yield low, high
            low = high
        high += rows
        while high - low > _RANGE_ROWS:
            yield low, low + _RANGE_ROWS
            low += _RANGE_ROWS
    if high > low:
        yield low, high


def _after(rows: Sequence[tuple[str, int | None]], at: int) -> int:
    """Where the next sibling of a schema element stands; children follow their parent."""
    children = rows[at][1] or 0
    at += 1
    for _ in range(children):
        at = _after(rows, at)
    return at


_UNREADABLE = re.compile(r"(?:Error on Line: (\d+)\b.*)?(?:Invalid unicode|[Nn]ot utf-8 encoded)")
"""How DuckDB says that a file's text is no UTF-8; the line, where it knows it."""


def failure(error: Exception, name: str, files: Sequence[str], title: str) -> Exception:
    """One error that names the file, what was found, what is accepted, and the next step."""
    if isinstance(error, DataError | MemoryError | KeyboardInterrupt):
        return error
    message = " ".join(str(error).split())
    where = next((file for file in files if file in message), name)
    if unreadable := _UNREADABLE.search(message):
        line = f"line {unreadable[1]} is not UTF-8" if unreadable[1] else "the text is not UTF-8"
        return DataError(
            line, where=where, accepted="UTF-8",
            next_step="Write it anew as UTF-8 (in Excel: 'CSV UTF-8'), or give the frame that pandas reads"
            " with its encoding.",
        )  # fmt: skip
    if "Hive partition mismatch" in message:
        return DataError(
            "some files lie in folders such as key=value, and some do not, or in others", where=name,
            accepted="the same keys for all files",
            next_step="Name the files of one layout with a glob, such as 'folder/*/*.parquet'.",
        )  # fmt: skip
    found = re.sub(r"^.*?\b(?:Error|Exception): ", "", message)
    found = re.split(r" (?:Possible|LINE \d+:|See also|Try |\* |The search space)", found)[0].strip()
    steps = {
        "CSV": "Write it as UTF-8 with a header, one delimiter, and as many values in each line.",
        "JSON lines": "Write one JSON object a line, UTF-8.",
        "Parquet": "The file may be truncated or damaged; write it again.",
    }
    return DataError(
        f"cannot be read as {title}", where=where, found=found[:400], accepted=f"a valid {title} file",
        next_step=steps.get(title),
    )  # fmt: skip
