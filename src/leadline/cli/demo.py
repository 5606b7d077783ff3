"""`leadline demo`: a live fleet whose faults can be set off, and the check of a simulated deployment."""

from __future__ import annotations

from pathlib import Path

import click

from leadline.cli.output import print_report, write_file
from leadline.cli.remote import Remote, part, remote


@click.group("demo", invoke_without_command=True)
@click.option(
    "--data-dir", "folder", metavar="DIR", help="Keep everything there; by default it is gone at the end."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8470, show_default=True, help="0: any that is free."
)
@click.option(
    "--speed", type=click.FloatRange(60, 1_000_000), default=10_800, show_default=True, metavar="TIMES",
    help="How much faster than in earnest time goes by: 10800 makes a day of eight seconds.",
)  # fmt: skip
@click.option(
    "--once", is_flag=True, help="Set something off, wait until it is told and over, and end; 1 if it is not."
)
@click.option(
    "--replay", "files", multiple=True, metavar="FILE",
    help="Play past predictions from a file instead of the simulated fleet. Repeatable.",
)  # fmt: skip
@click.pass_context
def command(
    context: click.Context, folder: str | None, port: int, speed: float, once: bool, files: tuple[str, ...]
) -> int:
    """Run a server, three models that are served, and faults that you can set off.

    The models have 90 days behind them when the page is full; then a day takes seconds. In another terminal,
    or with the buttons of the page: `leadline demo faults`, `leadline demo fault NAME`.
    """
    if context.invoked_subcommand is not None:
        return 0
    if once and files:
        raise click.UsageError("--once tells a story of the simulated fleet; leave out --replay")
    from leadline.demo.once import play
    from leadline.demo.run import run

    reason = run(folder, port, speed, click.echo, play if once else None, files)
    if reason:
        click.echo(f"the story did not come to its end: {reason}", err=True)
    return 1 if reason else 0


@command.command("faults")
@remote
def faults(server: Remote) -> int:
    """List what can go wrong in a running demo."""
    for found in _listed(server):
        state = f"active since {found['since'][:16]}" if found["since"] else found["expected"]
        click.echo(
            f"{found['name']:16} {found['model']:16} {state}\n    {found['title']}. {found['description']}"
        )
    return 0


@command.command("fault")
@click.argument("name", metavar="NAME")
@click.option("--end", is_flag=True, help="Let it be well again.")
@remote
def fault(server: Remote, name: str, end: bool) -> int:
    """Set something off in a running demo, or end it."""
    found = server.ask("DELETE" if end else "POST", f"/api/v1/demo/faults/{part(name)}")
    click.echo(f"{found['name']}: {'ended' if end else found['description']}")
    return 0


@command.command("report")
@click.option(
    "-o", "--output", metavar="FOLDER", default="demo", show_default=True, help="Folder to write to."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the simulation.")
@click.option(
    "--rows", type=click.IntRange(100), default=50_000, show_default=True, help="Rows of the reference."
)
def report(output: str, seed: int, rows: int) -> int:
    """Simulate a credit model in production, let its traffic drift, and show the report.

    Writes the page to FOLDER/report.html. Always exits 0: the alert is the point.
    """
    from leadline import comparison, simulation
    from leadline.reports import page

    deployment = simulation.credit(rows, rows // 5, seed=seed)
    click.echo(deployment.story + "\n")
    found = comparison.check(deployment.reference, deployment.current, **deployment.roles)
    print_report(found.record)
    target = Path(output) / "report.html"
    write_file(str(target), page.render(found.record), "--output")
    click.echo(f"\nThe page: {target.resolve()}")
    return 0


def _listed(server: Remote) -> list[dict[str, str]]:
    return list(server.ask("GET", "/api/v1/demo/faults")["items"])
