"""What a drift metric sees: the counts of both sides, on the same cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.once import Once

Floats = npt.NDArray[np.float64]

FOLD = 20
"""Cells on which the shares of all cells are compared, where cells are ordered."""

COARSE_FOLD = 10
"""The same for PSI and Kullback-Leibler, whose logarithms let small cells weigh heavily."""

CLIP = 2.0**20
"""Standardised values are clipped here in sums and sums of squares, as profiles count them."""


@dataclass(frozen=True)
class Pair(Once):
    """Counts of reference and current for K columns of one sort, on C cells.

    Leading axes of `current` may hold more than the columns (windows), and broadcast against
    `reference`; the last axis is always the cells. Cells hold the values that are present and
    finite: missing, NaN and infinite values are counted elsewhere. Columns with fewer cells are
    padded with empty cells at the end; drift metrics need one cell at least.

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
            each cell, each value clipped at +-CLIP.
        reference_squares, current_squares: shapes (K,) and (..., K), numeric only: the sum of the squared
            standardised values of the whole column. Without them a variance is bounded by the cells.
        reference_inflation, current_inflation: shape (K,): sizes are divided by this noise inflation in
            intervals and p-values (1: independent rows). With weights it includes Kish's design effect.
        shared: shape (K, C) bool, categories only: the cell is shared by several values (hashed, unseen).
            None: the cells that are empty in the reference.
    """

    reference: Floats
    current: Floats
    ordered: bool
    edges: Floats | None = None
    atoms: npt.NDArray[np.bool_] | None = None
    reference_sums: Floats | None = None
    current_sums: Floats | None = None
    reference_squares: Floats | None = None
    current_squares: Floats | None = None
    reference_inflation: Floats | float = 1.0
    current_inflation: Floats | float = 1.0
    shared: npt.NDArray[np.bool_] | None = None

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

    def shares_of(self, row: int) -> tuple[Floats, Floats]:
        """Proportions of both sides of one column, shape (C,) each; of a pair without further axes."""
        m, n = max(float(self.m[row]), 1e-300), max(float(self.n[row]), 1e-300)
        return self.reference[row] / m, self.current[row] / n

    @cached_property
    def harmonic(self) -> Floats:
        """Effective size of the comparison, m n / (m + n) in independent rows, shape (..., K)."""
        m, n = self.m_effective, self.n_effective
        return m * n / np.maximum(m + n, 1e-300)

    @cached_property
    def reference_before(self) -> Floats:
        """Reference distribution function at the cells' edges, shape (K, C + 1): 0 first, 1 last."""
        return _cumulative(self.p)

    @cached_property
    def current_before(self) -> Floats:
        """Current distribution function at the cells' edges, shape (..., K, C + 1)."""
        return _cumulative(self.q)

    @cached_property
    def difference(self) -> Floats:
        """Current minus reference distribution function at the cells' edges, shape (..., K, C + 1)."""
        return self.current_before - self.reference_before

    @cached_property
    def is_atom(self) -> npt.NDArray[np.bool_]:
        """Cells that hold one value only, shape (K, C); all of them where nothing is known of atoms."""
        return np.ones(self.reference.shape, bool) if self.atoms is None else self.atoms

    @cached_property
    def low_edge(self) -> Floats:
        """Lower edges, shape (K, C); an edge at infinity is moved to the cell's other edge."""
        edges = self._known_edges()
        return np.where(np.isfinite(edges[:, :-1]), edges[:, :-1], _finite(edges[:, 1:]))

    @cached_property
    def width(self) -> Floats:
        """Widths of the cells, shape (K, C); 0 for cells that reach to infinity."""
        edges = self._known_edges()
        with np.errstate(invalid="ignore"):
            return np.maximum(_finite(edges[:, 1:] - edges[:, :-1]), 0.0)

    @cached_property
    def unbounded(self) -> npt.NDArray[np.bool_]:
        """Some cell with rows reaches to infinity, shape (..., K): nothing bounds its values."""
        finite = np.isfinite(self._known_edges())
        open_cell = ~(finite[:, 1:] & finite[:, :-1]) & ~self.is_atom
        return np.any(open_cell & ((self.reference + self.current) > 0), axis=-1)

    @cached_property
    def reference_above(self) -> Floats:
        """Integral over each cell of the rise of the reference distribution function, shape (K, C).

        That is p (upper edge - mean of the cell), known exactly from the sums.
        """
        above: Floats = self.p * (self.low_edge + self.width - self.reference_means)
        return above

    @cached_property
    def current_above(self) -> Floats:
        """The same of the current side, shape (..., K, C)."""
        above: Floats = self.q * (self.low_edge + self.width - self.current_means)
        return above

    @cached_property
    def area(self) -> Floats:
        """Integral of `difference` over each cell, shape (..., K, C), exact."""
        return self.difference[..., :-1] * self.width + self.current_above - self.reference_above

    @cached_property
    def reference_means(self) -> Floats:
        """Mean standardised reference value in each cell (its middle where it is empty), shape (K, C)."""
        return self._means(self.reference, self.reference_sums)

    @cached_property
    def current_means(self) -> Floats:
        """The same of the current side, shape (..., K, C)."""
        return self._means(self.current, self.current_sums)

    @cached_property
    def pooled(self) -> Floats:
        """Proportions of both sides together, shape (..., K, C); 0 where both are empty."""
        return (self.reference + self.current) / np.maximum(self.m + self.n, 1e-300)[..., None]

    def _means(self, counts: Floats, sums: Floats | None) -> Floats:
        middle = self.low_edge + np.where(self.is_atom, 0.0, self.width / 2)
        if sums is None:
            return np.broadcast_to(middle, counts.shape)
        mean = np.where(counts > 0, sums / np.maximum(counts, 1e-300), middle)
        mean = np.clip(mean, self.low_edge, self.low_edge + self.width)
        return np.where(self.is_atom, self.low_edge, mean)

    def _known_edges(self) -> Floats:
        if self.edges is None:
            raise ValueError("a pair without edges has no lengths")
        return self.edges

    def fold(self, cells: int) -> Pair:
        """The same pair on about `cells` cells of nearly equal reference mass (ordered pairs only).

        A column whose reference fills at most `cells` cells with ten rows each on average is few-valued:
        each filled cell stays, and what lies between two of them (values the reference never held) has a
        cell of its own. A categorical pair is returned as it is. The fold is a function of the reference
        alone, and of no other column.
        """
        if not self.ordered:
            return self
        if cells not in self._folded:
            self._folded[cells] = self._fold(cells)
        return self._folded[cells]

    @cached_property
    def _folded(self) -> dict[int, Pair]:
        return {}

    def _fold(self, cells: int) -> Pair:
        to, size = self.fold_map(cells)
        return Pair(
            reference=scatter(self.reference, to, size),
            current=scatter(self.current, to, size),
            ordered=True,
            reference_inflation=self.reference_inflation,
            current_inflation=self.current_inflation,
        )

    def fold_map(self, cells: int) -> tuple[npt.NDArray[np.intp], int]:
        """The cell of the fold to which each cell goes, shape (K, C), and the number of cells of the fold."""
        filled = self.reference > 0
        rank = np.cumsum(filled, -1)
        few = (rank[..., -1] <= cells) & (self.m >= 10 * rank[..., -1])
        middle = np.cumsum(self.reference, -1) - self.reference / 2
        to = np.minimum((middle * (cells / np.maximum(self.m, 1e-300)[..., None])).astype(np.intp), cells - 1)
        to = np.where(few[..., None], 2 * rank - filled, to)
        # Of 8 or 16 cells and more, empty ones at the end do not change how NumPy adds them up.
        return to, 2 * cells + 1 if few.any() else -(-cells // 8) * 8


def _cumulative(shares: Floats) -> Floats:
    total = np.empty((*shares.shape[:-1], shares.shape[-1] + 1))
    total[..., 0] = 0.0
    np.cumsum(shares, -1, out=total[..., 1:])
    return np.minimum(total, 1.0, out=total)


def _finite(x: Floats) -> Floats:
    return np.where(np.isfinite(x), x, 0.0)


def scatter(counts: Floats, to: npt.NDArray[Any], cells: int) -> Floats:
    """Sum counts (..., K, C) into (..., K, cells) by the map `to` (K, C)."""
    k = to.shape[0]
    flat = (to + np.arange(k)[:, None] * cells).ravel()
    lead = counts.shape[:-2]
    if counts.size == 0:
        return np.zeros((*lead, k, cells))
    rows = counts.reshape(-1, counts.shape[-2] * counts.shape[-1])
    out: Floats = np.stack([np.bincount(flat, weights=row, minlength=k * cells) for row in rows]).astype(
        float
    )
    return out.reshape(*lead, k, cells)
