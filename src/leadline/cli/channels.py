"""`leadline channels`: where alerts are told."""

from __future__ import annotations

import re
import sys
from typing import Any

import click

from leadline.cli.remote import Remote, remote, with_query
from leadline.errors import ConfigurationError, DataError

LISTS = ("recipients",)
"""Settings that hold several values, parted by commas."""

NUMBERS = ("port",)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@click.group("channels")
def command() -> None:
    """Say where a running server tells of alerts, and try it."""


@command.command("list")
@remote
def listed(server: Remote) -> int:
    """List channels. Exit code 1 where one of them fails."""
    failing = 0
    for channel in server.all("/api/v1/channels"):
        waits = f", {channel['undelivered']} wait" if channel["undelivered"] else ""
        problem = f": {channel['problem']}" if channel["problem"] else ""
        failing |= bool(problem)
        click.echo(f"{channel['id']:>6}  {channel['name']}  {channel['kind']}{waits}{problem}")
    return failing


@command.command("kinds")
@remote
def kinds(server: Remote) -> int:
    """List kinds of channels with their settings."""
    for kind in server.all("/api/v1/channels/kinds"):
        schema = kind["settings"]
        known = schema.get("$defs", {}).get(schema.get("$ref", "").rpartition("/")[2], schema)
        names = ", ".join(known.get("properties", {})) or "no settings"
        click.echo(f"{kind['key']}: {names}{'; secret: ' + kind['secret'] if kind['secret'] else ''}")
    return 0


@command.command("add")
@click.argument("name")
@click.argument("kind")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE",
    help="A setting of the kind; several recipients are parted by commas. Repeatable.",
)  # fmt: skip
@click.option("--secret", help="env:NAME for a variable of the server's environment; - reads standard input.")
@click.option("--model", "models", multiple=True, help="Only of models like this (* and ?). Repeatable.")
@click.option("--warnings", is_flag=True, help="Warnings, too.")
@click.option(
    "--after", type=click.IntRange(0), default=0, metavar="MINUTES",
    help="Only what nobody has acknowledged for so long.",
)  # fmt: skip
@click.option("--quiet", metavar="HH:MM-HH:MM", help="Hours in which nothing is told.")
@click.option("--digest", metavar="DAY:HOUR", help="When the weekly digest is told (monday:9).")
@click.option("--zone", help="Whose clock the hours of --quiet and --digest are of; UTC by default.")
@remote
def added(server: Remote, name: str, kind: str, **given: Any) -> int:
    """Tell of alerts on a further channel NAME of a KIND: mail, webhook, alertmanager or apprise."""
    routing: dict[str, Any] = {"after_minutes": given["after"]}
    if given["models"]:
        routing["models"] = list(given["models"])
    if given["warnings"]:
        routing["tiers"] = ["alert", "warning"]
    if given["zone"] and not (given["quiet"] or given["digest"]):
        raise ConfigurationError(
            "no hours that it is about", where="--zone", found=given["zone"],
            next_step="Add --quiet or --digest.",
        )  # fmt: skip
    zone = given["zone"] or "UTC"
    if given["quiet"]:
        routing["quiet"] = _quiet(given["quiet"], zone)
    if given["digest"]:
        routing["digest"] = _digest(given["digest"], zone)
    secret = sys.stdin.readline().rstrip("\n") if given["secret"] == "-" else given["secret"]
    settings = dict(_setting(text) for text in given["settings"])
    document = {"name": name, "kind": kind, "settings": settings, "secret": secret, "routing": routing}
    made = server.ask("POST", "/api/v1/channels", document)
    click.echo(f"channel {made['channel']['id']}")
    if made["secret"]:
        click.echo(f"secret that signs its messages, told once: {made['secret']}")
    return 0


@command.command("test")
@click.argument("channel", metavar="NAME|NUMBER")
@remote
def tested(server: Remote, channel: str) -> int:
    """Send a test message. Exit code 3 where it was not taken."""
    found = server.ask("POST", f"/api/v1/channels/{_number(server, channel)}/test")
    click.echo("delivered" if found["delivered"] else f"not delivered: {found['problem']}")
    return 0 if found["delivered"] else 3


@command.command("remove")
@click.argument("channel", metavar="NAME|NUMBER")
@remote
def removed(server: Remote, channel: str) -> int:
    """Tell nothing more on a channel; what waits is not sent."""
    server.ask("DELETE", f"/api/v1/channels/{_number(server, channel)}")
    return 0


@command.command("digest")
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True)
@remote
def digest(server: Remote, days: int) -> int:
    """Show what the weekly digest says now."""
    import msgspec

    from leadline.server.alerting.digest import Digest, lines

    found = server.ask("GET", with_query("/api/v1/digest", days=days))
    click.echo("\n".join(lines(msgspec.convert(found, Digest))))
    return 0


def _number(server: Remote, channel: str) -> int:
    """Of a channel that is given by its name or its number; a name that is a number goes first.

    Raises:
        DataError: there is none.
    """
    channels = [(one["name"], int(one["id"])) for one in server.all("/api/v1/channels")]
    known = [number for name, number in channels if name == channel]
    known = known or [number for _, number in channels if str(number) == channel]
    if not known:
        names = [name for name, _ in channels]
        raise DataError(
            "no such channel", found=channel, accepted=names, next_step="See `leadline channels list`."
        )
    if len(known) > 1:  # servers took them before names were held apart
        raise DataError(
            "several channels of this name", found=channel, accepted=("one of the numbers", *known)
        )
    return known[0]


def _setting(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise ConfigurationError("not a setting", where="--set", found=text, accepted="NAME=VALUE")
    if name in LISTS:
        return name, value.split(",")
    return name, int(value) if name in NUMBERS and value.isdecimal() else value


def _quiet(text: str, zone: str) -> dict[str, Any]:
    begins, _, ends = text.partition("-")
    if not (_HOUR.fullmatch(begins) and _HOUR.fullmatch(ends)):
        raise ConfigurationError("not hours of the day", where="--quiet", found=text, accepted="22:00-07:30")
    return {"begins": begins, "ends": ends, "zone": zone}


def _digest(text: str, zone: str) -> dict[str, Any]:
    day, _, hour = text.partition(":")
    if day.lower() not in WEEKDAYS or not hour.isdecimal():
        raise ConfigurationError("not a time of the week", where="--digest", found=text, accepted="monday:9")
    return {"weekday": WEEKDAYS.index(day.lower()), "hour": int(hour), "zone": zone}
