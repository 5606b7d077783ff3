"""Profiles of buckets whose rows are no longer all there.

A profile has two halves that add up: what is known of a row when it comes (its features, version, weight:
`features`), and what its label decides (`outcomes`). Of a stub only the second half is counted again; the
first one is frozen with the bucket, and both of rows that are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from leadline.profiles.arrays import WHOLE_ROWS
from leadline.profiles.grid import PREFIX, RATIO_PREFIX, Grid
from leadline.profiles.profile import Profile
from leadline.profiles.sample import RowSample, sampled_columns
from leadline.schema import Role
from leadline.tables.expressions import parse

OF_LABELS = frozenset({Role.LABEL, Role.LABEL_TIMESTAMP})
"""Columns that are counted with the outcomes."""

LOST = frozenset({Role.FEATURE, Role.DERIVED, Role.IGNORED})
"""Columns that a stub has not."""

_BY_CELL, _BY_COLUMN = ("cells", "moments"), ("squares", "specials")
_DELAYS = "delay/"


def features(profile: Profile) -> Profile:
    """The half that later labels do not change."""
    return _half(profile, outcomes=False)


def outcomes(profile: Profile) -> Profile:
    """The half that labels decide."""
    return _half(profile, outcomes=True)


def put_together(frozen: Profile, whole: Profile | None, stubs: Profile | None) -> Profile:
    """What is counted of a bucket.

    Args:
        frozen: what cannot be counted again.
        whole: counted of the rows with all their values, where there are any.
        stubs: counted of the others that are there.
    """
    found = frozen if whole is None else frozen.merge(whole)
    if stubs is None:
        return found
    together = found.merge(outcomes(stubs))
    return replace(together, sample=_labelled(found.grid, found.sample, stubs.sample))


def frozen_with(before: Profile | None, shrinking: Profile | None, going: Profile | None) -> Profile | None:
    """What cannot be counted again from now on; None: nothing.

    Args:
        before: what could not so far.
        shrinking: counted of the rows that become stubs.
        going: counted of those that go.
    """
    rows = [profile for profile in (before, shrinking) if profile is not None]
    if not rows:
        return None
    sample = rows[0].sample
    if len(rows) == 2:
        sample = rows[0].merge(rows[1]).sample
    found = before
    for half in (
        features(shrinking) if shrinking is not None else None,
        outcomes(going) if going is not None else None,
    ):
        if half is not None:
            found = half if found is None else found.merge(half)
    assert found is not None
    # A row has its place in the sample since it shrank; its last label is known when it goes.
    return replace(found, sample=_labelled(found.grid, sample, None if going is None else going.sample))


def without(profile: Profile, hashes: npt.NDArray[np.uint64], extremes: bool) -> Profile:
    """A profile whose sample has none of the rows with some hashes.

    Args:
        extremes: whether extremes and samples of values go too: whose they are cannot be told.
    """
    sample = profile.sample
    if sample is not None:
        profile = replace(profile, sample=sample.take(~np.isin(sample.hashes, hashes)))
    if not extremes:
        return profile
    return replace(
        profile,
        minimum=np.full_like(profile.minimum, np.inf),
        maximum=np.full_like(profile.maximum, -np.inf),
        distinct={},
    )


def _half(profile: Profile, outcomes: bool) -> Profile:
    grid = profile.grid
    of_labels = np.array([column.schema.role in OF_LABELS for column in grid.columns], np.bool_)
    kept = of_labels if outcomes else ~of_labels
    names = {column.schema.name for column, keep in zip(grid.columns, kept, strict=True) if keep}
    if not outcomes:
        names.add(WHOLE_ROWS)
    ratios = _ratios_of_stubs(grid)
    return replace(
        profile,
        sums={
            name: _masked(name, array, grid, kept, _is_outcome(name, ratios) == outcomes)
            for name, array in profile.sums.items()
        },
        minimum=np.where(kept, profile.minimum, np.inf),
        maximum=np.where(kept, profile.maximum, -np.inf),
        distinct={name: found for name, found in profile.distinct.items() if name in names},
        rules=tuple(count for count in profile.rules if count.column in names),
    )


def _masked(
    name: str, array: npt.NDArray[np.int64], grid: Grid, kept: npt.NDArray[np.bool_], whole: bool
) -> npt.NDArray[np.int64]:
    if name.startswith(_BY_CELL):
        return array * np.repeat(kept, np.diff(grid.offsets))
    if name.startswith(_BY_COLUMN):
        return array * kept[:, None]
    return array if whole else np.zeros_like(array)


def _is_outcome(name: str, ratios: Mapping[str, bool]) -> bool:
    if name.startswith(RATIO_PREFIX):
        return ratios[name.removeprefix(RATIO_PREFIX).partition("/")[0]]
    return name.startswith((PREFIX, _DELAYS))


def _ratios_of_stubs(grid: Grid) -> dict[str, bool]:
    """Which ratios can be counted of stubs, by place."""
    lost = {column.schema.name for column in grid.columns if column.schema.role in LOST}
    known = {column.schema.name for column in grid.columns}
    found = {}
    for place, plan in enumerate(grid.ratios):
        read = {*parse(plan.numerator).columns, *parse(plan.denominator).columns}
        found[str(place)] = read <= known - lost
    return found


def _labelled(grid: Grid, sample: RowSample | None, stubs: RowSample | None) -> RowSample | None:
    """The sample with the labels that stubs have now, where a stub is one of its rows."""
    if sample is None or stubs is None or len(sample) == 0 or len(stubs) == 0:
        return sample
    order = np.argsort(stubs.hashes)
    at = np.minimum(np.searchsorted(stubs.hashes, sample.hashes, sorter=order), len(order) - 1)
    same = stubs.hashes[order[at]] == sample.hashes
    of_labels = [grid.columns[k].schema.role in OF_LABELS for k in sampled_columns(grid)]
    return replace(
        sample,
        cells=np.where(same[:, None] & np.array(of_labels, np.bool_), stubs.cells[order[at]], sample.cells),
        label=np.where(same, stubs.label[order[at]], sample.label),
    )
