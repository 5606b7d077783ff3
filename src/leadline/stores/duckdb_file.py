"""The file of the embedded store: open as long as the store is, and opened again where it had to give up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOSPC
from pathlib import Path
from typing import Any

from leadline.errors import DataError, RetryableError
from leadline.stores.duckdb_tables import open_tables
from leadline.stores.owned import Owned

THRESHOLD = "64MB"
"""Size of the log beside the file at which all of it goes into the file."""

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "checkpoint_threshold": THRESHOLD,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class DuckDBFile:
    """A file that this process owns.

    Where the disk is full at the wrong moment DuckDB gives up its connection for good, and loses nothing: the
    next call opens the file again.

    Args:
        path: it is made where there is none.
        threads: that a query may use; None: one for each core.

    Attributes:
        path: of the file.
        opened: how often it was opened.

    Raises:
        DataError: the file is no store, or one of a later version.
        RetryableError: another process has it open.
    """

    def __init__(self, path: Path, threads: int | None) -> None:
        self.path, self.opened = path, 0
        self._settings = _SETTINGS | ({} if threads is None else {"threads": threads})
        self._opening = threading.Lock()
        self._connection: Any = None
        self._writer: Any = None
        self._owned = _owned(path)
        try:
            self._connected()
        except BaseException:
            self._owned.close()
            raise

    def ready(self) -> int:
        """Open the file, where it is not; how often it was opened."""
        self._connected()
        return self.opened

    @property
    def writer(self) -> Any:
        """The one cursor that writes rows; whoever uses it sees to it that nobody else does.

        Raises:
            RetryableError: the file cannot be opened now.
        """
        self._connected()
        return self._writer

    @contextmanager
    def reader(self) -> Iterator[Any]:
        """A cursor of its own.

        Raises:
            RetryableError: the store could not go on; trying again may help.
        """
        with self.told():
            cursor = self._connected().cursor()
            try:
                yield cursor
            finally:
                cursor.close()

    @contextmanager
    def told(self) -> Iterator[None]:
        """What DuckDB could not do becomes an error that trying again may mend."""
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            if isinstance(error, duckdb.FatalException):
                self._give_up()
            raise _problem(error, self.path) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._opening:
            self._drop()
            self._owned.close()

    def _connected(self) -> Any:
        import duckdb

        with self._opening:
            if self._connection is not None:
                return self._connection
            try:
                self._connection = duckdb.connect(str(self.path), config=self._settings)
                self._writer = self._connection.cursor()
                open_tables(self._writer, str(self.path))
            except duckdb.Error as error:
                self._drop()
                if self.opened or _is_full(error):
                    raise _problem(error, self.path) from None
                if "lock" in str(error):
                    raise _taken(self.path) from None
                raise DataError(
                    "cannot open the store", where=str(self.path), found=str(error)[:300]
                ) from None
            except BaseException:
                self._drop()
                raise
            self.opened += 1
            return self._connection

    def _give_up(self) -> None:
        with self._opening:
            self._drop()

    def _drop(self) -> None:
        import duckdb

        for one in (self._writer, self._connection):
            if one is not None:
                with suppress(duckdb.Error):
                    one.close()
        self._writer = self._connection = None


def _owned(path: Path) -> Owned:
    try:
        return Owned(path)
    except BlockingIOError:
        raise _taken(path) from None
    except OSError as error:
        if error.errno == ENOSPC:
            raise _full(path) from None
        raise DataError("cannot open the store", where=str(path), found=error.strerror) from None


def _taken(path: Path) -> RetryableError:
    return RetryableError("another process has the store open", where=str(path), next_step="Stop it first.")


def _is_full(error: Exception) -> bool:
    return "No space left" in str(error)


def _problem(error: Exception, path: Path) -> RetryableError:
    if _is_full(error):
        return _full(path)
    return RetryableError("the store could not do this", found=str(error)[:300])


def _full(path: Path) -> RetryableError:
    return RetryableError(
        "the disk is full: nothing of this was kept", where=path.name,
        next_step="Make room on the server, and send it again.",
    )  # fmt: skip
