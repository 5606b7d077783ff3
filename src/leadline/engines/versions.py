"""Rows of each version of the model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from leadline.engines.groups import Group
from leadline.profiles.columns import Weights, as_labels
from leadline.profiles.profile import VERSION_PREFIX
from leadline.tables.table import Column

VERSIONS = 64
"""Most versions that are counted apart."""

MISSING, OTHER = "(missing)", "(other)"


class VersionCounter:
    """Counts the rows of each version (an `engines.local.Extra`), and of those without one together.

    Beyond 64 versions the rarer ones are counted together, too.

    Args:
        column: the version column.
    """

    def __init__(self, column: str) -> None:
        self.columns: tuple[str, ...] = (column,)
        self._rows: dict[str, npt.NDArray[np.int64]] = {}

    def count(
        self,
        columns: Mapping[str, Column],
        rows: int,
        group: Group | None,
        groups: int,
        weights: Weights | None,
    ) -> None:
        """Add one batch; nothing where the table lacks the column."""
        data = columns.get(self.columns[0])
        if data is None:
            return
        coded = data if data.dictionary is not None else as_labels(data)
        names = [*(coded.dictionary or ()), MISSING]
        places = coded.values.astype(np.intp)
        if coded.valid is not None:
            places[~coded.valid] = len(names) - 1
        if group is not None:
            places += group * len(names)
        counts = np.bincount(places, minlength=groups * len(names)).reshape(groups, len(names))
        total = counts.sum(0)
        often = np.argsort(-total, kind="stable")[:VERSIONS]
        for place in often[total[often] > 0]:
            self._add(names[place] or MISSING, counts[:, place].astype(np.int64))
        rest = counts.sum(1) - counts[:, often].sum(1)
        if rest.any():
            self._add(OTHER, rest.astype(np.int64))

    def _add(self, name: str, rows: npt.NDArray[np.int64]) -> None:
        if name not in self._rows and len(self._rows) >= VERSIONS:
            name = OTHER
        # Groups may have come to light since the version was last seen.
        known = self._rows.get(name, rows[:0])
        self._rows[name] = rows + np.pad(known, (0, len(rows) - len(known)))

    def sums(self, groups: int) -> dict[str, npt.NDArray[np.int64]]:
        """Arrays of shape (groups,), by prefixed name."""
        return {
            VERSION_PREFIX + name: np.pad(rows, (0, groups - len(rows))) for name, rows in self._rows.items()
        }
