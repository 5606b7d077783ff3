"""Batches on disk while the server is away: one file a batch, oldest dropped first.

Each process writes into a folder of its own, which it holds locked while it lives. Folders of processes that
ended are taken over by the next one that looks.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from time import time_ns
from typing import Any, BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@dataclass(frozen=True)
class Packet:
    """A batch on its way: what the server needs to count it once, whose rows it holds, and its compressed
    body; `seal` names what the body is encrypted with, if it is.
    """

    key: str
    model: str
    version: str | None
    rows: dict[str, int]
    body: bytes
    sequence: int | None = None
    file: str | None = None
    seal: str = ""

    def to_bytes(self) -> bytes:
        """The content of a file: a line of JSON that says how long and what the body is, then the body."""
        head = {
            "key": self.key, "model": self.model, "version": self.version, "rows": self.rows,
            "bytes": len(self.body), "crc": zlib.crc32(self.body), "seal": self.seal,
        }  # fmt: skip
        return json.dumps(head).encode() + b"\n" + self.body

    @classmethod
    def from_bytes(cls, content: bytes, file: str, sequence: int | None) -> Packet:
        """What `to_bytes` wrote.

        Raises:
            ValueError: it is not complete or not what was written.
        """
        line, _, body = content.partition(b"\n")
        head = json.loads(line)
        if (
            not isinstance(head, dict)
            or head.get("bytes") != len(body)
            or head.get("crc") != zlib.crc32(body)
        ):
            raise ValueError("damaged")
        rows = {str(kind): int(count) for kind, count in head["rows"].items()}
        seal = str(head.get("seal", ""))
        return cls(str(head["key"]), str(head["model"]), head["version"], rows, body, sequence, file, seal)


SEALED = ".sealed"
"""The end of the names of packets that are encrypted."""

Lost = Callable[[Packet, str], None]
"""Takes a packet that is given up, and the reason."""


class Spool:
    """Files of this process, oldest first.

    Args:
        root: The folder for this server; see `folder_for`.
        limit_bytes: What the files of this process may take together.
        lost: Told about every packet that had to go.
        seal: Which encrypted packets of others may be taken over.
    """

    def __init__(self, root: Path, instance: str, limit_bytes: int, lost: Lost, seal: str = "") -> None:
        self._seal = seal
        self._root = root
        self._folder = root / instance
        self._limit = limit_bytes
        self._lost = lost
        self._lock: BinaryIO | None = None
        self._files: dict[str, tuple[int, int | None]] = {}
        self.bytes = 0
        self._open()

    def _open(self) -> None:
        """Make and lock the folder under another name, so that nobody takes it for an abandoned one."""
        private_folder(self._root)
        new = self._root / f".{self._folder.name}"
        new.mkdir(mode=0o700)
        lock = (new / "lock").open("wb")
        try:
            if not _locked(lock):
                raise OSError(f"{new} cannot be locked")
            new.rename(self._folder)
        except OSError:
            lock.close()
            (new / "lock").unlink(missing_ok=True)
            new.rmdir()
            raise
        self._lock = lock

    def __len__(self) -> int:
        return len(self._files)

    def sequences(self) -> set[int]:
        """The batches of this process that are here."""
        return {sequence for _, sequence in self._files.values() if sequence is not None}

    def write(self, packet: Packet) -> None:
        """Keep a packet; the oldest go where room is missing.

        Raises:
            OSError: the disk does not take it.
        """
        content = packet.to_bytes()
        while self._files and self.bytes + len(content) > self._limit:
            self._drop(next(iter(self._files)))
        if len(content) > self._limit:
            self._lost(packet, "spool_full")
            return
        seal = f".{packet.seal}" if packet.seal else ""
        name = f"{time_ns():020d}-{packet.key}{seal}{SEALED if seal else '.batch'}"
        written = self._folder / f"{name}.new"
        try:
            written.write_bytes(content)
            written.rename(self._folder / name)
        except OSError:
            written.unlink(missing_ok=True)
            raise
        self._add(name, len(content), packet.sequence)

    def oldest(self) -> Packet | None:
        """The packet that waits longest; damaged files are counted and deleted."""
        while self._files:
            name, (_, sequence) = next(iter(self._files.items()))
            try:
                return Packet.from_bytes((self._folder / name).read_bytes(), name, sequence)
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                self._lost(_unreadable(name), "spool_damaged")
                self.remove(name)
        return None

    def remove(self, name: str) -> None:
        """Forget a file."""
        size, _ = self._files.pop(name, (0, None))
        self.bytes -= size
        (self._folder / name).unlink(missing_ok=True)

    def adopt(self) -> int:
        """Take over what processes that ended have left; says how many packets."""
        taken = 0
        for folder in sorted(self._root.iterdir()):
            if folder == self._folder or folder.name.startswith(".") or not (folder / "lock").is_file():
                continue
            try:
                with (folder / "lock").open("r+b") as lock:
                    if _locked(lock):
                        taken += self._empty(folder)
            except OSError:  # another process was faster
                continue
        # A dict is in the order of insertion; names begin with their time.
        self._files = dict(sorted(self._files.items()))
        while self._files and self.bytes > self._limit:
            self._drop(next(iter(self._files)))
        return taken

    def _empty(self, folder: Path) -> int:
        taken, others = 0, False
        for path in sorted(folder.iterdir()):
            if path.suffix == SEALED and path.suffixes[-2:-1] != [f".{self._seal}"]:
                others = True  # of a program with other settings, which alone can open it
            elif path.suffix in (".batch", SEALED):
                size = path.stat().st_size
                path.rename(self._folder / path.name)
                self._add(path.name, size, None)
                taken += 1
            elif path.name != "lock":
                path.unlink()
        if not others:
            (folder / "lock").unlink()
            folder.rmdir()
        return taken

    def close(self) -> None:
        """Let the next process have what is left."""
        if self._lock is None:
            return
        if not self._files:
            (self._folder / "lock").unlink(missing_ok=True)
            with suppress(OSError):  # something else lies there
                self._folder.rmdir()
        self.forget()

    def forget(self) -> None:
        """After a fork: the files and the lock are the parent's."""
        if self._lock is not None:
            self._lock.close()
        self._lock = None
        self._files = {}
        self.bytes = 0

    def _add(self, name: str, size: int, sequence: int | None) -> None:
        self._files[name] = (size, sequence)
        self.bytes += size

    def _drop(self, name: str) -> None:
        try:
            sequence = self._files[name][1]
            packet = Packet.from_bytes((self._folder / name).read_bytes(), name, sequence)
            self._lost(packet, "spool_full")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._lost(_unreadable(name), "spool_damaged")
        self.remove(name)


def _unreadable(name: str) -> Packet:
    """What is known of a damaged file: it was one batch."""
    return Packet(name, "", None, {"batches": 1}, b"")


def _locked(file: BinaryIO) -> bool:
    """Whether the lock of a folder could be had without waiting."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def folder_for(url: str, spool: str | None) -> Path:
    """Where batches for a server are kept: in `spool`, else in the machine's folder for temporary files."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    root = Path(spool) if spool else Path(gettempdir(), f"leadline-{user}")
    return root / sha256(url.encode()).hexdigest()[:12]


def private_folder(path: Path) -> None:
    """Make a folder that only this user can read.

    Raises:
        OSError: it cannot be made, or somebody else has made it.
    """
    for folder in (path.parent, path):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
            raise OSError(f"{folder} belongs to somebody else")


def keep_policy(root: Path, model: str, policy: Any) -> None:
    """Remember what the server wants of a model, for a start without it."""
    private_folder(root)
    path = _policy_file(root, model)
    written = path.with_suffix(f".{os.getpid()}.new")
    written.write_text(json.dumps(policy), encoding="utf-8")
    written.replace(path)


def kept_policy(root: Path, model: str) -> Any:
    """What the server wanted of a model when it was last asked; None if that is not known."""
    try:
        return json.loads(_policy_file(root, model).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _policy_file(root: Path, model: str) -> Path:
    return root / f".policy-{sha256(model.encode('utf-8', 'replace')).hexdigest()[:16]}.json"
