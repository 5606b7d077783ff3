"""Counts of both sides, in independent rows, on the cells that a test looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.metrics.pair import FOLD, Pair

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ROWS_PER_CELL = 5
"""Rows of the smaller side that each folded cell gets at least on average."""

LEAST_EXPECTED = 1.5
"""Rarer cells (expected rows of the smaller side, from pooled counts) are merged."""

_MISSED = 7.0
"""Expected rows at which a value is missed by one side with probability exp(-7)."""

guarded = np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore")
"""Columns without rows are computed along with the others, and marked NaN at the end."""


@dataclass(frozen=True)
class Counts:
    """Both sides of L columns on C cells, in independent rows (real numbers after an inflation).

    Attributes:
        reference, current: counts, shape (L, C).
        lead: the axes that were made one, of product L: those of the answer.
    """

    reference: Floats
    current: Floats
    lead: tuple[int, ...]

    @classmethod
    def of(cls, pair: Pair) -> Counts:
        """On all cells of the pair; a pair without cells has one empty cell."""
        return pair.once("counts", cls._of)

    @classmethod
    def _of(cls, pair: Pair) -> Counts:
        lead, width = pair.current.shape[:-1], pair.current.shape[-1]
        if width == 0:
            nothing = np.zeros((math.prod(lead), 1))
            return cls(nothing, nothing, lead)
        a = pair.reference / np.asarray(pair.reference_inflation, np.float64)[..., None]
        b = pair.current / np.asarray(pair.current_inflation, np.float64)[..., None]
        a = np.broadcast_to(a, pair.current.shape)
        return cls(a.reshape(-1, width), b.reshape(-1, width), lead)

    @classmethod
    def tested(cls, pair: Pair) -> Counts:
        """On the cells of a test of every cell: folded where ordered, else `_unlike` ones merged."""
        return pair.once("tested counts", cls._tested)

    @classmethod
    def _tested(cls, pair: Pair) -> Counts:
        counts = cls.of(pair)
        if pair.current.shape[-1] == 0:
            return counts
        if pair.ordered:
            return counts.folded()
        shared = pair.shared
        if shared is not None:
            shared = np.broadcast_to(shared, pair.current.shape).reshape(counts.reference.shape)
        return counts.merged(_unlike(counts, shared))

    @cached_property
    def m(self) -> Floats:
        """Reference rows, shape (L,)."""
        return self.reference.sum(-1)

    @cached_property
    def n(self) -> Floats:
        """Current rows, shape (L,)."""
        return self.current.sum(-1)

    @cached_property
    def total(self) -> Floats:
        """Rows of both sides, shape (L,)."""
        return self.m + self.n

    @cached_property
    def pooled(self) -> Floats:
        """Rows of both sides in each cell, shape (L, C)."""
        return self.reference + self.current

    @cached_property
    def share(self) -> Floats:
        """The same over the total, shape (L, C)."""
        return shares(self.pooled, self.total)

    @cached_property
    def gap(self) -> Floats:
        """Reference share minus current share of each cell, shape (L, C)."""
        return shares(self.reference, self.m) - shares(self.current, self.n)

    @cached_property
    def harmonic(self) -> Floats:
        """m n / (m + n), shape (L,)."""
        return self.m * self.n / np.maximum(self.total, 1e-300)

    @cached_property
    def filled(self) -> npt.NDArray[np.intp]:
        """Cells with rows of either side, shape (L,)."""
        return (self.pooled > 0).sum(-1)

    def answer(self, p: Floats) -> Floats:
        """p-values in the shape of the pair, NaN where a side is empty."""
        known = (self.m > 0) & (self.n > 0)
        return np.where(known, np.clip(p, 0.0, 1.0), np.nan).reshape(self.lead)

    def some(self, rows: npt.NDArray[np.intp]) -> Counts:
        """Some of the L columns."""
        return Counts(self.reference[rows], self.current[rows], rows.shape)

    def folded(self) -> Counts:
        """At most `FOLD` cells of nearly equal reference mass, fewer where a side is small."""
        a = self.reference
        cells = np.clip(np.minimum(self.m, self.n) / ROWS_PER_CELL, 2, FOLD).astype(np.intp)
        middle = np.cumsum(a, -1) - a / 2
        to = np.minimum((shares(middle, self.m) * cells[:, None]).astype(np.intp), cells[:, None] - 1)
        flat = (to + np.arange(len(a))[:, None] * FOLD).ravel()
        size = len(a) * FOLD
        before, now = (
            np.bincount(flat, side.ravel(), size).reshape(-1, FOLD).astype(np.float64)
            for side in (a, self.current)
        )
        return Counts(before, now, self.lead)

    def merged(self, cells: Bools) -> Counts:
        """The marked cells (L, C) of each column in one more cell at the end."""
        if not cells.any():
            return self
        return Counts(_moved(self.reference, cells), _moved(self.current, cells), self.lead)

    def without_rare(self) -> Counts:
        """Cells too rare for `LEAST_EXPECTED` rows of the smaller side, by the pooled count, are merged."""
        c = self.pooled
        needed = LEAST_EXPECTED * self.total / np.maximum(np.minimum(self.m, self.n), 1e-300)
        # Two cells are tested exactly, however rare.
        rare = (c > 0) & (c < needed[:, None]) & (self.filled > 2)[:, None]
        rest = np.where(rare, c, 0.0).sum(-1)
        # A rest that is itself too rare joins the smallest cell that is not.
        kept = np.where((c > 0) & ~rare, c, np.inf)
        short = (rest > 0) & (rest < needed)
        rows = np.flatnonzero(short & np.isfinite(kept.min(-1)))
        rare[rows, kept[rows].argmin(-1)] = True
        return self.merged(rare)


@guarded
def tested_cells(pair: Pair) -> tuple[Floats, Floats]:
    """Cells of the chi-squared test, and the share of rows in cells that were not merged with others.

    Both of shape (..., K); for categories.
    """
    counts = Counts.of(pair)
    largest_first = np.sort(counts.pooled, -1)[:, ::-1]
    tested = Counts.tested(pair).without_rare().filled
    alone = np.arange(counts.pooled.shape[-1]) < (tested - (counts.filled > tested))[:, None]
    seen = shares(np.where(alone, largest_first, 0.0), counts.total).sum(-1)
    return tested.astype(np.float64).reshape(counts.lead), seen.reshape(counts.lead)


def _unlike(counts: Counts, shared: Bools | None) -> Bools:
    """Categories to be merged into one so that both sides stand alike, shape (L, C).

    A cell for "unseen" is empty in the reference by construction, and a vocabulary cut at the
    reference's most frequent values favours the reference: on such cells the sides are not
    exchangeable. There all such rows are merged with every value whose *pooled* count is so small
    that the reference might have missed it (or left it out of the vocabulary). What remains is chosen
    by pooled counts alone, up to a chance near 1 / 1000 for one value.

    `shared` marks the cells that several values share (hashed, unseen); None: those without reference rows.
    """
    a, b = counts.reference, counts.current
    if shared is None:
        shared = a == 0
    unfair: Bools = np.any(shared & (b > 0), axis=-1)
    cut_off = np.where(shared, a, 0.0).sum(-1) > 0
    smallest = np.where(shared | (a <= 0), np.inf, a).min(-1)
    cut = np.where(cut_off & np.isfinite(smallest), smallest, 0.0)
    least = (cut + 3 * np.sqrt(cut) + _MISSED) * counts.total / np.maximum(counts.m, 1e-300)
    return unfair[:, None] & (shared | (counts.pooled < least[:, None]))


def shares(counts: Floats, total: Floats) -> Floats:
    """Counts (L, C) over totals (L,); 0 where the total is."""
    return counts / np.maximum(total, 1e-300)[:, None]


def _moved(counts: Floats, cells: Bools) -> Floats:
    merged = np.where(cells, counts, 0.0).sum(-1, keepdims=True)
    return np.concatenate([np.where(cells, 0.0, counts), merged], -1)
