"""`leadline profile`: count a table on the grid of a baseline."""

from __future__ import annotations

import click

from leadline.cli.progress import Bar


@click.command("profile")
@click.argument("data")
@click.option("--baseline", metavar="FILE", required=True, help="Baseline whose grid is counted on.")
@click.option("-o", "--output", metavar="FILE", required=True, help="File to write the profile to.")
def command(data: str, baseline: str, output: str) -> int:
    """Count DATA on the grid of a baseline, for `leadline check BASELINE PROFILE` later or elsewhere."""
    from leadline import comparison

    with Bar() as progress:
        profile = comparison.profile(data, baseline, progress=progress)
    profile.save(output)
    click.echo(f"profile written to {output}", err=True)
    return 0
