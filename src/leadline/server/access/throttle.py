"""How often one may try: buckets of tries that fill up again with time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic

from leadline.errors import RetryableError

KEYS = 10_000
"""Most keys that a set of buckets remembers; the ones that were used longest ago are forgotten."""


class TooOften(RetryableError):
    """Tried more often than one may.

    Attributes:
        seconds: until the next try is taken.
    """

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(what, next_step=f"Try again in {max(1, round(seconds))} seconds.")
        self.seconds = seconds


class Buckets:
    """A bucket of tries for each key.

    Args:
        most: tries at once, from a full bucket.
        per_second: tries that come back.
        clock: seconds that never go back.
    """

    def __init__(self, most: float, per_second: float, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._rate, self._clock = most, per_second, clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._changing = threading.Lock()

    def take(self, key: Hashable) -> float:
        """Take a try; 0 where there was one, else the seconds until there is."""
        with self._changing:
            left = self._now(key)
            if left < 1:
                return (1 - left) / self._rate
            self._keep(key, left - 1)
        return 0.0

    def give_back(self, key: Hashable) -> None:
        """Undo a `take`."""
        with self._changing:
            self._keep(key, min(self._now(key) + 1, self._most))

    def _now(self, key: Hashable) -> float:
        left, at = self._left.get(key, (self._most, self._clock()))
        return min(left + (self._clock() - at) * self._rate, self._most)

    def _keep(self, key: Hashable, left: float) -> None:
        self._left[key] = left, self._clock()
        self._left.move_to_end(key)
        while len(self._left) > KEYS:
            self._left.popitem(last=False)


def allowed(what: str, *tries: tuple[Buckets, Hashable]) -> None:
    """Take one try of each bucket.

    Raises:
        TooOften: one of them is empty; none was taken then.
    """
    for number, (buckets, key) in enumerate(tries):
        seconds = buckets.take(key)
        if seconds:
            for before, other in tries[:number]:
                before.give_back(other)
            raise TooOften(what, seconds)
