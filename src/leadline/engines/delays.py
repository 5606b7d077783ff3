"""How long the labels of a table took."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from leadline.engines.groups import Group
from leadline.profiles.columns import Weights
from leadline.profiles.delays import DELAYS, class_codes, classes, columns, count_delays
from leadline.profiles.grid import Grid
from leadline.tables.table import Column

Ints = npt.NDArray[np.int64]


class DelayCounter:
    """Counts labels by class and delay (an `engines.local.Extra`). Rows count once, whatever their weight.

    Args:
        grid: with a label, its time and the time of the prediction, see `profiles.delays.columns`.
    """

    def __init__(self, grid: Grid) -> None:
        found = columns(grid)
        if found is None:
            raise ValueError("delays need a label, its time and the time of the prediction")
        self.columns: tuple[str, ...] = found
        self.grid = grid
        self._classes = len(classes(grid))
        self._total = count_delays(np.zeros(0, np.intp), np.zeros(0), None, 1, self._classes)

    def count(
        self,
        columns: Mapping[str, Column],
        rows: int,
        group: Group | None,
        groups: int,
        weights: Weights | None,
    ) -> None:
        """Add one batch: nothing without the label, labels of unknown delay without its time."""
        label, arrived, predicted = (columns.get(name) for name in self.columns)
        if label is None or len(label.values) != rows:
            return
        codes = class_codes(self.grid, label.values, label.valid, label.dictionary)
        delays = _moments(arrived, rows) - _moments(predicted, rows)
        counted = count_delays(codes, delays, group, groups, self._classes)
        counted[: len(self._total)] += self._total
        self._total = counted

    def sums(self, groups: int) -> dict[str, Ints]:
        """One array of shape (groups, classes, delay cells), by its name."""
        missing = groups - len(self._total)
        return {DELAYS: np.pad(self._total, ((0, missing), (0, 0), (0, 0)))}


def _moments(data: Column | None, rows: int) -> npt.NDArray[np.float64]:
    """Microseconds, NaN where unknown."""
    if data is None or data.dictionary is not None or len(data.values) != rows:
        return np.full(rows, np.nan)
    # Moments of a few centuries fit float64 to within a microsecond, and what is asked for is a difference.
    moments = data.values.astype(np.float64)
    return moments if data.valid is None else np.where(data.valid, moments, np.nan)
