"""The first line of a CSV file: its delimiter and the names of its columns, as written."""

from __future__ import annotations

import csv
import gzip
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

_DELIMITERS = ",;\t|"
_LONGEST = 16 << 20
_STATED = re.compile(r"sep=([^\r\n])\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Header:
    """What the first lines say.

    Attributes:
        delimiter: between values.
        names: of the columns.
        skipped: lines before that of the names.
    """

    delimiter: str
    names: tuple[str, ...]
    skipped: int = 0


def read_header(file: str) -> Header | None:
    """The header of a CSV file, None where it cannot be read as UTF-8 text here.

    The delimiter is what a line `sep=;` before the names says, as Excel writes and reads it; else the most
    frequent of `, ; tab |` outside quotes in the line of the names. A file without any has one column.
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
            for row in itertools.islice(reader, header.skipped, None):
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
    stated = _STATED.fullmatch(head)
    if stated:
        head = opened.readline(_LONGEST)
    while head.count('"') % 2 and (more := opened.readline(_LONGEST)):
        head += more
    if not head.strip() and not any(line.strip() for line in opened):
        return Header(",", ())
    if "\0" in head or not head.strip():
        return None
    outside = "".join(head.split('"')[::2])
    delimiter = stated[1] if stated else max(_DELIMITERS, key=outside.count)
    names = next(csv.reader(_lines(head), delimiter=delimiter, strict=True))
    return Header(delimiter, tuple(name.strip() for name in names), int(stated is not None))


def _lines(text: str) -> Iterator[str]:
    yield from text.splitlines(keepends=True)
