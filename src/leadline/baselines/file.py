"""Loading of saved baselines and profiles; the format is that of `profiles.file`."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from threading import Lock

from leadline.baselines.baseline import Baseline
from leadline.errors import DataError
from leadline.profiles.file import decode, read
from leadline.profiles.profile import Profile

_READING = Lock()
"""msgspec learns a type when it is first used, which crashes if two threads do so at a time."""


def load(path: str | Path) -> Baseline | Profile:
    """Load a saved baseline or profile.

    Raises:
        DataError: the file cannot be read, is none of ours, is damaged, or of a later version.
    """
    return loaded(read(Path(path)), str(path))


def loaded(content: bytes, where: str, most: int | None = None) -> Baseline | Profile:
    """The baseline or profile of a file's content.

    Args:
        most: bytes that its arrays may take; None: any number.

    Raises:
        DataError: the content is none of ours, is damaged, of a later version, or too large.
    """
    try:
        with _READING:
            return _loaded(content, where, most)
    except (ValueError, KeyError, TypeError, IndexError, struct.error, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        # The digest is right, so whoever wrote it was not Leadline.
        raise DataError("not written by Leadline", where=where, found=str(error)) from None


def _loaded(content: bytes, where: str, most: int | None) -> Baseline | Profile:
    kind, facts, arrays = decode(content, where, most)
    if kind == "baseline":
        return Baseline.from_state(facts, arrays)
    if kind == "profile":
        return Profile.from_state(facts["profile"], arrays)
    raise DataError("unknown kind of file", where=where, found=kind, accepted=("baseline", "profile"))
