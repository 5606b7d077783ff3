"""Metrics of one column, by window: each window stands where a check has a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from leadline.limits import Monitor
from leadline.metrics.declare import Metric
from leadline.metrics.vectors import Moments, VectorPair
from leadline.monitors.rules.declare import Floats, Ints, Reading, Side, enough
from leadline.monitors.views import blocks, summary
from leadline.monitors.windows import Windows, together
from leadline.profiles.arrays import Axes
from leadline.profiles.distinct import Distinct
from leadline.profiles.grid import Grid, GridColumn
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile
from leadline.profiles.vectors import VectorAxis
from leadline.schema import Kind

_CELLS = ("cells", "moments", "cells_weight", "cells_weight_squared", "moments_weight")
_BY_COLUMN = ("squares", "specials", "squares_weight")


@dataclass(frozen=True)
class ByWindow:
    """What was counted of one column in each window: sums by name, each of shape (W, ...), and extremes."""

    sums: Mapping[str, Ints]
    minimum: Floats
    maximum: Floats


def by_window(profile: Profile, windows: Windows, k: int) -> ByWindow:
    """The counts of one column of a profile of one segment."""
    first, last = int(profile.grid.offsets[k]), int(profile.grid.offsets[k + 1])
    sums = {name: profile.sums[name][:, 0, 0, first:last] for name in _CELLS if name in profile.sums}
    sums |= {name: profile.sums[name][:, 0, 0, k] for name in _BY_COLUMN if name in profile.sums}
    inside = windows.of_bucket >= 0
    low, high = np.full(len(windows), np.inf), np.full(len(windows), -np.inf)
    np.minimum.at(low, windows.of_bucket[inside], profile.minimum[inside, 0, 0, k])
    np.maximum.at(high, windows.of_bucket[inside], profile.maximum[inside, 0, 0, k])
    return ByWindow({name: windows.sums(array) for name, array in sums.items()}, low, high)


def column_metric(metric: Metric, side: Side, monitor: Monitor) -> Reading:
    """A quality or drift metric of a column; drift is that of each window against all reference rows."""
    k = side.profile.grid.index[monitor.column or ""]
    column = side.profile.grid.columns[k]
    if not _suits(metric, column):
        return Reading.unknown(side, f"no metric of {column.kind.value} columns")
    if isinstance(column.axis, VectorAxis) and metric.family == "drift":
        found = metric.compute(_vectors(column.axis, side, k))
        said = np.full(len(side), "", object) if found.reason is None else found.reason
        return enough(side, monitor, side.rows, found.value, said)
    now = _side_by_side(side, k)
    ones, rows = np.ones(len(side)), side.rows.astype(np.float64)
    values, said = np.full(len(side), np.nan), np.full(len(side), "", object)
    for block in blocks(_repeated(side, k), now, ones, ones):
        if metric.family == "drift":
            found = metric.compute(block.pair)
        else:
            seen = summary(now, block.cells, block.now, {})
            found = metric.compute(replace(seen, rows=rows[block.columns]))
        values[block.columns] = found.value
        said[block.columns] = "" if found.reason is None else found.reason
    return enough(side, monitor, side.rows, values, said)


def _suits(metric: Metric, column: GridColumn) -> bool:
    if column.axis is None or not column.axis.cells:
        counted = metric.family == "quality" or column.axis is not None
        return counted and column.kind in metric.kinds
    kind = Kind.NUMERIC if isinstance(column.axis, NumericAxis) else Kind.CATEGORICAL
    return kind in metric.kinds


def _vectors(axis: VectorAxis, side: Side, k: int) -> VectorPair:
    """All reference rows, and those of each window."""
    part = side.profile.grid.vectors[k]
    reference = side.reference.sums["vectors"][:, 0, 0, part].sum(0, keepdims=True)
    windows = side.windows.sums(side.profile.sums["vectors"][:, 0, 0, part])
    return VectorPair(Moments(*axis.means(reference)), Moments(*axis.means(windows)))


def _side_by_side(side: Side, k: int) -> Profile:
    """The windows of a column as the columns of one profile."""
    parts = by_window(side.profile, side.windows, k)
    whole = len(side) == 1 and int(side.rows[0]) == side.profile.rows
    return _wide(side.profile, k, parts, len(side), side.profile.distinct if whole else {})


def _repeated(side: Side, k: int) -> Profile:
    """The reference's column, once for each window."""
    reference = side.reference
    return _wide(reference, k, by_window(reference, together(reference), k), len(side), {})


def _wide(profile: Profile, k: int, parts: ByWindow, size: int, distinct: Mapping[str, Distinct]) -> Profile:
    grid = Grid((profile.grid.columns[k],) * size, profile.grid.weight_unit)

    def laid(name: str, array: Ints) -> Ints:
        wide = np.broadcast_to(array, (size, *array.shape[1:]))
        return wide.reshape(1, 1, 1, -1) if name in _CELLS else wide[None, None, None]

    def ends(values: Floats) -> npt.NDArray[np.float64]:
        return np.broadcast_to(values, (size,))[None, None, None]

    sums = {name: laid(name, array) for name, array in parts.sums.items()}
    sums["rows"] = np.full((1, 1, 1), profile.rows)
    return replace(
        profile, grid=grid, axes=Axes(), sums=sums, minimum=ends(parts.minimum), maximum=ends(parts.maximum),
        distinct=distinct, rules=(),
    )  # fmt: skip
