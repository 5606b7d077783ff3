"""Noise inflation: how many rows carry as much information as one independent row.

Rows of one hour, or of one entity, resemble each other. Blocks of reference rows (hours, days, groups of
entities) then differ by more than independent rows would, and the ratio is the factor by which the
sizes in a test must be divided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from leadline.metrics.pair import FOLD
from leadline.metrics.vectors import Moments

Floats = npt.NDArray[np.float64]

BLOCKS_MIN = 8
"""Fewer blocks than this say nothing about noise."""

ROWS_MIN = 3
"""Rows below which a block is left out."""

SHOWN = 3.0
"""Standard errors above those of independent rows at which longer blocks count."""

DAY = 86_400.0
CYCLES = (7 * DAY, DAY)
"""Seconds of the cycles that people live by, the longest first."""

WHOLE = 0.9
"""Part of a cycle that a table must last to be judged by whole ones."""

FOLLOWS = 2.0
"""A column follows a cycle where shorter blocks differ more than so many times what whole ones do at most."""

MEMORY = 0.6
"""Correlation from one cycle to the next that is assumed at least: few cycles hardly show it."""

UNEVEN = 4.0
"""How much more the part of a cycle that is left over may differ than such parts do on average."""

BLOCKS_PER_CELL = 6
"""Blocks for each cell, so that their largest eigenvalue can be told from noise; half for categories."""


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
    """How much more blocks differ than independent rows would, in the direction in which they differ most.

    The largest of: the mean two-sample chi-squared of a block against all others per degree of freedom; the
    same of the mean and of the spread of the ranks alone (ordered cells); and the largest eigenvalue, where
    it stands out of that of independent rows (Baik, Ben Arous & Peche 2005), less the part that is noise.
    A change of level moves one direction of many, so that the mean alone would hide it.

    Args:
        cells: shape (blocks, cells), rows of each block in each cell of one column.
        ordered: neighbouring cells may be folded (numeric); else rare cells are folded.

    Returns:
        About 1 for independent rows (less by chance), 10 when a block of 1,000 rows carries about 100
        independent ones; NaN where fewer than `BLOCKS_MIN` blocks hold enough rows, or all rows one cell.
    """
    cells = cells[cells.sum(1) >= ROWS_MIN]
    blocks = len(cells)
    if blocks < BLOCKS_MIN:
        return float("nan")
    size = cells.sum(1)
    room = min(FOLD, blocks // (BLOCKS_PER_CELL if ordered else BLOCKS_PER_CELL // 2))
    unit, share = _standardised(_fold(cells, ordered, int(max(2, room))))
    degrees = len(share) - 1
    if degrees < 1:
        return float("nan")
    found = [float(np.mean((unit * unit).sum(1)) / degrees)]
    if not ordered:
        # Values of one block only: what is rare may come in waves.
        alone = np.where(cells.max(0) == cells.sum(0), cells, 0.0).sum(1)
        if blocks <= alone.sum() < size.sum():
            rare = _standardised(np.stack([alone, size - alone], -1))[0]
            found.append(float(np.mean((rare * rare).sum(1))))
    if ordered and degrees > 1:
        found += np.mean((unit @ _rank_directions(share)) ** 2, axis=0).tolist()
    if degrees > 1:
        found.append(_spike(float(np.linalg.eigvalsh(unit.T @ unit)[-1]) / blocks, degrees / blocks, blocks))
    return max(found)


def vector_inflation(blocks: Moments) -> float:
    """The same of a column of vectors, in the random features that stand for them.

    The largest of: the mean squared distance of a block's mean from that of all others, by that of
    independent rows; and the largest eigenvalue along the directions in which features vary most.

    Args:
        blocks: moments of each block, shape (blocks,).
    """
    kept = blocks.rows >= ROWS_MIN
    size, means = blocks.rows[kept], blocks.features[kept]
    count, total = len(size), float(size.sum())
    if count < BLOCKS_MIN:
        return float("nan")
    mean = size @ means / total
    covariance = np.tensordot(size, blocks.feature_products[kept], 1) / total - np.outer(mean, mean)
    scales, directions = np.linalg.eigh(covariance)
    if not scales[-1] > 0:
        return float("nan")
    # A block's mean less that of the others is (mean - all) * all / others.
    unit = (means - mean) * np.sqrt(size * total / (total - size))[:, None]
    found = [float(np.mean((unit**2).sum(1)) / np.maximum(scales, 0.0).sum())]
    degrees = int(np.clip(count // BLOCKS_PER_CELL, 1, FOLD))
    strong = scales[-degrees:] > 1e-9 * scales[-1]
    along = (unit @ directions[:, -degrees:][:, strong]) / np.sqrt(scales[-degrees:][strong])
    largest = float(np.linalg.eigvalsh(along.T @ along)[-1]) / count
    found.append(_spike(largest, along.shape[1] / count, count))
    return max(found)


def jackknife_inflation(value: float, error: float, without: Floats, share: Floats) -> float:
    """How much more a statistic varies with whole blocks than its formula for independent rows says.

    The variance is that of the jackknife over blocks: only what moves the statistic counts, not how blocks
    differ otherwise (Kish & Frankel 1974).

    Args:
        value, error: of all rows, and its standard error for independent ones, > 0.
        without: shape (blocks,): the statistic of all rows but those of a block.
        share: shape (blocks,): share of all rows that a block holds.

    Returns:
        About 1 for independent rows; NaN where the statistic is not defined without some block.
    """
    # For independent rows the expected square is error**2 * share / (1 - share).
    return float(((1 - share) * (without - value) ** 2).sum() / error**2)


def _standardised(cells: Floats) -> tuple[Floats, Floats]:
    """Each block against all others, in units of its standard deviation; and the cells' shares.

    Under independence the variance of the gap is expected * all rows / rest, up to the cell's own share.
    """
    cells = cells[:, cells.sum(0) > 0]
    own, total = cells.sum(1, keepdims=True), cells.sum(0)
    rest = total.sum() - own
    share = total / total.sum()
    gap = cells - own * (total - cells) / rest
    return gap / np.sqrt(own * share * (total.sum() / rest)), share


def _rank_directions(share: Floats) -> Floats:
    """Shape (cells, 2): unit vectors along the mean and the spread of the ranks, free of the constant."""
    rank = np.cumsum(share) - share / 2 - 0.5
    powers = np.sqrt(share)[:, None] * rank[:, None] ** np.arange(min(3, len(share)))
    basis: Floats = np.linalg.qr(powers)[0][:, 1:]
    return basis


def _spike(largest: float, ratio: float, blocks: int) -> float:
    """The variance behind the largest eigenvalue of blocks of noise; 1 where noise alone may explain it.

    The limit is the 99 % point of the Tracy-Widom law (Johnstone 2001).
    """
    root = 1 + np.sqrt(ratio)
    if largest <= root**2 + 2.02 * root ** (4 / 3) * ratio ** (-1 / 6) * blocks ** (-2 / 3):
        return 1.0
    middle = largest + 1 - ratio
    return float((middle + np.sqrt(max(middle * middle - 4 * largest, 0.0))) / 2)


@dataclass(frozen=True)
class Blocks:
    """What blocks of one length told of some columns (or metrics).

    Attributes:
        seconds: length of a block in time; 0 for blocks of entities.
        blocks: their number; rows: mean number of rows in one.
        found: shape (K,), the inflation of each column (or metric) between them.
    """

    seconds: float
    blocks: int
    rows: float
    found: Floats


@dataclass(frozen=True)
class OutcomeNoise:
    """Noise inflation of a model's outcomes in one table, all at least 1.

    Attributes:
        table: of their whole table, in the direction in which blocks differ most.
        metrics: of each performance metric whose own could be estimated, by key.
    """

    table: float = 1.0
    metrics: Mapping[str, float] = field(default_factory=dict)

    def of(self, key: str) -> float:
        """That of a metric; where it could not be estimated, that of the table."""
        return self.metrics.get(key, self.table)


def side_inflation(parts: Sequence[Blocks], rows: float, seconds: float | None) -> Floats:
    """Noise inflation of a table of so many rows that lasts so many seconds, shape (K,), at least 1.

    What blocks share (a level of the day) weighs more the more rows share it: the excess over 1 grows with
    the rows of the table in the time of one block. The shortest blocks count as they are; longer ones, of
    which there are fewer, where they stand out of noise; and beyond the longest the growth with length goes
    on as that of a first-order autoregression. The excess is widened because the blocks are few (Student).

    A column that follows the clock (the hour of the day, what differs by night) differs much between blocks
    of some hours and little between whole days. A table of whole days is then judged by blocks of whole
    days, and what is left of a day, or missing from one, by the shorter blocks. So it is with whole weeks.

    Args:
        parts: by increasing length; longer ones than the table tell nothing of it, and are left out.
        rows, seconds: of the table; None: as dense, and as long, as the reference.
    """
    best = np.zeros(len(parts[0].found) if parts else 0)
    for part in parts:
        if part.seconds == 0:
            best = np.maximum(best, _excess(part) * _student(part.blocks))
    timed = [part for part in parts if part.seconds > 0]
    return 1 + (np.maximum(best, _of_cycles(timed, rows, seconds)) if timed else best)


def _of_cycles(
    parts: Sequence[Blocks], rows: float, seconds: float | None, cycles: Sequence[float] = CYCLES
) -> Floats:
    """The excess over 1 as `_of_time` has it, in whole cycles of the clock where a column follows them."""
    if not cycles:
        return _of_time(parts, rows, seconds)
    cycle, within = cycles[0], cycles[1:]
    usual = _of_cycles(parts, rows, seconds, within)
    whole = [part for part in parts if part.seconds % cycle == 0]
    shorter = [part for part in parts if part.seconds % cycle != 0]
    if not whole or not shorter or seconds is None or seconds < WHOLE * cycle:
        return usual
    # What follows the day is seen between parts of days, what follows the week between days.
    nearest = [part for part in shorter if all(part.seconds % inner == 0 for inner in within)] or shorter
    widest = np.max([np.nan_to_num(part.found, nan=0.0) for part in nearest], axis=0)
    follows = np.isfinite(whole[0].found) & (
        widest > FOLLOWS * (1 + _excess(whole[0]) * _student(whole[0].blocks))
    )
    left = abs(seconds - cycle * max(1, round(seconds / cycle)))
    remembered = float(_summed(np.array(MEMORY), max(1.0, seconds / whole[0].seconds)))
    inside = np.maximum(_of_time(whole, rows, seconds), _of_time(whole[:1], rows, seconds) * remembered)
    if left > 0:
        share = left / seconds
        inside = inside + UNEVEN * share * _of_cycles(shorter, rows * share, left, within)
    return np.where(follows, np.minimum(usual, inside), usual)


def _of_time(parts: Sequence[Blocks], rows: float, seconds: float | None) -> Floats:
    """The excess over 1 that blocks of time tell of, shape (K,), whatever the clock says."""
    best = np.zeros(len(parts[0].found))
    first = np.full(len(best), np.nan)
    for part in parts:
        if part is not parts[0] and seconds is not None and part.seconds > seconds * 1.01:
            break
        dense = 1.0 if seconds is None else rows / max(seconds, part.seconds / 24) * part.seconds / part.rows
        plain = _excess(part)
        shown = np.isnan(first) | (part.found - 1 > SHOWN * np.sqrt(2 / part.blocks))
        grown = np.where(shown, plain * dense * _student(part.blocks), 0.0)
        if seconds is not None:
            grown *= _growth(first, plain, part.seconds / parts[0].seconds, seconds / parts[0].seconds)
        best = np.maximum(best, grown)
        first = np.where(np.isnan(first) & np.isfinite(part.found), np.maximum(plain, 1e-9), first)
    return best


def _growth(first: Floats, excess: Floats, length: float, wanted: float) -> Floats:
    """How much more the excess grows from blocks of `length` to `wanted` (in shortest blocks): it has grown
    from `first` to `excess` before.
    """
    if length <= 1 or wanted <= length:
        return np.ones(len(excess))
    ratio = np.clip(np.nan_to_num(excess / first, nan=1.0), 1.0, length)
    grid = np.linspace(0.0, 0.95, 96)
    before, after = _summed(grid, length), _summed(grid, wanted)
    return np.interp(ratio, before, after / before)


def _summed(correlation: Floats, length: float) -> Floats:
    """Variance of the mean of `length` first-order autoregressive values, in that of independent ones."""
    r, n = correlation, length
    return (1 + r) / (1 - r) - 2 * r * (1 - r**n) / n / (1 - r) ** 2


def _excess(part: Blocks) -> Floats:
    return np.maximum(np.nan_to_num(part.found, nan=1.0) - 1, 0.0)


def _student(blocks: int) -> float:
    """Squared ratio of Student's t to the normal quantile at 1 / 1000, for a variance from so many blocks."""
    return 1 + 6 / blocks + 38 / blocks**2


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
