"""HTTP/1.1 of uvicorn that does not wait for ever for the head of a request, nor take one without end.

What is answered here, before any path is known, has the shape of every other answer.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from leadline.errors import RetryableError
from leadline.server.api.endpoint import Wrong
from leadline.server.app import problem_response, safe

HEAD_SECONDS = 30.0
"""Longest time that the head of a request may take to come; connections are few, and slow ones hold them."""

HEAD_BYTES = 64 << 10
"""Most bytes of the head of a request, before which nothing is known of who sends it."""

CONNECTIONS = 1_000
"""Most connections, beyond which requests are put off."""

_ACCEPTED = f"a request of HTTP/1.1 whose head is at most {HEAD_BYTES >> 10} kB, with its address"


class InTime(HttpToolsProtocol):
    """Ends a connection on which the head of a request does not come in time, or does not end."""

    _waiting: asyncio.TimerHandle | None = None
    _size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        # uvicorn's own timer between requests ends with the first byte that comes, whatever it is.
        if self._waiting is None and self.cycle is not None and self.cycle.response_complete:
            self._wait()
        if self._waiting is not None:
            self._size += len(data)
            if self._size > HEAD_BYTES:
                self._end(Wrong(431, "the head of the request is too large", accepted=_ACCEPTED))

    def on_headers_complete(self) -> None:
        """The head of a request is there."""
        self._stop()
        is_full = max(len(self.connections), len(self.tasks)) >= CONNECTIONS
        self.app = _full if is_full else self.config.loaded_app
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._stop()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What came cannot be read."""
        self._end(Wrong(400, "not a request", accepted=_ACCEPTED))

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._late)

    def _late(self) -> None:
        # Nobody reads an answer to nothing: a browser opens connections before it needs them.
        if self._size:
            accepted = f"all of it within {HEAD_SECONDS:g} seconds"
            self._end(Wrong(408, "the head of the request came too slowly", accepted=accepted))
        else:
            self.transport.close()

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting, self._size = None, 0

    def _end(self, problem: Wrong) -> None:
        """Answer, and close the connection."""
        self._stop()
        if not self.transport.is_closing():
            self.transport.write(_bytes(safe(problem_response(problem), self.scheme == "https")))
            self.transport.close()


def _bytes(response: Response) -> bytes:
    status = HTTPStatus(response.status_code)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode(), b"connection: close"]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*lines, b"", bytes(response.body)])


async def _full(scope: Scope, receive: Receive, send: Send) -> None:
    """Puts a request off."""
    problem = RetryableError(
        "too many connections", accepted=f"fewer than {CONNECTIONS}", next_step="Try again in some seconds."
    )
    await safe(problem_response(problem), scope["scheme"] == "https")(scope, receive, send)
