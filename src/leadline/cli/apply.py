"""`leadline apply`: monitoring as code."""

from __future__ import annotations

import click

from leadline.cli.remote import Remote, remote


@click.command("apply")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--dry-run", is_flag=True, help="Say what would be changed, or refused.")
@remote
def command(server: Remote, files: tuple[str, ...], dry_run: bool) -> int:
    """Set a server up as FILE says: models with baseline, options, runbook and retention, channels, and a
    budget of all models together.

    What FILE does not name stays as it is; applied again it changes nothing.
    """
    from leadline.cli.plan import planned

    steps = planned(server, files)
    for step in steps:
        if dry_run:
            step.try_on(server)
        else:
            step.do(server)
        click.echo(f"{'would change' if dry_run else 'changed'} {step.what}")
        for line in step.differences():
            click.echo(f"  {line}")
    if not steps:
        click.echo("nothing to change")
    return 0
