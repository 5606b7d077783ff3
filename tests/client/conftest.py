"""A recording server on the loopback interface, and clients that are closed after the test."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leadline_client import Leadline
from leadline_client.testing import Recorder


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as running:
        yield running


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Leadline]]:
    """Makes a client for a server; what it keeps on disk lies in the test's folder."""
    made: list[Leadline] = []

    def client(server: Recorder | str, **options: Any) -> Leadline:
        url = server if isinstance(server, str) else server.url
        chosen = {"spool": tmp_path / "spool", "interval_seconds": 0.02, "timeout_seconds": 5.0, **options}
        made.append(Leadline(url, "token", **chosen))
        return made[-1]

    yield client
    for leadline in made:
        leadline.close(2.0)


@pytest.fixture
def closed_port() -> int:
    """A port of the loopback interface at which nobody listens."""
    with Recorder() as gone:
        return gone.port


@pytest.fixture
def start_program(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts a program of its own: threads of the test's process do not mix with forks and signals."""

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(code), encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, str(path), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def run_program(start_program: Callable[..., subprocess.Popen[str]]) -> Callable[..., str]:
    """Runs a program to its end; what it prints."""

    def run(code: str, *arguments: object) -> str:
        program = start_program(code, *arguments)
        try:
            printed, errors = program.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            program.kill()
            raise AssertionError(f"not over after 90 s: {program.communicate()}") from None
        assert program.returncode == 0, errors
        return printed

    return run
