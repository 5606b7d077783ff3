"""Everything that runs behind the HTTP server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import time

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.errors import ConfigurationError, DataError, LeadlineError, RetryableError
from leadline.server.access.gate import digest, new_token
from leadline.server.access.signin import SignIn
from leadline.server.alerting.deliver.sending import Deliverer
from leadline.server.alerting.telling import GATHERING, Telling
from leadline.server.changes import Changes
from leadline.server.intake.committing import Committer
from leadline.server.intake.formats.cloudevents import Truth
from leadline.server.intake.pairs import Pairs, Whole, id_of
from leadline.server.intake.wire import Envelope, batch_of
from leadline.server.judging.worker import Worker
from leadline.server.keeping.backup import FACTS, ROWS
from leadline.server.looking.onboarding import Learner
from leadline.stores.contract import Batch, RowStore
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.audit import Told
from leadline.stores.metadata.database import try_write, unkept

DAYS = 90
"""Days of which verdicts speak by default."""

ROWS_PAUSE = 5_000_000
"""Shortest time between two words of a model's rows to who listens, microseconds."""

_OUTPUTS = ("", "score"), ("", "prediction")

_log = logging.getLogger("leadline.server")


def now() -> int:
    """Microseconds since 1970."""
    return int(time() * 1e6)


class Service:
    """A store and the threads that work on it, from now until `close`.

    Args:
        folder: where the files are; it is made where there is none, for nobody else to read.
        clock: microseconds since 1970.
        days: of which verdicts speak.
        pause_seconds: shortest time between two rounds of counting and judging.
        url: where people reach the server, for the links in messages; "": not known.
        private_targets: messages may go to this machine and into private networks.
        gather_seconds: for which a message waits for others of the same cause.

    Attributes:
        batches: taken since the start.
        latest: when predictions of a model came last since the start, microseconds since 1970.
        readers: threads that `take` runs in.
        sign_in: how people come in.
        learner: makes baselines of files and rows.

    Raises:
        RetryableError: another process has the store open.
        DataError: the files cannot be opened.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        clock: Callable[[], int] = now,
        days: int = DAYS,
        pause_seconds: float = 1.0,
        url: str = "",
        private_targets: bool = False,
        gather_seconds: float = GATHERING / 1e6,
        metadata_url: str | None = None,
    ) -> None:
        folder = Path(folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                "cannot make the folder", where=str(folder), found=error.strerror
            ) from None
        self.clock, self.days = clock, days
        self.store: RowStore = DuckDBStore(folder / ROWS)
        self.metadata = Metadata(metadata_url or folder / FACTS)
        self.sign_in = SignIn(self.metadata, clock)
        self.batches = 0
        self.latest: dict[str, int] = {}
        self._published: dict[str, int] = {}
        self.changes = Changes()
        self.pairs = Pairs(self._has_outputs)
        # Reading batches takes the processor: two at a time leave room for everything else.
        self.readers = ThreadPoolExecutor(2, "leadline-reader")
        self.committer = Committer(self.store)
        self.learner = Learner(self._learned)
        self.private_targets = private_targets
        self.telling = Telling(self.metadata, url, int(gather_seconds * 1e6))
        self.deliverer = Deliverer(self.metadata, clock, private_targets, self._wake)
        self.worker = Worker(
            self.store, self.metadata, clock, days, pause_seconds, self._told, self.keep_late, self.telling
        )

    def printed_token(self) -> str:
        """A token that allows everything, in the place of the one that this gave before. It is told once."""
        token, name = new_token(), "leadline up"
        with self.metadata.database.transaction() as own:
            self.metadata.tokens.remove_named(own, name)
            self.metadata.tokens.add(own, name, digest(token), "admin", self.clock())
            told = Told(self.clock(), name, "tokens.printed", "", "", {"scope": "admin"})
            self.metadata.audit.add(own, told)
        return token

    def take(self, batch: Batch, size: int) -> Future[bytes]:
        """Keep a batch that was so many bytes; the future has the answer once it is durable.

        Raises:
            Busy: too much is waiting.
        """
        found = self.committer.submit(batch, size)
        found.add_done_callback(lambda done: self._kept(batch, done))
        self.batches += 1
        return found

    def _kept(self, batch: Batch, done: Future[bytes]) -> None:
        if "predictions" not in batch.sections or done.cancelled() or done.exception() is not None:
            return
        now = self.clock()
        self.latest[batch.model] = now
        if now - self._published.get(batch.model, 0) >= ROWS_PAUSE:
            self._published[batch.model] = now
            self.changes.publish("rows", batch.model)

    def take_wholes(self, wholes: Sequence[Whole]) -> list[Future[bytes]]:
        """Keep predictions that serving logged as events.

        Raises:
            DataError: their rows cannot be kept.
            Busy: too much is waiting.
        """
        found = []
        for whole in wholes:
            envelope = Envelope(1, whole.model, whole.version, predictions=list(whole.rows))
            found.append(self.take(batch_of(envelope, whole.key, self.clock()), 1000 * len(whole.rows)))
        return found

    def _has_outputs(self, model: str) -> bool:
        """It has sent a score or a prediction."""
        if model not in self.store.models():
            return False
        with self.store.looking(model, 0) as look:
            return any(key.section == "scores" or key[:2] in _OUTPUTS for key in look.fields())

    def take_truth(self, truth: Truth) -> tuple[int, list[Future[bytes]]]:
        """Keep what became known of logged predictions; the number of labels and feedback.

        Raises:
            DataError: they cannot be kept.
            Busy: too much is waiting.
        """
        size = max(1, len(truth.labels))
        ids = [id_of(truth.id, place, size) for place in range(size)]
        shared = {"timestamp": truth.moment}
        envelope = Envelope(
            1,
            truth.model,
            labels=[{**shared, "id": ids[place], "label": label} for place, label in enumerate(truth.labels)]
            or None,
            feedback=[{**shared, "id": one, "name": "reward", "value": truth.reward} for one in ids]
            if truth.reward is not None
            else None,
        )
        batch = batch_of(envelope, f"cloudevent/{truth.model}/feedback/{truth.event}", self.clock())
        rows = sum(len(section) for section in batch.sections.values())
        return rows, [self.take(batch, 1000 * size)]

    def knows(self, model: str) -> bool:
        """It has sent something, or has a baseline."""
        return model in self.store.models() or model in self.metadata.models.baselines()

    def try_writing(self) -> None:
        """Where the last write was not kept: try again with one that changes nothing.

        A proxy sends nothing to a server that is not ready, so it cannot wait for a write to come. What the
        worker and the deliverer write they try again by themselves; until they can, a write elsewhere proves
        nothing.

        Raises:
            RetryableError: nothing can be kept yet, or not everything.
        """
        if self.committer.outcome.problem:
            with self.committer.outcome.noted():
                self.store.try_write()
        if self.metadata.database.outcome.problem:
            try_write(self.metadata.database)
        for what, refused in (
            ("what is counted and judged cannot be kept", self.worker.refused),
            ("what became of messages cannot be kept", self.deliverer.refused),
        ):
            if refused:
                raise RetryableError(
                    what, found=refused, next_step="It is tried again all the time; what comes in is kept."
                )

    def set_baseline(self, model: str, content: bytes) -> Baseline:
        """Give a model a baseline, as `leadline baseline` saves it. All its rows are counted anew.

        Raises:
            DataError: it is no saved baseline, or a column of it has a name that nothing can keep.
        """
        found = loaded(content, "the baseline")
        if not isinstance(found, Baseline):
            raise DataError(
                "not a baseline", found="a profile", next_step="Make one with `leadline baseline`."
            )
        if wrong := [column.name for column in found.schema if unkept(column.name)]:
            raise DataError(
                "not a name of a column", found=f"{unkept(wrong[0])} in {wrong[0][:60]!r}",
                accepted="texts of Unicode without null characters",
            )  # fmt: skip
        self.metadata.models.set_baseline(model, content, self.clock())
        return found

    def _learned(self, model: str, content: bytes) -> None:
        self.set_baseline(model, content)
        self.changes.publish("judgement", model)

    def _told(self, model: str) -> None:
        self.deliverer.wake()
        self.changes.publish("judgement", model)

    def _wake(self, now: int) -> None:
        for model in self.telling.wake(now):
            self.changes.publish("alert", model)

    def keep_late(self) -> None:
        """Keep what serving logged of requests whose other half did not come."""
        self._keep_halves(self.pairs.late(self.clock() / 1e6))

    def _keep_halves(self, wholes: Sequence[Whole]) -> None:
        try:
            for future in self.take_wholes(wholes):
                future.result()
        except LeadlineError:
            _log.exception("%d logged requests could not be kept", len(wholes))

    def close(self) -> None:
        """Keep what waits, finish what is under way, and let go of the files."""
        self.changes.close()
        self.readers.shutdown()
        self.learner.close()
        self._keep_halves(self.pairs.rest())
        self.committer.close()
        self.worker.close()
        self.deliverer.close()
        self.metadata.close()
        self.store.close()
