"""Tables whose batches are made of another table's batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from leadline.tables.table import Batch, Field, Sample, Table


class DerivedTable:
    """Another table's rows, with some columns added or read otherwise.

    Args:
        inner: the other table.
        fields: the columns of this one.
        derive: makes a batch of this table from one of the other.
        sources: the other table's columns that the named columns are made of.
    """

    def __init__(
        self,
        inner: Table,
        fields: tuple[Field, ...],
        derive: Callable[[Batch], Batch],
        sources: Callable[[Sequence[str]], list[str]] = list,
    ) -> None:
        self.fields = fields
        self._inner = inner
        self._derive = derive
        self._sources = sources

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def rows(self) -> int | None:
        return self._inner.rows

    @property
    def replayable(self) -> bool:
        return self._inner.replayable

    @property
    def in_memory(self) -> bool:
        return self._inner.in_memory

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        return map(self._derive, self._inner.batches(None if columns is None else self._sources(columns)))

    def sample(self, columns: Sequence[str], rows: int, seed: int) -> Sample:
        found = self._inner.sample(self._sources(columns), rows, seed)
        return Sample(self._derive(found.batch), found.starts, found.stops)

    def first(self, rows: int) -> Batch:
        from leadline.tables import first_look

        return self._derive(first_look(self._inner, rows))
