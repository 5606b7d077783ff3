"""HTTP/1.1 of uvicorn that does not wait for ever for the head of a request, nor take one without end."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 30.0
"""Longest time that the head of a request may take to come; connections are few, and slow ones hold them."""

HEAD_BYTES = 64 << 10
"""Most bytes of the head of a request, before which nothing is known of who sends it."""


class InTime(HttpToolsProtocol):
    """Closes a connection on which the head of a request does not come in time, or does not end."""

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
                self.transport.close()

    def on_headers_complete(self) -> None:
        """The head of a request is there."""
        self._stop()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting, self._size = None, 0
