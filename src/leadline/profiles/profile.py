"""A profile: everything counted of one table, as integer arrays that add up and can be taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.errors import ConfigurationError
from leadline.profiles.arrays import VERSION_PREFIX, Axes
from leadline.profiles.distinct import EMPTY, Distinct
from leadline.profiles.file import Arrays, encode, write
from leadline.profiles.grid import Grid
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.sample import Limits, RowSample
from leadline.tables.rules import RuleCount

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_SUMS, _SAMPLE = "sums/", "sample/"
"""Before the names of arrays in a file."""


@dataclass(frozen=True, eq=False)
class Profile:
    """Counts of one table on a grid.

    Attributes:
        grid: the cells.
        axes: the leading axes (B, V, S).
        sums: additive int64 arrays by name, each of shape (B, V, S, ...):
            `rows` (); `cells` (T) flat over the columns (see `Grid.offsets`); `moments` (T) the sum of
            standardised values in each numeric cell, in its unit; `squares` (K, E); `specials` (K, 7);
            with columns of vectors `vectors`, their sums one after the other (see `Grid.vectors`);
            with weights also `cells_weight`, `cells_weight_squared`, ... and `left_out` (), rows without a
            usable weight, which nothing else counts; `version/<name>` (), rows of a version; outcome arrays
            of performance.
        minimum, maximum: shape (B, V, S, K): extremes of finite numbers (inf, -inf: none). Merge only.
        start, end: first and last timestamp, microseconds since 1970 UTC, or None. Merge only.
        distinct: sample of distinct values by column name, and of whole rows. Merge only.
        rules: what was counted of the declared validation rules. Merge only.
        name: where the rows came from.
        sample: some of the rows as cells; None: none were kept, of this table or of one merged into it. Merge
            only.
        unreadable: why columns, or some rows of them, could not be read, by column name. Merge only.
    """

    grid: Grid
    axes: Axes
    sums: Mapping[str, Ints]
    minimum: Floats
    maximum: Floats
    start: int | None
    end: int | None
    distinct: Mapping[str, Distinct]
    rules: tuple[RuleCount, ...]
    name: str
    sample: RowSample | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Number of rows counted."""
        return int(self.sums["rows"][:, :, 0].sum())

    @property
    def left_out(self) -> int:
        """Number of rows that were not counted, because their weight is negative, missing or infinite."""
        return int(self.sums["left_out"][:, :, 0].sum()) if "left_out" in self.sums else 0

    @property
    def seconds(self) -> float | None:
        """Time from the first timestamp to the last one; None without times."""
        return None if self.start is None or self.end is None else (self.end - self.start) / 1_000_000

    @property
    def versions(self) -> dict[str, int]:
        """Rows of each version of the model, the largest first; empty without a version column."""
        rows = {
            name.removeprefix(VERSION_PREFIX): int(array[:, :, 0].sum())
            for name, array in self.sums.items()
            if name.startswith(VERSION_PREFIX)
        }
        return dict(sorted(((v, n) for v, n in rows.items() if n > 0), key=lambda item: (-item[1], item[0])))

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digest of the grid and the additive counts."""
        digest = hashlib.sha256(self.grid.fingerprint.encode())
        if self.axes.buckets != Axes().buckets:
            digest.update(np.array(self.axes.buckets, "<i8").tobytes())
        if self.axes.versions != Axes().versions:
            digest.update("\0".join(self.axes.versions).encode())
        for name in sorted(self.sums):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.sums[name]).tobytes())
        return digest.hexdigest()[:32]

    def save(self, path: str | Path) -> Path:
        """Save to one file, from which `leadline.load` makes an equal profile; returns the path.

        Folders on the way are made.

        Raises:
            DataError: the folder cannot be made, or may not be written to.
        """
        return write(Path(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """The content of the file that `save` writes."""
        facts, arrays = self.to_state()
        return encode("profile", {"profile": facts}, arrays)

    def to_state(self) -> tuple[dict[str, Any], Arrays]:
        """Plain facts and arrays of which `from_state` makes an equal profile."""
        facts, axes = self.grid.to_state()
        arrays: Arrays = {_SUMS + name: array for name, array in self.sums.items()}
        arrays |= {"minimum": self.minimum, "maximum": self.maximum} | axes
        for i, found in enumerate(self.distinct.values()):
            arrays |= {f"distinct/{i}/hashes": found.hashes, f"distinct/{i}/rows": found.rows}
        facts |= {
            "axes": self.axes.to_state(),
            "start": self.start,
            "end": self.end,
            "distinct": {name: [i, found.shift] for i, (name, found) in enumerate(self.distinct.items())},
            "rules": [asdict(count) for count in self.rules],
            "name": self.name,
            "unreadable": dict(self.unreadable),
        }
        if self.sample is not None:
            facts["sample"] = asdict(self.sample.limits)
            arrays |= {_SAMPLE + name: array for name, array in self.sample.arrays.items()}
        return facts, arrays

    @classmethod
    def from_state(cls, facts: Mapping[str, Any], arrays: Arrays) -> Profile:
        """The profile that `to_state` described."""
        limits = facts.get("sample")  # files of version 1 have none
        return cls(
            grid=Grid.from_state(facts, arrays),
            axes=Axes.from_state(facts["axes"]),
            sums=_under(_SUMS, arrays),
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
            sample=None if limits is None else RowSample(Limits(**limits), **_under(_SAMPLE, arrays)),
            unreadable=facts.get("unreadable", {}),  # older files do not say
        )

    def representatives(self) -> dict[int, Floats]:
        """A number for each cell of each numeric column, by the column's position; shape (cells,).

        The mean of the values in the cell; of cells without values the nearer end, or the middle.
        """
        counts = self.sums["cells"][:, :, 0].sum((0, 1))
        moments = self.sums["moments"][:, :, 0].sum((0, 1))
        found = {}
        for k in self.grid.numeric:
            axis = self.grid.columns[k].axis
            assert isinstance(axis, NumericAxis)
            own = slice(int(self.grid.offsets[k]), int(self.grid.offsets[k + 1]))
            rows = counts[own]
            mean = moments[own] / np.maximum(rows, 1) * axis.units * axis.scale + axis.centre
            found[int(k)] = np.where(rows > 0, mean, axis.middles)
        return found

    def merge(self, other: Profile) -> Profile:
        """The profile of both tables' rows. Exact, in any order.

        Raises:
            ConfigurationError: the profiles were counted on different grids, versions or segments.
        """
        self._same_grid(other)
        ours, theirs = self._beside(other)
        return replace(
            ours,
            sums=_combine(ours.sums, theirs.sums, 1),
            minimum=np.minimum(ours.minimum, theirs.minimum),
            maximum=np.maximum(ours.maximum, theirs.maximum),
            start=_least(self.start, other.start),
            end=_most(self.end, other.end),
            distinct={
                name: self.distinct.get(name, EMPTY).merge(other.distinct.get(name, EMPTY))
                for name in {**self.distinct, **other.distinct}
            },
            rules=merge_rules(self.rules, other.rules),
            sample=_both(self.sample, other.sample),
            unreadable={**other.unreadable, **self.unreadable},
        )

    def subtract(self, other: Profile) -> Profile:
        """This profile without the rows of the other one, which must be part of it.

        The additive parts are exact; extremes, distinct values and sampled rows stay as they are.

        Raises:
            ConfigurationError: different grids, or the other profile holds more rows in some cell.
        """
        self._same_grid(other)
        ours, theirs = self._beside(other)
        sums = _combine(ours.sums, theirs.sums, -1)
        if any(name.startswith(("rows", "cells")) and (sums[name] < 0).any() for name in sums):
            raise ConfigurationError(
                "the profile to subtract holds rows that the first one does not",
                where=other.name,
                next_step="Subtract only profiles that were merged in before.",
            )
        return replace(ours, sums=sums)

    def _beside(self, other: Profile) -> tuple[Profile, Profile]:
        """Both on the buckets and versions that one of them has."""
        buckets = tuple(sorted({*self.axes.buckets, *other.axes.buckets}))
        versions = tuple(sorted({*self.axes.versions, *other.axes.versions}))
        return self._on(buckets, versions), other._on(buckets, versions)

    def _on(self, buckets: tuple[int, ...], versions: tuple[str, ...]) -> Profile:
        """The same counts on more buckets and versions."""
        if (buckets, versions) == (self.axes.buckets, self.axes.versions):
            return self
        at = np.ix_(
            np.searchsorted(np.array(buckets, np.int64), np.array(self.axes.buckets, np.int64)),
            np.array([versions.index(version) for version in self.axes.versions], np.int64),
        )

        def spread(array: npt.NDArray[Any], nothing: float) -> npt.NDArray[Any]:
            out = np.full((len(buckets), len(versions), *array.shape[2:]), nothing, array.dtype)
            out[at] = array
            return out

        return replace(
            self,
            axes=replace(self.axes, buckets=buckets, versions=versions),
            sums={name: spread(array, 0) for name, array in self.sums.items()},
            minimum=spread(self.minimum, np.inf),
            maximum=spread(self.maximum, -np.inf),
        )

    def between(self, start: int, end: int) -> Profile:
        """The rows of the buckets that begin in [start, end), without what cannot be taken apart.

        Distinct values and rules are known of all rows together only, and are left out.
        """
        starts = np.array(self.axes.buckets, np.int64)
        chosen = np.flatnonzero((starts >= start) & (starts < end))
        first, last = (_most(self.start, start), _least(self.end, end - 1)) if len(chosen) else (None, None)
        return replace(
            self,
            axes=replace(self.axes, buckets=tuple(starts[chosen].tolist())),
            sums={name: array[chosen] for name, array in self.sums.items()},
            minimum=self.minimum[chosen],
            maximum=self.maximum[chosen],
            start=first,
            end=last,
            distinct={},
            rules=(),
            sample=None if self.sample is None else self.sample.between(start, end),
        )

    def collapse(self) -> Profile:
        """The same rows on one bucket and one version."""
        return replace(
            self,
            axes=replace(Axes(), segments=self.axes.segments),
            sums={
                name: array if array.shape[:2] == (1, 1) else array.sum((0, 1), keepdims=True)
                for name, array in self.sums.items()
            },
            minimum=self.minimum.min((0, 1), keepdims=True, initial=np.inf),
            maximum=self.maximum.max((0, 1), keepdims=True, initial=-np.inf),
            sample=None if self.sample is None else self.sample.collapse(),
        )

    def over_versions(self) -> Profile:
        """The same rows by bucket alone."""
        if self.axes.versions == Axes().versions:
            return self
        return replace(
            self,
            axes=replace(self.axes, versions=Axes().versions),
            sums={name: array.sum(1, keepdims=True) for name, array in self.sums.items()},
            minimum=self.minimum.min(1, keepdims=True),
            maximum=self.maximum.max(1, keepdims=True),
        )

    def by_version(self) -> Profile:
        """The same rows with a bucket for each pair of bucket and version, all versions of one after another.

        Buckets then repeat. Of distinct values and sampled rows no version is known, and they are left out.
        """
        count = len(self.axes.versions)

        def flat(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
            return array.reshape(array.shape[0] * count, 1, *array.shape[2:])

        return replace(
            self,
            axes=Axes(
                tuple(start for start in self.axes.buckets for _ in range(count)),
                segments=self.axes.segments,
            ),
            sums={name: flat(array) for name, array in self.sums.items()},
            minimum=flat(self.minimum),
            maximum=flat(self.maximum),
            distinct={},
            rules=(),
            sample=None,
        )

    def version(self, name: str) -> Profile:
        """The rows of one version, in its buckets, as of a table that names no versions.

        Distinct values, rules and sampled rows are not known.
        """
        place = self.axes.versions.index(name)
        chosen = np.flatnonzero(self.sums["rows"][:, place, 0] > 0)
        buckets = tuple(self.axes.buckets[i] for i in chosen)
        return replace(
            self,
            axes=Axes(buckets, segments=self.axes.segments),
            sums={
                key: array[chosen, place][:, None]
                for key, array in self.sums.items()
                if not key.startswith(VERSION_PREFIX)
            },
            minimum=self.minimum[chosen, place][:, None],
            maximum=self.maximum[chosen, place][:, None],
            distinct={},
            rules=(),
            sample=None,
        )

    def segment(self, place: int) -> Profile:
        """The rows of one segment, as a profile without segments; distinct values and rows are not known."""
        only = slice(place, place + 1)
        return replace(
            self,
            axes=Axes(self.axes.buckets, self.axes.versions, (self.axes.segments[place],)),
            sums={name: array[:, :, only] for name, array in self.sums.items()},
            minimum=self.minimum[:, :, only],
            maximum=self.maximum[:, :, only],
            distinct={},
            sample=None,
        )

    def _same_grid(self, other: Profile) -> None:
        parted = [side.axes.versions != Axes().versions for side in (self, other)]
        same = parted[0] == parted[1] and self.axes.segments == other.axes.segments
        if self.grid.fingerprint != other.grid.fingerprint or not same:
            raise ConfigurationError(
                "profiles of different grids or axes cannot be combined",
                where=other.name,
                found=other.grid.fingerprint,
                accepted=self.grid.fingerprint,
                next_step="Count both on the grid of the same baseline.",
            )


def _under(prefix: str, arrays: Arrays) -> Arrays:
    """The arrays whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def merge_rules(ours: Sequence[RuleCount], theirs: Sequence[RuleCount]) -> tuple[RuleCount, ...]:
    """Counts of the same rules together."""
    merged = {(count.column, count.rule): replace(count) for count in ours}
    for count in theirs:
        key = count.column, count.rule
        if key in merged:
            merged[key].merge(count)
        else:
            merged[key] = replace(count)
    return tuple(merged.values())


def _combine(ours: Mapping[str, Ints], theirs: Mapping[str, Ints], sign: int) -> dict[str, Ints]:
    out = dict(ours)
    for name, array in theirs.items():
        out[name] = out[name] + sign * array if name in out else sign * array
    return out


def _both(ours: RowSample | None, theirs: RowSample | None) -> RowSample | None:
    return None if ours is None or theirs is None else ours.merge(theirs)


def _least(a: int | None, b: int | None) -> int | None:
    return min((x for x in (a, b) if x is not None), default=None)


def _most(a: int | None, b: int | None) -> int | None:
    return max((x for x in (a, b) if x is not None), default=None)
