"""A column whose values are typed already: it goes into the store without a Python object for each value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.stores.cells import Cells, Kind


@dataclass(frozen=True, slots=True)
class Ready:
    """A column.

    Attributes:
        rows: how many.
        cells: its values, of one kind; none where all are null.
    """

    rows: int
    cells: Mapping[Kind, Cells]

    def null(self) -> npt.NDArray[np.bool_]:
        """Which rows have no value."""
        for cells in self.cells.values():
            return np.zeros(self.rows, np.bool_) if cells.valid is None else ~cells.valid
        return np.ones(self.rows, np.bool_)

    def listed(self) -> list[Any]:
        """The values as JSON has them; what is not finite is None."""
        found: list[Any] = [None] * self.rows
        for kind, cells in self.cells.items():
            found = _texts(cells) if kind == "text" else cells.values.tolist()
            gone = self.null()
            if kind == "number":
                gone |= ~np.isfinite(cells.values)
            for row in np.flatnonzero(gone).tolist():
                found[row] = None
        return found


class Classes(dict[str, Ready]):
    """Scores by class."""


def _texts(cells: Cells) -> list[Any]:
    ends = np.cumsum(cells.values)
    starts = (ends - cells.values).tolist()
    return [cells.data[start:end].decode() for start, end in zip(starts, ends.tolist(), strict=True)]
