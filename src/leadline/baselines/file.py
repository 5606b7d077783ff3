"""Saving and loading of baselines and profiles (the format is that of `profiles.file`)."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
import numpy as np

from leadline.baselines.baseline import Baseline, Inflation
from leadline.errors import DataError
from leadline.profiles.file import decode, encode, profile_of, profile_state, read, write
from leadline.profiles.grid import plain_json
from leadline.profiles.profile import Profile
from leadline.schedule import Calendar
from leadline.schema import ColumnSchema
from leadline.settings import Settings

_READING = Lock()
"""msgspec learns a type when it is first used, which crashes if two threads do so at a time."""


def save(what: Baseline, path: str | Path) -> Path:
    """Save a baseline to one file, and return its path.

    Raises:
        DataError: the folder does not exist or may not be written to.
    """
    path = Path(path)
    write(path, baseline_bytes(what))
    return path


def baseline_bytes(what: Baseline) -> bytes:
    """The content of a saved baseline."""
    facts, arrays = profile_state(what.profile)
    for i, part in enumerate(what.inflations):
        arrays[f"inflation/{i}"] = np.stack([part.columns, part.missing])
    return encode(
        "baseline",
        {
            "profile": facts,
            "schema": msgspec.to_builtins(what.schema),
            "settings": plain_json(what.settings),
            "inflations": [
                # JSON has no NaN.
                [part.seconds, part.blocks, part.rows, None if np.isnan(part.outcomes) else part.outcomes]
                for part in what.inflations
            ],
            "sampled": what.sampled,
            "calendar": None if what.calendar is None else msgspec.to_builtins(what.calendar),
        },
        arrays,
    )


def load(path: str | Path) -> Baseline | Profile:
    """Load a saved baseline or profile.

    Raises:
        DataError: the file cannot be read, is none of ours, is damaged, or of a later version.
    """
    return loaded(read(Path(path)), str(path))


def loaded(content: bytes, where: str) -> Baseline | Profile:
    """The baseline or profile of a file's content.

    Raises:
        DataError: the content is none of ours, is damaged, or of a later version.
    """
    try:
        with _READING:
            return _loaded(content, where)
    except (ValueError, KeyError, TypeError, IndexError, struct.error, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        # The digest is right, so whoever wrote it was not Leadline.
        raise DataError("not written by Leadline", where=where, found=str(error)) from None


def _loaded(content: bytes, where: str) -> Baseline | Profile:
    kind, facts, arrays = decode(content, where)
    if kind not in ("baseline", "profile"):
        raise DataError("unknown kind of file", where=where, found=kind, accepted=("baseline", "profile"))
    profile = profile_of(facts["profile"], arrays)
    if kind == "profile":
        return profile
    return Baseline(
        profile=profile,
        schema=msgspec.convert(facts["schema"], tuple[ColumnSchema, ...]),
        settings=msgspec.convert(json.loads(facts["settings"]), Settings),
        inflations=_inflations(facts["inflations"], arrays),
        sampled=facts["sampled"],
        calendar=msgspec.convert(facts["calendar"], Calendar | None),
    )


def _inflations(given: list[Any], arrays: dict[str, Any]) -> tuple[Inflation, ...]:
    def one(i: int, seconds: float, blocks: int, rows: float, outcomes: float | None) -> Inflation:
        columns, missing = arrays[f"inflation/{i}"]
        return Inflation(
            seconds, blocks, rows, columns, missing, float("nan") if outcomes is None else outcomes
        )

    return tuple(one(i, *part) for i, part in enumerate(given))
