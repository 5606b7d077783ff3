"""Whether what was written last was kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from leadline.errors import RetryableError


class Outcome:
    """Of the last try to write into a store.

    Attributes:
        problem: why nothing was kept; "": it was, or nothing was written yet.
    """

    problem = ""

    @contextmanager
    def noted(self) -> Iterator[None]:
        """What is done within it is a try to write."""
        try:
            yield
        except RetryableError as error:
            self.problem = str(error)
            raise
        self.problem = ""
