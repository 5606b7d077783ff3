"""What the page says to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from leadline.cli.main import commands

SOURCES = Path(__file__).parents[2] / "ui" / "src"
CONTEXT = click.Context(commands)
NAMES = frozenset(commands.list_commands(CONTEXT))
COMMAND = re.compile(r"leadline ([a-z]+)((?: [^`<\n\\]*)?)")


def told() -> list[tuple[str, str]]:
    found = {
        (name, rest)
        for path in SOURCES.rglob("*.tsx")
        for name, rest in COMMAND.findall(path.read_text("utf-8"))
        if name in NAMES
    }
    return sorted(found)


def test_the_page_says_what_to_type() -> None:
    assert {"baseline", "demo"} <= {name for name, _ in told()}


@pytest.mark.parametrize(("name", "rest"), told())
def test_a_command_has_the_options_that_are_told(name: str, rest: str) -> None:
    command = commands.get_command(CONTEXT, name)
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)) <= known
