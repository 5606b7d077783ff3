"""The thread that turns what was logged into batches."""

from __future__ import annotations

import os
import platform
import socket
from collections import Counter
from time import monotonic, time
from typing import Any

from leadline_client import __version__
from leadline_client.buffer import Channel
from leadline_client.encode import Batch
from leadline_client.resources import Resources
from leadline_client.slices import Slicer
from leadline_client.spool import Packet
from leadline_client.state import EVENTS_AT_A_TIME, State

BATCH_ROWS = 1_000
BATCH_BYTES = 1 << 20


class Encoder:
    """Waits for rows, gathers them for a while, encodes them, and beats.

    Attributes:
        asked: Counts the calls that want everything encoded at once.
        looked: The last such call after which all channels were visited.
        answered: The last one after which nothing waited of what had been logged before it.
        mark: The sequence number of the last batch at that time.
        last: The end is near: the next round says the final totals.
        ended: Stop now.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._resources = Resources()
        self._sequence = 0
        self._beats: dict[int, float] = {}
        self.asked = 0
        self.looked = 0
        self.answered = 0
        self.mark = 0
        self.last = False
        self.ended = False

    def run(self) -> None:
        """Until `ended`."""
        while not self.ended:
            # A model whose policies are unknown has no heartbeat; that they are known wakes this thread.
            next_beat = min(
                self._beats.values(), default=monotonic() + self._state.settings.heartbeat_seconds
            )
            woken = self._state.buffer.wait(0.0 if self._waiting() else next_beat - monotonic())
            waiting = self._waiting()
            is_due = self.ended or self.asked != self.answered or waiting >= EVENTS_AT_A_TIME
            if (woken or waiting) and not is_due:
                self._state.buffer.wait(self._state.settings.interval_seconds)
            if not self.ended:
                self.encode_waiting()

    def _waiting(self) -> int:
        """Most events that wait in a channel whose policies are known."""
        channels = list(self._state.channels.values())
        return max((len(channel.events) for channel in channels if channel.policies is not None), default=0)

    def encode_waiting(self) -> None:
        """Everything that waits and whose policies are known, and the heartbeats that are due.

        What comes meanwhile gathers for the next time: else each row of steady traffic would be a batch.
        """
        asked, last = self.asked, self.last
        self.last = False
        complete = True
        for channel in list(self._state.channels.values()):
            if channel.policies is None:
                complete = complete and not channel.events
                continue
            waiting = len(channel.events)
            for first in range(0, waiting, EVENTS_AT_A_TIME):
                self._encode(channel, min(EVENTS_AT_A_TIME, waiting - first))
        self._beat(last)
        with self._state.outbox.moved:
            self.mark, self.looked = self._sequence, asked
            if complete:
                self.answered = asked
            self._state.outbox.moved.notify_all()

    def _encode(self, channel: Channel, most: int) -> None:
        """The oldest of what waits in a channel; whatever goes wrong, its rows are sent or counted."""
        state, policies = self._state, channel.policies
        if policies is None:
            return
        events = state.buffer.take(channel, most)
        left: Counter[str] = Counter()
        for _, rows, kind, *_ in events:
            left[kind] += rows

        def refuse(kind: str, problem: Exception, rows: int) -> None:
            left[kind] -= rows
            state.refuse(channel, kind, problem, rows)

        def pack() -> None:
            left.subtract(batch.rows)
            self._pack(channel, batch)

        batch = Batch(policies, state.pause)
        try:
            for found in Slicer(channel.feature_names, refuse, state.pause).slices(events):
                batch.add(found)
                if sum(batch.rows.values()) >= BATCH_ROWS or batch.bytes >= BATCH_BYTES:
                    pack()
                    batch = Batch(policies, state.pause)
            if batch.rows:
                pack()
        finally:
            for kind, rows in left.items():
                if rows > 0:
                    state.buffer.count_dropped(channel, kind, "client_error", rows)

    def _beat(self, last: bool) -> None:
        state, now = self._state, monotonic()
        known = [channel for channel in list(state.channels.values()) if channel.policies is not None]
        due = [channel for channel in known if last or now >= self._beats.get(id(channel), 0.0)]
        if not due:
            return
        spool = state.outbox.spool
        beat = {
            "timestamp": round(time(), 3),
            "interval_seconds": state.settings.heartbeat_seconds,
            **self._resources.read(),
            "queue_bytes": state.buffer.bytes,
            "spooled_batches": len(spool) if spool is not None else 0,
            "clock_offset_seconds": state.clock_offset_seconds,
        }
        for channel in due:
            policies = channel.policies
            if policies is not None:
                self._beats[id(channel)] = self._next_beat(channel, now)
                self._pack(channel, Batch(policies, state.pause), beat)

    def _next_beat(self, channel: Channel, now: float) -> float:
        """When the next is due: after the time when this one was, as rows that are gathered delay it."""
        interval = self._state.settings.heartbeat_seconds
        following = self._beats.get(id(channel), now) + interval
        return following if now < following <= now + interval else now + interval

    def _pack(self, channel: Channel, batch: Batch, *heartbeats: dict[str, Any]) -> None:
        state = self._state
        if batch.failed_values:
            state.buffer.count_dropped(channel, "values", "not_json", batch.failed_values)
        self._sequence += 1
        head: dict[str, Any] = {
            "client": self._client(),
            "model": channel.name,
            "version": channel.version,
            "heartbeats": list(heartbeats),
            "dropped": state.buffer.dropped(channel),
        }
        body = batch.body(head)
        key = f"{state.instance}-{self._sequence}"
        seal = ""
        if batch.policies.awaits_server and state.seal is not None:
            body, seal = state.seal.close(body), state.seal.name
        packet = Packet(key, channel.name, channel.version, batch.rows, body, self._sequence, seal=seal)
        state.outbox.put(packet)

    def _client(self) -> dict[str, Any]:
        return {
            "instance": self._state.instance,
            "sequence": self._sequence,
            "started_at": round(self._state.started_at, 3),
            "created_at": round(time(), 3),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "language": f"Python {platform.python_version()}",
            "library": f"leadline-client {__version__}",
        }
