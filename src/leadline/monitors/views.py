"""From profiles to the arrays that metrics see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.metrics.pair import Pair
from leadline.metrics.summary import Summary
from leadline.metrics.vectors import Moments, VectorPair
from leadline.profiles.arrays import EMPTY_TEXT, MINUS_INFINITY, NAN, NULL, PLUS_INFINITY, UNREADABLE
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.distinct import EMPTY
from leadline.profiles.grid import Axis, Grid
from leadline.profiles.numeric import EXPONENTS, UNIT_BITS, NumericAxis
from leadline.profiles.outcomes_sums import WEIGHT_BITS
from leadline.profiles.profile import Profile
from leadline.profiles.vectors import VectorAxis

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_WIDTHS = np.array([0, 64, 320, 640, 1280])
"""Columns are padded to the next of these widths, or to a multiple of the last; a few narrow ones to the next
width that others have. The sum of floats depends on how many there are, but NumPy halves these widths until
it adds eight sums side by side, where zeros at the end change nothing: what is computed of a column depends
on no other."""

_VALUES_AT_ONCE = 1 << 17
"""Cells of a block: its arrays fit into a processor's cache, and those of a metric into little memory."""

_NO_BLOCK = 1 << 12
"""Cells with which columns do not make a block of their own: a block costs more than as many cells."""

_SQUARE_UNITS = np.ldexp(1.0, 2 * np.arange(EXPONENTS) - UNIT_BITS)


@dataclass(frozen=True)
class Cells:
    """Cells of K columns of one sort, side by side, padded to one width C.

    Attributes:
        columns: shape (K,): positions in the grid.
        names, axes: of the columns.
        atoms: shape (K, C) bool: the cell holds one value, or one category.
    """

    columns: Indices
    names: Sequence[str]
    axes: Sequence[Axis | None]
    atoms: Bools

    @classmethod
    def of(cls, grid: Grid, columns: Indices, width: int) -> Cells:
        """Of columns of one sort, none of which has more cells than the width."""
        chosen = [grid.columns[k] for k in columns]
        names, axes = [column.name for column in chosen], [column.axis for column in chosen]
        numeric = [axis for axis in axes if isinstance(axis, NumericAxis)]
        if numeric:
            return NumericCells.padded(columns, names, numeric, width)
        named = [len(axis.vocabulary) if isinstance(axis, CategoricalAxis) else 0 for axis in axes]
        return cls(columns, names, axes, np.arange(width) < np.array(named, np.int64)[:, None])


@dataclass(frozen=True)
class NumericCells(Cells):
    """Cells of numeric columns.

    Attributes:
        edges: shape (K, C + 1): as the axes state them, padded with infinity.
        units: shape (K, C): of the sums, in scales.
        centre, scale: shape (K,).
    """

    edges: Floats
    units: Floats
    centre: Floats
    scale: Floats

    @classmethod
    def padded(
        cls, columns: Indices, names: Sequence[str], axes: Sequence[NumericAxis], width: int
    ) -> NumericCells:
        atoms = np.zeros((len(columns), width), bool)
        edges, units = np.full((len(columns), width + 1), np.inf), np.ones((len(columns), width))
        for row, axis in enumerate(axes):
            edges[row, : axis.cells], atoms[row, : axis.cells] = axis.edges[:-1], axis.atoms
            units[row, : axis.cells] = axis.units
        centre, scale = (np.array([getattr(axis, name) for axis in axes]) for name in ("centre", "scale"))
        return cls(columns, names, axes, atoms, edges, units, centre, scale)

    @cached_property
    def outside(self) -> Bools:
        """Shape (K, C): cells out of the range that the grid was learned from."""
        return self._beyond("low", "high")

    @cached_property
    def outlying(self) -> Bools:
        """Shape (K, C): cells beyond a fence."""
        return self._beyond("fence_low", "fence_high")

    def _beyond(self, low: str, high: str) -> Bools:
        least, most = (np.array([[getattr(axis, name)] for axis in self.axes]) for name in (low, high))
        found: Bools = (self.edges[:, 1:] <= least) | (self.edges[:, :-1] > most)
        return found

    def between(self, low: Floats, high: Floats) -> Floats:
        """Edges within these extremes, in place of infinity, too; padded by the last; shape (K, C + 1).

        Where the extremes are those of no value nothing is cut off, and what is infinite becomes 0.
        """
        last = np.argmax(self.edges == np.inf, axis=-1)
        beyond = np.nextafter(high, np.inf)
        top = np.maximum(beyond, self.edges[np.arange(len(last)), last - 1])
        edges = np.where(self.edges == np.inf, top[:, None], self.edges)
        edges[:, 0] = np.minimum(low, self.edges[:, 1])
        some = low <= high
        least, most = np.where(some, low, -np.inf), np.where(some, beyond, np.inf)
        np.clip(edges, least[:, None], most[:, None], out=edges)
        edges[~np.isfinite(edges)] = 0.0
        return edges

    def standardise(self, values: Floats) -> Floats:
        """(values - centre) / scale, shape (K, ...)."""
        found = values - self.centre[:, None]
        found *= (1.0 / self.scale)[:, None]
        return found


@dataclass(frozen=True)
class Side:
    """Counts of one side of K columns, padded to C cells, as floats (sums of weights in a weighted check).

    `rows` are the counts of rows in either case: the same array as `counts` without weights.
    """

    counts: Floats
    rows: Floats
    sums: Floats
    squares: Floats
    design: Floats


@dataclass(frozen=True)
class Block:
    """Some columns of one sort, side by side.

    Attributes:
        cells: theirs.
        before, now: what was counted in them on both sides.
        pair: the same as metrics see it.
    """

    cells: Cells
    before: Side
    now: Side
    pair: Pair

    @property
    def columns(self) -> Indices:
        """Shape (K,): positions in the grid."""
        return self.cells.columns


def moments(profile: Profile, k: int) -> Moments:
    """The moments of a column of vectors in each bucket, of a profile with one version; shape (buckets,)."""
    axis = profile.grid.columns[k].axis
    assert isinstance(axis, VectorAxis)
    return Moments(*axis.means(profile.sums["vectors"][:, 0, 0, profile.grid.vectors[k]]))


def vector_pair(block: Block, reference: Profile, current: Profile) -> VectorPair:
    """Both sides of the one column of a block, a column of vectors; shape (1,)."""
    k, pair = int(block.columns[0]), block.pair
    inflations = (float(np.ravel(x)[0]) for x in (pair.reference_inflation, pair.current_inflation))
    return VectorPair(moments(reference, k), moments(current, k), *inflations)


def blocks(
    reference: Profile, current: Profile, reference_inflation: Floats, current_inflation: Floats
) -> Iterator[Block]:
    """All columns: numeric ones, categorical ones, and those without cells; of like widths together.

    A column of vectors stands alone.

    Args:
        reference, current: profiles on the same grid, with one bucket and version.
        reference_inflation, current_inflation: shape (K,): noise inflation of each column of the grid.
    """
    grid = reference.grid
    for columns, width in _batches(grid):
        cells = Cells.of(grid, columns, width)
        before, now = _side(reference, cells), _side(current, cells)
        inflations = reference_inflation[columns] * before.design, current_inflation[columns] * now.design
        yield Block(cells, before, now, _pair(cells, reference, current, before, now, *inflations))


def _pair(
    cells: Cells,
    reference: Profile,
    current: Profile,
    before: Side,
    now: Side,
    reference_inflation: Floats,
    current_inflation: Floats,
) -> Pair:
    pair = Pair(
        reference=before.counts,
        current=now.counts,
        ordered=isinstance(cells, NumericCells),
        reference_inflation=reference_inflation,
        current_inflation=current_inflation,
    )
    if not isinstance(cells, NumericCells):
        # Unseen values, and the hash cells of a cut vocabulary: it was chosen by the reference's own counts,
        # which favours the reference in the other cells.
        return replace(pair, shared=~cells.atoms | (before.counts == 0))
    low = np.minimum(reference.minimum[0, 0, 0][cells.columns], current.minimum[0, 0, 0][cells.columns])
    high = np.maximum(reference.maximum[0, 0, 0][cells.columns], current.maximum[0, 0, 0][cells.columns])
    return replace(
        pair,
        edges=cells.standardise(cells.between(low, high)),
        atoms=cells.atoms,
        reference_sums=before.sums,
        current_sums=now.sums,
        reference_squares=before.squares,
        current_squares=now.squares,
    )


def _batches(grid: Grid) -> Iterator[tuple[Indices, int]]:
    """Columns of one sort and about one width, as many as bounded memory allows, and the width."""
    cells = np.diff(grid.offsets)
    place = np.searchsorted(_WIDTHS, cells)
    widths = np.where(
        place < len(_WIDTHS), np.append(_WIDTHS, 0)[place], -(-cells // _WIDTHS[-1]) * _WIDTHS[-1]
    )
    vectors = np.array(sorted(grid.vectors), np.int64)
    for k in vectors:
        yield np.array([k]), 0
    for sort in (grid.numeric, grid.categorical, np.setdiff1d(np.flatnonzero(cells == 0), vectors)):
        narrow = sort[:0]
        found = np.unique(widths[sort])
        for next_one, width in enumerate(found, 1):
            columns = np.union1d(narrow, sort[widths[sort] == width])
            if next_one < len(found) and len(columns) * found[next_one] <= _NO_BLOCK:
                narrow = columns
                continue
            narrow = narrow[:0]
            step = max(_VALUES_AT_ONCE // max(int(width), 1), 1)
            for start in range(0, len(columns), step):
                yield columns[start : start + step], int(width)


def side(profile: Profile, columns: Indices) -> Side:
    """The counts of some columns of one sort, of a profile with one bucket, version and segment."""
    widest = int(np.diff(profile.grid.offsets)[columns].max(initial=0))
    return _side(profile, Cells.of(profile.grid, columns, widest))


def _side(profile: Profile, cells: Cells) -> Side:
    grid = profile.grid
    place, real = _padding(grid, cells)
    rows = counts = _gather(profile.sums["cells"][0, 0, 0], place, real)
    design, suffix = np.ones(len(cells.columns)), ""
    if grid.weight_unit:
        suffix = "_weight"
        weights = _gather(profile.sums["cells_weight"][0, 0, 0], place, real)
        total = weights.sum(-1)
        square = _gather(profile.sums["cells_weight_squared"][0, 0, 0], place, real).sum(-1)
        design = np.where(total > 0, square / np.maximum(total, 1.0), 1.0)
        counts = weights * 2.0**-WEIGHT_BITS
    sums = _gather(profile.sums[f"moments{suffix}"][0, 0, 0], place, real)
    if isinstance(cells, NumericCells):
        sums *= cells.units
    squares = profile.sums[f"squares{suffix}"][0, 0, 0][cells.columns] @ _SQUARE_UNITS
    return Side(counts, rows, sums, squares, design)


def _padding(grid: Grid, cells: Cells) -> tuple[Indices, Bools]:
    """Where in the flat cells each padded cell lies, and which are real."""
    start = grid.offsets[cells.columns][:, None]
    width = (grid.offsets[cells.columns + 1] - grid.offsets[cells.columns])[:, None]
    step = np.arange(cells.atoms.shape[1])
    return start + np.minimum(step, np.maximum(width - 1, 0)), step < width


def _gather(flat: npt.NDArray[np.int64], place: Indices, real: Bools) -> Floats:
    return np.where(real, flat[place] if flat.size else 0, 0).astype(np.float64)


def summary(profile: Profile, cells: Cells, counted: Side, physical: Mapping[str, str]) -> Summary:
    """What quality metrics see of some columns of one sort.

    Args:
        cells: of these columns.
        counted: in these cells, of this profile.
        physical: physical type of the columns of this side's table, by name.
    """
    columns, numeric = cells.columns, cells if isinstance(cells, NumericCells) else None
    special = profile.sums["specials"][0, 0, 0][columns].astype(np.float64)
    low, high = profile.minimum[0, 0, 0][columns], profile.maximum[0, 0, 0][columns]
    # Of a part of a profile it is not known which values it holds.
    unknown = (np.nan,) * 3 if profile.rows and not profile.distinct else EMPTY.estimate()
    estimates = np.array(
        [profile.distinct[name].estimate() if name in profile.distinct else unknown for name in cells.names]
    ).reshape(-1, 3)
    outside = outliers = unseen = np.full(len(columns), np.nan)
    if numeric:
        outside, outliers = (
            np.where(beyond, counted.counts, 0.0).sum(-1) for beyond in (numeric.outside, numeric.outlying)
        )
    else:
        unseen = np.array(
            [
                counts[axis.cells - 1] if isinstance(axis, CategoricalAxis) and axis.complete else np.nan
                for counts, axis in zip(counted.counts, cells.axes, strict=True)
            ]
        )
    return Summary(
        rows=np.full(len(columns), float(profile.rows)),
        null=special[:, NULL],
        nan=special[:, NAN],
        infinite=special[:, MINUS_INFINITY] + special[:, PLUS_INFINITY],
        empty=special[:, EMPTY_TEXT],
        counts=counted.counts,
        unseen=unseen,
        outside=outside,
        outliers=outliers,
        type_changed=_types_changed(profile, cells, special, physical),
        distinct=estimates[:, 0],
        distinct_low=estimates[:, 1],
        distinct_high=estimates[:, 2],
        edges=numeric.between(low, high) if numeric else None,
        atoms=cells.atoms,
        total=counted.sums.sum(-1) if numeric else None,
        squares=counted.squares if numeric else None,
        centre=numeric.centre if numeric else None,
        scale=numeric.scale if numeric else None,
        minimum=np.where(np.isfinite(low), low, np.nan) if numeric else None,
        maximum=np.where(np.isfinite(high), high, np.nan) if numeric else None,
    )


def _types_changed(profile: Profile, cells: Cells, special: Floats, physical: Mapping[str, str]) -> Bools:
    """Columns with values of another sort than the reference's, or with some that its axis cannot read."""
    present = profile.rows - special[:, NULL] - special[:, NAN]
    changed = [
        present[row] > 0
        and name in physical
        and _differ(physical[name], profile.grid.columns[cells.columns[row]].physical)
        for row, name in enumerate(cells.names)
    ]
    counted = np.array([axis is not None for axis in cells.axes], bool)
    return np.array(changed, bool) | (special[:, UNREADABLE] > 0) & counted


_SORTS = {"int": "number", "float": "number", "decimal": "number", "date": "moment", "timestamp": "moment"}


def _differ(now: str, before: str) -> bool:
    """The types hold values of different sorts; a column of nulls alone has no sort."""
    return "null" not in (now, before) and _SORTS.get(now, now) != _SORTS.get(before, before)
