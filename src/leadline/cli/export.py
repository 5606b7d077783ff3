"""`leadline export`: how a server is set up, or everything that it keeps."""

from __future__ import annotations

from pathlib import Path

import click

from leadline.cli.remote import Remote, remote, with_query
from leadline.errors import ConfigurationError


@click.command("export")
@click.option(
    "--all", "file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write all that is kept to a tar file instead: rows as Parquet, profiles, baselines, and facts as "
    "JSON lines; no secrets.",
)  # fmt: skip
@click.option(
    "--private",
    is_flag=True,
    help="With --all: counts only; no rows, samples, extremes or rare values, no small cells.",
)
@remote
def command(server: Remote, file: Path | None, private: bool) -> int:
    """Print how a server is set up, as a file for `leadline apply`."""
    if file is not None:
        path = with_query("/api/v1/export", private="true" if private else None)
        size = server.download("POST", path, file)
        click.echo(f"{file}: {size:,} bytes")
        return 0
    if private:
        raise ConfigurationError(
            "--private is about what is kept", where="--private", next_step="Add --all FILE."
        )
    import yaml

    from leadline.cli.plan import exported

    click.echo(yaml.safe_dump(exported(server), sort_keys=False, allow_unicode=True), nl=False)
    return 0
