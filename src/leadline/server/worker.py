"""Counting and judging, in a thread of their own: taking rows in waits for neither."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic

import msgspec

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.errors import DataError
from leadline.reports import json
from leadline.server import alerts, counting, judging
from leadline.server.summary import summary
from leadline.stores.contract import RowStore
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.judgements import Judgement

WORKING_SHARE = 0.25
"""Most of the time that is spent with counting and judging: buckets that change all the time wait longer."""

KEYS_KEPT = 8 * 86_400_000_000
"""Microseconds for which the key of a batch is known; a client may repeat one for a week."""

FORGETTING_SECONDS = 3600.0
"""Time between two looks for old keys."""

_log = logging.getLogger("leadline.server")


class Worker:
    """Counts what came in, judges what changed, and keeps what became of the alerts.

    Args:
        store, metadata: where everything is.
        clock: microseconds since 1970; tells when buckets are over.
        days: of which verdicts speak.
        pause_seconds: shortest time between two rounds.
        told: called with the model that was judged; messages may wait.
    """

    def __init__(
        self,
        store: RowStore,
        metadata: Metadata,
        clock: Callable[[], int],
        days: int,
        pause_seconds: float,
        told: Callable[[str], None],
    ) -> None:
        self._store, self._metadata, self._clock = store, metadata, clock
        self._days, self._pause, self._told = days, pause_seconds, told
        self._baselines: dict[str, tuple[int, Baseline]] = {}
        self._stopping, self._working = threading.Event(), threading.Lock()
        self.problems: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="leadline-worker")
        self._thread.start()

    def close(self) -> None:
        """Finish the model under way, and stop; the rest is done after the next start."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        pause, forget_at = 0.0, monotonic()
        while not self._stopping.wait(pause):
            began = monotonic()
            if began >= forget_at:
                self._forget_keys()
                forget_at = began + FORGETTING_SECONDS
            self.round()
            pause = max(self._pause, (monotonic() - began) * (1 / WORKING_SHARE - 1))

    def round(self) -> None:
        """Count and judge every model with a baseline, once. What fails for one does not stop the others."""
        with self._working:
            self._round()

    def _round(self) -> None:
        for model, known in self._metadata.models.baselines().items():
            if self._stopping.is_set():
                return
            try:
                self._work(model, self._baseline(model, known.revision))
                self.problems.pop(model, None)
            except Exception as error:
                # Whatever it is, it is tried again in the next round, and shown until then.
                self.problems[model] = f"{type(error).__name__}: {error}"
                _log.exception("model %r could not be judged", model)

    def _forget_keys(self) -> None:
        try:
            self._store.forget_keys(self._clock() - KEYS_KEPT)
        except Exception:
            _log.exception("old keys could not be forgotten")

    def _baseline(self, model: str, revision: int) -> Baseline:
        known = self._baselines.get(model)
        if known is None or known[0] != revision:
            found = loaded(self._metadata.models.baseline(model) or b"", f"the baseline of {model!r}")
            if not isinstance(found, Baseline):
                raise DataError("not a baseline", where=model)
            known = self._baselines[model] = revision, counting.live(found)
        return known[1]

    def _work(self, model: str, baseline: Baseline) -> None:
        if model not in self._store.models():
            return
        counting.count(self._store, model, baseline)
        grid = counting.grid_name(baseline)
        now = self._clock()
        kept = judging.closed(self._store.profiles(model, grid), now, self._days)
        before = self._metadata.judgements.of(model)
        digest = judging.digest(kept, grid)
        if not kept or (before is not None and before.digest == digest):
            return
        record = judging.judge(baseline, kept, model).record
        judgement = Judgement(
            model,
            before.revision + 1 if before is not None else 1,
            now,
            digest,
            record.verdict,
            record.headline,
            msgspec.json.encode(summary(record)),
            json.encode(record, indent=0),
        )
        problems = alerts.told(record)
        self._metadata.judgements.keep(judgement, lambda known: alerts.changed(known, problems, judgement))
        self._told(model)
