"""The rows that teach a grid."""

from __future__ import annotations

from dataclasses import dataclass

from leadline.tables.table import Batch, Sample, Table

SAMPLE_ROWS = 1 << 20
"""Up to this many rows a grid is learned from all of them."""

VALUES_AT_ONCE = 1 << 25
"""Values that are decoded together while a grid is learned from a file or stream (256 MB)."""

_SEED = 20_251


@dataclass(frozen=True)
class FirstLook:
    """The rows that teach the grid.

    Attributes:
        batch: the rows.
        sample: their place in the table, when they are left out of the counts; None: they are all the
            rows, and are counted.
    """

    batch: Batch
    sample: Sample | None


def first_look(table: Table) -> FirstLook:
    """All rows of a table of up to 2**20 rows; a seeded sample of a larger one."""
    names = [item.name for item in table.fields]
    if table.in_memory:
        if (table.rows or 0) <= SAMPLE_ROWS:
            return FirstLook(next(iter(table.batches())), None)
        return FirstLook((sample := table.sample(names, SAMPLE_ROWS // 4, _SEED)).batch, sample)
    if table.rows is not None and table.rows <= SAMPLE_ROWS:
        # Parquet: the columns are read when they are asked for, a few at a time.
        return FirstLook(table.sample(names, table.rows, _SEED).batch, None)
    rows = min(SAMPLE_ROWS, max(1 << 13, VALUES_AT_ONCE // max(1, len(names))))
    if table.rows is not None:
        rows = min(rows, SAMPLE_ROWS // 4)
    sample = table.sample(names, rows, _SEED)
    whole = table.rows is not None and sample.batch.rows >= table.rows
    return FirstLook(sample.batch, None if whole else sample)
