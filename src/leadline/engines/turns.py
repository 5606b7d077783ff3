"""Threads that count."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from leadline.turns import short_turns


@contextmanager
def counting_threads(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of so many threads, which take short turns."""
    with short_turns(), ThreadPoolExecutor(threads) as pool:
        yield pool
