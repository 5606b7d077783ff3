"""Lets other threads run while this one works."""

from __future__ import annotations

from time import perf_counter, sleep

WORK_SECONDS = 0.0004
REST_SECONDS = 0.0002


class Pace:
    """Called between small pieces of work; rests when the interpreter was held for long enough.

    The interpreter hands its lock over only after 5 ms unless its holder lets go. A rest of zero would
    often take it back before a waiting thread has woken up, so it is a short real one.
    """

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since = perf_counter()

    def __call__(self) -> None:
        if perf_counter() - self._since > WORK_SECONDS:
            sleep(REST_SECONDS)
            self._since = perf_counter()
