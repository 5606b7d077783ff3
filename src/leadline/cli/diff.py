"""`leadline diff`: what differs between files and a server."""

from __future__ import annotations

import click

from leadline.cli.remote import Remote, remote


@click.command("diff")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@remote
def command(server: Remote, files: tuple[str, ...]) -> int:
    """Say what `leadline apply FILE...` would change. Exits 1 where something differs."""
    from leadline.cli.plan import planned

    steps = planned(server, files)
    for step in steps:
        click.echo(step.what)
        for line in step.differences():
            click.echo(f"  {line}")
    return 1 if steps else 0
