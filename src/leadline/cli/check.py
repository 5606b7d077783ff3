"""`leadline check`: compare two tables and say what changed."""

from __future__ import annotations

from typing import Any

import click

from leadline.cli.options import options, resolved, stated
from leadline.cli.output import exit_code, print_report, write_file, write_stdout
from leadline.cli.progress import Bar
from leadline.reports.record import ReportRecord


@click.command("check")
@click.argument("reference")
@click.argument("current")
@click.option("--config", metavar="FILE", help="Configuration file (leadline.yaml); options given here win.")
@options()
@click.option("--html", metavar="FILE", help="Write the report as one self-contained page.")
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    help="Write the report as JSON; `-` writes it to standard output, and nothing else.",
)
@click.option("--junit", metavar="FILE", help="Write one JUnit test case for each column and metric.")
@click.option("--markdown", metavar="FILE", help="Write a summary for a pull request.")
def command(
    reference: str,
    current: str,
    config: str | None,
    html: str | None,
    json_file: str | None,
    junit: str | None,
    markdown: str | None,
    **values: Any,
) -> int:
    """Compare CURRENT with REFERENCE and say what changed, how sure that is, how large, and whether it hurts.

    Both are a Parquet, CSV, JSON lines or Arrow file, a folder or a glob; a saved baseline may stand in place
    of REFERENCE and a saved profile in place of CURRENT. Roles and kinds of the columns are inferred where
    that is safe, and shown.
    """
    from leadline import comparison

    keywords = stated(config, values)
    # Before any row is read: a misspelt option should not cost a pass over the data.
    fail_on = resolved(keywords).fail_on
    with Bar() as progress:
        report = comparison.check(reference, current, progress=progress, **keywords)
    record: ReportRecord = report.record
    _write_files(record, html, json_file, junit, markdown)
    _print(record, json_file)
    return exit_code(record, fail_on)


def _write_files(
    record: ReportRecord, html: str | None, json_file: str | None, junit: str | None, markdown: str | None
) -> None:
    # Each renderer is imported only when its file is wanted: the terminal needs none of them.
    if html is not None:
        from leadline.reports import page

        write_file(html, page.render(record), "--html")
    if json_file is not None and json_file != "-":
        from leadline.reports import json

        write_file(json_file, json.encode(record), "--json")
    if junit is not None:
        from leadline.reports import junit as junit_report

        write_file(junit, junit_report.render(record), "--junit")
    if markdown is not None:
        from leadline.reports import markdown as markdown_report

        write_file(markdown, markdown_report.render(record), "--markdown")


def _print(record: ReportRecord, json_file: str | None) -> None:
    if json_file == "-":
        from leadline.reports import json

        write_stdout(json.encode(record))
    else:
        print_report(record)
