"""`leadline check`: compare two tables and say what changed."""

from __future__ import annotations

from typing import Any

import click

from leadline.cli.options import events_option, options, resolved, stated
from leadline.cli.output import Files, deliver, exit_code, file_options
from leadline.cli.progress import Bar


@click.command("check")
@click.argument("reference")
@click.argument("current")
@click.option("--config", metavar="FILE", help="Configuration file (leadline.yaml); options given here win.")
@events_option
@options()
@file_options
def command(
    reference: str, current: str, config: str | None, events: str | None, files: Files, **values: Any
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
        report = comparison.check(reference, current, events=events, progress=progress, **keywords)
    deliver(report.record, files)
    return exit_code(report.record, fail_on)
