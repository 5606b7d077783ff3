"""Messages to webhooks: signed, sent until they are taken."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import logging
import threading
from collections.abc import Callable
from urllib.parse import SplitResult, quote, urlsplit

from leadline.stores.metadata import Metadata
from leadline.stores.metadata.channels import Message

FIRST_PAUSE = 1_000_000
"""Microseconds before a message is sent again; each pause is twice the last one, up to `LONGEST_PAUSE`."""

LONGEST_PAUSE = 3_600_000_000
TIMEOUT_SECONDS = 10.0

_log = logging.getLogger("leadline.server")


class Deliverer:
    """A thread that sends what is due. A message may come twice, under the same key, and never not at all.

    Args:
        metadata: where messages wait.
        clock: microseconds since 1970.
    """

    def __init__(self, metadata: Metadata, clock: Callable[[], int]) -> None:
        self._metadata, self._clock = metadata, clock
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leadline-deliverer")
        self._thread.start()

    def wake(self) -> None:
        """There may be something to send."""
        self._changed.set()

    def close(self) -> None:
        """Finish the message under way, and stop; the rest waits for the next start."""
        self._stopping.set()
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._changed.wait(1.0)
            self._changed.clear()
            try:
                for message in self._metadata.channels.due(self._clock()):
                    if self._stopping.is_set():
                        return
                    self._deliver(message)
            except Exception:
                _log.exception("messages could not be sent")

    def _deliver(self, message: Message) -> None:
        problem = send(message.url, message.secret, message.key, message.body, self._clock())
        if problem is None:
            self._metadata.channels.delivered(message.id, self._clock())
            return
        pause = min(FIRST_PAUSE << min(message.tries, 12), LONGEST_PAUSE)
        self._metadata.channels.failed(message.id, self._clock() + pause, problem)
        _log.warning("webhook %s did not take %s: %s", message.url, message.key, problem)


def signature(secret: str, now: int, body: bytes) -> str:
    """The header `Leadline-Signature`: the time in seconds, and an HMAC-SHA256 of `TIME.BODY`."""
    seconds = now // 1_000_000
    found = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={found}"


def send(url: str, secret: str, key: str, body: bytes, now: int) -> str | None:
    """Post a message; None if it was taken (any status 2xx), else why not. No redirect is followed."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "leadline",
        "Idempotency-Key": quote(key, safe="/ :"),
        "Leadline-Signature": signature(secret, now, body),
    }
    parts = urlsplit(url)
    try:
        connection = _connection(parts)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None if 200 <= status < 300 else f"status {status}"


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
