"""`leadline size`: how much room models take."""

from __future__ import annotations

import json

import click

from leadline.cli.remote import Remote, remote

_UNITS = ("B", "kB", "MB", "GB", "TB")


@click.command("size")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@remote
def command(server: Remote, as_json: bool) -> int:
    """Say how many bytes each model of a running server takes, and how many a year of it would."""
    found = list(server.all("/api/v1/size"))
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return 0
    rows = [("model", "rows", "", "buckets", "", "a year")]
    rows += [
        (
            one["model"],
            f"{one['rows']:,}",
            amount(one["rows_bytes"]),
            f"{one['buckets']:,}",
            amount(one["profiles_bytes"]),
            "?" if one["year_bytes"] is None else amount(one["year_bytes"]),
        )
        for one in found
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for name, *numbers in rows:
        cells = [number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True)]
        click.echo("  ".join([name.ljust(widths[0]), *cells]))
    return 0


def amount(size: float) -> str:
    """Bytes in words: "1.5 GB"."""
    power = 0
    while size >= 1000 and power < len(_UNITS) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.{min(power, 1)}f} {_UNITS[power]}"
