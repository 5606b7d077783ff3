"""How much more blocks of rows differ than independent rows would: of one time, or of one entity."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Inflation
from leadline.baselines.noise import BLOCKS_MIN, block_inflation, dyadic, merge_blocks, vector_inflation
from leadline.baselines.performance_noise import performance_inflation
from leadline.metrics.vectors import Moments
from leadline.monitors.windows import cut
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

_BLOCKS = 64
_BLOCK_CELLS = 1 << 22


def most_blocks(grid: Grid) -> int:
    """Blocks that are counted apart: enough to tell their noise, fewer where columns are many."""
    return max(2 * BLOCKS_MIN, min(_BLOCKS, _BLOCK_CELLS // max(1, int(grid.offsets[-1]))))


def noise_of_time(profile: Profile, calendar: Calendar, threads: int | None = None) -> list[Inflation]:
    """Noise inflation at 1, 2, 4, ... times the shortest block of which there are not too many."""
    starts = np.array(profile.axes.buckets, np.int64)
    rows = profile.sums["rows"][:, :, 0].sum(1)
    nested = [hours for hours in BLOCK_HOURS if hours % calendar.bucket.hours == 0]
    for hours in nested or [calendar.bucket.hours]:
        blocks = cut(starts, rows, Width.of_hours(hours), calendar.place)
        if len(blocks) <= most_blocks(profile.grid):
            break
    sums = {name: blocks.sums(array) for name, array in _by_block(profile).items()}

    def of_length(length: int) -> Inflation:
        merged = {name: merge_blocks(array, length) for name, array in sums.items()}
        return _noise(profile.grid, merged, hours * 3600.0 * length)

    with threads_in_turns(threads or os.cpu_count() or 1) as pool:
        return list(pool.map(of_length, dyadic(len(blocks))))


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
