"""`leadline restore`: a backup becomes the folder of a server."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--data", "folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path), required=True,
    help="Where the server is to keep everything; empty, or not there yet.",
)  # fmt: skip
@click.option(
    "--metadata-url", metavar="URL",
    help="postgresql://[user@][host][:port]/name: an empty database for models, alerts and users.",
)  # fmt: skip
def command(file: Path, folder: Path, metadata_url: str | None) -> int:
    """Put a backup of `leadline backup` into a folder, and check that all of it is there.

    With `--metadata-url` a server that kept its metadata in a file goes on with PostgreSQL, or the other way
    round without it.
    """
    from leadline.server.keeping.backup import restore

    manifest = restore(file, folder, metadata_url)
    for model, rows in manifest.facts["rows"].items():
        click.echo(f"{model}: " + ", ".join(f"{count:,} {section}" for section, count in rows.items()))
    following = ["leadline", "up", "--data", str(folder)]
    if metadata_url:
        following += ["--metadata-url", _without_password(metadata_url)]
    click.echo(f"as of {manifest.made_at}; go on with: {shlex.join(following)}")
    return 0


def _without_password(url: str) -> str:
    """An address that may stand in a log; `leadline up` takes the password from the environment, too."""
    return re.sub(r"(?<=[?&])password=[^&]*&?", "", re.sub(r"(//[^/@:]*):[^/@]*@", r"\1@", url))
