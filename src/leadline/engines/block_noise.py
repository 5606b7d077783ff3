"""How much more blocks of rows differ than independent rows would: of one time, or of one entity."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Inflation
from leadline.baselines.noise import BLOCKS_MIN, block_inflation, dyadic, merge_blocks, vector_inflation
from leadline.baselines.performance_noise import performance_inflation
from leadline.metrics.vectors import Moments
from leadline.monitors.windows import Windows, cut
from leadline.profiles.arrays import EMPTY_TEXT, NAN, NULL
from leadline.profiles.grid import PREFIX, Grid
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile
from leadline.profiles.vectors import VectorAxis
from leadline.schedule import Calendar, Width
from leadline.turns import threads_in_turns

Floats = npt.NDArray[np.float64]

BLOCK_HOURS = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672, 1344, 2688)
"""Lengths of which the shortest block is one."""

_CYCLE_HOURS = (24, 168)

_CUT = 0.9
"""Part of the usual rows below which a first or last block counts as cut."""

_BLOCKS = 64
_BLOCK_CELLS = 1 << 22


def most_blocks(grid: Grid) -> int:
    """Blocks that are counted apart: enough to tell their noise, fewer where columns are many."""
    return max(2 * BLOCKS_MIN, min(_BLOCKS, _BLOCK_CELLS // max(1, int(grid.offsets[-1]))))


def noise_of_time(profile: Profile, calendar: Calendar, threads: int | None = None) -> list[Inflation]:
    """Noise inflation at the shortest block of which there are not too many, and at longer ones.

    Longer ones are 2, 4, ... times as long, or whole days and weeks: some columns follow the clock.
    """
    starts = np.array(profile.axes.buckets, np.int64)
    rows = profile.sums["rows"][:, :, 0].sum(1)
    by_bucket = _by_block(profile)

    def blocks_of(hours: int) -> tuple[int, dict[str, Floats]]:
        """Blocks of so many hours: all of them, and the sums of those that the table does not cut."""
        blocks = cut(starts, rows, Width.of_hours(hours), calendar.place)
        inner = _uncut(blocks, profile)
        return len(blocks), {name: blocks.sums(array)[inner] for name, array in by_bucket.items()}

    nested = [hours for hours in BLOCK_HOURS if hours % calendar.bucket.hours == 0]
    for shortest in nested or [calendar.bucket.hours]:
        count, sums = blocks_of(shortest)
        if count <= most_blocks(profile.grid):
            break
    lasts = shortest * len(sums["rows"])
    lengths = {shortest * length for length in dyadic(len(sums["rows"]))}
    # Each begins anew with the first moment of the table: whole weeks, on whatever day.
    lengths |= {
        cycle * length
        for cycle in _CYCLE_HOURS
        if cycle > shortest and math.gcd(cycle, shortest) % calendar.bucket.hours == 0
        for length in dyadic(lasts // cycle)
    }

    def of_hours(hours: int) -> Inflation:
        unit = math.gcd(hours, shortest)
        parts = sums if unit == shortest else blocks_of(unit)[1]
        merged = {name: merge_blocks(array, hours // unit) for name, array in parts.items()}
        return _noise(profile.grid, merged, hours * 3600.0)

    with threads_in_turns(threads or os.cpu_count() or 1) as pool:
        return list(pool.map(of_hours, sorted(lengths)))


def _uncut(blocks: Windows, profile: Profile) -> slice:
    """The blocks but for a first or last one that the table cuts, where enough are left.

    What follows the clock differs in a part of a day, however it behaves from day to day.
    """
    size = blocks.rows
    if len(size) < BLOCKS_MIN + 2 or profile.start is None or profile.end is None:
        return slice(None)
    thin = size < _CUT * np.median(size)
    first = int(thin[0] and profile.start > blocks.starts[0])
    last = int(thin[-1] and profile.end < blocks.ends[-1] - 1)
    return slice(first, len(size) - last)


def noise_of_entities(profile: Profile) -> Inflation:
    """Noise inflation between entities, of a profile whose buckets each hold the rows of some of them."""
    return _noise(profile.grid, _by_block(profile), 0.0)


def _by_block(profile: Profile) -> dict[str, Floats]:
    """The sums of each block, over all segments and versions."""
    return {name: array[:, :, 0].sum(1).astype(np.float64) for name, array in profile.sums.items()}


def _noise(grid: Grid, sums: Mapping[str, Floats], seconds: float) -> Inflation:
    """Noise inflation between blocks whose sums are given."""
    size = len(grid.columns)
    columns, missing = np.full(size, np.nan), np.full(size, np.nan)
    rows = sums["rows"]
    absent = sums["specials"][:, :, [NULL, NAN, EMPTY_TEXT]].sum(-1)
    for k, column in enumerate(grid.columns):
        part = slice(int(grid.offsets[k]), int(grid.offsets[k + 1]))
        if isinstance(column.axis, VectorAxis):
            columns[k] = vector_inflation(Moments(*column.axis.means(sums["vectors"][:, grid.vectors[k]])))
        elif column.axis is not None:
            columns[k] = block_inflation(sums["cells"][:, part], isinstance(column.axis, NumericAxis))
        if absent[:, k].any():
            missing[k] = block_inflation(np.stack([absent[:, k], rows - absent[:, k]], -1), False)
    performance = performance_inflation(grid, sums)
    return Inflation(
        seconds, len(rows), float(rows.mean()), columns, missing, _outcome_noise(sums), performance
    )


def _outcome_noise(sums: Mapping[str, Floats]) -> float:
    """Noise inflation of the table of outcomes: of the confusion matrix, or of the cells of the residual."""
    for name in ("confusion", "absolute"):
        array = sums.get(PREFIX + name)
        if array is not None:
            if name == "confusion":
                array = array[:, :-1, :-1]
            return block_inflation(array[..., 0].reshape(len(array), -1), ordered=name == "absolute")
    return float("nan")
