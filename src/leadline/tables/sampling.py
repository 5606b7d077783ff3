"""Which rows a sample takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
_BLOCKS = 256


def row_ranges(total: int, rows: int, seed: int, blocks: int = _BLOCKS) -> tuple[Rows, Rows]:
    """Starts and stops of at most `blocks` disjoint row ranges, `rows` rows in all, spread over the table.

    The table is cut into strata of equal size; each gives one range at a random place, so the ranges
    follow the table's time while their places are free of its period. With `rows >= total`: one range.
    """
    if rows >= total:
        return np.array([0]), np.array([total])
    blocks = max(1, min(blocks, rows))
    edges = np.arange(blocks + 1) * total // blocks
    # What is left free is spread, not what is taken: rounding that down could ask too much of a stratum.
    free = np.diff(np.arange(blocks + 1) * (total - rows) // blocks)
    sizes = np.diff(edges) - free
    shift = np.random.default_rng(seed).integers(0, free + 1)
    starts = (edges[:-1] + shift).astype(np.int64)
    return starts, starts + sizes


def chosen_rows(starts: Rows, stops: Rows) -> Rows:
    """The row numbers in the ranges, in order."""
    lengths = stops - starts
    return np.arange(int(lengths.sum())) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
