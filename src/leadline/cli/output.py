"""Where a report goes: standard output, files, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from leadline.errors import ConfigurationError
from leadline.reports.record import ReportRecord
from leadline.settings import FailOn


def exit_code(record: ReportRecord, fail_on: FailOn) -> int:
    """0 fine, 1 the gate is shut, 2 nothing could be judged.

    `unknown` shuts the gate also for a single column, metric or monitor that could not be judged.
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
    verdicts = [column.verdict for column in record.columns]
    verdicts += [monitor.verdict for monitor in record.monitors]
    if "unknown" in (*verdicts, record.task.verdict):
        found.add("unknown")
    return int(bool(found & shut[fail_on]))


@dataclass(frozen=True)
class Files:
    """The files that a report is written to; None: not written."""

    html: str | None
    json: str | None
    junit: str | None
    markdown: str | None


def file_options(command: Callable[..., int]) -> Callable[..., int]:
    """Decorator that adds the options of `Files`, and passes them on as `files`."""

    @wraps(command)
    def with_files(
        *, html: str | None, json_file: str | None, junit: str | None, markdown: str | None, **values: Any
    ) -> int:
        return command(files=Files(html, json_file, junit, markdown), **values)

    for option in reversed(
        (
            click.option("--html", metavar="FILE", help="Write the report as one self-contained page."),
            click.option(
                "--json",
                "json_file",
                metavar="FILE",
                help="Write the report as JSON; `-` writes it to standard output, and nothing else.",
            ),
            click.option(
                "--junit", metavar="FILE", help="Write one JUnit test case for each column and metric."
            ),
            click.option("--markdown", metavar="FILE", help="Write a summary for a pull request."),
        )
    ):
        with_files = option(with_files)
    return with_files


def deliver(record: ReportRecord, files: Files) -> None:
    """Write the files that are asked for, then the table (or the JSON) to standard output.

    Each renderer is imported only when its file is wanted: the terminal needs none of them.

    Raises:
        ConfigurationError: a file cannot be written.
    """
    if files.html is not None:
        from leadline.reports import page

        write_file(files.html, page.render(record), "--html")
    if files.json is not None:
        from leadline.reports import json

        if files.json == "-":
            write_stdout(json.encode(record))
        else:
            write_file(files.json, json.encode(record), "--json")
    if files.junit is not None:
        from leadline.reports import junit

        write_file(files.junit, junit.render(record), "--junit")
    if files.markdown is not None:
        from leadline.reports import markdown

        write_file(files.markdown, markdown.render(record), "--markdown")
    if files.json != "-":
        print_report(record)


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
