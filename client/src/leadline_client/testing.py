"""A server in this process that keeps what it is sent, for tests of programs that log."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import unquote

GROUPS = ("features", "steps", "segment")


class Request(NamedTuple):
    """One try to deliver a batch; header names are in lower case."""

    headers: dict[str, str]
    body: bytes
    batch: dict[str, Any]


class Reply(NamedTuple):
    """What the recorder answers: a status, headers, and a document for the body."""

    status: int
    headers: dict[str, str] = {}  # noqa: RUF012  nobody writes into it
    document: Any = None


class Recorder:
    """Listens on the loopback interface while its `with` block runs.

    As a real server does, it counts a batch once however often it is sent.

    Args:
        policies: What it says about the fields of every model; None: it knows of none.
        answer: Decides what each try is answered; without it all is accepted. May block.
        port: Where to listen; 0: anywhere free.

    Attributes:
        requests: All tries, in order.
        batches: What was accepted, each batch once.
    """

    def __init__(
        self,
        policies: dict[str, Any] | None = None,
        answer: Callable[[Request], Reply] | None = None,
        port: int = 0,
    ) -> None:
        self.policies = policies
        self.answer = answer
        self.requests: list[Request] = []
        self.batches: list[dict[str, Any]] = []
        self._keys: set[str] = set()
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", port), _Handler, self)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """What to give to `Leadline`."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Recorder:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rows(self, kind: str = "predictions") -> list[dict[str, Any]]:
        """All accepted rows of a kind, each as a mapping with what it lacks left out; infinities and NaN are
        numbers again.
        """
        with self._changed:
            return [row for batch in self.batches if kind in batch for row in rows_of(batch[kind])]

    def wait_for(self, condition: Callable[[Recorder], object], timeout_seconds: float = 20.0) -> None:
        """Wait until something is true of what has come.

        Raises:
            TimeoutError: it never was.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout_seconds):
                kept = {kind: len(self.rows(kind)) for kind in ("predictions", "labels", "feedback")}
                raise TimeoutError(f"not so after {timeout_seconds} s; {len(self.requests)} tries, {kept}")

    def take(self, request: Request) -> Reply:
        """What is answered to a try; accepted batches are kept."""
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        reply = self.answer(request) if self.answer else Reply(202)
        if reply.status in (200, 202):
            key = request.headers.get("idempotency-key", "")
            with self._changed:
                if key not in self._keys:
                    self._keys.add(key)
                    self.batches.append(request.batch)
                    self._changed.notify_all()
        return reply


def rows_of(section: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of a section of a batch."""
    columns: dict[Any, list[Any]] = {}
    for name, column in section.items():
        if name in GROUPS:
            columns.update({(name, inner): column_of(values) for inner, values in column.items()})
        elif name != "rows":
            columns[name] = column_of(column)
    for place in range(section["rows"]):
        row: dict[str, Any] = {}
        for name, values in columns.items():
            if values[place] is None:
                continue
            if isinstance(name, tuple):
                row.setdefault(name[0], {})[name[1]] = values[place]
            else:
                row[name] = values[place]
        yield row


def column_of(column: Any) -> list[Any]:
    """The values of a column as it is on the wire."""
    if isinstance(column, list):
        return column
    values: list[Any] = list(column["values"])
    for name, rows in column["not_finite"].items():
        for row in rows:
            values[row] = float(name)
    return values


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: Any, recorder: Recorder) -> None:
        self.recorder = recorder
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one piece; otherwise the client's delayed acknowledgement costs 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    server: _Server

    def do_GET(self) -> None:
        parts = self.path.split("/")
        wanted = self.server.recorder.policies
        if len(parts) < 2 or parts[-1] != "policy" or wanted is None:
            self._reply(Reply(404, {}, {"message": "no policy"}))
        else:
            self._reply(Reply(200, {}, {"model": unquote(parts[-2]), "fields": wanted}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        text = (
            zlib.decompress(body, zlib.MAX_WBITS | 16) if headers.get("content-encoding") == "gzip" else body
        )
        self._reply(self.server.recorder.take(Request(headers, body, json.loads(text))))

    def _reply(self, reply: Reply) -> None:
        content = json.dumps(reply.document if reply.document is not None else {}).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""
