"""Noise inflation: how many rows carry as much information as one independent row.

Rows of one hour, or of one entity, resemble each other. Blocks of reference rows (hours, days, groups of
entities) then differ by more than independent rows would, and the ratio is the factor by which the
sizes in a test must be divided.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FOLD = 20
"""Cells on which blocks are compared."""

BLOCKS_MIN = 8
"""Fewer blocks than this say nothing about noise."""

EXPECTED_MIN = 5.0
"""Mean rows of a block in a cell; with fewer the cells are folded further."""


def dyadic(blocks: int) -> Iterator[int]:
    """Lengths 1, 2, 4, ... of merged blocks that leave at least `BLOCKS_MIN`."""
    length = 1
    while blocks // length >= BLOCKS_MIN:
        yield length
        length *= 2


def merge_blocks(cells: Floats, length: int) -> Floats:
    """Sum each `length` consecutive blocks of an array (blocks, ...), leaving out a rest that fills none."""
    whole = len(cells) // length * length
    return cells[:whole].reshape(whole // length, length, *cells.shape[1:]).sum(1)


def block_inflation(cells: Floats, ordered: bool) -> float:
    """Mean two-sample chi-squared of each block against all others, per degree of freedom, at least 1.

    The measure is STATISTICS' kappa: 1 for independent rows, 10 when a block of 1,000 rows carries about
    100 independent ones.

    Args:
        cells: shape (blocks, cells), rows of each block in each cell of one column.
        ordered: neighbouring cells may be folded (numeric); else rare cells are folded.

    Returns:
        At least 1; 1 where fewer than `BLOCKS_MIN` blocks hold enough rows.
    """
    size = cells.sum(1)
    cells = cells[size >= 2 * EXPECTED_MIN]
    size = cells.sum(1)
    if len(cells) < BLOCKS_MIN:
        return 1.0
    folded = _fold(cells, ordered, int(min(FOLD, max(2, np.median(size) // EXPECTED_MIN))))
    total, all_rows = folded.sum(0), size.sum()
    rest, rest_size = total - folded, (all_rows - size)[:, None]
    own = size[:, None]
    expected = own * total / all_rows
    used = total > 0
    degrees = used.sum() - 1
    if degrees < 1:
        return 1.0
    gap = folded - own * rest / rest_size
    # Under independence the variance of `gap` is expected * all_rows / rest, up to the cell's own share.
    scale = np.maximum(expected, 1e-300) * (all_rows / rest_size)
    x2 = np.where(used, gap * gap / scale, 0.0).sum(1)
    return max(1.0, float(np.mean(x2 / degrees)))


def _fold(cells: Floats, ordered: bool, to: int) -> Floats:
    """At most about `to` cells of similar mass: neighbours together, or (categories) the rarest together."""
    total = cells.sum(0)
    mass = total / max(total.sum(), 1.0)
    if ordered:
        place = np.minimum(((np.cumsum(mass) - mass / 2) * to).astype(np.intp), to - 1)
    else:
        order = np.argsort(-mass, kind="stable")
        place = np.empty(len(mass), np.intp)
        place[order] = np.minimum(np.arange(len(mass)), to - 1)
    out = np.zeros((len(cells), to))
    np.add.at(out.T, place, cells.T)
    return out
