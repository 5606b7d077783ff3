"""The one file format of profiles and baselines.

Layout, all integers little-endian::

    8 bytes   magic "LEADLINE"
    2 bytes   format version, 2
    8 bytes   length of the header
    header    JSON (UTF-8): kind, facts, and where each array lies in the body
    body      zlib stream of all arrays, one after another, each with its bytes grouped by significance
    32 bytes  SHA-256 of all that comes before

A reader that knows version n reads every version up to n. Version 2 added the sample of rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError

MAGIC = b"LEADLINE"
VERSION = 2

Arrays = dict[str, npt.NDArray[Any]]

_HEAD = struct.Struct("<8sHQ")
_DIGEST = 32
_NEXT = "Make it again with `leadline baseline` or `leadline profile`."


def encode(kind: str, facts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The content of a file."""
    places, parts = [], []
    for name, array in arrays.items():
        data = np.ascontiguousarray(array)
        data = data.astype(data.dtype.newbyteorder("<"), copy=False)
        places.append([name, data.dtype.str, list(data.shape)])
        grouped = data.reshape(-1).view(np.uint8).reshape(-1, data.dtype.itemsize).T
        parts.append(np.ascontiguousarray(grouped).tobytes())
    header = json.dumps({"kind": kind, "facts": facts, "arrays": places}).encode("ascii")
    content = _HEAD.pack(MAGIC, VERSION, len(header)) + header + _compressed(b"".join(parts))
    return content + hashlib.sha256(content).digest()


def _compressed(body: bytes) -> bytes:
    # Bytes of counts are runs and rare values: looking for repeated sequences takes five times as long, and
    # gains little where it gains anything.
    stream = zlib.compressobj(strategy=zlib.Z_RLE)
    return stream.compress(body) + stream.flush()


def write(path: Path, content: bytes) -> Path:
    """Write a file at once: a reader sees the old file or the new one, never half of one.

    Folders on the way are made.

    Returns:
        The path.

    Raises:
        DataError: the folder cannot be made, or may not be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        if path.exists() and not path.is_file():  # a device or a pipe: it cannot be put in place of
            path.write_bytes(content)
        else:
            part.write_bytes(content)
            os.replace(part, path)
    except (OSError, ValueError) as error:  # ValueError: no name, or a null character in it
        raise DataError(
            "cannot write the file",
            where=str(path),
            found=getattr(error, "strerror", None) or str(error),
            next_step="Name a file in a folder that may be written to.",
        ) from None
    return path


def read(path: Path) -> bytes:
    """The content of a file.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError("cannot read the file", where=str(path), found=error.strerror) from None


def decode(content: bytes, where: str, most: int | None = None) -> tuple[str, dict[str, Any], Arrays]:
    """Kind, facts and arrays of a file's content.

    Args:
        most: bytes that its arrays may take; None: any number.

    Raises:
        DataError: it is none of ours, is damaged, of a later version, or its arrays are too large.
    """
    if not content.startswith(MAGIC):
        raise DataError(
            "not a Leadline file",
            where=where,
            found=content[:8],
            accepted=f"a file that begins with {MAGIC!r}",
        )
    if len(content) < _HEAD.size + _DIGEST:
        raise DataError("the file is cut off", where=where, found=f"{len(content)} bytes", next_step=_NEXT)
    _, version, length = _HEAD.unpack_from(content)
    if version > VERSION:
        raise DataError(
            "the file was written by a later version of Leadline",
            where=where,
            found=f"format {version}",
            accepted=f"formats up to {VERSION}",
            next_step="Upgrade leadline.",
        )
    if hashlib.sha256(content[:-_DIGEST]).digest() != content[-_DIGEST:]:
        raise DataError("the file is damaged or cut off", where=where, next_step=_NEXT)
    header = json.loads(content[_HEAD.size : _HEAD.size + length])
    body = _decompressed(content[_HEAD.size + length : -_DIGEST], where, most)
    arrays, at = {}, 0
    for name, kind, shape in header["arrays"]:
        dtype = np.dtype(kind)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        grouped = np.frombuffer(body, np.uint8, size, at).reshape(dtype.itemsize, -1)
        # A copy even of single bytes: a view of them would keep all of the body. Most bytes of counts are 0.
        found = np.zeros((grouped.shape[1], dtype.itemsize), np.uint8)
        for place, plane in enumerate(grouped):
            if plane.any():
                found[:, place] = plane
        arrays[name] = found.reshape(-1).view(dtype).reshape(shape)
        at += size
    return header["kind"], header["facts"], arrays


def _decompressed(packed: bytes, where: str, most: int | None) -> bytes:
    if most is None:
        return zlib.decompress(packed)
    stream = zlib.decompressobj()
    body = stream.decompress(packed, most + 1)
    if len(body) > most:
        raise DataError("the arrays are too large", where=where, accepted=f"at most {most >> 20} MB")
    return body + stream.flush()
