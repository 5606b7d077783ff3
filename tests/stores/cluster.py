"""A real PostgreSQL on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

_NUMBERS = count()


def _absent(reason: str) -> None:
    if os.environ.get("LEADLINE_TEST_PEERS"):
        pytest.fail(reason)
    pytest.skip(reason)


class Cluster:
    """A PostgreSQL server on this machine; it does not run as root.

    Attributes:
        url: of its first database.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
        if self._user:
            shutil.chown(folder, "postgres", "postgres")
        self._data = folder / "data"
        self.run("initdb", "-D", self._data, "-U", "leadline", "-A", "trust", "--no-sync", "-E", "UTF8")
        self._port = _free_port()
        self.start()

    def run(self, program: str, *arguments: object) -> None:
        """One of its programs, as its user."""
        log = self._folder / "log"
        with log.open("ab") as out:
            subprocess.run(
                [str(self._programs / program), *map(str, arguments)],
                cwd=self._folder, stdout=out, stderr=out, check=True, **self._user,
            )  # fmt: skip

    def start(self) -> None:
        """Listen."""
        options = (
            f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -F"
        )
        self.run("pg_ctl", "-D", self._data, "-o", options, "-w", "start")

    def stop(self) -> None:
        """Stop at once, as a machine does that loses its power."""
        self.run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    @property
    def url(self) -> str:
        return f"postgresql://leadline@127.0.0.1:{self._port}/postgres"

    def new(self) -> str:
        """The address of a new database."""
        import psycopg

        name = f"test_{next(_NUMBERS)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url.replace("/postgres", f"/{name}")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A running PostgreSQL; the tests are skipped where none is installed."""
    pytest.importorskip("psycopg")
    found = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
    if found is None:
        _absent("no PostgreSQL on this machine")
    folder = Path(tempfile.mkdtemp(prefix="leadline-postgresql-"))
    cluster = Cluster(Path(found or "").resolve().parent, folder)
    yield cluster
    cluster.stop()
    shutil.rmtree(folder)
