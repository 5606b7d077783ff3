"""`leadline backup`: everything that a running server keeps, in a file."""

from __future__ import annotations

from pathlib import Path

import click

from leadline.cli.remote import Remote, remote


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@remote
def command(server: Remote, file: Path) -> int:
    """Write everything that a running server keeps to FILE; `leadline restore` puts it back.

    The server goes on meanwhile. The file holds all secrets, and nobody else can read it.
    """
    size = server.download("POST", "/api/v1/backup", file)
    click.echo(f"{file}: {size:,} bytes")
    return 0
