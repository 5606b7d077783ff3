"""A progress bar on standard error for work that takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_QUIET_SECONDS = 2.0
_EVERY_SECONDS = 0.1
_BAR = 24


class Bar:
    """Draws `leadline.progress.Progress` on one line: share, rows, rate and remaining time.

    It stays silent where the stream is no terminal and for the first two seconds.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        terminal: bool | None = None,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._start = self._drawn_at = clock()
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._rows: int | None = None
        self._begun = (self._start, 0)
        self._drawn = 0

    def __call__(self, rows_done: int, rows_total: int | None) -> None:
        now = self._clock()
        if self._rows is None or rows_done < self._rows:
            # This side begins: what came before, such as learning the grid, is no part of its rate.
            self._begun = (now, rows_done)
        self._rows = rows_done
        if not self._terminal or now - self._start < _QUIET_SECONDS or now - self._drawn_at < _EVERY_SECONDS:
            return
        self._drawn_at = now
        seconds, rows = now - self._begun[0], rows_done - self._begun[1]
        self._draw(_line(rows_done, rows_total, rows / seconds if seconds > 0 else 0.0))

    def close(self) -> None:
        """Wipe the line."""
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._stream.flush()
            self._drawn = 0

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _draw(self, line: str) -> None:
        self._stream.write("\r" + line.ljust(self._drawn))
        self._stream.flush()
        self._drawn = len(line)


def _line(done: int, total: int | None, rate: float) -> str:
    if not rate:
        return f"{_short(done)} rows"
    text = f"{_short(done)} rows, {_short(rate)} rows/s"
    if not total:
        return text
    share = min(done / total, 1.0)
    bar = ("#" * round(_BAR * share)).ljust(_BAR, "-")
    return f"[{bar}] {share:4.0%}  {text}, {_duration((total - done) / rate)} left"


def _short(number: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:.0f}"


def _duration(seconds: float) -> str:
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
