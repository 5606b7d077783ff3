"""Counts that were made elsewhere: a profile on a model's grid is added to the buckets of its rows, once.

They stand with a bucket as those of rows that are gone do: rows that come as well are counted and added, and
another baseline's grid does not know them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.errors import DataError, LeadlineError
from leadline.profiles.arrays import VERSION_PREFIX, Axes
from leadline.profiles.grid import Grid
from leadline.profiles.profile import Ints, Profile
from leadline.schedule import floor, following
from leadline.server.judging import counting
from leadline.server.keeping.sums import together
from leadline.stores import packed
from leadline.stores.contract import Batch, Kept, RowStore

ARRAY_BYTES = 256 << 20
"""Most bytes of the arrays of a profile: a small file may hold large ones."""


class Given(msgspec.Struct, frozen=True):
    """A profile that is durable.

    Attributes:
        model: whose.
        rows: counted in it.
        buckets: of the model that it was added to.
    """

    model: str
    rows: int
    buckets: int


# msgspec learns a type when it is first used, which two threads must not do at a time.
_GIVEN = msgspec.json.Decoder(Given)


def take(store: RowStore, model: str, baseline: Baseline, content: bytes, now: int) -> Given:
    """Add a saved profile to what is counted of a model. The same content again counts once.

    Nothing else may count the model meanwhile.

    Args:
        baseline: of the model, with a calendar.
        content: of the file.
        now: microseconds since 1970.

    Raises:
        DataError: it is no profile, was counted on another grid, or has rows without times.
        RetryableError: nothing was kept, and trying again may help.
    """
    found = profile_of(content, model, baseline)
    grid = counting.grid_name(baseline)
    changed: dict[int, Kept] = {}
    rows = 0
    for start, end, part in _parts(found, baseline):
        # What is counted of it may be part of a day by now.
        known = store.profiles(model, grid, start, start + 1) or [Kept(start, end, 0, 0, b"")]
        before = changed.get(known[0].start, known[0])
        changed[before.start] = _with(before, part, baseline.grid)
        rows += part.rows
    batch = Batch(
        f"profile {hashlib.sha256(content).hexdigest()}", model, now,
        msgspec.json.encode(Given(model, rows, len(changed))), b"{}", {},
    )  # fmt: skip
    answer = store.take_profiles(grid, batch, [*changed.values()])
    if isinstance(answer, LeadlineError):
        raise answer
    return _GIVEN.decode(answer)


def profile_of(content: bytes, model: str, baseline: Baseline) -> Profile:
    """A saved profile that fits a model.

    Raises:
        DataError: it is none, or was counted on another grid.
    """
    found = loaded(content, "the profile", ARRAY_BYTES)
    if not isinstance(found, Profile):
        raise DataError("not a profile", found="a baseline", next_step="Make one with `leadline profile`.")
    if found.grid.fingerprint != baseline.grid.fingerprint:
        raise DataError(
            "the profile was counted on another baseline's grid", where=model,
            found=f"grid {found.grid.fingerprint[:12]}", accepted=f"grid {baseline.grid.fingerprint[:12]}",
            next_step="Count the rows again with the baseline that the model has.",
        )  # fmt: skip
    if not _fits(found, baseline.profile):
        raise DataError(
            "not a profile of this baseline",
            where=model,
            accepted="the arrays that `leadline profile` writes",
        )
    return replace(found, name=model)


def _fits(found: Profile, known: Profile) -> bool:
    """It has the shapes that readers of profiles rely on, and no negative counts; a file may say anything."""
    sizes = found.axes.shape
    extremes = (*sizes, *known.minimum.shape[3:])
    usual = {name for name in known.sums if not name.startswith(VERSION_PREFIX)}
    return (
        found.axes.segments == known.axes.segments
        and found.minimum.shape == found.maximum.shape == extremes
        and usual <= found.sums.keys()
        and all(_array_fits(name, array, sizes, known) for name, array in found.sums.items())
    )


def _array_fits(name: str, array: Ints, sizes: tuple[int, int, int], known: Profile) -> bool:
    like = known.sums.get("rows" if name.startswith(VERSION_PREFIX) else name)
    if like is None or array.dtype != np.int64 or array.shape != (*sizes, *like.shape[3:]):
        return False
    return not (name.startswith(("rows", "cells", VERSION_PREFIX)) and (array < 0).any())


def _parts(profile: Profile, baseline: Baseline) -> Iterator[tuple[int, int, Profile]]:
    """Start and end of each bucket that has rows, and what is counted of it."""
    calendar = baseline.calendar
    assert calendar is not None
    counted = profile.sums["rows"][:, :, 0].sum(1).tolist()
    starts = [start for start, rows in zip(profile.axes.buckets, counted, strict=True) if rows]
    whole = floor(np.array(starts, np.int64), calendar.bucket, calendar.place).tolist()
    has_times = profile.start is not None and profile.axes.buckets != Axes().buckets
    if not has_times or not starts or starts != whole:
        raise DataError(
            "a profile without the times of its rows", where=profile.name,
            accepted=f"rows with times, counted in buckets of {calendar.bucket.words}",
            next_step="Count rows with times, with the baseline that the model has.",
        )  # fmt: skip
    for place, start in enumerate(starts):
        end = following(start, calendar.bucket, calendar.place)
        part = profile.between(start, end)
        if place == 0:
            # Of all rows together only; whatever is judged puts the buckets together, too.
            part = replace(part, distinct=profile.distinct, rules=profile.rules)
        yield start, end, part


def _with(bucket: Kept, part: Profile, grid: Grid) -> Kept:
    """A bucket with the counts of a profile, which cannot be counted again from now on."""
    own = Kept(bucket.start, bucket.end, part.rows + part.left_out, 0, *packed.pack(part))

    def added(before: Sequence[Kept]) -> Kept:
        return together([*before, own], grid, bucket.start, bucket.end)

    frozen = [Kept(bucket.start, bucket.end, 0, 0, *packed.parted(bucket.frozen))] if bucket.frozen else []
    still = added(frozen)
    return replace(
        added([bucket] if bucket.content else []), frozen=packed.joined((still.content, still.samples))
    )
