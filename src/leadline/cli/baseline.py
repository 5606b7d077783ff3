"""`leadline baseline`: learn a baseline from a reference table."""

from __future__ import annotations

from typing import Any

import click

from leadline.cli.options import options, stated
from leadline.cli.progress import Bar


@click.command("baseline")
@click.argument("reference")
@click.option("-o", "--output", metavar="FILE", required=True, help="File to write the baseline to.")
@click.option("--config", metavar="FILE", help="Configuration file (leadline.yaml); options given here win.")
@options(without=["fail_on"])
def command(reference: str, output: str, config: str | None, **values: Any) -> int:
    """Learn a baseline from REFERENCE: its grid, its counts, and what later checks need of it.

    The rows of REFERENCE are not needed again.
    """
    from leadline import comparison

    with Bar() as progress:
        baseline = comparison.learn(reference, progress=progress, **stated(config, values))
    baseline.save(output)
    click.echo(f"baseline written to {output}", err=True)
    return 0
