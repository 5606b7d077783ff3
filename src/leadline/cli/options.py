"""Command-line options made from `leadline.settings.Settings`, where their names, types and texts stand."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import click
import msgspec

from leadline.keywords import described
from leadline.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_COLUMN = re.compile(r"^columns? ")

events_option = click.option(
    "--events", metavar="FILE", help="Table of what happened around the model: columns time, text, kind."
)
"""What was told, for commands that draw an axis of time."""


def settable(name: str) -> bool:
    """Whether a setting fits on a command line; maps and records belong into the configuration file."""
    return _form(name) is not None


def options(*, without: Iterable[str] = ()) -> Callable[[Command], Command]:
    """Decorator that adds one option for each setting that fits on a command line.

    An option that is not given is not passed on, so that the configuration file and the defaults of
    `Settings` keep their say.
    """
    chosen = [name for name in Settings.__struct_fields__ if settable(name) and name not in set(without)]

    def add(command: Command) -> Command:
        for name in reversed(chosen):
            command = _option(name)(command)
        return command

    return add


def stated(config: str | None, values: dict[str, Any]) -> dict[str, Any]:
    """What was stated on the command line, as keywords of `leadline.check`; the rest keeps its defaults."""
    given = {name: value for name, value in values.items() if value is not None and value != ()}
    return given | ({"config": config} if config else {})


def resolved(keywords: dict[str, Any]) -> Settings:
    """The settings that they lead to: those of the configuration file, if any, overridden by the others."""
    others = {name: value for name, value in keywords.items() if name != "config"}
    config = keywords.get("config")
    return Settings.from_file(config, **others) if config else Settings.of(**others)


def _option(name: str) -> Callable[[Command], Command]:
    form = _form(name) or {}
    text = described().get(name, "")
    default = _default(name)
    repeatable = " Repeatable." if form.get("multiple") else ""
    shown = f"{text[0].upper()}{text[1:]}{repeatable}" + (f" [default: {default}]" if default else "")
    return click.option(f"--{name.replace('_', '-')}", name, help=shown, default=None, **form)


def _default(name: str) -> str:
    value = next(field for field in msgspec.structs.fields(Settings) if field.name == name).default
    return str(value) if isinstance(value, float | int | str) and not isinstance(value, bool) else ""


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Settings)


@cache
def _form(name: str) -> dict[str, Any] | None:
    """How Click reads a setting, or None where it does not fit on a command line."""
    hint = _hints()[name]
    union = get_origin(hint) in (Union, types.UnionType)
    members = [part for part in (get_args(hint) if union else (hint,)) if part is not type(None)]
    text = described().get(name, "")
    if set(members) >= {str, int}:
        return {"type": scalar, "metavar": "VALUE"}
    if members == [str]:
        return {"type": str, "metavar": "COLUMN" if _COLUMN.match(text) else "TEXT"}
    if members == [bool]:
        return {"is_flag": True}
    if members == [float]:
        return {"type": float, "metavar": "NUMBER"}
    if members == [int]:
        return {"type": int, "metavar": "COUNT"}
    if get_origin(members[0]) is Literal:
        return {"type": click.Choice(get_args(members[0]))}
    if get_origin(members[0]) is tuple and get_origin(get_args(members[0])[0]) is Literal:
        return {"multiple": True, "type": click.Choice(get_args(get_args(members[0])[0]))}
    if get_origin(members[0]) is tuple and get_args(members[0])[0] is str:
        metavar = "COLUMN" if _COLUMN.match(text) or "columns" in text or "features" in text else "VALUE"
        return {"multiple": True, "metavar": metavar}
    return None


def scalar(text: str) -> str | int | float | bool:
    """A whole number, a number, `true` or `false`; anything else is text."""
    if text in ("true", "false"):
        return text == "true"
    # Python would also read "nan" or "1_000" as numbers; as labels they are texts.
    if re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    if re.fullmatch(r"[-+]?(\d+\.\d*|\.?\d+)(e[-+]?\d+)?", text, flags=re.ASCII | re.IGNORECASE):
        return float(text)
    return text
