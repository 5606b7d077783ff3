"""What has just changed, told to whoever listens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Literal

import msgspec

WAITING = 1000
"""Changes that a listener may be behind; one that is further behind is told that it missed some."""

QUIET_SECONDS = 15.0
"""After so long without any change a listener hears that the line is still there."""


class Change(msgspec.Struct, frozen=True):
    """Something changed.

    Attributes:
        kind: a judgement of a model, its alerts, an event, rows that came in; "missed": more than can be
            told; "quiet": nothing, but the line is there.
        model: whose; "" for all.
    """

    kind: Literal["judgement", "alert", "event", "rows", "missed", "quiet"]
    model: str = ""


class Changes:
    """Listeners, each with a queue in its own event loop."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._listeners: dict[asyncio.Queue[Change | None], asyncio.AbstractEventLoop] = {}
        self._closed = False

    def publish(self, kind: Literal["judgement", "alert", "event", "rows"], model: str = "") -> None:
        """Tell everyone; from any thread, without waiting."""
        self._tell(Change(kind, model))

    def close(self) -> None:
        """End all listening."""
        with self._changing:
            self._closed = True
        self._tell(None)

    def _tell(self, change: Change | None) -> None:
        with self._changing:
            for queue, loop in self._listeners.items():
                try:
                    loop.call_soon_threadsafe(_put, queue, change)
                except RuntimeError:  # its loop has ended
                    continue

    async def listen(self) -> AsyncIterator[Change]:
        """Changes from now on, until the server stops."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        with self._changing:
            if self._closed:
                return
            self._listeners[queue] = asyncio.get_running_loop()
        try:
            while True:
                try:
                    change = await asyncio.wait_for(queue.get(), QUIET_SECONDS)
                except TimeoutError:
                    change = Change("quiet")
                if change is None:
                    return
                yield change
        finally:
            with self._changing:
                del self._listeners[queue]


def _put(queue: asyncio.Queue[Change | None], change: Change | None) -> None:
    if queue.qsize() >= WAITING:
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(Change("missed"))
    queue.put_nowait(change)
