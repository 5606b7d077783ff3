"""Threads beside the calling one, and how long one may keep the interpreter from the others."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

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
def threads_in_turns(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of so many threads, which take short turns."""
    with short_turns(), ThreadPoolExecutor(threads) as pool:
        yield pool


@contextmanager
def meanwhile(work: Callable[[], T], threads: int | None) -> Iterator[Callable[[], T]]:
    """Do something in a thread of its own while the caller goes on within.

    The thread ends before this does. NumPy's warnings are on or off in it as in the caller.

    Args:
        work: shares nothing with the caller that either of them changes.
        threads: how many there may be, one for each core by default; with one the work is done when its
            result is asked for.

    Yields:
        What waits for the result, or raises what the work raised; to be called once, within.
    """
    if (threads or os.cpu_count() or 1) == 1:
        yield work
        return
    with threads_in_turns(1) as pool:
        yield pool.submit(copy_context().run, work).result
