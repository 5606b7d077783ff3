"""Rows by version of the model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from leadline.engines.buckets import TimeBuckets
from leadline.engines.groups import Group
from leadline.profiles.arrays import VERSION_PREFIX, Axes
from leadline.profiles.columns import Weights, as_labels
from leadline.tables.table import Column

VERSIONS = 64
"""Most versions that are counted apart."""

LIVE = 8
"""Versions for whose counts there is room where all is counted by version."""

MISSING, OTHER = "(missing)", "(other)"


class VersionBuckets:
    """Places rows by time bucket and version of the model. Only pairs with rows are groups.

    Rows without a version share one, and so do those of versions beyond the first 64.

    Args:
        times: the time buckets.
        column: the version column.
    """

    def __init__(self, times: TimeBuckets, column: str) -> None:
        self.columns: tuple[str, ...] = (*times.columns, column)
        self._times, self._column = times, column
        self._versions: dict[str, int] = {}
        self._pairs: dict[tuple[int, int], int] = {}

    @property
    def groups(self) -> int:
        """One for each pair found, behind one without rows."""
        return 1 + len(self._pairs)

    @property
    def axes(self) -> Axes:
        return Axes(self._times.axes.buckets, tuple(sorted(self._versions)) or (MISSING,))

    @property
    def order(self) -> Group:
        """Shape (buckets x versions,): the group of each pair; the first one where it has no rows."""
        names = sorted(self._versions) or [MISSING]
        versions = [self._versions.get(name, 0) for name in names]
        return np.array(
            [self._pairs.get((int(b), v), 0) for b in self._times.order for v in versions], np.intp
        )

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Shape (groups,)."""
        times = self._times.starts
        return times[[0, *(bucket for bucket, _ in self._pairs)]]

    def assign(self, columns: Mapping[str, Column], rows: int) -> Group:
        """Shape (rows,): the group of each row."""
        buckets = self._times.assign(columns, rows)
        versions = self._version(columns.get(self._column), rows)
        width = len(self._versions)
        found, group = np.unique(buckets * width + versions, return_inverse=True)
        places = [self._pairs.setdefault(divmod(int(pair), width), self.groups) for pair in found]
        return np.array(places, np.intp)[group]

    def _version(self, data: Column | None, rows: int) -> Group:
        """Shape (rows,): the version of each row, as they were found."""
        if data is None or len(data.values) != rows:
            return np.full(rows, self._place(MISSING), np.intp)
        coded = data if data.dictionary is not None else as_labels(data)
        texts = coded.dictionary or ()
        values = coded.values.astype(np.intp)
        valid = np.ones(rows, bool) if coded.valid is None else coded.valid
        seen = np.bincount(values[valid], minlength=len(texts))
        often = np.argsort(-seen, kind="stable")
        table = np.zeros(len(texts) + 1, np.intp)
        for text in often[seen[often] > 0]:
            table[text] = self._place(texts[text] or MISSING)
        if not valid.all():
            table[-1] = self._place(MISSING)
        return table[np.where(valid, values, len(texts))]

    def _place(self, name: str) -> int:
        if name not in self._versions and len(self._versions) >= VERSIONS and name != MISSING:
            name = OTHER
        return self._versions.setdefault(name, len(self._versions))


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
