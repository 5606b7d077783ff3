"""An archive that is written as it is read: a tar of parts of known size, and of what each of them holds."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from leadline.errors import DataError

MANIFEST = "manifest.json"
"""The last part: names of all others, with their sizes and digests, and what they hold."""

_CHUNK = 1 << 20


class Part(msgspec.Struct, frozen=True):
    """A file of an archive; `sha256` in hexadecimal digits."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds.

    Attributes:
        kind: "backup" or "export".
        format: 1.
        made_at: ISO 8601.
        leadline_version: that made it.
        facts: what can be counted in it, by name.
        parts: its files.
    """

    kind: str
    format: int
    made_at: str
    leadline_version: str
    facts: dict[str, Any]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A file that becomes a part: at least so many bytes of it, which do not change meanwhile."""

    name: str
    path: Path
    size: int


def written(
    sources: Iterable[Source | tuple[str, bytes]], kind: str, made_at: str, facts: Mapping[str, Any]
) -> Iterator[bytes]:
    """The bytes of an archive, piece by piece.

    Args:
        sources: files, or names with contents; taken one after the other.
        facts: read when all parts are written.
    """
    import leadline

    parts = []
    for source in sources:
        name, pieces, size = _opened(source)
        digest = hashlib.sha256()
        yield _header(name, size)
        for piece in pieces:
            digest.update(piece)
            yield piece
        yield _padding(size)
        parts.append(Part(name, size, digest.hexdigest()))
    manifest = Manifest(kind, 1, made_at, leadline.__version__, dict(facts), tuple(parts))
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    yield _header(MANIFEST, len(content)) + content + _padding(len(content))
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def _opened(source: Source | tuple[str, bytes]) -> tuple[str, Iterator[bytes], int]:
    if isinstance(source, Source):
        return source.name, _pieces(source.path, source.size), source.size
    name, content = source
    return name, iter([content]), len(content)


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        left = size
        while left:
            piece = file.read(min(_CHUNK, left))
            if not piece:
                raise DataError("the file became shorter", where=str(path), found=f"{size - left} bytes")
            left -= len(piece)
            yield piece


def _header(name: str, size: int) -> bytes:
    found = tarfile.TarInfo(name)
    found.size, found.mode = size, 0o600
    return found.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return b"\0" * (-size % tarfile.BLOCKSIZE)


def unpacked(path: Path, folder: Path, kind: str) -> Manifest:
    """Put the parts of an archive into an empty folder, and check them.

    Raises:
        DataError: it is no such archive, is cut off, or damaged.
    """
    found: dict[str, tuple[int, str]] = {}
    manifest = None
    try:
        with tarfile.open(path, "r|") as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is None or not _is_plain(member.name):
                    raise DataError("not a part of an archive", where=str(path), found=member.name)
                if member.name == MANIFEST:
                    manifest = msgspec.json.decode(content.read(), type=Manifest)
                    continue
                found[member.name] = _copied(content, folder / member.name)
    except (tarfile.TarError, EOFError, msgspec.MsgspecError) as error:
        raise DataError("not an archive of Leadline", where=str(path), found=str(error)) from None
    if manifest is None:
        raise DataError("the archive is cut off", where=str(path), found=", ".join(found) or "nothing")
    if manifest.kind != kind or manifest.format != 1:
        raise DataError(
            "another kind of archive", where=str(path), found=f"{manifest.kind} {manifest.format}",
            accepted=f"{kind} 1",
        )  # fmt: skip
    for part in manifest.parts:
        if found.pop(part.name, None) != (part.bytes, part.sha256):
            raise DataError("the archive is damaged", where=str(path), found=part.name)
    if found:
        raise DataError("the archive holds more than it says", where=str(path), found=", ".join(found))
    return manifest


def _is_plain(name: str) -> bool:
    return not name.startswith("/") and ".." not in name.split("/") and "\0" not in name


def _copied(content: Any, path: Path) -> tuple[int, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        while piece := content.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    return size, digest.hexdigest()
