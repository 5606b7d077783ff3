"""Counting and judging, in a thread of their own: taking rows in waits for neither."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

import msgspec

from leadline.baselines.baseline import Baseline
from leadline.reports import json
from leadline.reports.record import ReportRecord
from leadline.schedule import DAY
from leadline.schema import Role
from leadline.server.alerting import alerts, events
from leadline.server.alerting.telling import Telling
from leadline.server.judging import counting
from leadline.server.judging import judge as judging
from leadline.server.judging.baselines import Baselines
from leadline.server.judging.features import features
from leadline.server.judging.fleet import Shares, shares
from leadline.server.judging.numbers import numbers
from leadline.server.judging.operations import shown as shown_of_operations
from leadline.server.judging.operations_told import told as told_of_operations
from leadline.server.judging.operations_watch import Watched, Watcher
from leadline.server.judging.summary import summary
from leadline.server.keeping.kept import Keeper
from leadline.server.keeping.retention import until
from leadline.server.trying import Trying
from leadline.settings import Settings
from leadline.stores.contract import Bucket, RowStore
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.database import Transaction
from leadline.stores.metadata.judgements import Judgement

WORKING_SHARE = 0.25
"""Most of the time that is spent with counting and judging: buckets that change all the time wait longer."""

KEYS_KEPT = 8 * DAY
"""Microseconds for which the key of a batch is known; a client may repeat one for a week."""

LETTING_GO_SECONDS = 2.0
"""Most seconds after each round for what is old; a slice is always finished."""

NUMBERS_DAYS = 2.0
"""Days of serving of which the latest numbers are told; older ones are old news."""

FORGETTING_SECONDS = 3600.0
"""Time between two looks for old keys."""


class Worker:
    """Counts what came in, judges what changed, and keeps what became of the alerts.

    Args:
        store, metadata: where everything is.
        clock: microseconds since 1970; tells when buckets are over.
        days: of which verdicts speak.
        pause_seconds: shortest time between two rounds.
        told: called with the model that was judged; messages may wait.
        before: called before each round, for what waits to be kept.
        telling: keeps what becomes of alerts, and tells of it.

    Attributes:
        problems: by model, why the last round could not judge it.
    """

    def __init__(
        self,
        store: RowStore,
        metadata: Metadata,
        clock: Callable[[], int],
        days: int,
        pause_seconds: float,
        told: Callable[[str], None],
        before: Callable[[], None],
        telling: Telling,
    ) -> None:
        self._store, self._metadata, self._clock, self._telling = store, metadata, clock, telling
        self._days, self._pause, self._told, self._before = days, pause_seconds, told, before
        self._baselines = Baselines(metadata.models)
        self._watcher = Watcher(store)
        self._waiting: dict[str, counting.Open] = {}
        self._keeper = Keeper(store, metadata, clock, days, self.baseline)
        self._stopping, self._working, self._next = threading.Event(), threading.Lock(), threading.Lock()
        self._steps, self._models = Trying(), Trying()
        self.problems = self._models.problems
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
                self._tried(self._forget_keys)
                forget_at = began + FORGETTING_SECONDS
            self._tried(self.round)
            self._tried(self.let_go)
            pause = max(self._pause, (monotonic() - began) * (1 / WORKING_SHARE - 1))

    def _tried(self, work: Callable[[], object]) -> None:
        """A database that is away, or takes nothing, ends no thread: it may be back a second later."""
        with self._steps.tried(work.__name__, "the worker could not go on with %r"):
            work()

    @property
    def refused(self) -> str:
        """What a store or database did not do for the last round; "" where it did everything."""
        return self._steps.refused or self._models.refused

    def round(self, only: str | None = None) -> None:
        """Count and judge every model with a baseline, or only one, once. What fails for one does not stop
        the others.
        """
        self._before()
        fleet = shares(self._metadata)
        for model in self._metadata.models.baselines():
            if self._stopping.is_set():
                return
            if only in (None, model):
                with self.paused(), self._models.tried(model, "model %r could not be judged"):
                    self._work(model, fleet)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is counted or judged meanwhile. Whoever asks waits for one model at most, however many are
        still to be judged: who is next is settled before the work of another begins.
        """
        with self._next:
            self._working.acquire()
        try:
            yield
        finally:
            self._working.release()

    def let_go(self, anew: bool = False, seconds: float = LETTING_GO_SECONDS) -> bool:
        """Let go what is old, for so many seconds; whether the pass is over.

        Args:
            anew: begin a pass now, not when it is time.
        """
        with self.paused():
            if anew:
                self._keeper.begin()
            return self._keeper.go_on(until(seconds, self._stopping.is_set))

    def features(self, model: str) -> list[str]:
        """Names of a model's inputs, as its baseline has them; none where it has no baseline."""
        # Serving logs all the time: the database is asked only for what is not known yet.
        known = self._baselines.known(model) or self.baseline(model)
        schema = known.schema if known is not None else ()
        return [column.name for column in schema if column.role is Role.FEATURE]

    def baseline(self, model: str) -> Baseline | None:
        """The baseline of a model, as its rows are counted on it."""
        return self._baselines.of(model)

    def learned_with(self, model: str) -> dict[str, Any]:
        """The options that a model's baseline was learned with, where they are not the default."""
        found = self.baseline(model)
        if found is None:
            return {}
        usual: dict[str, Any] = msgspec.to_builtins(Settings())
        given: dict[str, Any] = msgspec.to_builtins(found.settings)
        return {name: value for name, value in given.items() if value != usual[name]}

    def counted_anew(self, model: str) -> tuple[int, int] | None:
        """Of a model whose rows are counted anew, as on a new baseline: buckets that are, and all of them."""
        waiting = self._waiting.get(model)
        return None if waiting is None else waiting.anew

    def closed(self, model: str, baseline: Baseline) -> list[Bucket]:
        """The buckets of a model that are judged now."""
        buckets = self._store.buckets(model, counting.grid_name(baseline))
        if baseline.profile.name == model and baseline.profile.end is not None:
            # The reference is the model's own rows: these are not judged against themselves.
            buckets = [one for one in buckets if one.start > baseline.profile.end]
        return judging.closed(buckets, self._clock(), self._days)

    def watched(self, model: str) -> Watched | None:
        """What the last round knew of a model's operations; None before its first hour is over."""
        if model not in self._store.models():
            return None
        now = self._clock()
        return self._watcher.known(model, now) or self._watcher.look(model, self.baseline(model), now)

    def _forget_keys(self) -> None:
        self._store.forget_keys(self._clock() - KEYS_KEPT)

    def _work(self, model: str, fleet: Shares) -> None:
        baseline = self.baseline(model)
        if baseline is None or model not in self._store.models():
            return
        waiting = self._waiting.setdefault(model, counting.Open())
        counting.count(self._store, model, baseline, self._clock(), waiting)
        now, options = self._clock(), fleet.options(model, self._metadata.options.of(model).options)
        buckets = self.closed(model, baseline)
        revision, told_before = self._metadata.judgements.last(model)
        watched = self._watcher.look(model, baseline, now)
        if not buckets:
            return
        happened = events.told(self._metadata.events, model, buckets[0].start, buckets[-1].end)
        of_data = judging.digest(buckets, counting.grid_name(baseline), options, happened)
        digest = of_data + (watched.digest if watched is not None else "")
        if told_before == digest:
            return
        shown: dict[str, bytes] | None = None
        versions: Mapping[str, int] = {}
        record = self._said(model) if told_before.startswith(of_data) else None
        if record is None:
            profile = judging.merged(self._store, model, baseline, buckets)
            report = judging.judge(baseline, profile, buckets[-1].end, options, happened)
            record = fleet.said(model, report.record)
            shown = {one.feature: msgspec.json.encode(one) for one in features(baseline, profile, record)}
            versions = events.new_versions(baseline.profile, profile)
        judgement = Judgement(
            model,
            revision + 1,
            now,
            digest,
            record.verdict,
            record.headline,
            msgspec.json.encode(summary(record)),
            json.encode(record, indent=0),
        )
        problems = alerts.told(record) + (told_of_operations(watched) if watched is not None else [])

        def follows(own: Transaction) -> None:
            events.keep(own, self._metadata.events, model, versions, now)
            self._telling.judged(own, model, problems, record, now)

        told = numbers(record, shown_of_operations(model, watched, now, NUMBERS_DAYS))
        self._metadata.judgements.keep(judgement, follows, shown, msgspec.json.encode(told))
        self._told(model)

    def _said(self, model: str) -> ReportRecord | None:
        """The record that was last made of a model's data: it stays while only its operations change."""
        known = self._metadata.judgements.of(model)
        return None if known is None or known.report is None else json.decode(known.report)
