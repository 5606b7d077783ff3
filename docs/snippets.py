"""Runs the code of a Markdown page, as its reader would: block after block, in one folder.

* ```` ```python ```` blocks of a page share their names; an output block after one is what it prints.
* ```` ```console ```` blocks: lines that begin with `$ leadline` are run; a comment `# exits 1` states the
  exit code where it is not 0. The other lines are not compared.
* ```` ```yaml FILE ```` blocks (any language with a file name behind it) are written to that file.
* ```` ```text output ```` blocks hold what the code before them printed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline.cli.main import run

_FENCE = re.compile(
    r"^```(?P<language>\w+)(?: (?P<note>[^\n]+))?\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what stands behind the language, its code, and where the code lies."""

    language: str
    note: str
    code: str
    start: int
    stop: int


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for match in _FENCE.finditer(page):
        yield Block(match["language"], match["note"] or "", match["code"], *match.span("code"))


def refreshed(page: str, folder: Path) -> str:
    """The page with every output block as its code prints it today, run in `folder`.

    Raises:
        AssertionError: a command does not exit as the page says.
        Exception: whatever a block raises.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    parts, kept, printed = [], 0, ""
    with contextlib.chdir(folder):
        for block in blocks(page):
            if block.language == "python":
                printed = _printed(block.code, names)
            elif block.language == "console":
                printed = _commanded(block.code)
            elif block.note == "output":
                parts += [page[kept : block.start], _trimmed(printed)]
                kept = block.stop
            elif block.note:
                Path(block.note).write_text(block.code, encoding="utf-8")
    return "".join(parts) + page[kept:]


def _printed(code: str, names: dict[str, Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(code, "<page>", "exec"), names)
    return output.getvalue()


def _commanded(code: str) -> str:
    output = io.StringIO()
    # Lines end in a backslash where a command goes on.
    for line in code.replace("\\\n", " ").splitlines():
        if not line.startswith("$ leadline"):
            continue
        command, _, expected = line.removeprefix("$ ").partition("# exits ")
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            found = run(shlex.split(command, comments=True)[1:])
        assert found == int(expected or 0), f"{line}: exits {found}\n{output.getvalue()}"
    return output.getvalue()


def _trimmed(text: str) -> str:
    lines = text.rstrip().replace(os.getcwd() + os.sep, "").splitlines()
    return "".join(line.rstrip() + "\n" for line in lines)
