"""What a demo's server knows beside what every server knows: its clock, and the faults that are active."""

from __future__ import annotations

import threading

import msgspec

from leadline.demo.clock import Clock, Pace
from leadline.demo.faults import FAULTS, Fault, fault


class State(msgspec.Struct, frozen=True):
    """What the processes that serve the models go by.

    Attributes:
        origin, started, speed, until: of the clock, as in `Pace`; `started` null: it stands still.
        active: names of the active faults.
    """

    origin: int
    started: float | None
    speed: float
    until: int | None
    active: list[str]

    @property
    def pace(self) -> Pace:
        """Of the clock."""
        return Pace(self.origin, self.started, self.speed, self.until)


class Demo:
    """The clock and the active faults. Every method may be called from any thread.

    Args:
        clock: of the server.
        faults: that can be set off.
    """

    def __init__(self, clock: Clock, faults: tuple[Fault, ...] = FAULTS) -> None:
        self.clock, self.faults = clock, faults
        self._changing = threading.Lock()
        self._since: dict[str, int] = {}

    def set_off(self, name: str) -> Fault:
        """Let a fault begin; one that is active goes on.

        Raises:
            ConfigurationError: there is no such fault.
        """
        found = fault(name, self.faults)
        with self._changing:
            self._since.setdefault(name, self.clock())
        return found

    def end(self, name: str) -> Fault:
        """Let a fault end; one that is not active stays so.

        Raises:
            ConfigurationError: there is no such fault.
        """
        found = fault(name, self.faults)
        with self._changing:
            self._since.pop(name, None)
        return found

    def since(self) -> dict[str, int]:
        """When each active fault began, microseconds since 1970 UTC."""
        with self._changing:
            return dict(self._since)

    def serve(self, until: int) -> None:
        """All that is asked of the models until then was told to the server: so far the clock may run.

        Args:
            until: microseconds since 1970 UTC.
        """
        self.clock.allow("serving", until)

    def state(self) -> State:
        """For the processes that serve the models."""
        pace = self.clock.pace
        return State(pace.origin, pace.started, pace.speed, pace.until, sorted(self.since()))
