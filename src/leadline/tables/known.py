"""A table as it was known at an earlier time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.schema import ColumnSchema, Kind, Role
from leadline.tables.derived import DerivedTable
from leadline.tables.table import Batch, Column, Table

Bools = npt.NDArray[np.bool_]


def known_at(table: Table, schema: Sequence[ColumnSchema], moment: int) -> Table:
    """The table as it was known at a moment: without later predictions, and without labels that came later.

    A prediction without a time, and a label without one, counts as known: nothing says that it is not.

    Args:
        table: with moments in its columns of times, see `with_times`.
        schema: which columns are labels and times.
        moment: microseconds since 1970 UTC.
    """
    present = {item.name for item in table.fields}
    times = {
        column.role: column.name
        for column in schema
        if column.kind is Kind.DATETIME and column.name in present
    }
    predicted, arrived = times.get(Role.TIMESTAMP), times.get(Role.LABEL_TIMESTAMP)
    late = frozenset(
        column.name for column in schema if column.role in (Role.LABEL, Role.LABEL_TIMESTAMP) and arrived
    )
    if predicted is None and arrived is None:
        return table

    def sources(names: Sequence[str]) -> list[str]:
        needed = {*names, predicted, arrived if late.intersection(names) else predicted}
        return [item.name for item in table.fields if item.name in needed]

    return _Known(
        table,
        table.fields,
        lambda batch: _KnownBatch(batch, moment, predicted, arrived, late),
        sources,
    )


class _Known(DerivedTable):
    @property
    def rows(self) -> int | None:
        """How many are left shows only as they come."""
        return None


@dataclass
class _KnownBatch:
    """The rows of a batch that were there at a moment; labels that came later are null."""

    inner: Batch
    moment: int
    predicted: str | None
    arrived: str | None
    late: frozenset[str]

    @property
    def rows(self) -> int:
        return self.inner.rows if self._kept is None else int(np.count_nonzero(self._kept))

    @cached_property
    def _kept(self) -> Bools | None:
        """Rows to keep; None: all."""
        if self.predicted is None:
            return None
        later = self._later(self.predicted)
        return ~later if later.any() else None

    @cached_property
    def _waiting(self) -> Bools:
        """Rows whose label has not come yet."""
        assert self.arrived is not None
        return self._later(self.arrived)

    def _later(self, name: str) -> Bools:
        data = self.inner.column(name)
        if data.dictionary is not None or len(data.values) != self.inner.rows:
            return np.zeros(self.inner.rows, bool)
        later: Bools = data.values > self.moment
        return later if data.valid is None else later & data.valid

    def column(self, name: str) -> Column:
        """The kept rows of a column."""
        data = self.inner.column(name)
        if name in self.late and len(data.values) == self.inner.rows and self._waiting.any():
            valid = ~self._waiting if data.valid is None else data.valid & ~self._waiting
            data = Column(data.values, valid, data.dictionary)
        return data if self._kept is None else data.take(self._kept)
