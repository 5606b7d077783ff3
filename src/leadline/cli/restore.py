"""`leadline restore`: a backup becomes the folder of a server."""

from __future__ import annotations

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
    place = f" --metadata-url {metadata_url.rpartition('@')[2]}" if metadata_url else ""
    click.echo(f"as of {manifest.made_at}; go on with: leadline up --data {folder}{place}")
    return 0
