"""`leadline demo`: a check of a simulated deployment."""

from __future__ import annotations

from pathlib import Path

import click

from leadline.cli.output import print_report, write_file


@click.command("demo")
@click.option(
    "-o", "--output", metavar="FOLDER", default="demo", show_default=True, help="Folder to write to."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the simulation.")
@click.option(
    "--rows", type=click.IntRange(100), default=50_000, show_default=True, help="Rows of the reference."
)
def command(output: str, seed: int, rows: int) -> int:
    """Simulate a credit model in production, let its traffic drift, and show the report.

    Writes the page to FOLDER/report.html. Always exits 0: the alert is the point.
    """
    from leadline import comparison, simulation
    from leadline.reports import page

    deployment = simulation.credit(rows, rows // 5, seed=seed)
    click.echo(deployment.story + "\n")
    report = comparison.check(deployment.reference, deployment.current, **deployment.roles)
    print_report(report.record)
    target = Path(output) / "report.html"
    write_file(str(target), page.render(report.record), "--output")
    click.echo(f"\nThe page: {target.resolve()}")
    return 0
