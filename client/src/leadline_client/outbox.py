"""Encoded batches on their way to the server: a few in memory, and on disk while it is away."""

from __future__ import annotations

import threading
from collections import deque

from leadline_client.spool import Lost, Packet, Spool


class Outbox:
    """A bounded store between encoder and sender; who waits for it waits on `moved`.

    Args:
        limit_bytes: What may lie in memory. Beyond it, and while the server is away, batches go to the spool;
            without one the oldest are given up.
        lost: Told about every packet that is given up.
    """

    def __init__(self, limit_bytes: int, lost: Lost) -> None:
        self.moved = threading.Condition(threading.RLock())
        self._limit = limit_bytes
        self._lost = lost
        self._memory: deque[Packet] = deque()
        self._bytes = 0
        self._in_flight: Packet | None = None
        self._spool: Spool | None = None
        self.away = False

    @property
    def spool(self) -> Spool | None:
        """Where batches go on disk, once it is open."""
        return self._spool

    def use(self, spool: Spool) -> None:
        """From now on there is a disk."""
        with self.moved:
            self._spool = spool
            self.moved.notify_all()

    def put(self, packet: Packet) -> None:
        """Take a batch from the encoder."""
        with self.moved:
            self._memory.append(packet)
            self._bytes += len(packet.body)
            if self.away or self._bytes > self._limit:
                self.spill()
            self._fit()
            self.moved.notify_all()

    def next(self) -> Packet | None:
        """The batch to send now; it counts as outstanding until `done` or `back`."""
        with self.moved:
            self._in_flight = self._from_memory() if self._memory else None
            if self._in_flight is None and self._spool is not None:
                self._in_flight = self._spool.oldest()
            return self._in_flight

    def done(self, packet: Packet) -> None:
        """A batch was delivered, or is given up."""
        with self.moved:
            self._in_flight = None
            if packet.file is not None and self._spool is not None:
                self._spool.remove(packet.file)
            self.moved.notify_all()

    def back(self, packet: Packet) -> None:
        """A batch could not be delivered: it and all others go to disk."""
        with self.moved:
            self._in_flight = None
            self.away = True
            if packet.file is None:
                self._memory.appendleft(packet)
                self._bytes += len(packet.body)
            self.spill()
            self._fit()
            self.moved.notify_all()

    def give_up_waiting(self) -> None:
        """The process ends: what has no answer yet goes to disk, too; its key tells a repetition."""
        with self.moved:
            if self._in_flight is not None:
                self.back(self._in_flight)
            else:
                self.spill()

    def spill(self) -> None:
        """Move what is in memory to disk, as far as there is one that works."""
        with self.moved:
            while self._memory and self._spool is not None:
                try:
                    self._spool.write(self._memory[0])
                except OSError:
                    return
                self._from_memory()

    def outstanding(self) -> set[int]:
        """Sequence numbers of this process's batches that are not delivered."""
        with self.moved:
            found = {packet.sequence for packet in self._memory if packet.sequence is not None}
            if self._in_flight is not None and self._in_flight.sequence is not None:
                found.add(self._in_flight.sequence)
            return found | (self._spool.sequences() if self._spool is not None else set())

    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        with self.moved:
            return not self._memory and not self._spool

    def in_memory(self) -> list[Packet]:
        """What would be lost if the process ended now."""
        with self.moved:
            held = [self._in_flight] if self._in_flight and self._in_flight.file is None else []
            return [*held, *self._memory]

    def _fit(self) -> None:
        while self._bytes > self._limit:
            self._lost(self._from_memory(), "outbox_full")

    def _from_memory(self) -> Packet:
        packet = self._memory.popleft()
        self._bytes -= len(packet.body)
        return packet
