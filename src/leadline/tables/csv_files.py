"""CSV files: a header in the first line, and as many values in every line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadline.errors import DataError
from leadline.tables.csv_header import Header, first_ragged, read_header
from leadline.tables.duckdb_files import DuckTable, named, quoted, reader
from leadline.tables.table import Field

_NULLS = ("", "NA", "N/A", "NULL", "null")
_GROUPS = "[. \\x{A0}\\x{202F}]"
"""What stands between thousands where a comma stands before the decimals."""

_DECIMAL_COMMA = rf"[-+]?((\d+|\d{{1,3}}({_GROUPS}\d{{3}})+)(,\d*)?|,\d+)([eE][-+]?\d+)?"
_THOUSANDS = r"[-+]?[1-9]\d{0,2},\d{3}"
"""A number that may as well have a comma between its thousands."""

_FIRST_ROWS = 1_000

_YEAR_FIRST = r"^\s*\d{4}\D"
_DAY_FIRST = r"^\s*\d{1,2}\.\d{1,2}\.\d{4}"
"""With full stops the day stands first wherever dates are written so."""

_EITHER_FIRST = r"^\s*(\d{1,2})[^\d.](\d{1,2})[^\d.]\d{4}"
_TRUTH = r"(?i)^\s*(true|false)\s*$"
_FILE = "the file of a row"


def _csv(files: Sequence[str], spread: bool, header: Header | None, *more: str) -> str:
    nulls = "[" + ", ".join(map(quoted, _NULLS)) + "]"
    options = [f"sample_size=-1, nullstr={nulls}, strict_mode=true, header=true", *more]
    if header is not None:
        # Names by position: the reader would change repeated and empty ones.
        names = ", ".join(quoted(f"column {i}") for i in range(len(header.names)))
        options.append(
            f"skip={header.skipped}, delim={quoted(header.delimiter)}, quote='\"', escape='\"', comment='',"
            f" names=[{names}]"
        )
    return reader("read_csv", files, spread, *options)


def _fits(text: str, pattern: str) -> str:
    return f"regexp_matches({text}, {quoted(pattern)})"


def _first(source: str) -> str:
    return f"(SELECT * FROM {source} LIMIT {_FIRST_ROWS})"


def _clear(text: str) -> str:
    """SQL: in all dates of a column it is known which number is the day."""
    patterns = _YEAR_FIRST, _DAY_FIRST, _EITHER_FIRST
    year_first, day_first, either = (f"bool_and({_fits(text, pattern)})" for pattern in patterns)
    parts = (f"regexp_extract({text}, {quoted(_EITHER_FIRST)}, {place})" for place in (1, 2))
    largest = ", ".join(f"max(TRY_CAST({part} AS INTEGER))" for part in parts)
    return f"({year_first} OR {day_first} OR ({either} AND greatest({largest}) > 12))"


class CsvTable(DuckTable):
    """CSV files.

    In files whose values are parted by something else than commas, a column of numbers with a decimal comma
    (`39,1`; `1.234,5`) is read as numbers: where all its values are such numbers, and some of them cannot
    have the comma between thousands. Dates in which the day and the month may be either (`5/1/2024`, and no
    value of the file with a 13 in one of the places) stay texts. So do `yes` and `no`, `t` and `f`: truth
    values are `true` and `false`, as for whoever reads the same file into a frame.
    """

    def __init__(self, name: str, files: Sequence[str], spread: bool) -> None:
        headers = {read_header(file) for file in files}
        if any(header is not None and not any(header.names) for header in headers):
            raise DataError(
                "no column has a name", where=name, accepted="a header in the first line",
                next_step="Check the job that writes it.",
            )  # fmt: skip
        self._header = headers.pop() if len(headers) == 1 else None
        written = self._header.names if self._header else None
        super().__init__(name, files, "csv", _csv(files, spread, self._header), written)
        as_texts = _csv(files, spread, self._header, "all_varchar=true")
        if unclear := self._unclear_dates(as_texts) + self._other_truths(as_texts):
            texts = ", ".join(f"{quoted(column)}: 'VARCHAR'" for column in unclear)
            stated = _csv(files, spread, self._header, f"types={{{texts}}}")
            super().__init__(name, files, "csv", stated, written)
        if self._header is not None and self._header.delimiter != ",":
            self._read_decimal_commas()

    def _unclear_dates(self, texts: str) -> list[str]:
        """The reader's columns of dates of which some file does not show which number is the day.

        Args:
            texts: the source with all values as texts.
        """
        dates = self._of_types("DATE", "TIMESTAMP")
        dates = self._without(dates, lambda text: f"bool_and({_fits(text, _YEAR_FIRST)})", _first(texts))
        by_file = texts.removesuffix(")") + f", filename={quoted(_FILE)})"
        return self._without(dates, _clear, by_file, f"GROUP BY {named(_FILE)}")

    def _other_truths(self, texts: str) -> list[str]:
        """The reader's columns of truth values that are written as other words than `true` and `false`.

        Args:
            texts: the source with all values as texts.
        """

        def fits(text: str) -> str:
            return f"bool_and({_fits(text, _TRUTH)})"

        # Where the first rows hold no value, all are asked.
        truths = self._of_types("BOOLEAN")
        truths = self._without(truths, lambda text: f"coalesce({fits(text)}, false)", _first(texts))
        return self._without(truths, fits, texts)

    def _of_types(self, *beginnings: str) -> list[str]:
        """The reader's columns whose type begins so."""
        relation = self._relation(f"SELECT * FROM {self._source} LIMIT 0")
        columns = zip(relation.columns, relation.types, strict=True)
        return [column for column, kind in columns if str(kind).startswith(beginnings)]

    def _without(
        self, columns: list[str], fits: Callable[[str], str], source: str, groups: str = ""
    ) -> list[str]:
        """The columns but those that fit in every group of the source's rows."""
        if not columns:
            return []
        told = self._rows(f"SELECT {', '.join(map(fits, map(named, columns)))} FROM {source} {groups}")
        return [column for i, column in enumerate(columns) if any(row[i] is False for row in told)]

    def _read_decimal_commas(self) -> None:
        texts = [item.name for item in self.fields if item.physical == "string"]
        found = self._with_decimal_comma(texts, _first(self._source))
        found = self._with_decimal_comma(found, self._source)
        for name in found:
            column = self._expressions[name]
            digits = f"regexp_replace({column}, {quoted(_GROUPS)}, '', 'g')"
            self._expressions[name] = f"CAST(replace({digits}, ',', '.') AS DOUBLE) AS {column}"
        self.fields = tuple(Field(item.name, "float") if item.name in found else item for item in self.fields)

    def _with_decimal_comma(self, names: Sequence[str], source: str) -> list[str]:
        """Those of the columns of texts whose rows in the source all are numbers with a decimal comma."""
        if not names:
            return []
        asked = []
        for name in names:
            text = f"trim({self._expressions[name]})"
            asked.append(f"bool_and(regexp_full_match({text}, {quoted(_DECIMAL_COMMA)}))")
            plain = f"regexp_full_match({text}, {quoted(_THOUSANDS)})"
            asked.append(f"bool_or(contains({text}, ',') AND NOT {plain})")
        (told,) = self._rows(f"SELECT {', '.join(asked)} FROM {source}")
        return [name for i, name in enumerate(names) if told[2 * i] and told[2 * i + 1]]

    def _failure(self, error: Exception) -> Exception:
        message = " ".join(str(error).split())
        if self._header is not None and ("sniffing" in message or "Number of Columns" in message):
            for file in self._files:
                if ragged := first_ragged(file, self._header):
                    line, values = ragged
                    step = "Mend the line (an unquoted delimiter, or a quote that is not closed)."
                    if len(self._header.names) == 1:
                        step = "The first line is taken for the header: take away what stands before it."
                    return DataError(
                        f"line {line} has {values} values",
                        where=file,
                        accepted=f"{len(self._header.names)}, as the header has names",
                        next_step=step,
                    )
        return super()._failure(error)
