"""The first line of a CSV file: its delimiter and the names of its columns, as written."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

_DELIMITERS = ",;\t|"
_LONGEST = 16 << 20


@dataclass(frozen=True, slots=True)
class Header:
    """Delimiter and column names."""

    delimiter: str
    names: tuple[str, ...]


def read_header(file: str) -> Header | None:
    """The header of a CSV file, None where it cannot be read as UTF-8 text here.

    The delimiter is the most frequent of `, ; tab |` outside quotes in the first line; a file without any
    has one column.
    """
    try:
        with _opened(file) as opened:
            return _header(opened)
    except (OSError, UnicodeDecodeError, EOFError, csv.Error):
        return None


def first_ragged(file: str, header: Header) -> tuple[int, int] | None:
    """Line and number of values of the first row that has not as many values as the header has names.

    Looked for only after a reader failed; None where there is no such row, or the text cannot be read.
    """
    try:
        with _opened(file) as opened:
            reader = csv.reader(opened, delimiter=header.delimiter)
            for row in reader:
                if row and len(row) != len(header.names):
                    return reader.line_num, len(row)
    except (OSError, UnicodeDecodeError, EOFError, csv.Error):
        pass
    return None


def _opened(file: str) -> IO[str]:
    opener: Any = gzip.open if file.lower().endswith(".gz") else open
    opened: IO[str] = opener(file, "rt", encoding="utf-8-sig", newline="")
    return opened


def _header(opened: IO[str]) -> Header | None:
    head = opened.readline(_LONGEST)
    while head.count('"') % 2 and (more := opened.readline(_LONGEST)):
        head += more
    if not head.strip() and not any(line.strip() for line in opened):
        return Header(",", ())
    if "\0" in head or not head.strip():
        return None
    outside = "".join(head.split('"')[::2])
    delimiter = max(_DELIMITERS, key=outside.count)
    names = next(csv.reader(_lines(head), delimiter=delimiter, strict=True))
    return Header(delimiter, tuple(name.strip() for name in names))


def _lines(text: str) -> Iterator[str]:
    yield from text.splitlines(keepends=True)
