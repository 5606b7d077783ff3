"""Threads that count, and how long one may keep the interpreter from the others."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

SECONDS = 1e-4
"""Python's own 5 ms are longer than most steps: who has to wait so long for each leaves its core idle."""

_lock = threading.Lock()
_within = 0
_before = 0.0


@contextmanager
def short_turns() -> Iterator[None]:
    """Threads take over from each other sooner meanwhile, in the whole process; several may be within."""
    global _within, _before
    with _lock:
        if _within == 0:
            _before = sys.getswitchinterval()
            sys.setswitchinterval(min(SECONDS, _before))
        _within += 1
    try:
        yield
    finally:
        with _lock:
            _within -= 1
            if _within == 0:
                sys.setswitchinterval(_before)


@contextmanager
def counting_threads(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of so many threads, which take short turns."""
    with short_turns(), ThreadPoolExecutor(threads) as pool:
        yield pool
