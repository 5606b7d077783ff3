"""What requests carry: how large it may be, how long it may take, how much of it is held, and what becomes of
a body that nobody wants.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from starlette.requests import Request
from starlette.types import Message, Receive, Send

from leadline.server.api.endpoint import Wrong
from leadline.server.intake.bounds import TooLarge
from leadline.server.intake.committing import Busy

BODY_SECONDS = 30.0
"""Longest time that a body may take to come."""

HELD_BYTES = 1 << 30
"""Most bytes of all bodies in memory, from their first byte to their answer; twice the largest one."""


class Bodies:
    """The bodies of all requests under way. They wait before anything is known of what they hold, so that
    only their bytes can bound them. Not for several threads.
    """

    def __init__(self) -> None:
        self._held = 0

    @contextmanager
    def one(self) -> Iterator[Body]:
        """The body of one request; its room is free again at the end."""
        found = Body(self)
        try:
            yield found
        finally:
            self._held -= found.size

    def take(self, size: int) -> None:
        """Make room.

        Raises:
            Busy: others hold too much.
        """
        if self._held and self._held + size > HELD_BYTES:
            raise Busy("too much is coming in at a time")
        self._held += size


class Body:
    """A body that comes; `size`: bytes of it that have come."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies, self.size = bodies, 0

    async def read(self, request: Request, limit: int) -> bytes:
        """All of it.

        Raises:
            TooLarge: it is more than `limit` bytes.
            Wrong: it does not come in time.
            Busy: others hold too much.
        """
        large = TooLarge("the body is too large", accepted=f"at most {limit >> 20} MB")
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise large
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for part in request.stream():
                    if self.size + len(part) > limit:
                        raise large
                    self._bodies.take(len(part))
                    self.size += len(part)
                    parts.append(part)
        except TimeoutError:
            raise Wrong(408, "the body came too slowly", accepted=f"{BODY_SECONDS:g} seconds") from None
        return b"".join(parts)


class Unread:
    """Reads and throws away what is left of a body after its answer was sent, and only then ends the answer.

    Who is still sending when a connection ends sees no answer: a proxy tells of a bad gateway, and a client
    takes the server for away, and tries for ever. All in all a body has `BODY_SECONDS` to come.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._until = asyncio.get_running_loop().time() + BODY_SECONDS
        self._is_read = False

    async def receive(self) -> Message:
        """See ASGI."""
        message = await self._receive()
        self._is_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """See ASGI."""
        if self._is_read or message["type"] != "http.response.body" or message.get("more_body"):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._until):
                while not self._is_read:
                    await self.receive()
        await self._send({"type": "http.response.body"})
