"""From profiles to the arrays that metrics see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.metrics.pair import Pair
from leadline.metrics.summary import Summary
from leadline.profiles.columns import WEIGHT_BITS
from leadline.profiles.distinct import EMPTY
from leadline.profiles.grid import EXPONENTS, UNIT_BITS, Axis, CategoricalAxis, Grid, NumericAxis
from leadline.profiles.profile import (
    EMPTY_TEXT,
    MINUS_INFINITY,
    NAN,
    NULL,
    PLUS_INFINITY,
    UNREADABLE,
    Profile,
)

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

_VALUES_AT_ONCE = 1 << 21
_SQUARE_UNITS = np.ldexp(1.0, 2 * np.arange(EXPONENTS) - UNIT_BITS)


@dataclass(frozen=True)
class Block:
    """Some columns of one sort, side by side.

    Attributes:
        columns: shape (K,): their positions in the grid.
        pair: their counts on both sides.
    """

    columns: Indices
    pair: Pair


@dataclass(frozen=True)
class Side:
    """Counts of one side of K columns, padded to C cells, as floats (sums of weights in a weighted check)."""

    counts: Floats
    sums: Floats
    squares: Floats
    design: Floats


def blocks(
    reference: Profile, current: Profile, reference_inflation: Floats, current_inflation: Floats
) -> Iterator[Block]:
    """The columns with cells, numeric ones first; categorical ones with similar numbers of cells together.

    Args:
        reference, current: profiles on the same grid, with one bucket and version.
        reference_inflation, current_inflation: shape (K,): noise inflation of each column of the grid.
    """
    grid = reference.grid
    for columns in _batches(grid, grid.numeric):
        inflations = reference_inflation[columns], current_inflation[columns]
        yield Block(columns, _numeric_pair(grid, columns, reference, current, *inflations))
    for columns in _batches(grid, grid.categorical):
        ours, theirs = side(reference, columns), side(current, columns)
        yield Block(
            columns,
            Pair(
                reference=ours.counts,
                current=theirs.counts,
                ordered=False,
                shared=_shared([grid.columns[k].axis for k in columns], ours.counts),
                reference_inflation=reference_inflation[columns] * ours.design,
                current_inflation=current_inflation[columns] * theirs.design,
            ),
        )


def _shared(axes: list[Axis | None], reference: Floats) -> npt.NDArray[np.bool_]:
    """Cells that several values share: unseen values, and the hash cells of a cut vocabulary.

    The vocabulary was chosen by the reference's own counts, which favours the reference in the other cells.
    """
    named = [
        0 if axis is None else axis.cells if not isinstance(axis, CategoricalAxis) else len(axis.vocabulary)
        for axis in axes
    ]
    shared: npt.NDArray[np.bool_] = np.arange(reference.shape[-1]) >= np.array(named, np.int64)[:, None]
    return shared | (reference == 0)


def _batches(grid: Grid, columns: Indices) -> Iterator[Indices]:
    """Columns in groups of like size, so that padding wastes little and memory stays bounded."""
    cells = np.diff(grid.offsets)
    order = columns[np.argsort(cells[columns], kind="stable")]
    start = 0
    while start < len(order):
        stop = start + 1
        least = cells[order[start]]
        while (
            stop < len(order)
            and cells[order[stop]] <= max(64, 4 * least)
            and ((stop - start) * cells[order[stop]] < _VALUES_AT_ONCE)
        ):
            stop += 1
        yield order[start:stop]
        start = stop


def side(profile: Profile, columns: Indices) -> Side:
    """The counts of some columns of a profile with one bucket, version and segment."""
    grid = profile.grid
    weighted = bool(grid.weight_unit)
    place, real = _padding(grid, columns)
    cells = profile.sums["cells"][0, 0, 0]
    units, design = np.ones(1), np.ones(len(columns))
    name, moments, squares = "cells", "moments", "squares"
    if weighted:
        units = np.full(1, 2.0**-WEIGHT_BITS)
        name, moments, squares = "cells_weight", "moments_weight", "squares_weight"
        total = _gather(profile.sums["cells_weight"][0, 0, 0], place, real).sum(-1)
        square = _gather(profile.sums["cells_weight_squared"][0, 0, 0], place, real).sum(-1)
        design = np.where(total > 0, square / np.maximum(total, 1.0), 1.0)
    cells = profile.sums[name][0, 0, 0]
    counts = _gather(cells, place, real) * units
    sums = _gather(profile.sums[moments][0, 0, 0], place, real)
    for row, k in enumerate(columns):
        axis = grid.columns[k].axis
        if isinstance(axis, NumericAxis):
            sums[row, : axis.cells] *= axis.units
    return Side(
        counts,
        sums,
        profile.sums[squares][0, 0, 0][columns] @ _SQUARE_UNITS,
        design,
    )


def _padding(grid: Grid, columns: Indices) -> tuple[Indices, npt.NDArray[np.bool_]]:
    """Where in the flat cells each padded cell lies, and which are real."""
    start = grid.offsets[columns][:, None]
    width = (grid.offsets[columns + 1] - grid.offsets[columns])[:, None]
    step = np.arange(int(width.max(initial=0)))
    return start + np.minimum(step, np.maximum(width - 1, 0)), step < width


def _gather(flat: npt.NDArray[np.int64], place: Indices, real: npt.NDArray[np.bool_]) -> Floats:
    return np.where(real, flat[place] if flat.size else 0, 0).astype(np.float64)


def _numeric_pair(
    grid: Grid,
    columns: Indices,
    reference: Profile,
    current: Profile,
    reference_inflation: Floats,
    current_inflation: Floats,
) -> Pair:
    ours, theirs = side(reference, columns), side(current, columns)
    low = np.minimum(reference.minimum[0, 0, 0][columns], current.minimum[0, 0, 0][columns])
    high = np.maximum(reference.maximum[0, 0, 0][columns], current.maximum[0, 0, 0][columns])
    edges, atoms = _edges(grid, columns, low, high, standardised=True)
    return Pair(
        reference=ours.counts,
        current=theirs.counts,
        ordered=True,
        edges=edges,
        atoms=atoms,
        reference_sums=ours.sums,
        current_sums=theirs.sums,
        reference_squares=ours.squares,
        current_squares=theirs.squares,
        reference_inflation=reference_inflation * ours.design,
        current_inflation=current_inflation * theirs.design,
    )


def _edges(
    grid: Grid, columns: Indices, low: Floats, high: Floats, standardised: bool
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Edges with the observed extremes in place of infinity, padded by repeating the last; atoms."""
    axes = [grid.columns[k].axis for k in columns]
    width = max((axis.cells for axis in axes if axis is not None), default=0)
    edges = np.zeros((len(columns), width + 1))
    atoms = np.zeros((len(columns), width), bool)
    for row, axis in enumerate(axes):
        if not isinstance(axis, NumericAxis):
            continue
        own = axis.edges.copy()
        inner = own[1:-1]
        first, last = (inner[0], inner[-1]) if len(inner) else (np.inf, -np.inf)
        own[0] = min(low[row], first)
        own[-1] = max(np.nextafter(high[row], np.inf), last)
        if low[row] <= high[row]:
            own = np.clip(own, low[row], np.nextafter(high[row], np.inf))
        own = np.where(np.isfinite(own), own, 0.0)
        if standardised:
            own = axis.standardise(own)
        edges[row, : len(own)] = own
        edges[row, len(own) :] = own[-1]
        atoms[row, : axis.cells] = axis.atoms
    return edges, atoms


def summary(profile: Profile, columns: Indices, physical: dict[str, str]) -> Summary:
    """What quality metrics see of some columns of one sort.

    Args:
        physical: physical type of the columns of this side's table, by name.
    """
    grid = profile.grid
    ours = side(profile, columns)
    special = profile.sums["specials"][0, 0, 0][columns].astype(np.float64)
    axes = [grid.columns[k].axis for k in columns]
    names = [grid.columns[k].name for k in columns]
    low, high = profile.minimum[0, 0, 0][columns], profile.maximum[0, 0, 0][columns]
    plain = _gather(profile.sums["cells"][0, 0, 0], *_padding(grid, columns))
    numeric = bool(axes) and isinstance(axes[0], NumericAxis)
    # Of a part of a profile it is not known which values it holds.
    unknown = (np.nan,) * 3 if profile.rows and not profile.distinct else EMPTY.estimate()
    estimates = np.array(
        [profile.distinct[name].estimate() if name in profile.distinct else unknown for name in names]
    ).reshape(-1, 3)
    nowhere = np.full(len(columns), np.nan)
    outside, outliers, unseen = nowhere.copy(), nowhere.copy(), nowhere.copy()
    for row, axis in enumerate(axes):
        if isinstance(axis, NumericAxis):
            outside[row] = plain[row, : axis.cells][axis.outside].sum()
            outliers[row] = plain[row, : axis.cells][axis.outlying].sum()
        elif isinstance(axis, CategoricalAxis) and axis.complete:
            unseen[row] = plain[row, axis.cells - 1]
    present = profile.rows - special[:, NULL] - special[:, NAN]
    changed = [
        present[row] > 0 and name in physical and _differ(physical[name], grid.columns[k].physical)
        for row, (name, k) in enumerate(zip(names, columns, strict=True))
    ]
    edges, atoms = _edges(grid, columns, low, high, standardised=False) if numeric else (None, _words(axes))
    return Summary(
        rows=np.full(len(columns), float(profile.rows)),
        null=special[:, NULL],
        nan=special[:, NAN],
        infinite=special[:, MINUS_INFINITY] + special[:, PLUS_INFINITY],
        empty=special[:, EMPTY_TEXT],
        counts=ours.counts,
        unseen=unseen,
        outside=outside,
        outliers=outliers,
        type_changed=np.array(changed, bool)
        | (special[:, UNREADABLE] > 0) & np.array([axis is not None for axis in axes], bool),
        distinct=estimates[:, 0],
        distinct_low=estimates[:, 1],
        distinct_high=estimates[:, 2],
        edges=edges,
        atoms=atoms,
        total=ours.sums.sum(-1) if numeric else None,
        squares=ours.squares if numeric else None,
        centre=np.array([a.centre for a in axes if isinstance(a, NumericAxis)]) if numeric else None,
        scale=np.array([a.scale for a in axes if isinstance(a, NumericAxis)]) if numeric else None,
        minimum=np.where(np.isfinite(low), low, np.nan) if numeric else None,
        maximum=np.where(np.isfinite(high), high, np.nan) if numeric else None,
    )


def _words(axes: list[Axis | None]) -> npt.NDArray[np.bool_]:
    """Shape (K, C): cells of one category each."""
    width = max((axis.cells for axis in axes if axis is not None), default=1)
    named = [len(axis.vocabulary) if isinstance(axis, CategoricalAxis) else 0 for axis in axes]
    return np.arange(width) < np.array(named, np.int64)[:, None]


_SORTS = {"int": "number", "float": "number", "decimal": "number", "date": "moment", "timestamp": "moment"}


def _differ(now: str, before: str) -> bool:
    """The types hold values of different sorts; a column of nulls alone has no sort."""
    return "null" not in (now, before) and _SORTS.get(now, now) != _SORTS.get(before, before)
