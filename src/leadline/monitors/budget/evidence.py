"""What the budget sees: counts and numbers by window, as plain arrays in time order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.errors import DataError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Histograms:
    """Counts of K columns over W windows.

    Attributes:
        names: K different names.
        counts: shape (W, T): the cells of all columns side by side, one of them for missing values. A window
            in which a column has no count at all is unknown for that column.
        offsets: shape (K + 1,): column j has the cells offsets[j]:offsets[j + 1], at least one.
        ordered: shape (K,): the cells follow an order (numeric).
        family: K families: "feature", "prediction", "score", "label", "segment", ...
    """

    names: Sequence[str]
    counts: Floats
    offsets: Integers
    ordered: Booleans
    family: Sequence[str]

    def windows(self, chosen: slice | Integers) -> Histograms:
        """The same columns in some of the windows."""
        return Histograms(self.names, self.counts[chosen], self.offsets, self.ordered, self.family)


@dataclass(frozen=True, eq=False)
class Series:
    """One number for each of C channels and W windows: shares, performance, operations, distances.

    Attributes:
        names: C different names.
        source: C names of what an alert would name: a column, "performance", "operations", ...
        values: shape (W, C); NaN: unknown in that window.
        variance: shape (W, C): sampling variance of each value; NaN: unknown.
        direction: shape (C,): +1 only a rise is bad, -1 only a fall, 0 both.
        floor: shape (C,): smallest distance from the baseline worth an alert, in the unit of the value.
        family: C families; "performance" has a share of the budget of its own.
    """

    names: Sequence[str]
    source: Sequence[str]
    values: Floats
    variance: Floats
    direction: npt.NDArray[np.int8]
    floor: Floats
    family: Sequence[str]

    def windows(self, chosen: slice | Integers) -> Series:
        """The same channels in some of the windows."""
        return Series(
            self.names,
            self.source,
            self.values[chosen],
            self.variance[chosen],
            self.direction,
            self.floor,
            self.family,
        )

    @classmethod
    def none(cls, windows: int) -> Series:
        """No channel."""
        nothing = np.empty((windows, 0))
        return cls((), (), nothing, nothing, np.empty(0, np.int8), np.empty(0), ())


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that is judged, window by window in time order.

    Attributes:
        histograms: distributions of columns.
        series: single numbers.
        rows: shape (W,): rows in each window; a window with none is not judged and not learned from.
        slot_candidates: season slots by name, such as "day of week", each of shape (W,), integers from 0.
    """

    histograms: Histograms
    series: Series
    rows: Floats
    slot_candidates: Mapping[str, Integers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise DataError where shapes do not fit or a count is negative or not finite."""
        windows, table = len(self.rows), self.histograms
        cells = int(table.offsets[-1])
        shapes: list[tuple[str, Any, tuple[int, ...]]] = [
            ("rows", self.rows, (windows,)),
            ("counts", table.counts, (windows, cells)),
            ("offsets", table.offsets, (len(table.names) + 1,)),
            ("ordered", table.ordered, (len(table.names),)),
            ("family", np.array(table.family), (len(table.names),)),
            ("values", self.series.values, (windows, len(self.series.names))),
            ("variance", self.series.variance, (windows, len(self.series.names))),
            *((f"slots {name}", slots, (windows,)) for name, slots in self.slot_candidates.items()),
        ]
        for where, array, expected in shapes:
            _require(np.shape(array) == expected, where, f"shape {np.shape(array)}", f"shape {expected}")
        _require(bool(np.all(np.diff(table.offsets) > 0)), "offsets", table.offsets, "rising from 0")
        _require(_counts(self.rows), "rows", "a negative or unknown number", "counts")
        _require(_counts(table.counts), "counts", "a negative or unknown number", "counts")
        names = [*table.names, *self.series.names]
        _require(len(set(names)) == len(names), "names", names, "each name once")

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.rows)

    def windows(self, chosen: slice | Integers) -> Evidence:
        """The same evidence of some of the windows."""
        slots = {name: slots[chosen] for name, slots in self.slot_candidates.items()}
        return Evidence(
            self.histograms.windows(chosen), self.series.windows(chosen), self.rows[chosen], slots
        )


def joined(earlier: Evidence, later: Evidence) -> Evidence:
    """The windows of two tables, one after the other.

    The series are those of the later one; what the earlier one lacks is unknown there.
    """

    def stacked(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([a, b])

    theirs = later.series
    values, variance = (
        _by_name(numbers, earlier.series.names, theirs.names)
        for numbers in (earlier.series.values, earlier.series.variance)
    )
    return Evidence(
        histograms=replace(
            earlier.histograms, counts=stacked(earlier.histograms.counts, later.histograms.counts)
        ),
        series=replace(
            theirs,
            values=stacked(values, theirs.values),
            variance=stacked(variance, theirs.variance),
        ),
        slot_candidates={
            name: stacked(slots, later.slot_candidates[name])
            for name, slots in earlier.slot_candidates.items()
            if name in later.slot_candidates
        },
        rows=stacked(earlier.rows, later.rows),
    )


def _by_name(numbers: Floats, names: Sequence[str], wanted: Sequence[str]) -> Floats:
    """The numbers of these channels; NaN of those that are not there."""
    if tuple(names) == tuple(wanted):
        return numbers
    place = {name: i for i, name in enumerate(names)}
    padded = np.pad(numbers, ((0, 0), (0, 1)), constant_values=np.nan)
    return padded[:, [place.get(name, len(place)) for name in wanted]]


def _counts(values: Floats) -> bool:
    return values.size == 0 or bool(np.min(values) >= 0 and np.max(values) < np.inf)


def _require(holds: bool, where: str, found: object, accepted: str) -> None:
    if not holds:
        raise DataError("the windows cannot be judged", where=where, found=found, accepted=accepted)
