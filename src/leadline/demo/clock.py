"""Accelerated time, shared by the server and the processes that serve the models."""

from __future__ import annotations

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
    """Stands still until it is started, then runs so many times as fast as real time.

    Args:
        origin: microseconds since 1970 UTC that it shows at first.
    """

    def __init__(self, origin: int) -> None:
        self.pace = Pace(origin)

    def stand(self, at: int) -> None:
        """Stand still, and show that."""
        self.pace = Pace(at)

    def start(self, speed: float) -> None:
        """Run from now on."""
        self.pace = replace(self.pace, started=time(), speed=speed)

    def allow(self, ahead: int) -> None:
        """Run for so many microseconds more at most, then wait to be allowed more; the wait is not made up
        for. A clock that stands still stays so."""
        if self.pace.started is not None:
            now = self()
            self.pace = replace(self.pace, origin=now, started=time(), until=now + ahead)

    def __call__(self) -> int:
        """Simulated microseconds since 1970 UTC."""
        pace = self.pace
        if pace.started is None:
            return pace.origin
        now = pace.origin + round(max(time() - pace.started, 0.0) * pace.speed * 1e6)
        return now if pace.until is None else min(now, pace.until)
