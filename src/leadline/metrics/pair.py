"""What a drift metric sees: the counts of both sides, on the same cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """Counts of reference and current for K columns of one sort, on C cells.

    Leading axes of `current` may hold more than the columns (windows), and broadcast against
    `reference`; the last axis is always the cells. Cells hold the values that are present and
    finite: missing, NaN and infinite values are counted elsewhere. Columns with fewer cells are
    padded with empty cells at the end.

    Attributes:
        reference: shape (K, C), counts (sums of weights in a weighted check), float64.
        current: shape (..., K, C), likewise.
        ordered: the cells are ordered (numeric).
        edges: shape (K, C + 1), numeric only: cell c holds the standardised values in
            [edges[c], edges[c + 1]); the outermost finite edges are the observed extremes of both sides.
            Standardised: (x - centre) / scale, scale = the reference's standard deviation (1 if it is
            constant).
        atoms: shape (K, C) bool, numeric only: the cell holds one value only (its lower edge).
        reference_sums, current_sums: like the counts, numeric only: the sum of the standardised values in
            each cell.
        reference_inflation, current_inflation: shape (K,): sizes are divided by this noise inflation in
            intervals and p-values (1: independent rows). With weights it includes Kish's design effect.
    """

    reference: Floats
    current: Floats
    ordered: bool
    edges: Floats | None = None
    atoms: npt.NDArray[np.bool_] | None = None
    reference_sums: Floats | None = None
    current_sums: Floats | None = None
    reference_inflation: Floats | float = 1.0
    current_inflation: Floats | float = 1.0

    @cached_property
    def m(self) -> Floats:
        """Reference total, shape (K,)."""
        return self.reference.sum(-1)

    @cached_property
    def n(self) -> Floats:
        """Current total, shape (..., K)."""
        return self.current.sum(-1)

    @cached_property
    def m_effective(self) -> Floats:
        """Reference size in independent rows, shape (K,)."""
        return self.m / self.reference_inflation

    @cached_property
    def n_effective(self) -> Floats:
        """Current size in independent rows, shape (..., K)."""
        return self.n / self.current_inflation

    @cached_property
    def p(self) -> Floats:
        """Reference proportions, shape (K, C); 0 where the reference is empty."""
        return self.reference / np.maximum(self.m, 1e-300)[..., None]

    @cached_property
    def q(self) -> Floats:
        """Current proportions, shape (..., K, C); 0 where the current side is empty."""
        return self.current / np.maximum(self.n, 1e-300)[..., None]

    def fold(self, cells: int) -> Pair:
        """The same pair on at most `cells` cells of nearly equal reference mass (ordered pairs only).

        A categorical pair is returned as it is. The fold is a function of the reference alone.
        """
        if not self.ordered or self.reference.shape[-1] <= cells:
            return self
        if cells not in self._folded:
            self._folded[cells] = self._fold(cells)
        return self._folded[cells]

    @cached_property
    def _folded(self) -> dict[int, Pair]:
        return {}

    def _fold(self, cells: int) -> Pair:
        middle = np.cumsum(self.reference, -1) - self.reference / 2
        to = np.minimum((middle * (cells / np.maximum(self.m, 1e-300)[..., None])).astype(np.intp), cells - 1)
        return Pair(
            reference=_scatter(self.reference, to, cells),
            current=_scatter(self.current, to, cells),
            ordered=True,
            reference_inflation=self.reference_inflation,
            current_inflation=self.current_inflation,
        )


def _scatter(counts: Floats, to: npt.NDArray[Any], cells: int) -> Floats:
    """Sum counts (..., K, C) into (..., K, cells) by the map `to` (K, C)."""
    k = to.shape[0]
    flat = (to + np.arange(k)[:, None] * cells).ravel()
    lead = counts.shape[:-2]
    rows = counts.reshape(-1, counts.shape[-2] * counts.shape[-1])
    out: Floats = np.stack([np.bincount(flat, weights=row, minlength=k * cells) for row in rows]).astype(
        float
    )
    return out.reshape(*lead, k, cells)
