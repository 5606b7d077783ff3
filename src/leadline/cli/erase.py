"""`leadline erase`: nothing is kept of a person any more."""

from __future__ import annotations

import sys

import click

from leadline.cli.remote import COUNTING_SECONDS, Remote, part, remote
from leadline.errors import ConfigurationError
from leadline.reports.words import counted


@click.command("erase")
@click.argument("model")
@click.argument("values", nargs=-1, required=True)
@click.option(
    "--column", metavar="NAME", default="",
    help="Whose values these are: a feature or segment, such as the customer; by default the id of rows.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@remote
def command(server: Remote, model: str, values: tuple[str, ...], column: str, yes: bool) -> int:
    """Erase all that a running server keeps of some ids, or of the rows with some values in a column.

    What was counted of these rows is counted anew before it answers, after the work on a model that is under
    way: that may take minutes. Backups that were made before are not touched.
    """
    what = f"{column} " if column else ""
    if not yes and not _confirmed(f"Erase {what}{', '.join(values)} of {model}, for ever?"):
        raise ConfigurationError("nothing was erased", next_step="Say --yes.")
    found = server.ask(
        "POST", f"/api/v1/models/{part(model)}/erase", {"values": list(values), "column": column},
        timeout_seconds=COUNTING_SECONDS,
    )  # fmt: skip
    click.echo(
        f"erased: {found['predictions']} predictions, {found['labels']} labels, {found['feedback']} feedback,"
        f" {found['sampled']} rows of samples"
    )
    if found["frozen"]:
        click.echo(
            f"{counted(found['frozen'], 'bucket')} had rows whose features are not kept here:"
            " the counts stay, without extremes and samples"
        )
    return 0


def _confirmed(question: str) -> bool:
    try:
        return click.confirm(question)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        # A script that nobody answers for was not interrupted.
        click.echo()
        return False
