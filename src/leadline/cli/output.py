"""Where a report goes: standard output, files, and the exit code."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from leadline.errors import ConfigurationError
from leadline.reports.record import ReportRecord
from leadline.settings import FailOn


def exit_code(record: ReportRecord, fail_on: FailOn) -> int:
    """0 fine, 1 the gate is shut, 2 nothing could be judged.

    `unknown` shuts the gate also for a single column or metric that could not be judged.
    """
    if record.verdict == "unknown":
        return 2
    shut: dict[FailOn, set[str]] = {
        "alert": {"alert"},
        "warning": {"alert", "warning"},
        "unknown": {"alert", "warning", "unknown"},
        "never": set(),
    }
    found: set[str] = {record.verdict}
    if any(column.verdict == "unknown" for column in record.columns) or record.task.verdict == "unknown":
        found.add("unknown")
    return int(bool(found & shut[fail_on]))


def write_file(path: str, content: str | bytes, option: str) -> None:
    """Write a file as a whole; folders on the way are made.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    target = Path(path)
    data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write the file: {error.strerror or error}",
            where=f"{option} {path}",
            next_step="Name a file in a folder that may be written.",
        ) from error


def print_report(record: ReportRecord) -> None:
    """The report as a table on standard output; a reader that went away (`| head`) is no error."""
    from leadline.reports import terminal

    with suppress(BrokenPipeError):
        terminal.write(record)
        sys.stdout.flush()


def write_stdout(content: bytes) -> None:
    """UTF-8 to standard output; a reader that went away (`| head`) is no error."""
    stream = getattr(sys.stdout, "buffer", None)
    with suppress(BrokenPipeError):
        if stream is None:  # a stream of text only, as in a notebook
            sys.stdout.write(content.decode("utf-8"))
            return
        sys.stdout.flush()
        stream.write(content)
        stream.flush()
