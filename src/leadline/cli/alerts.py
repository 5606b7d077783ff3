"""`leadline alerts`: what alerts, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from leadline.cli.remote import Remote, ahead, remote

STATES = ("living", "open", "acknowledged", "snoozed", "resolved")


@click.group("alerts")
def command() -> None:
    """List the alerts of a running server, read one, and say what becomes of it."""


@command.command("list")
@click.option("--model", help="Only of this one.")
@click.option("--state", type=click.Choice(STATES), default="living", show_default=True)
@click.option("--tier", type=click.Choice(["alert", "warning", "any"]), default="alert", show_default=True)
@remote
def listed(server: Remote, model: str | None, state: str, tier: str) -> int:
    """List alerts, the latest first. Exit code 1 where there are some, 0 where there are none."""
    found = 0
    for alert in server.all("/api/v1/alerts", model=model, state=state, tier=tier):
        found = 1
        who = f", {alert['assignee']}" if alert["assignee"] else ""
        click.echo(
            f"{alert['id']:>6}  {alert['model']}  {alert['state']}{who}, since {alert['opened'][:16]}Z:"
            f" {alert['sentence']}"
        )
    if not found:
        click.echo("none" + _warnings(server, model, state) if tier == "alert" else "none")
    return found


def _warnings(server: Remote, model: str | None, state: str) -> str:
    """That there are warnings: whoever asks for alerts alone might think that all is quiet."""
    count = sum(1 for _ in server.all("/api/v1/alerts", model=model, state=state, tier="warning"))
    noun = "warning" if count == 1 else "warnings"
    return f"; {count} {noun} (--tier warning)" if count else ""


@command.command("show")
@click.argument("number", type=int)
@remote
def shown(server: Remote, number: int) -> int:
    """Everything that is known of an alert."""
    found = server.ask("GET", f"/api/v1/alerts/{number}")
    alert, findings = found["alert"], found["findings"]
    click.echo(f"{alert['model']}, {alert['tier']} {alert['id']}, {alert['state']}")
    click.echo(f"{alert['sentence']}\n{alert['harm']}".rstrip())
    click.echo(f"since {alert['opened'][:16]}Z, last seen {alert['last'][:16]}Z")
    _print_list("Evidence", [one["sentence"] for one in findings["evidence"]])
    _print_list("Likely causes", [one["sentence"] for one in findings["causes"]])
    _print_list("What else changed", findings["changes"])
    events = [f"{event['at'][:16]}Z {event['kind']}: {event['text']}" for event in found["events"]]
    _print_list("What happened then", events)
    _print_list("What to do", found["runbook"])
    steps = [
        f"{step['at'][:16]}Z {step['who'] or 'Leadline'}: {step['what']} {step['text']}".rstrip()
        for step in found["history"]
    ]
    _print_list("History", steps)
    return 0


def _print_list(title: str, items: list[str]) -> None:
    if items:
        click.echo(f"\n{title}:")
        for item in items:
            click.echo(f"  {item}")


def _step(name: str, about: str) -> Callable[..., Any]:
    """A command for a step that needs no more words."""

    @remote
    def step(server: Remote, number: int) -> int:
        return _do(server, number, name)

    return click.command(name, help=about)(click.argument("number", type=int)(step))


for _name, _about in {
    "acknowledge": "Say that somebody has seen an open alert: it goes to nobody else.",
    "resolve": "Say that an alert is done with.",
    "reopen": "Say that a resolved alert is not done with.",
}.items():
    command.add_command(_step(_name, _about))  # type: ignore[arg-type]


@command.command("snooze")
@click.argument("number", type=int)
@click.argument("until")
@remote
def snoozed(server: Remote, number: int, until: str) -> int:
    """Tell nothing of an alert until a time (ISO 8601), or for so long: "30m", "4h", "2d"."""
    return _do(server, number, "snooze", {"until": ahead(until, "UNTIL", datetime.now(UTC))})


@command.command("assign")
@click.argument("number", type=int)
@click.argument("to")
@remote
def assigned(server: Remote, number: int, to: str) -> int:
    """Say who looks after an alert; "" is nobody."""
    return _do(server, number, "assign", {"to": to})


@command.command("comment")
@click.argument("number", type=int)
@click.argument("text")
@remote
def commented(server: Remote, number: int, text: str) -> int:
    """Write something to the history of an alert."""
    return _do(server, number, "comment", {"text": text})


@command.command("useful")
@click.argument("number", type=int)
@click.argument("answer", type=click.Choice(["yes", "no"]))
@click.option("--text", default="", help="Why.")
@remote
def useful(server: Remote, number: int, answer: str, text: str) -> int:
    """Answer "was this useful?": the weekly digest names noisy monitors by the answers."""
    return _do(server, number, "useful", {"useful": answer == "yes", "text": text})


def _do(server: Remote, number: int, what: str, document: Any = None) -> int:
    alert = server.ask("POST", f"/api/v1/alerts/{number}/{what}", document)
    click.echo(f"alert {alert['id']} of {alert['model']}: {alert['state']}")
    return 0
