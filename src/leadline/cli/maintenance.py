"""`leadline maintenance`: times in which nothing is told."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from leadline.cli.remote import Remote, ahead, remote


@click.group("maintenance")
def command() -> None:
    """Tell nothing of some models for a while. Their alerts carry the mark."""


@command.command("add")
@click.argument("model")
@click.argument("until")
@click.option("--why", required=True, help="In words.")
@click.option("--begins", default="", metavar="TIME", help="ISO 8601; by default now.")
@remote
def added(server: Remote, model: str, until: str, why: str, begins: str) -> int:
    """Tell nothing of MODEL (a name, or a pattern with * and ?) UNTIL a time, or for so long: "30m", "4h"."""
    ends = ahead(until, "UNTIL", datetime.now(UTC))
    document = {"model": model, "begins": begins, "ends": ends, "why": why}
    made = server.ask("POST", "/api/v1/maintenance", document)
    click.echo(f"maintenance {made['id']}: {made['begins'][:16]}Z to {made['ends'][:16]}Z")
    return 0


@command.command("list")
@remote
def listed(server: Remote) -> int:
    """List them, the latest first."""
    for window in server.all("/api/v1/maintenance"):
        now = " (now)" if window["under_way"] else ""
        click.echo(
            f"{window['id']:>6}  {window['model']}  {window['begins'][:16]}Z to {window['ends'][:16]}Z{now}:"
            f" {window['why']}"
        )
    return 0


@command.command("end")
@click.argument("number", type=int)
@remote
def ended(server: Remote, number: int) -> int:
    """End one now, or take it back. What is still there is told then."""
    server.ask("DELETE", f"/api/v1/maintenance/{number}")
    return 0
