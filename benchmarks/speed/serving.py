"""A server in a process of its own, as `leadline up` runs it, that also tells what its memory holds.

serving.py FOLDER MODEL=BASELINE...: prints the port, and ends with SIGTERM.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from leadline.server.api.endpoint import Call, endpoint
from leadline.server.run import listening, server
from leadline.server.service import Service

_TICK = os.sysconf("SC_CLK_TCK")


class Memory(msgspec.Struct):
    """Bytes of the server.

    Attributes:
        resident: of the process.
        store: held by DuckDB, by purpose; they may be more than it has touched.
    """

    resident: int
    store: dict[str, int]


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    process: int
    port: int

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of one answer, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def memory(self) -> Memory:
        """What it holds now."""
        return msgspec.json.decode(self.ask("GET", "/memory")[1], type=Memory)

    def cpu_seconds(self) -> float:
        """Seconds of the processor since its start."""
        return cpu_seconds(self.process)


def cpu_seconds(process: int) -> float:
    """Seconds of the processor that a process has taken, in all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


@contextmanager
def running(folder: str | Path, baselines: Mapping[str, Path]) -> Iterator[Server]:
    """A server on an empty port; it has stopped in order when this ends.

    Raises:
        RuntimeError: it ended by itself, or with an error.
    """
    given = [f"{model}={path}" for model, path in baselines.items()]
    command = [sys.executable, __file__, str(folder), *given]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        if not said:
            raise RuntimeError("the server did not start")
        yield Server(process.pid, int(said))
    finally:
        process.terminate()
        if process.wait(120):
            raise RuntimeError(f"the server ended with {process.returncode}")


@endpoint("GET", "/memory", None)
def memory(call: Call) -> Memory:
    """What the process holds, and what of it DuckDB does."""
    with call.service.store._file.reader() as reader:  # type: ignore[attr-defined]
        found = reader.execute("SELECT tag, memory_usage_bytes FROM duckdb_memory()").fetchall()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Memory(pages * os.sysconf("SC_PAGESIZE"), {tag: size for tag, size in found if size})


def main(arguments: Sequence[str]) -> None:
    folder, *baselines = arguments
    with listening("127.0.0.1", 0) as socket:
        service = Service(folder)
        try:
            for model, _, path in (text.partition("=") for text in baselines):
                service.set_baseline(model, Path(path).read_bytes())
            web = server(service, open=True, more=[memory])
            with web.capture_signals():
                print(json.dumps(socket.getsockname()[1]), flush=True)
                web.run(sockets=[socket])
        finally:
            service.close()


if __name__ == "__main__":
    main(sys.argv[1:])
