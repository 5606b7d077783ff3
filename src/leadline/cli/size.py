"""`leadline size`: how much room models take, and how long everything is kept."""

from __future__ import annotations

import json
from typing import Any

import click

from leadline.cli.remote import Remote, remote
from leadline.reports.words import counted

_UNITS = ("B", "kB", "MB", "GB", "TB")


@click.command("size")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@remote
def command(server: Remote, as_json: bool) -> int:
    """Say how many bytes each model of a running server takes, how many a year of it would, and how long
    everything is kept.

    --json has the bytes; GET /api/v1/retention has how long.
    """
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
    _tell_terms(server.ask("GET", "/api/v1/retention")["terms"])
    return 0


def _tell_terms(terms: list[dict[str, Any]]) -> None:
    rows = [("", "kept for", "then")]
    for term in terms:
        days = "always" if term["days"] is None else counted(term["days"], "day")
        own = [f"{model}: {counted(n, 'day')}" for model, n in term["models"].items()]
        rows.append((term["what"], "; ".join([days, *own]), term["then"]))
    widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
    click.echo()
    for what, days, then in rows:
        click.echo(f"{what.ljust(widths[0])}  {days.ljust(widths[1])}  {then}".rstrip())


def amount(size: float) -> str:
    """Bytes in words: "1.5 GB"."""
    power = 0
    while size >= 1000 and power < len(_UNITS) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.{min(power, 1)}f} {_UNITS[power]}"
