"""One connection to the server, kept open, and what its answers mean."""

from __future__ import annotations

# Looking a host up needs it. A thread must not be the first to import it: a fork in the midst of an import
# leaves the child with a lock that nobody will release.
import encodings.idna  # noqa: F401
import http.client
import json
import os
import socket
import ssl
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from leadline_client.spool import Packet

LONGEST_ANSWER = 1 << 20

_ABANDONED: list[http.client.HTTPConnection] = []


class Answer(NamedTuple):
    """What became of a request.

    Attributes:
        status: The HTTP status; 0 where none came.
        retry_after: Seconds that the server asks to wait, or None.
        document: The body if it is JSON, else None.
        problem: What went wrong, in words.
    """

    status: int
    retry_after: float | None = None
    document: Any = None
    problem: str = ""


class Transport:
    """Speaks with one server. Not for several threads.

    Attributes:
        clock_offset_seconds: How far the server's clock is ahead of this one, to a second; None before an
            answer.
    """

    def __init__(self, url: str, token: str | None, timeout_seconds: float, agent: str) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port
        self._path = parts.path.rstrip("/")
        self._timeout = timeout_seconds
        self._headers = {"User-Agent": agent, "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection: http.client.HTTPConnection | None = None
        self.clock_offset_seconds: float | None = None

    def send(self, packet: Packet) -> Answer:
        """Post a batch. The clock is read now: a batch may have waited on disk."""
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Idempotency-Key": packet.key,
            "Leadline-Sent-At": f"{time():.3f}",
        }
        return self._request("POST", "/api/v1/ingest", packet.body, headers)

    def policy(self, model: str) -> Answer:
        """Ask what may leave of a model's fields."""
        return self._request("GET", f"/api/v1/models/{quote(model, safe='')}/policy", None, {})

    def _request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        # A server closes a connection that was idle; that says nothing about the next one.
        for fresh in (self._connection is None, True):
            try:
                return self._once(method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                timed_out = isinstance(error, (TimeoutError, socket.timeout))
                if fresh or timed_out:
                    return Answer(0, problem=f"{type(error).__name__}: {error}")
        raise AssertionError("the second connection is always a fresh one")

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.request(method, self._path + path, body, {**self._headers, **headers})
        response = self._connection.getresponse()
        content = response.read(LONGEST_ANSWER)
        if response.read(1) or response.will_close:
            self.close()
        self._note_clock(response.getheader("Date"))
        wait = _seconds(response.getheader("Retry-After"))
        document = _document(content)
        problem = f"{response.status} {response.reason}"
        if isinstance(document, dict) and isinstance(document.get("message"), str):
            problem += f": {document['message'][:300]}"
        if response.getheader("Location"):
            problem += f" (it points to {response.getheader('Location')})"
        return Answer(response.status, wait, document, problem)

    def _connect(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=context)

    def _note_clock(self, date: str | None) -> None:
        try:
            self.clock_offset_seconds = round(parsedate_to_datetime(date or "").timestamp() - time(), 1)
        except (TypeError, ValueError, IndexError):
            return

    def abandon(self) -> None:
        """After a fork: close this process's end, without a word to the server.

        The reader of the connection may be locked by a thread that exists in the parent only, so it is
        neither closed nor ever deleted.
        """
        connection, self._connection = self._connection, None
        if connection is not None:
            _ABANDONED.append(connection)
            if connection.sock is not None:
                os.close(connection.sock.detach())

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _seconds(header: str | None) -> float | None:
    """`Retry-After` as seconds; it is a number or a date."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        try:
            return max(0.0, parsedate_to_datetime(header).timestamp() - time())
        except (TypeError, ValueError, IndexError):
            return None


def _document(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
