"""`leadline event`: tell what happened around a model, and list it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from leadline.cli.remote import Remote, remote

KINDS = {
    "deploy": "something was released",
    "configuration": "a setting was changed",
    "upstream": "a source of data changed",
    "holiday": "a special day",
    "note": "anything else",
}


@click.group("event")
def command() -> None:
    """Tell a running server what happened around a model: an alert names what happened shortly before it."""


def _teller(kind: str, meaning: str) -> Callable[..., Any]:
    @remote
    def tell(server: Remote, text: str, model: str, at: str, version: str) -> int:
        document = {"kind": kind, "text": text, "model": model, "at": at, "version": version}
        made = server.ask("POST", "/api/v1/events", document)
        click.echo(f"event {made['id']}: {made['at']}, {model or 'all models'}")
        return 0

    for option in (
        click.option("--version", default="", help="Version of the model that it is about."),
        click.option("--at", default="", metavar="TIME", help="When, ISO 8601; by default now."),
        click.option("--model", default="", help="Whose; by default that of all models."),
        click.argument("text"),
    ):
        tell = option(tell)
    return click.command(kind, help=f"Tell that {meaning}: TEXT says what.")(tell)


for _kind, _meaning in KINDS.items():
    command.add_command(_teller(_kind, _meaning))  # type: ignore[arg-type]


@command.command("list")
@click.option("--model", help="Only of this one, and of all models.")
@click.option("--since", metavar="TIME", help="ISO 8601.")
@remote
def listed(server: Remote, model: str | None, since: str | None) -> int:
    """List what was told, the last first, and the versions that the traffic brought."""
    for event in server.all("/api/v1/events", model=model, since=since):
        about = event["model"] or "all models"
        click.echo(f"{event['id']:>6}  {event['at'][:16]}Z  {about}  {event['kind']}: {event['text']}")
    return 0


@command.command("remove")
@click.argument("number", type=int)
@remote
def removed(server: Remote, number: int) -> int:
    """Take back an event."""
    server.ask("DELETE", f"/api/v1/events/{number}")
    return 0
