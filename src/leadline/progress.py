"""How long work tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then, from one thread, while rows are counted."""

    def __call__(self, rows_done: int, rows_total: int | None) -> None:
        """`rows_done` rows of this side are counted, of `rows_total` where that is known."""
        ...
