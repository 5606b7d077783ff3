"""Keeping what comes in: many requests, one transaction."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future

from leadline.errors import LeadlineError, RetryableError
from leadline.server.intake.answer import holds_nothing, without
from leadline.server.intake.bounds import TooLarge
from leadline.stores.contract import Batch, RowStore, TooManyFields
from leadline.stores.outcome import Outcome

ROWS_AT_ONCE = 200_000
"""Rows beyond which a transaction takes no further batch."""


class Busy(RetryableError):
    """More is waiting to be kept than may wait."""


class Committer:
    """One thread that keeps what waits, as much as there is, in one transaction.

    While one transaction is written the next batches gather, so that a busy server writes few large ones.

    Args:
        store: where.
        waiting_bytes: most bytes that may wait, as requests had them.

    Attributes:
        outcome: of the last transaction.
    """

    def __init__(self, store: RowStore, waiting_bytes: int = 256 << 20) -> None:
        self._store, self._limit = store, waiting_bytes
        self.outcome = Outcome()
        self._queue: queue.SimpleQueue[tuple[Batch, int, Future[bytes]] | None] = queue.SimpleQueue()
        self._changing = threading.Lock()
        self._waiting = 0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="leadline-committer")
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Bytes that wait."""
        return self._waiting

    def submit(self, batch: Batch, size: int) -> Future[bytes]:
        """Keep a batch of so many bytes; the future has the answer once the batch is durable, or the error.

        Rows with columns for which their model has no room are refused in the answer. A batch that holds
        nothing makes no model: it is answered, and not kept.

        Raises:
            Busy: too much waits already, or the committer is closed.
        """
        future: Future[bytes] = Future()
        if self._is_nothing(batch):
            future.set_result(batch.answer)
            return future
        with self._changing:
            if self._closed:
                raise Busy("the server is stopping")
            if self._waiting and self._waiting + size > self._limit:
                raise Busy("too much is waiting to be kept")
            self._waiting += size
            self._queue.put((batch, size, future))
        return future

    def close(self) -> None:
        """Keep what waits, and stop."""
        with self._changing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            first = self._queue.get()
            if first is None:
                return
            group, rows = [first], _rows(first[0])
            while rows < ROWS_AT_ONCE and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    last = True
                    break
                group.append(following)
                rows += _rows(following[0])
            self._keep(group)
            with self._changing:
                self._waiting -= sum(size for _, size, _ in group)

    def _keep(self, group: list[tuple[Batch, int, Future[bytes]]]) -> None:
        try:
            with self.outcome.noted():
                answers = self._append([batch for batch, _, _ in group])
        except Exception as error:
            # One batch that cannot be kept must not keep the others out.
            if len(group) > 1:
                for one in group:
                    self._keep([one])
                return
            answers = [
                error
                if isinstance(error, LeadlineError)
                else RetryableError("the rows could not be kept", found=f"{type(error).__name__}: {error}")
            ]
        for (_, _, future), answer in zip(group, answers, strict=True):
            if isinstance(answer, LeadlineError):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _append(self, batches: list[Batch]) -> list[bytes | LeadlineError]:
        """As the store does; of a batch with columns for which there is no room, the rows without them."""
        answers = self._store.append(batches)
        for place, answer in enumerate(answers):
            if isinstance(answer, TooManyFields):
                try:
                    rest = without(batches[place], answer.beyond)
                except TooLarge as error:
                    answers[place] = error
                    continue
                answers[place] = rest.answer if self._is_nothing(rest) else self._store.append([rest])[0]
        return answers

    def _is_nothing(self, batch: Batch) -> bool:
        """It would make a model of nothing."""
        return holds_nothing(batch) and batch.model not in self._store.models()


def _rows(batch: Batch) -> int:
    return sum(len(rows) for rows in batch.sections.values())
