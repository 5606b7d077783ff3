"""When what is old goes: in passes over all models, a little at a time, between two rounds of judging."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from leadline.baselines.baseline import Baseline
from leadline.schedule import DAY
from leadline.server.keeping import history, operations, retention
from leadline.server.keeping.retention import Old
from leadline.stores.contract import RowStore
from leadline.stores.metadata import Metadata

PASS_SECONDS = 600.0
"""Time from the end of a pass to the next one."""

STEP = DAY
"""Most that the clock of retention advances from one pass to the next."""

_log = logging.getLogger("leadline.server")


class Keeper:
    """Lets go what is old of every model, and of what was told.

    Args:
        store, metadata: where everything is.
        clock: microseconds since 1970.
        days: of which verdicts speak; so long buckets stay as narrow as they are judged.
        baseline: of a model, with a calendar.
    """

    def __init__(
        self,
        store: RowStore,
        metadata: Metadata,
        clock: Callable[[], int],
        days: int,
        baseline: Callable[[str], Baseline | None],
    ) -> None:
        self._store, self._metadata, self._clock, self._baseline = store, metadata, clock, baseline
        self._days = days
        self._next = monotonic()
        self._now = 0
        self._left: list[str] = []
        self._telling = False

    def begin(self) -> None:
        """Begin a pass now."""
        self._now = self._metadata.retention.clock(self._clock(), STEP)
        self._left = self._store.models()
        self._telling = True

    def go_on(self, working: Callable[[], bool]) -> bool:
        """Go on with the pass, and begin the next one where it is time; whether it is over.

        What fails for one model does not stop the others, and is tried again in the next pass.
        """
        if not self._left and not self._telling:
            if monotonic() < self._next:
                return True
            self.begin()
        while self._left and working():
            if self._is_done(self._left[-1], working):
                self._left.pop()
        if not self._left and self._telling:
            self._telling = not self._is_told_done(working)
        done = not self._left and not self._telling
        if done:
            self._next = monotonic() + PASS_SECONDS
        return done

    def _is_done(self, model: str, working: Callable[[], bool]) -> bool:
        try:
            old = Old.of(self._metadata.retention.of(model), self._now)
            old = replace(old, buckets=min(old.buckets, self._now - self._days * DAY))
            baseline = self._baseline(model)
            done = retention.keep(self._store, model, baseline, old, working)
            if done:
                operations.keep(self._store, model, baseline, old, self._now)
            return done
        except Exception:
            _log.exception("what is old of model %r could not be let go", model)
            return True

    def _is_told_done(self, working: Callable[[], bool]) -> bool:
        try:
            return history.keep(self._metadata, self._now, self._days, working)
        except Exception:
            _log.exception("what was told could not be let go")
            return True
