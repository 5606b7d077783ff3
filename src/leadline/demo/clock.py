"""Accelerated time, shared by the server and the processes that serve the models."""

from __future__ import annotations

from time import time


class Clock:
    """Stands still until it is started, then runs so many times as fast as real time.

    Two clocks of one machine that were started with the same numbers show the same time.

    Args:
        origin: microseconds since 1970 UTC that it shows at first.
    """

    def __init__(self, origin: int) -> None:
        self.origin = origin
        self.started: float | None = None
        self.speed = 1.0

    def start(self, speed: float, started: float | None = None) -> None:
        """Run from now on, or since a real moment (Unix seconds)."""
        self.speed = speed
        self.started = time() if started is None else started

    def __call__(self) -> int:
        """Simulated microseconds since 1970 UTC."""
        if self.started is None:
            return self.origin
        return self.origin + round(max(time() - self.started, 0.0) * self.speed * 1e6)
