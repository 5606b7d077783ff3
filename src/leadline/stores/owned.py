"""Files of which one process at a time may be the owner."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Owned:
    """What a path names belongs to this process, from now until `close` or the end of the process.

    A file beside it is locked. The lock of a database itself would not do: it ends when this process closes
    the file anywhere, as a backup does that has read it.

    Args:
        path: of what is owned.

    Raises:
        BlockingIOError: it belongs to somebody else.
        OSError: the file beside it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.with_name(f"{path.name}.lock").open("ab")
        try:
            if sys.platform == "win32":
                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise BlockingIOError(*error.args) from None

    def close(self) -> None:
        """Let go."""
        if not self._file.closed:
            if sys.platform == "win32":
                with suppress(OSError):
                    msvcrt.locking(self._file.fileno(), msvcrt.LK_UNLCK, 1)
            self._file.close()
