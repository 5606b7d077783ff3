"""Erasing what is kept of a person: rows, labels, feedback, and what samples hold of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import numpy.typing as npt

from leadline import comparison
from leadline.baselines.baseline import Baseline
from leadline.baselines.file import loaded
from leadline.profiles.grid import Grid
from leadline.profiles.profile import Profile
from leadline.schema import Role
from leadline.server.judging import counting
from leadline.server.judging.frozen import without
from leadline.stores import packed
from leadline.stores.contract import Erased, RowStore
from leadline.stores.metadata import Metadata

_AT_ONCE = 500
"""Ids that are hashed together: fewer than a sample holds of one bucket."""

_ANY = Grid(())
"""Stands for the grid of profiles that are not combined: it may be that of a baseline that is gone."""

Hashes = npt.NDArray[np.uint64]


class Report(msgspec.Struct, frozen=True):
    """What was erased of a model.

    Attributes:
        model: whose.
        ids: under how many ids.
        predictions, labels, feedback: rows that were there and are not any more.
        quarters: of an hour whose buckets are counted anew.
        sampled: rows of samples, of frozen profiles and of the baseline, that are not any more.
        frozen: buckets whose rows are partly no longer kept: their extremes and samples of values went,
            and what was counted of features stays as numbers that name nobody.
    """

    model: str
    ids: int
    predictions: int
    labels: int
    feedback: int
    quarters: int
    sampled: int
    frozen: int


def erase(
    store: RowStore, metadata: Metadata, model: str, column: str, values: Sequence[str], now: int
) -> Report:
    """Erase what is kept of some ids, or of all rows with some values in a column; then call `scrub`.

    Nothing else may count while this is done. The buckets are counted anew in the next round.

    Args:
        column: "" for the id, else the name of a feature or segment.
        values: of it.
        now: microseconds since 1970.
    """
    found = store.erase(model, column, values, now)
    hashes, sampled = _hashes(metadata, model, found.ids), 0
    frozen = 0
    for grid in store.grids(model):
        touched, gone = _clean(store, model, grid, found, hashes)
        frozen, sampled = frozen + touched, sampled + gone
    sampled += _clean_baseline(metadata, model, hashes)
    rows = found.rows
    return Report(
        model,
        len(found.ids),
        rows["predictions"],
        rows["labels"],
        rows["feedback"],
        len(found.quarters),
        sampled,
        frozen,
    )


def scrub(store: RowStore, metadata: Metadata) -> None:
    """Take what was erased out of the files, too."""
    store.scrub()
    metadata.database.scrub()


def _hashes(metadata: Metadata, model: str, ids: Sequence[str]) -> Hashes:
    """By what samples know the ids; empty, where rows are not sampled by their id."""
    content = metadata.models.baseline(model)
    if content is None:
        return np.zeros(0, np.uint64)
    baseline = loaded(content, model)
    assert isinstance(baseline, Baseline)
    name = next((column.name for column in baseline.schema if column.role is Role.ID), None)
    key = baseline.grid.key
    if key is None or key.columns != (name,):
        return np.zeros(0, np.uint64)
    parts = [np.zeros(0, np.uint64)]
    for first in range(0, len(ids), _AT_ONCE):
        sample = comparison.profile({name: ids[first : first + _AT_ONCE]}, baseline).sample
        if sample is not None:
            parts.append(sample.hashes)
    return np.concatenate(parts)


def _clean(store: RowStore, model: str, grid: str, erased: Erased, hashes: Hashes) -> tuple[int, int]:
    """Frozen profiles of a grid without the erased; how many had rows erased, and rows of samples."""
    changed, touched, gone = [], 0, 0
    for kept in store.profiles(model, grid):
        if not kept.frozen:
            continue
        among = bool(((erased.quarters >= kept.start) & (erased.quarters < kept.end)).any())
        before = counting.thawed(kept.frozen, _ANY)
        fewer = _sampled(before, hashes)
        if among or fewer:
            touched, gone = touched + among, gone + fewer
            frozen = packed.joined(packed.pack(without(before, hashes, extremes=among)))
            whole = without(counting.decoded(kept, _ANY), hashes, extremes=among)
            content, samples = packed.pack(whole)
            changed.append(replace(kept, content=content, samples=samples, frozen=frozen))
    if changed:
        store.keep_profiles(model, grid, store.counted(model, grid), changed)
    return touched, gone


def _clean_baseline(metadata: Metadata, model: str, hashes: Hashes) -> int:
    content = metadata.models.baseline(model)
    if content is None or len(hashes) == 0:
        return 0
    found = loaded(content, model)
    assert isinstance(found, Baseline)
    gone = _sampled(found.profile, hashes)
    if gone:
        cleaned = replace(found, profile=without(found.profile, hashes, extremes=False))
        metadata.models.rewrite_baseline(model, cleaned.to_bytes())
    return gone


def _sampled(profile: Profile, hashes: Hashes) -> int:
    return 0 if profile.sample is None else int(np.isin(profile.sample.hashes, hashes).sum())
