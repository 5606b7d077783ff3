"""Which files a path means, and what they are."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, NoReturn

from leadline.errors import DataError
from leadline.tables.table import Table

Format = Literal["parquet", "csv", "json", "arrow"]

SUFFIXES: dict[str, Format] = {
    ".parquet": "parquet", ".pq": "parquet",
    ".csv": "csv", ".tsv": "csv",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".arrows": "arrow",
}  # fmt: skip
_COMPRESSED = (".gz", ".zst")
_PACKED = (".bz2", ".xz", ".lzma", ".lz4", ".snappy", ".zip", ".7z", ".tar", ".tgz")
_SHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ACCEPTED = tuple(SUFFIXES)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
"""The beginning of a URL, such as `s3://` or `https://`."""


def file_table(sources: Sequence[str | Path]) -> Table:
    """A table of the files that paths, folders and globs name; several files are one table, in order."""
    paths = [os.path.expanduser(os.fspath(source)) for source in sources]
    files = [file for path in paths for file in _files(path)]
    formats = {_format(file) for file in files}
    name = os.fspath(sources[0]) + (f" and {len(sources) - 1} more" if len(sources) > 1 else "")
    if len(formats) > 1:
        raise DataError(
            "files of different formats", where=name, found=sorted(formats), accepted="files of one format",
            next_step="Name the files of one format with a glob, such as 'folder/*.parquet'.",
        )  # fmt: skip
    found = formats.pop()
    if found == "arrow":
        from leadline.tables.arrow_files import arrow_table

        return arrow_table(name, files)
    spread = files != paths[:1]
    if found == "csv":
        from leadline.tables.csv_files import CsvTable

        return CsvTable(name, files, spread)
    from leadline.tables.duckdb_files import duckdb_table

    return duckdb_table(name, files, found, spread)


def _files(source: str) -> list[str]:
    """The files of one path, sorted; hidden ones and those beginning with `_` are no data."""
    path = Path(source)
    if not source or "\0" in source:
        raise DataError("not a path", found=source, next_step="Name a file, a folder or a glob.")
    if source == "-":
        raise DataError(
            "standard input is not read", accepted="a file, a folder or a glob",
            next_step="Rows are read more than once: write them to a file first.",
        )  # fmt: skip
    if _ADDRESS.match(source):
        raise DataError(
            "not a path on this machine", where=source, accepted="a file, a folder or a glob",
            next_step="Download it first, or read it with pandas, polars or pyarrow and give the frame.",
        )  # fmt: skip
    try:
        if path.is_file():
            return [source]
        if path.is_dir():
            return _folder(source)
    except PermissionError:
        _no_permission(source)
    except OSError as error:
        raise DataError("not a path", where=source, found=str(error), accepted=_ACCEPTED) from None
    if glob.has_magic(source):
        found = sorted(glob.glob(source, recursive=True))
        files = [file for file in found if Path(file).is_file()]
        if files or found:
            return files or [file for folder in found for file in _folder(folder)]
        raise DataError("no file matches", where=source, next_step="Check the pattern.")
    if path.exists():
        raise DataError(
            "not a file or folder", where=source, accepted=_ACCEPTED,
            next_step="Rows are read more than once: write what a pipe brings to a file first.",
        )  # fmt: skip
    raise _missing(source)


def _missing(source: str) -> DataError:
    folder = Path(source).parent
    if Path(source).is_symlink():
        return DataError("a link that leads to no file", where=source, next_step="Mend the link.")
    if not os.path.exists(folder):
        return DataError("no such file", where=source, next_step=f"There is no folder {str(folder)!r}.")
    try:
        # By what comes before the ending: two names are not alike because both end in ".parquet".
        near = {item.stem.lower(): item.name for item in folder.iterdir()} if folder.is_dir() else None
    except OSError:
        near = None
    if near is None:
        return DataError(
            "no such file", where=source, next_step=f"The folder {str(folder)!r} cannot be read."
        )
    close = get_close_matches(Path(source).stem.lower(), near, n=1)
    step = f"Did you mean {str(folder / near[close[0]])!r}?" if close else "Check the path."
    return DataError("no such file", where=source, next_step=step)


def _folder(source: str) -> list[str]:
    def refuse(error: OSError) -> NoReturn:
        _no_permission(str(error.filename or source))

    found = [
        os.path.join(where, file)
        for where, folders, files in os.walk(source, onerror=refuse)
        for file in files
        if not file.startswith((".", "_")) and not _hidden(folders)
    ]
    data = sorted(file for file in found if _suffix(file) in SUFFIXES)
    if not data:
        raise DataError(
            "folder without data files", where=source, found=[Path(file).name for file in sorted(found)[:5]],
            accepted=_ACCEPTED, next_step="Name the folder that holds the files.",
        )  # fmt: skip
    return data


def _hidden(folders: list[str]) -> bool:
    """Takes hidden folders out of the walk; never skips a file by itself."""
    folders[:] = sorted(folder for folder in folders if not folder.startswith((".", "_")))
    return False


def _no_permission(source: str) -> NoReturn:
    raise DataError(
        "no permission to read", where=source,
        next_step="Give the user who runs this read permission, or name another path.",
    ) from None  # fmt: skip


def _suffix(file: str) -> str:
    path = Path(file.lower())
    return Path(path.stem).suffix if path.suffix in _COMPRESSED else path.suffix


def _format(file: str) -> Format:
    """Format by the first bytes where they are telling, else by the suffix."""
    try:
        with open(file, "rb") as opened:
            head = opened.read(64)
    except PermissionError:
        _no_permission(file)
    except OSError as error:
        raise DataError("cannot be read", where=file, found=error.strerror) from None
    if not head:
        raise DataError(
            "the file is empty", where=file, accepted="a file with at least a header",
            next_step="Check the job that writes it.",
        )  # fmt: skip
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"ARROW1"):
        return "arrow"
    suffix = _suffix(file)
    stated = SUFFIXES.get(suffix)
    if stated is None and suffix in (".txt", ".dat", ".log", "") and head.lstrip()[:1] in (b"{", b"["):
        return "json"
    if stated is None:
        step = "Rename the file after its format; what pandas or polars reads, give as a frame."
        if suffix in _PACKED:
            step = f"Unpack it first; {' and '.join(_COMPRESSED)} are read as they are."
        if suffix in _SHEETS:
            step = "Save the sheet as CSV UTF-8, or read it with pandas or polars and give the frame."
        raise DataError(
            "unknown file format", where=file, found=f"suffix {suffix!r}", accepted=_ACCEPTED, next_step=step
        )
    if stated in ("csv", "json") and head.startswith(_UTF_16):
        raise DataError(
            "the text is UTF-16", where=file, accepted="UTF-8",
            next_step="Write it anew as UTF-8 (in Excel: 'CSV UTF-8').",
        )  # fmt: skip
    packed = Path(file).suffix.lower() in _COMPRESSED
    if stated == "parquet" or (stated != "arrow" and not packed and b"\x00" in head):
        raise DataError(
            f"not a {_TITLES[stated]} file", where=file, found=f"first bytes {head[:16]!r}",
            accepted=f"a {_TITLES[stated]} file",
            next_step="The file may be damaged or have the wrong suffix; write it again.",
        )  # fmt: skip
    return stated


_TITLES = {"parquet": "Parquet", "csv": "CSV", "json": "JSON lines", "arrow": "Arrow IPC"}
