"""Everything that runs behind the HTTP server."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import time

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.errors import ConfigurationError, DataError
from leadline.server.access import digest, new_token
from leadline.server.changes import Changes
from leadline.server.deliver import Deliverer
from leadline.server.ingest import Committer
from leadline.server.wire import decompressed, read_batch
from leadline.server.worker import Worker
from leadline.stores.contract import RowStore
from leadline.stores.duckdb_store import DuckDBStore
from leadline.stores.metadata import Metadata

DAYS = 90
"""Days of which verdicts speak by default."""


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

    Attributes:
        batches: taken since the start.
        readers: threads that `take` runs in.

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
    ) -> None:
        folder = Path(folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                "cannot make the folder", where=str(folder), found=error.strerror
            ) from None
        self.clock, self.days = clock, days
        self.store: RowStore = DuckDBStore(folder / "rows.duckdb")
        self.metadata = Metadata(folder / "leadline.sqlite")
        self.batches = 0
        self.changes = Changes()
        # Reading batches takes the processor: two at a time leave room for everything else.
        self.readers = ThreadPoolExecutor(2, "leadline-reader")
        self.committer = Committer(self.store)
        self.deliverer = Deliverer(self.metadata, clock)
        self.worker = Worker(self.store, self.metadata, clock, days, pause_seconds, self._told)

    def first_token(self) -> str | None:
        """A token that allows everything, if there is none of any kind yet. It is told once."""
        if self.metadata.tokens.all():
            return None
        token = new_token()
        self.metadata.tokens.add("first start", digest(token), "admin", self.clock())
        return token

    def take(self, body: bytes, encoding: str, key: str) -> Future[bytes]:
        """Read a batch and keep it; the future has the answer once it is durable.

        Raises:
            DataError: it is no batch, or too large.
            Busy: too much is waiting.
        """
        text = decompressed(body, encoding)
        batch = read_batch(text, key, self.clock())
        found = self.committer.submit(batch, len(text))
        self.batches += 1
        return found

    def set_baseline(self, model: str, content: bytes) -> Baseline:
        """Give a model a baseline, as `leadline baseline` saves it. All its rows are counted anew.

        Raises:
            DataError: it is no saved baseline.
        """
        found = loaded(content, "the baseline")
        if not isinstance(found, Baseline):
            raise DataError(
                "not a baseline", found="a profile", next_step="Make one with `leadline baseline`."
            )
        self.metadata.models.set_baseline(model, content, self.clock())
        return found

    def _told(self, model: str) -> None:
        self.deliverer.wake()
        self.changes.publish("judgement", model)

    def close(self) -> None:
        """Keep what waits, finish what is under way, and let go of the files."""
        self.changes.close()
        self.readers.shutdown()
        self.committer.close()
        self.worker.close()
        self.deliverer.close()
        self.metadata.close()
        self.store.close()
