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
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from leadline.errors import DataError
from leadline.profiles.distinct import Distinct
from leadline.profiles.grid import (
    Axis,
    CategoricalAxis,
    Grid,
    GridColumn,
    NumericAxis,
    Outcome,
    RatioPlan,
    RowKey,
    plain_json,
)
from leadline.profiles.profile import Axes, Profile
from leadline.profiles.sample import SAMPLE_ARRAYS, Limits, RowSample
from leadline.profiles.vectors import VECTOR_ARRAYS, VectorAxis
from leadline.schema import ColumnSchema
from leadline.tables.rules import RuleCount

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
    content = _HEAD.pack(MAGIC, VERSION, len(header)) + header + zlib.compress(b"".join(parts), 6)
    return content + hashlib.sha256(content).digest()


def write(path: Path, content: bytes) -> None:
    """Write a file at once: a reader sees the old file or the new one, never half of one.

    Raises:
        DataError: the folder does not exist or may not be written to.
    """
    try:
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
            next_step="Name a folder that exists and may be written to.",
        ) from None


def read(path: Path) -> bytes:
    """The content of a file.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError("cannot read the file", where=str(path), found=error.strerror) from None


def decode(content: bytes, where: str) -> tuple[str, dict[str, Any], Arrays]:
    """Kind, facts and arrays of a file's content.

    Raises:
        DataError: it is none of ours, is damaged, or of a later version.
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
    body = zlib.decompress(content[_HEAD.size + length : -_DIGEST])
    arrays, at = {}, 0
    for name, kind, shape in header["arrays"]:
        dtype = np.dtype(kind)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        grouped = np.frombuffer(body, np.uint8, size, at).reshape(dtype.itemsize, -1)
        # A copy even of single bytes: a view of them would keep all of the body.
        arrays[name] = np.array(grouped.T, order="C").reshape(-1).view(dtype).reshape(shape)
        at += size
    return header["kind"], header["facts"], arrays


def profile_state(profile: Profile) -> tuple[dict[str, Any], Arrays]:
    """Plain facts and arrays from which `profile_of` makes an equal profile."""
    arrays: Arrays = {f"sums/{name}": array for name, array in profile.sums.items()}
    arrays |= {"minimum": profile.minimum, "maximum": profile.maximum}
    columns = []
    for k, column in enumerate(profile.grid.columns):
        axis = column.axis
        state: dict[str, Any] = {"schema": msgspec.to_builtins(column.schema), "physical": column.physical}
        if isinstance(axis, NumericAxis):
            numbers, parts = axis.to_state()
            state["numeric"] = {
                name: value.hex() if isinstance(value, float) else value for name, value in numbers.items()
            }
            arrays |= {f"axis/{k}/{name}": part for name, part in parts.items()}
        elif isinstance(axis, CategoricalAxis):
            state["categorical"] = {
                "vocabulary": axis.vocabulary,
                "complete": axis.complete,
                "key": axis.key.hex(),
            }
        elif isinstance(axis, VectorAxis):
            state["vectors"] = axis.scale.hex()
            arrays |= {f"axis/{k}/{name}": getattr(axis, name) for name in VECTOR_ARRAYS}
        columns.append(state)
    distinct = {}
    for i, (name, found) in enumerate(profile.distinct.items()):
        distinct[name] = [i, found.shift]
        arrays[f"distinct/{i}/hashes"], arrays[f"distinct/{i}/rows"] = found.hashes, found.rows
    facts = {
        "columns": columns,
        "weight_unit": profile.grid.weight_unit,
        "outcome": plain_json(profile.grid.outcome),
        "ratios": plain_json(profile.grid.ratios),
        "axes": [profile.axes.buckets, profile.axes.versions, profile.axes.segments],
        "start": profile.start,
        "end": profile.end,
        "distinct": distinct,
        "segments": profile.grid.segments,
        "pivot": profile.grid.pivot,
        "key": msgspec.to_builtins(profile.grid.key),
        "rules": [asdict(count) for count in profile.rules],
        "name": profile.name,
    }
    if profile.sample is not None:
        facts["sample"] = asdict(profile.sample.limits)
        arrays |= {f"sample/{name}": getattr(profile.sample, name) for name in SAMPLE_ARRAYS}
    return facts, arrays


def profile_of(facts: Mapping[str, Any], arrays: Arrays) -> Profile:
    """The profile that `profile_state` described."""
    columns = tuple(
        GridColumn(msgspec.convert(state["schema"], ColumnSchema), state["physical"], _axis(k, state, arrays))
        for k, state in enumerate(facts["columns"])
    )
    buckets, versions, segments = facts["axes"]
    return Profile(
        grid=Grid(
            columns,
            facts["weight_unit"],
            msgspec.convert(json.loads(facts["outcome"]), Outcome),
            tuple((name, value) for name, value in facts["segments"]),
            msgspec.convert(json.loads(facts["ratios"]), tuple[RatioPlan, ...]),
            facts["pivot"],
            msgspec.convert(facts.get("key"), RowKey | None),
        ),
        axes=Axes(
            tuple(buckets), tuple(versions), tuple(None if s is None else (s[0], s[1]) for s in segments)
        ),
        sums={name[5:]: array for name, array in arrays.items() if name.startswith("sums/")},
        minimum=arrays["minimum"],
        maximum=arrays["maximum"],
        start=facts["start"],
        end=facts["end"],
        distinct={
            name: Distinct(shift, arrays[f"distinct/{i}/hashes"], arrays[f"distinct/{i}/rows"])
            for name, (i, shift) in facts["distinct"].items()
        },
        rules=tuple(RuleCount(**count) for count in facts["rules"]),
        name=facts["name"],
        sample=_sample(facts.get("sample"), arrays),
    )


def _sample(limits: Mapping[str, int] | None, arrays: Arrays) -> RowSample | None:
    if limits is None:
        return None
    return RowSample(Limits(**limits), **{name: arrays[f"sample/{name}"] for name in SAMPLE_ARRAYS})


def _axis(k: int, state: Mapping[str, Any], arrays: Arrays) -> Axis | None:
    if "numeric" in state:
        numbers: dict[str, Any] = {
            name: float.fromhex(value) if isinstance(value, str) else value
            for name, value in state["numeric"].items()
        }
        return NumericAxis(edges=arrays[f"axis/{k}/edges"], atoms=arrays[f"axis/{k}/atoms"], **numbers)
    if "categorical" in state:
        given = state["categorical"]
        return CategoricalAxis(tuple(given["vocabulary"]), given["complete"], bytes.fromhex(given["key"]))
    if "vectors" in state:
        parts = {name: arrays[f"axis/{k}/{name}"] for name in VECTOR_ARRAYS}
        return VectorAxis(scale=float.fromhex(state["vectors"]), **parts)
    return None


def save_profile(profile: Profile, path: Path) -> Path:
    """Save a profile; see the module for the format."""
    write(path, profile_bytes(profile))
    return path


def profile_bytes(profile: Profile) -> bytes:
    """The content of a saved profile."""
    facts, arrays = profile_state(profile)
    return encode("profile", {"profile": facts}, arrays)
