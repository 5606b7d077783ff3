"""Large contents by their digest, in one SQLite file beside a store's rows.

DuckDB reads two thousand values of a column at a time, keeps them in memory meanwhile, and gives the room of
deleted ones back by a hundred thousand: too much, where a value is a profile of a megabyte. Here each is read
on its own, and the room of one that is gone is written over.

Contents never change, so whoever keeps one before it refers to it needs no transaction over both files: what
nobody refers to is dropped when the store is opened.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from leadline.errors import DataError, RetryableError

_SETTINGS = (
    # Before anything else: a file keeps the size of its pages.
    "page_size = 32768",
    "journal_mode = WAL",
    "synchronous = FULL",
    # What is dropped is written over with zeros.
    "secure_delete = ON",
)
_CHECKPOINT = 500
"""Pages of the log beside the file at which they go into the file."""


def digest(content: bytes) -> str:
    """Names a content; "" names the empty one, which is not kept."""
    return hashlib.sha256(content).hexdigest()[:32] if content else ""


class Contents:
    """Contents by their digest; every method may be called from any thread.

    Args:
        path: of the file; it is made where there is none.

    Raises:
        DataError: the file is none of SQLite.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, threading.Lock()
        try:
            self._own = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for setting in _SETTINGS:
                self._own.execute(f"PRAGMA {setting}")
            self._own.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
            self._own.execute("CREATE TABLE IF NOT EXISTS contents (digest TEXT PRIMARY KEY, content BLOB)")
        except sqlite3.Error as error:
            raise DataError("cannot open the store", where=str(path), found=str(error)) from None

    def put(self, contents: Sequence[bytes]) -> list[str]:
        """Keep some contents durably, those that are known once; returns their digests.

        Raises:
            RetryableError: none was kept, and trying again may help.
        """
        digests = [digest(content) for content in contents]
        with self._transaction() as own:
            own.executemany(
                "INSERT OR IGNORE INTO contents VALUES (?, ?)",
                [pair for pair in zip(digests, contents, strict=True) if pair[0]],
            )
        return digests

    def get(self, digests: Collection[str]) -> Mapping[str, bytes]:
        """Those of some contents that are there, by digest; the empty one always is."""
        found = {"": b""}
        with self._lock, _told():
            for name in {*digests} - {""}:
                for (content,) in self._own.execute("SELECT content FROM contents WHERE digest = ?", [name]):
                    found[name] = content
        return found

    def drop(self, digests: Iterable[str]) -> None:
        """Forget some contents."""
        with self._transaction() as own:
            own.executemany("DELETE FROM contents WHERE digest = ?", ((name,) for name in digests))

    def digests(self) -> set[str]:
        """Of all contents."""
        with self._lock, _told():
            return {name for (name,) in self._own.execute("SELECT digest FROM contents")}

    def scrub(self) -> None:
        """Nothing that was dropped can be read from the files afterwards."""
        with self._lock, _told():
            self._own.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def snapshot(self) -> Iterator[tuple[Path, int]]:
        """The file, and how many bytes of it count; they do not change within the `with` block."""
        with self._lock, _told():
            self._own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._own.execute("PRAGMA wal_autocheckpoint = 0")
            size = self.path.stat().st_size
        try:
            yield self.path, size
        finally:
            with self._lock, _told():
                self._own.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._own.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _told():
            self._own.execute("BEGIN IMMEDIATE")
            try:
                yield self._own
            except BaseException:
                # Where the disk is full SQLite has done so by itself.
                if self._own.in_transaction:
                    self._own.execute("ROLLBACK")
                raise
            self._own.execute("COMMIT")


@contextmanager
def _told() -> Iterator[None]:
    """What SQLite could not do becomes an error that trying again may mend."""
    try:
        yield
    except sqlite3.Error as error:
        if "full" in str(error):
            raise RetryableError(
                "the disk is full: nothing of this was kept", next_step="Make room on the server."
            ) from error
        raise RetryableError("the store could not do this", found=str(error)[:300]) from error
