"""Work that is tried again in each round, whatever goes wrong with it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from leadline.errors import LeadlineError, RetryableError

_log = logging.getLogger("leadline.server")


class Trying:
    """What could not be done when it was last tried. It is told once, until it is something else.

    Attributes:
        problems: by name of the work, what was wrong; nothing where it was done.
    """

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        self._refused: set[str] = set()
        self._tried: set[str] = set()

    @contextmanager
    def tried(self, name: str, message: str) -> Iterator[None]:
        """What is done within it may fail: the next round tries it again.

        Args:
            message: what is said then, with a `%r` for the name.
        """
        self._tried.add(name)
        try:
            yield
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            if self.problems.get(name) != said:
                # Our own errors say what is wrong; of others it is to be seen where they come from.
                own = isinstance(error, LeadlineError)
                _log.error(f"{message}; it is tried again: %s", name, said, exc_info=not own)
            self.problems[name] = said
            (self._refused.add if isinstance(error, RetryableError) else self._refused.discard)(name)
        else:
            self.problems.pop(name, None)
            self._refused.discard(name)

    def forget_untried(self) -> None:
        """What was not tried since the last call is not there any more, and has no problem."""
        for name in self.problems.keys() - self._tried:
            del self.problems[name]
            self._refused.discard(name)
        self._tried.clear()

    @property
    def refused(self) -> str:
        """What a store or database did not do when it was last tried; "" where it did everything."""
        return next((self.problems.get(name, "") for name in sorted(self._refused)), "")
