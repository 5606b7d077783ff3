"""What the caller's thread does: put a row into a bounded buffer, and nothing else."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from sys import getsizeof
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadline_client.privacy import Policies

Event = tuple[Any, ...]
"""Estimated bytes, rows, kind of the rows, and then the values of one row or a frame of many: one tuple,
because what the caller's thread makes, and the garbage collector visits, is what logging costs.
"""

HEAD = 3
"""Where the values of a row begin."""

ROW_BYTES = 400
"""What a row takes beside its features: the tuple, its id, its times."""
CELL_BYTES = 80
"""What a feature takes: its place in the dict and a small value."""

_SMALL = frozenset((float, int, bool, type(None)))
"""Types whose values take no more than their cell."""


class Channel:
    """Rows of one model and version that wait for the encoder, and what of them was lost.

    `policies` is None until it is known what the server wants; nothing is encoded before.
    `dropped` counts rows by kind and reason since the process began, so that a lost report loses no count.
    """

    __slots__ = ("dropped", "events", "feature_names", "name", "policies", "version")

    def __init__(self, name: str, version: str | None, feature_names: tuple[str, ...]) -> None:
        self.name = name
        self.version = version
        self.feature_names = feature_names
        self.policies: Policies | None = None
        self.events: deque[Event] = deque()
        self.dropped: dict[str, dict[str, int]] = {}


class Buffer:
    """All channels' rows, bounded together by their estimated size.

    The lock is re-entrant and held for a few additions: a signal handler or a finaliser that logs in the
    midst of them must not wait for its own thread. For the same reason the encoder is woken by a plain
    lock used as a flag, and not by an event.
    """

    def __init__(self, capacity_bytes: int, wake_rows: int) -> None:
        self._capacity = capacity_bytes
        self._wake_rows = wake_rows
        self._lock = threading.RLock()
        self._awake = threading.Lock()
        self._awake.acquire()
        self.bytes = 0
        self.closed = ""

    def put(self, channel: Channel, event: Event) -> None:
        """Take rows, or count them as lost."""
        waiting = channel.events
        with self._lock:
            if self.closed or self.bytes + event[0] > self._capacity:
                self._count(channel, event[2], self.closed or "queue_full", event[1])
                return
            self.bytes += event[0]
            waiting.append(event)
            found = len(waiting)
        if found == 1 or found == self._wake_rows:
            self.wake()

    def take(self, channel: Channel, most: int) -> list[Event]:
        """Up to `most` of the oldest events of a channel; their room is free again."""
        events: list[Event] = []
        waiting = channel.events
        while waiting and len(events) < most:
            events.append(waiting.popleft())
        size = sum(event[0] for event in events)
        with self._lock:
            self.bytes -= size
        return events

    def count_dropped(self, channel: Channel, kind: str, reason: str, rows: int = 1) -> None:
        """Remember that rows were lost, and why."""
        with self._lock:
            self._count(channel, kind, reason, rows)

    def dropped(self, channel: Channel) -> dict[str, dict[str, int]]:
        """Rows lost so far, by kind and reason."""
        with self._lock:
            return {kind: dict(reasons) for kind, reasons in channel.dropped.items()}

    def wake(self) -> None:
        """Let the encoder look at once."""
        try:
            self._awake.release()
        except RuntimeError:  # it is awake already
            return

    def wait(self, seconds: float) -> bool:
        """Sleep until woken or the time is over; whether woken."""
        return self._awake.acquire(timeout=max(0.0, seconds))

    @staticmethod
    def _count(channel: Channel, kind: str, reason: str, rows: int) -> None:
        reasons = channel.dropped.setdefault(kind, {})
        reasons[reason] = reasons.get(reason, 0) + rows


def size_of(features: Any) -> int:
    """Estimated bytes of one row's features.

    Of a dict, long texts and containers are measured; what is nested in a container counts only as a
    reference.
    """
    if isinstance(features, dict):
        size, small = ROW_BYTES + CELL_BYTES * len(features), _SMALL
        for value in features.values():
            if type(value) in small:
                continue
            size += len(value) if type(value) is str else _measured(value)
        return size
    if features is None:
        return ROW_BYTES
    held = getattr(features, "nbytes", None)
    if isinstance(held, int):
        return ROW_BYTES + held
    cells = getattr(features, "size", None)
    if not isinstance(cells, int):
        cells = len(features) if hasattr(features, "__len__") else 32
    return ROW_BYTES + CELL_BYTES * cells


def _measured(value: Any) -> int:
    try:
        return getsizeof(value)
    except Exception:  # a value that cannot even say its size still is a value
        return CELL_BYTES


def copied(features: Any) -> Any:
    """A shallow copy, so that the caller may go on writing into what it passed."""
    if type(features) is dict:
        return features.copy()
    copy = getattr(features, "copy", None)
    if copy is not None:
        return copy()
    return dict(features) if isinstance(features, Mapping) else features
