"""`leadline audit`: whether the log of changes is as it was written."""

from __future__ import annotations

import click

from leadline.cli.stopped import metadata, place


@click.group("audit")
def command() -> None:
    """Look at the log of who changed what."""


@command.command("verify")
@place
@click.option(
    "--known", metavar="SEAL", help="A seal that an earlier run printed; the log must still hold it."
)
def verify(folder: str, metadata_url: str | None, known: str | None) -> int:
    """Say whether an entry was changed, taken away or put in between, and print the seal of the last one.

    Exit code 1 where that is so. Whoever can write the files can also write the log anew: keep the seal
    elsewhere, and give it as --known.
    """
    from leadline.stores.metadata.audit import verified

    with metadata(folder, metadata_url) as found:
        broken = verified(found.audit, known)
        entries, seal = found.audit.end()
    if broken:
        click.echo(f"entry {broken} is not what was written")
        return 1
    click.echo(f"{entries} entries, unchanged; last seal: {seal or 'none'}")
    return 0
