"""What the caller's side and the two threads of a client share in one process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import time
from typing import Any
from uuid import uuid4

from leadline_client.buffer import Buffer, Channel
from leadline_client.outbox import Outbox
from leadline_client.pace import Pace
from leadline_client.privacy import Policies, parse
from leadline_client.seal import Seal
from leadline_client.spool import Packet
from leadline_client.values import Unusable

LOG = logging.getLogger("leadline")

EVENTS_AT_A_TIME = 1_000
OUTBOX_BYTES = 8 << 20


@dataclass(frozen=True)
class Settings:
    """What a client was told; `Leadline` says what each means."""

    url: str
    token: str | None
    policies: Mapping[str, Any]
    secret: bytes | None
    server_policies: bool
    spool: str | None
    use_spool: bool
    spool_bytes: int
    queue_bytes: int
    interval_seconds: float
    heartbeat_seconds: float
    timeout_seconds: float
    exit_seconds: float


class State:
    """One instance of a client: a process that forks has another one in the child.

    Attributes:
        channels: By name and version.
        seal: For batches that wait on disk for what the server wants; None: there is no key for it.
        clock_offset_seconds: How far the server's clock is ahead; None before its first answer.
    """

    def __init__(self, settings: Settings, channels: dict[tuple[str, str | None], Channel]) -> None:
        self.settings = settings
        self.channels = channels
        self.instance = uuid4().hex
        self.started_at = time()
        self.buffer = Buffer(settings.queue_bytes, EVENTS_AT_A_TIME)
        self.outbox = Outbox(OUTBOX_BYTES, self.lost)
        self.clock_offset_seconds: float | None = None
        self._said: set[str] = set()
        self._paces = threading.local()
        self.seal: Seal | None = None
        if settings.token and settings.use_spool and settings.server_policies:
            self.seal = Seal(settings.token, settings.secret, settings.policies, self.pause)

    def policies(self, wanted: Mapping[str, Any]) -> Policies:
        """The program's policies, then the server's.

        Raises:
            ValueError: one of them is none.
        """
        return Policies((self.settings.policies, wanted), self.settings.secret, self.pause)

    def own_policies(self) -> Policies:
        """The program's policies, while it is unknown what the server wants."""
        return Policies((self.settings.policies,), self.settings.secret, self.pause, awaits_server=True)

    def missing_policies(self, wanted: Mapping[str, Any]) -> Policies:
        """The server's policies for what the program's were applied to: what both want is not done twice.

        Raises:
            ValueError: one of them is none.
        """
        own = {str(field): parse(str(field), policy) for field, policy in self.settings.policies.items()}
        left = {name: policy for name, policy in wanted.items() if parse(name, policy) != own.get(name)}
        return Policies((left,), self.settings.secret, self.pause)

    def pause(self) -> None:
        """Let other threads run if this one has worked for long."""
        pace = getattr(self._paces, "pace", None)
        if pace is None:
            pace = self._paces.pace = Pace()
        pace()

    def say(self, topic: str, message: str, *values: Any, exc_info: bool = False) -> None:
        """Warn in the log, once a topic until `settled`."""
        if topic not in self._said:
            self._said.add(topic)
            LOG.warning(f"leadline-client: {message}", *values, exc_info=exc_info)

    def settled(self, topic: str) -> bool:
        """A topic may be said again; whether it had been said."""
        said = topic in self._said
        self._said.discard(topic)
        return said

    def refuse(self, channel: Channel, kind: str, problem: Exception, rows: int) -> None:
        """Count rows that cannot be read, and say why. Errors that are not ours may quote data: only their
        type.
        """
        name = type(problem).__name__
        self.buffer.count_dropped(channel, kind, f"invalid: {name}", rows)
        why = problem if isinstance(problem, Unusable) else name
        self.say(f"{channel.name} {kind} {why}", "model %r: %s left out: %s", channel.name, kind, why)

    def lost(self, packet: Packet, reason: str) -> None:
        """Count the rows of a packet that is given up, in the totals of this process."""
        channel = self.channels.get((packet.model, packet.version)) or next(iter(self.channels.values()))
        for kind, rows in packet.rows.items():
            self.buffer.count_dropped(channel, kind, reason, rows)
        if packet.rows:
            self.say(f"lost {reason}", "a batch of %s is lost: %s", packet.rows, reason)
