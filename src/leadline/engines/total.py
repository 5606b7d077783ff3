"""The profile that grows batch by batch, and group by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.engines.groups import Group, Grouping, SegmentCut
from leadline.profiles.arrays import Axes, empty_sums
from leadline.profiles.columns import ColumnCounts, Weights
from leadline.profiles.distinct import Distinct
from leadline.profiles.grid import Grid, Segment
from leadline.profiles.profile import Profile
from leadline.profiles.sample import RowSample
from leadline.tables.rules import RuleCount
from leadline.tables.table import Column

Ints = npt.NDArray[np.int64]


class Total:
    """Sums and extremes on axes (group, segment), filled cut by cut; groups are buckets x versions.

    A cut's arrays come as (groups * slices, ...). They are added to the cut's places on the segment axis;
    those of the first cut are also summed over its slices into the first place, all rows.
    """

    def __init__(self, grid: Grid, segments: tuple[Segment | None, ...]) -> None:
        self.grid, self.segments = grid, segments
        self.groups = 1
        sums = empty_sums(grid, Axes(segments=segments))
        self.flat = {name: array[:, 0] for name, array in sums.items()}
        shape = 1, len(segments), len(grid.columns)
        self.minimum, self.maximum = np.full(shape, np.inf), np.full(shape, -np.inf)
        self.distinct: dict[str, Distinct] = {}
        self.start: int | None = None
        self.end: int | None = None
        self.unreadable: dict[str, str] = {}

    def grow(self, groups: int) -> None:
        """Make room for so many groups, of which the first ones are there already."""
        self.groups = groups
        if groups > len(self.minimum):
            self.flat = {name: _longer(array, groups, 0) for name, array in self.flat.items()}
            self.minimum = _longer(self.minimum, groups, np.inf)
            self.maximum = _longer(self.maximum, groups, -np.inf)

    def rows(
        self, size: int, place: Group | None, weights: Weights | None, cut: SegmentCut, whole: bool
    ) -> None:
        """Add a batch's rows."""
        groups = self.groups * cut.size
        here = np.array([size]) if place is None else np.bincount(place, minlength=groups)
        self._add("rows", here, cut, whole)
        if weights is not None:
            for name, values in (
                ("rows_weight", weights.fixed),
                ("rows_weight_squared", weights.fixed_squares),
            ):
                total = np.zeros(groups, np.int64)
                np.add.at(total, np.zeros(size, np.intp) if place is None else place, values.astype(np.int64))
                self._add(name, total, cut, whole)

    def left_out(self, rows: int) -> None:
        """Note rows that are not counted, for want of a usable weight."""
        self.flat["left_out"][0, 0] += rows

    def column(self, i: int, counts: ColumnCounts, cut: SegmentCut, whole: bool) -> None:
        """Add what a batch holds of one column."""
        cells = slice(int(self.grid.offsets[i]), int(self.grid.offsets[i + 1]))
        self._add("cells", counts.cells, cut, whole, cells)
        self._add("moments", counts.moments, cut, whole, cells)
        self._add("squares", counts.squares, cut, whole, i)
        self._add("specials", counts.specials, cut, whole, i)
        if counts.vectors is not None:
            self._add("vectors", counts.vectors, cut, whole, self.grid.vectors[i])
        for name, array in counts.weighted.items():
            self._add(name, array, cut, whole, i if name == "squares_weight" else cells)
        least = counts.minimum.reshape(self.groups, cut.size)
        most = counts.maximum.reshape(self.groups, cut.size)
        self._extremes(i, least, most, cut.places)
        if whole:
            self._extremes(i, least.min(1, keepdims=True), most.max(1, keepdims=True), [0])

    def times(self, data: Column) -> None:
        """Note the first and last time."""
        values = data.values if data.valid is None else data.values[data.valid]
        if len(values) and data.dictionary is None and values.dtype.kind in "iu":
            least, most = int(values.min()), int(values.max())
            self.start = least if self.start is None else min(self.start, least)
            self.end = most if self.end is None else max(self.end, most)

    def extra(self, arrays: Mapping[str, Ints], cut: SegmentCut, whole: bool) -> None:
        """Add the arrays of an extra counter, each of shape (groups * slices, ...)."""
        for name, array in arrays.items():
            if name not in self.flat:
                shape = len(self.minimum), len(self.segments), *array.shape[1:]
                self.flat[name] = np.zeros(shape, np.int64)
            self._add(name, array, cut, whole)

    def _add(
        self, name: str, array: Ints, cut: SegmentCut, whole: bool, part: slice | int | None = None
    ) -> None:
        by_slice = array.reshape(self.groups, cut.size, *array.shape[1:])
        target = self.flat[name][: self.groups]
        target = target if part is None else target[:, :, part]
        if cut.column is not None:
            target[:, cut.places] += by_slice
        if whole:
            target[:, 0] += by_slice.sum(1)

    def _extremes(
        self, i: int, least: npt.NDArray[np.float64], most: npt.NDArray[np.float64], places: list[int]
    ) -> None:
        here = slice(0, self.groups)
        self.minimum[here, places, i] = np.minimum(self.minimum[here, places, i], least)
        self.maximum[here, places, i] = np.maximum(self.maximum[here, places, i], most)

    def profile(
        self,
        name: str,
        rules: tuple[RuleCount, ...],
        grouping: Grouping | None = None,
        sample: RowSample | None = None,
    ) -> Profile:
        """What was counted; `grouping` says which group is which, one group else."""
        order = np.arange(self.groups) if grouping is None else grouping.order
        axes = (
            Axes(segments=self.segments)
            if grouping is None
            else replace(grouping.axes, segments=self.segments)
        )

        in_order = np.array_equal(order, np.arange(len(self.minimum)))

        def placed(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
            return (array if in_order else array[order]).reshape(*axes.shape, *array.shape[2:])

        return Profile(
            grid=self.grid,
            axes=axes,
            sums={name: placed(array) for name, array in self.flat.items()},
            minimum=placed(self.minimum),
            maximum=placed(self.maximum),
            start=self.start,
            end=self.end,
            distinct=self.distinct,
            rules=rules,
            name=name,
            sample=sample,
            unreadable=self.unreadable,
        )


def _longer(array: npt.NDArray[Any], groups: int, fill: float) -> npt.NDArray[Any]:
    """The array with room for at least so many groups, and for as many again as it had."""
    more = max(groups, 2 * len(array)) - len(array)
    return np.concatenate([array, np.full((more, *array.shape[1:]), fill, array.dtype)])
