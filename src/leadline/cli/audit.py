"""`leadline audit`: whether the log of changes is as it was written, and taking its beginning away."""

from __future__ import annotations

import click

from leadline.cli.stopped import metadata, place
from leadline.errors import DataError


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
        gone = found.audit.begin()[0]
    if broken:
        click.echo(f"entry {broken} is not what was written")
        return 1
    left = f", the first {gone} cut off" if gone else ""
    click.echo(f"{entries} entries{left}, unchanged; last seal: {seal or 'none'}")
    return 0


@command.command("cut")
@place
@click.option("--before", required=True, metavar="DATE", help="ISO 8601; UTC where it names no offset.")
def cut(folder: str, metadata_url: str | None, before: str) -> int:
    """Take away the entries before a date, for good; what is left can be verified as before.

    The seal of the last entry that goes is printed and kept. The log tells that it was cut.
    """
    from time import time

    from leadline.schedule import instant
    from leadline.stores.metadata.audit import Told, verified

    moment = instant(before, "--before")
    with metadata(folder, metadata_url) as found:
        if broken := verified(found.audit):
            raise DataError(
                "the log is not what was written", where=f"entry {broken}",
                next_step="Keep a copy of the files: cutting would hide it.",
            )  # fmt: skip
        with found.database.transaction() as own:
            gone = found.audit.cut(own, moment)
            if gone:
                about = {"before": before, "entries": str(gone)}
                told = Told(int(time() * 1e6), "leadline audit cut", "audit.cut", "", "", about)
                found.audit.add(own, told)
        number, seal = found.audit.begin()
    went = "1 entry is gone" if gone == 1 else f"{gone} entries are gone"
    click.echo(f"{went}, up to number {number}; its seal: {seal}" if gone else "nothing is older")
    return 0
