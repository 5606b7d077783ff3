"""Batches that must wait on disk before it is known what the server wants dropped of them.

They are encrypted until then, so that nothing of theirs is on disk: the key follows from the client's
settings and is written nowhere. A process with the same settings opens them again.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Callable, Mapping
from hashlib import sha256, shake_256
from typing import Any

PIECE = 65_536
"""Bytes at a time, so that the interpreter is not held for long."""

_NONCE, _TAG = 16, 32


class Seal:
    """Encrypts in counter mode with SHAKE-256 as its keyed stream, and authenticates with HMAC-SHA-256.

    Args:
        token: Of the server; what the key rests on.
        secret: The key of the policy `hash`, if any.
        policies: What the program does with fields. It was done before: who has others must not go on from
            there.
        pause: Called between small pieces of work.

    Attributes:
        name: Tells seals apart, and nothing about the key.
    """

    def __init__(
        self, token: str, secret: bytes | None, policies: Mapping[str, Any], pause: Callable[[], None]
    ) -> None:
        rest = json.dumps([(secret or b"").hex(), policies], sort_keys=True, default=sorted)
        key = hmac.digest(token.encode(), f"leadline spool {rest}".encode(), "sha256")
        self._stream_key = hmac.digest(key, b"stream", "sha256")
        self._tag_key = hmac.digest(key, b"tag", "sha256")
        self.name = sha256(self._tag_key + b"name").hexdigest()[:8]
        self._pause = pause

    def close(self, body: bytes) -> bytes:
        """The body, encrypted; another result each time."""
        content = os.urandom(_NONCE)
        content += self._mixed(content, body)
        return hmac.digest(self._tag_key, content, "sha256") + content

    def open(self, content: bytes) -> bytes:
        """What `close` was given.

        Raises:
            ValueError: it was closed by another seal, or changed since.
        """
        tag, rest = content[:_TAG], content[_TAG:]
        if not hmac.compare_digest(tag, hmac.digest(self._tag_key, rest, "sha256")):
            raise ValueError("closed by another seal, or damaged")
        return self._mixed(rest[:_NONCE], rest[_NONCE:])

    def _mixed(self, nonce: bytes, body: bytes) -> bytes:
        pieces = []
        for number, start in enumerate(range(0, len(body), PIECE)):
            piece = body[start : start + PIECE]
            stream = shake_256(self._stream_key + nonce + number.to_bytes(8, "big")).digest(len(piece))
            mixed = int.from_bytes(piece, "big") ^ int.from_bytes(stream, "big")
            pieces.append(mixed.to_bytes(len(piece), "big"))
            self._pause()
        return b"".join(pieces)
