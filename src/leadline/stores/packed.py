"""A profile as a store keeps it: without its grid, which is the baseline's, and quick to add to others.

It is two texts of bytes, each to be read on its own: the counts, and the samples, which only merge and take
most of the room. Each is, all integers little-endian::

    4 bytes   magic "LLP1"
    4 bytes   length of the header
    8 bytes   length of the body
    header    JSON (ASCII): facts; of each array name, type, type in the body, shape, and bytes of its parts
    body      the arrays, one after another: integers in the narrowest type that holds them; each in as many
              parts as a value has bytes, by significance, each a zlib stream where that is much shorter;
              64-bit hashes in one part

Texts that begin otherwise are whole saved profiles (`profiles.file`), as older stores have them.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.file import loaded
from leadline.errors import DataError
from leadline.profiles.arrays import VERSION_PREFIX, Axes
from leadline.profiles.distinct import Distinct
from leadline.profiles.file import MAGIC as FILE_MAGIC
from leadline.profiles.grid import Grid
from leadline.profiles.profile import Profile, merge_rules
from leadline.profiles.sample import SAMPLE_ARRAYS, Limits, RowSample
from leadline.tables.rules import RuleCount

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

MAGIC = b"LLP1"

_HEAD = struct.Struct("<4sIQ")
_NARROW = tuple(np.dtype(kind) for kind in ("<i1", "<i2", "<i4"))
_SUMS = "sums/"
_WORTH = 0.85
"""Share of its size that a stream must not reach to be kept in the place of what it holds."""

_TOGETHER = 16
"""Parts whose samples are merged at once."""


def pack(profile: Profile) -> tuple[bytes, bytes]:
    """The counts and the samples of a profile."""
    counts: dict[str, Array] = {_SUMS + name: array for name, array in profile.sums.items()}
    counts |= {"minimum": profile.minimum, "maximum": profile.maximum}
    facts = {
        "axes": profile.axes.to_state(),
        "start": profile.start,
        "end": profile.end,
        "rules": [asdict(count) for count in profile.rules],
        "name": profile.name,
    }
    distinct, sample = profile.distinct, profile.sample
    samples: dict[str, Array] = {}
    if distinct:
        samples["hashes"] = np.concatenate([found.hashes for found in distinct.values()])
        samples["rows"] = np.concatenate([found.rows for found in distinct.values()])
    if sample is not None:
        samples |= {f"sample/{name}": array for name, array in sample.arrays.items()}
    of_samples = {
        "distinct": [[name, found.shift, len(found.hashes)] for name, found in distinct.items()],
        "sample": None if sample is None else asdict(sample.limits),
    }
    return _written(facts, counts), _written(of_samples, samples)


def unpack(content: bytes, samples: bytes, grid: Grid) -> Profile:
    """The profile that was packed.

    Args:
        content, samples: of it; a whole saved profile has no samples beside it.
        grid: on which it was counted. With another one it must not be combined with others.

    Raises:
        DataError: the content is none of ours, or cut off.
    """
    content, samples = _current(content, samples)
    added = Added(grid, _buckets(_read(content)[0]))
    added.add(content, samples)
    return added.profile()


def joined(packed: tuple[bytes, bytes]) -> bytes:
    """Both texts as one."""
    return b"".join(packed)


def parted(content: bytes) -> tuple[bytes, bytes]:
    """The two texts of a joined one.

    Raises:
        DataError: the content is none of ours, or cut off.
    """
    if content.startswith(FILE_MAGIC):
        return content, b""
    _, header, body = _head(content)
    end = _HEAD.size + header + body
    return content[:end], content[end:]


def arrays(content: bytes, names: Collection[str]) -> dict[str, Ints]:
    """Some of the sums of a packed profile by name, as `Profile.sums` has them; the others are not decoded.

    Raises:
        DataError: the content is none of ours, or cut off.
    """
    content, _ = _current(content, b"")
    wanted = {_SUMS + name for name in names}
    _, found = _read(content, wanted.__contains__)
    return {name.removeprefix(_SUMS): array for name, array in found}


def rows(content: bytes) -> tuple[int, dict[str, int]]:
    """`Profile.rows` and `Profile.versions` of a packed profile.

    Raises:
        DataError: the content is none of ours, or cut off.
    """
    content, _ = _current(content, b"")
    _, found = _read(content, lambda name: name.startswith((_SUMS + VERSION_PREFIX, _SUMS + "rows")))
    sums = {name.removeprefix(_SUMS): int(array[:, :, 0].sum()) for name, array in found}
    versions = {
        name.removeprefix(VERSION_PREFIX): size
        for name, size in sums.items()
        if name.startswith(VERSION_PREFIX) and size
    }
    return sums["rows"], versions


class Added:
    """Packed profiles of one grid, put together without making each.

    What comes of it is what `Profile.merge` makes of them one after another.

    Args:
        grid: of all of them.
        buckets: the leading axis of what comes of it, ascending.
    """

    def __init__(self, grid: Grid, buckets: Sequence[int]) -> None:
        self._grid, self._buckets = grid, tuple(buckets)
        self._place = {bucket: i for i, bucket in enumerate(self._buckets)}
        self._axes: Axes | None = None
        self._sums: dict[str, Ints] = {}
        self._extremes: dict[str, npt.NDArray[np.float64]] = {}
        self._span: list[tuple[int | None, int | None]] = []
        self._rules: tuple[RuleCount, ...] = ()
        self._distinct: dict[str, list[Distinct]] = {}
        self._samples: list[RowSample | None] = []
        self._name = ""

    def add(self, content: bytes, samples: bytes, into: int | None = None) -> None:
        """Add a packed profile.

        Args:
            content, samples: of it.
            into: the bucket that all its counts go to; None: to those that they were in. Rows of its sample
                keep their buckets.

        Raises:
            DataError: the content is none of ours, or cut off.
        """
        content, samples = _current(content, samples)
        facts, found = _read(content)
        axes = replace(Axes.from_state(facts["axes"]), buckets=self._buckets)
        if self._axes is None:
            self._axes, self._name = axes, facts["name"]
        elif axes != self._axes:
            self._widen(axes, facts["name"])
        own = _buckets(facts)
        at = [self._place[bucket if into is None else into] for bucket in own]
        by = self._versions(axes)
        for name, array in found:
            if name.startswith(_SUMS):
                self._add_sums(name.removeprefix(_SUMS), array, at, by)
            else:
                self._add_extremes(name, array, at, by)
        self._span.append((facts["start"], facts["end"]))
        self._rules = merge_rules(self._rules, [RuleCount(**count) for count in facts["rules"]])
        self._add_samples(samples)

    def profile(self) -> Profile:
        """All that was added, at least one."""
        assert self._axes is not None
        self._merge_samples()
        starts = [start for start, _ in self._span if start is not None]
        ends = [end for _, end in self._span if end is not None]
        return Profile(
            self._grid,
            self._axes,
            self._sums,
            self._extremes["minimum"],
            self._extremes["maximum"],
            min(starts, default=None),
            max(ends, default=None),
            {name: parts[0] for name, parts in self._distinct.items()},
            self._rules,
            self._name,
            self._samples[0],
        )

    def _versions(self, axes: Axes) -> slice | list[int]:
        """Places of some versions among all."""
        assert self._axes is not None
        if axes.versions == self._axes.versions:
            return slice(None)
        return [self._axes.versions.index(version) for version in axes.versions]

    def _widen(self, axes: Axes, where: str) -> None:
        """Make room for versions that nothing was added of so far.

        Raises:
            DataError: other segments, or only one of both was counted by version.
        """
        known, unparted = self._axes, Axes().versions
        assert known is not None
        if axes.segments != known.segments or (axes.versions == unparted) != (known.versions == unparted):
            raise DataError("profiles of different axes cannot be put together", where=where)
        self._axes = replace(known, versions=tuple(sorted({*known.versions, *axes.versions})))
        by = self._versions(known)

        def wide(array: Array, nothing: float) -> Array:
            assert self._axes is not None
            out = np.full((len(array), len(self._axes.versions), *array.shape[2:]), nothing, array.dtype)
            out[:, by] = array
            return out

        self._sums = {name: wide(array, 0) for name, array in self._sums.items()}
        self._extremes = {
            name: wide(array, np.inf if name == "minimum" else -np.inf)
            for name, array in self._extremes.items()
        }

    def _add_sums(self, name: str, array: Ints, at: Sequence[int], by: slice | list[int]) -> None:
        if name not in self._sums:
            self._sums[name] = np.zeros(self._shape(array), np.int64)
        for i, place in enumerate(at):
            self._sums[name][place, by] += array[i]

    def _add_extremes(self, name: str, array: Array, at: Sequence[int], by: slice | list[int]) -> None:
        better, nothing = (np.minimum, np.inf) if name == "minimum" else (np.maximum, -np.inf)
        if name not in self._extremes:
            self._extremes[name] = np.full(self._shape(array), nothing)
        for i, place in enumerate(at):
            self._extremes[name][place, by] = better(self._extremes[name][place, by], array[i])

    def _shape(self, array: Array) -> tuple[int, ...]:
        assert self._axes is not None
        return (len(self._buckets), len(self._axes.versions), *array.shape[2:])

    def _add_samples(self, samples: bytes) -> None:
        facts, found = _read(samples)
        parts = dict(found)
        first = 0
        for name, shift, size in facts["distinct"]:
            own = slice(first, first + size)
            one = Distinct(shift, parts["hashes"][own], parts["rows"][own])
            self._distinct.setdefault(name, []).append(one)
            first += size
        limits = facts["sample"]
        self._samples.append(
            None
            if limits is None
            else RowSample(Limits(**limits), **{name: parts[f"sample/{name}"] for name in SAMPLE_ARRAYS})
        )
        if len(self._samples) > _TOGETHER:
            self._merge_samples()

    def _merge_samples(self) -> None:
        self._distinct = {name: [Distinct.together(parts)] for name, parts in self._distinct.items()}
        known = [sample for sample in self._samples if sample is not None]
        self._samples = [RowSample.together(known) if len(known) == len(self._samples) else None]


def _current(content: bytes, samples: bytes) -> tuple[bytes, bytes]:
    """Counts and samples of a profile that an older store may have saved as a whole."""
    if not content.startswith(FILE_MAGIC):
        return content, samples
    found = loaded(content, "a profile of the store")
    if not isinstance(found, Profile):
        raise DataError("not a profile", where="a profile of the store")
    return pack(found)


def _buckets(facts: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(facts["axes"][0])


def _written(facts: Mapping[str, Any], found: Mapping[str, Array]) -> bytes:
    places: list[Any] = []
    body: list[bytes] = []
    for name, array in found.items():
        narrow = _narrowed(array)
        parts = _parts(narrow)
        places.append([name, array.dtype.str, narrow.dtype.str, array.shape, [len(part) for part in parts]])
        body += parts
    header = json.dumps({"facts": facts, "arrays": places}, separators=(",", ":")).encode("ascii")
    return b"".join([_HEAD.pack(MAGIC, len(header), sum(map(len, body))), header, *body])


def _parts(array: Array) -> list[bytes]:
    """The bytes of an array by significance; hashes have none."""
    data = np.ascontiguousarray(array).reshape(-1)
    if data.dtype.kind == "u" and data.dtype.itemsize == 8:
        return [data.tobytes()]
    grouped = np.ascontiguousarray(data.view(np.uint8).reshape(-1, data.dtype.itemsize).T)
    return [_shorter(part.tobytes()) for part in grouped]


def _shorter(part: bytes) -> bytes:
    """A zlib stream, where that saves enough to be worth reading it."""
    found = zlib.compress(part, 1)
    return found if len(found) < _WORTH * len(part) else part


def _narrowed(array: Array) -> Array:
    """The same integers in the narrowest type; other arrays as they are."""
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.dtype != np.int64:
        return array
    low, high = int(array.min(initial=0)), int(array.max(initial=0))
    for kind in _NARROW:
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return array.astype(kind)
    return array


def _head(content: bytes) -> tuple[bytes, int, int]:
    if len(content) < _HEAD.size or not content.startswith(MAGIC):
        raise DataError("not a profile of a store", where="a profile of the store", found=content[:8])
    magic, header, body = _HEAD.unpack_from(content)
    return magic, header, body


def _read(
    content: bytes, wanted: Callable[[str], bool] = lambda _: True
) -> tuple[dict[str, Any], Iterator[tuple[str, Array]]]:
    """Facts, and the arrays that are wanted."""
    _, header, body = _head(content)
    at = _HEAD.size + header
    if len(content) != at + body:
        raise DataError("a profile is cut off", where="a profile of the store", found=f"{len(content)} bytes")
    found = json.loads(content[_HEAD.size : at])
    return found["facts"], _arrays(memoryview(content), at, found["arrays"], wanted)


def _arrays(
    content: memoryview, at: int, places: Sequence[Any], wanted: Callable[[str], bool]
) -> Iterator[tuple[str, Array]]:
    for name, kind, narrow, shape, sizes in places:
        if wanted(name):
            parts = []
            for first, size in zip(accumulate(sizes, initial=at), sizes, strict=False):
                parts.append(content[first : first + size])
            yield name, _array(parts, np.dtype(narrow), shape).astype(kind, copy=False)
        at += sum(sizes)


def _array(parts: Sequence[memoryview], narrow: np.dtype[Any], shape: Sequence[int]) -> Array:
    size = prod(shape)
    if len(parts) == 1:
        return np.frombuffer(_whole(parts[0], size * narrow.itemsize), narrow).reshape(shape)
    grouped = np.empty((size, len(parts)), np.uint8)
    for i, part in enumerate(parts):
        grouped[:, i] = np.frombuffer(_whole(part, size), np.uint8)
    return grouped.view(narrow).reshape(shape)


def _whole(part: memoryview, size: int) -> bytes | memoryview:
    return part if len(part) == size else zlib.decompress(part)
