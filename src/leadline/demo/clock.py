"""Accelerated time, shared by the server and the processes that serve the models."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from time import time


@dataclass(frozen=True)
class Pace:
    """How a clock runs. Two clocks of one machine with the same pace show the same time.

    Attributes:
        origin: simulated microseconds since 1970 UTC that it shows until it is started.
        started: real moment at which it was (Unix seconds); None: it stands still.
        speed: simulated seconds in a real one.
        until: simulated time at which it waits; None: nowhere.
    """

    origin: int
    started: float | None = None
    speed: float = 1.0
    until: int | None = None


class Clock:
    """Stands still until it is started, then runs so many times as fast as real time, as long as those allow
    it who have to keep up. Every method may be called from any thread.

    Args:
        origin: microseconds since 1970 UTC that it shows at first.
    """

    def __init__(self, origin: int) -> None:
        self.pace = Pace(origin)
        self._ends: dict[str, int] = {}
        self._changing = threading.Lock()

    def stand(self, at: int) -> None:
        """Stand still, and show that."""
        with self._changing:
            self.pace = Pace(at)

    def start(self, speed: float) -> None:
        """Run from now on."""
        with self._changing:
            self.pace = replace(self.pace, started=time(), speed=speed, until=self._end)

    def allow(self, who: str, until: int) -> None:
        """Run until then at most, as far as one of those is concerned who have to keep up; where they are
        several, to the earliest. The wait is not made up for. A clock that stands still stays so."""
        with self._changing:
            now = self()
            self._ends[who] = until
            if self.pace.started is not None:
                self.pace = replace(self.pace, origin=now, started=time(), until=self._end)

    @property
    def _end(self) -> int | None:
        return min(self._ends.values(), default=None)

    def __call__(self) -> int:
        """Simulated microseconds since 1970 UTC."""
        pace = self.pace
        if pace.started is None:
            return pace.origin
        now = pace.origin + round(max(time() - pace.started, 0.0) * pace.speed * 1e6)
        return now if pace.until is None else max(pace.origin, min(now, pace.until))
