"""How far windows are from their baselines, for every column at one scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leadline.monitors.budget.evidence import Booleans, Floats, Integers
from leadline.monitors.budget.operators import merged

RARE = 1e-3
"""Added to expected proportions, so that a cell the baseline lacks weighs much, but not without end."""

LEVEL_SHARE = 0.02
"""Categories with at least this share of the reference are channels of their own."""

BLOCK = 2_000_000
"""Numbers of a temporary array at most; columns are worked on in blocks of so many."""


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of some columns side by side.

    Attributes:
        offsets: shape (K + 1,).
        ordered: shape (K,).
        rank: shape (T,): mid-ranks of the reference in its own column, 0..1.
        levels: cells that are channels of their own.
    """

    offsets: Integers
    ordered: Booleans
    rank: Floats
    levels: Integers

    @cached_property
    def column(self) -> Integers:
        """Shape (T,): column of each cell."""
        return np.repeat(np.arange(len(self.ordered)), np.diff(self.offsets))

    def blocks(self, windows: int) -> Iterator[tuple[slice, slice, Cells]]:
        """Columns and cells of each block, so that windows x cells stay below BLOCK."""
        cells = max(1, BLOCK // max(windows, 1))
        columns, total = len(self.ordered), len(self.rank)
        if columns and total <= cells:
            yield slice(0, columns), slice(0, total), self
            return
        start = 0
        while start < len(self.ordered):
            stop = int(np.searchsorted(self.offsets, self.offsets[start] + cells, side="right")) - 1
            stop = min(max(stop, start + 1), len(self.ordered))
            low, high = int(self.offsets[start]), int(self.offsets[stop])
            levels = self.levels[(self.levels >= low) & (self.levels < high)] - low
            yield (
                slice(start, stop),
                slice(low, high),
                Cells(
                    self.offsets[start : stop + 1] - low,
                    self.ordered[start:stop],
                    self.rank[low:high],
                    levels,
                ),
            )
            start = stop


def describe(counts: Floats, offsets: Integers, ordered: Booleans) -> Cells:
    """Ranks and large levels, from all counts of the reference."""
    total = counts.sum(0)
    sums = np.add.reduceat(total, offsets[:-1])
    column = np.repeat(np.arange(len(ordered)), np.diff(offsets))
    share = total / np.maximum(sums, 1.0)[column]
    before = np.concatenate([[0.0], np.cumsum(share)])
    rank = before[:-1] - before[offsets[:-1]][column] + share / 2
    large = (share >= LEVEL_SHARE) & (share <= 1 - LEVEL_SHARE) & ~np.asarray(ordered)[column]
    return Cells(np.asarray(offsets), np.asarray(ordered), rank, np.flatnonzero(large))


def proportions(counts: Floats, cells: Cells) -> tuple[Floats, Booleans]:
    """Shares of each column's counts in its cells, and where a column has any: shapes (W, T) and (W, K)."""
    totals = np.add.reduceat(counts, cells.offsets[:-1], axis=1)
    return counts / np.maximum(totals, 1.0)[:, cells.column], totals > 0


def counting_noise(counts: Floats, rows: Floats, cells: Cells) -> Floats:
    """Shape (K,): the chi-squared that a window's independent rows make by chance, times its rows.

    Args:
        counts: shape (W, T). rows: shape (W,), all of them; a column may hold values in fewer.
    """
    total = counts.sum(0)
    values = np.add.reduceat(total, cells.offsets[:-1])
    share = total / np.maximum(values, 1.0)[cells.column]
    present = np.clip(values / max(float(rows.sum()), 1.0), 1e-3, 1.0)
    return np.add.reduceat(share * (1 - share) / (share + RARE), cells.offsets[:-1]) / present


def merged_shares(shares: Floats, known: Booleans, scale: int, cells: Cells) -> tuple[Floats, Floats]:
    """Means of the shares over those of the last `scale` windows in which the column is known.

    Returns:
        The means, and the part of these windows in which the column is known, 0..1; 0 where it is unknown in
        the last of them, which then says nothing new.
    """
    together = merged(shares, scale)
    if known.all():
        return together, known.astype(float)
    part = merged(known.astype(float), scale)
    return together / np.maximum(part, 1e-12)[:, cells.column], np.where(known, part, 0.0)


@dataclass(frozen=True, eq=False)
class Distances:
    """Statistics of m windows at one scale, NaN where unknown, with variance-stabilising powers.

    Attributes:
        distance: (m, K): Kolmogorov-Smirnov distance or total variation, to the power 2/3.
        chi_squared: (m, K): sum of (p - q)^2 / q, to the power 1/3.
        rank: (m, ordered columns): mean-rank shift, signed.
        level: (m, levels): differences of shares, signed.
        effect, level_effect: (m, K), (m, levels): distances and differences themselves, for the floors.
    """

    distance: Floats
    chi_squared: Floats
    rank: Floats
    level: Floats
    effect: Floats
    level_effect: Floats


def distances(shares: Floats, baseline: Floats, known: Booleans, ratio: Floats, cells: Cells) -> Distances:
    """Compare windows with their baselines.

    Differences are divided by the root of `ratio`, the variance at these rows over that of a typical
    window, so that small windows are judged as mildly as their noise asks for; effects are as they are.

    Args:
        shares: shape (m, T).
        baseline: shape (m, T); NaN where there is none.
        known: shape (m, K).
        ratio: shape (m, K).
        cells: of these columns.
    """
    starts, column = cells.offsets[:-1], cells.column
    known = known & np.isfinite(baseline[:, starts])
    scale = np.where(known, np.sqrt(ratio), 1.0)
    difference = np.where(known[:, column], (shares - baseline) / scale[:, column], 0.0)
    expected = np.where(known[:, column], baseline, 1.0)
    # Differences of a column sum to 0, so a running sum over all columns starts each of them at 0.
    steps = np.abs(np.cumsum(difference, axis=1))
    apart = np.where(
        cells.ordered,
        np.maximum.reduceat(steps, starts, axis=1),
        0.5 * np.add.reduceat(np.abs(difference), starts, axis=1),
    )
    squared = np.add.reduceat(difference**2 / (expected + RARE), starts, axis=1)
    rank = np.add.reduceat(difference * cells.rank, starts, axis=1)
    apart, squared, rank = (np.where(known, found, np.nan) for found in (apart, squared, rank))
    owner = column[cells.levels]
    level = np.where(known[:, owner], difference[:, cells.levels], np.nan)
    return Distances(
        np.cbrt(apart) ** 2,
        np.cbrt(squared),
        rank[:, cells.ordered],
        level,
        apart * scale,
        level * scale[:, owner],
    )


def joined(parts: list[Distances]) -> Distances:
    """The distances of all blocks of columns side by side."""
    return Distances(
        *(
            np.hstack([getattr(part, name) for part in parts])
            for name in ("distance", "chi_squared", "rank", "level", "effect", "level_effect")
        )
    )
