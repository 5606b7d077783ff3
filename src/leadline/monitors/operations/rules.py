"""Fixed rules, outside of any budget: nothing comes any more, labels are missing that should be there,
clients drop what they were given, or their clocks are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.profiles.exponential import Counts, cell_edges, cells_of, quantiles

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SHORTEST_SILENCE = 2
"""Empty buckets in a row before anything is said."""

LEAST_KNOWN = 24
"""Buckets with predictions before silence means something."""

USUAL_AGE = 0.9
"""Share of the labels that are there at the usual age of labels."""

MISSING = 0.5
"""Part of the usual share of labels below which they are late."""

LEAST_LABELS = 20.0
"""Labels that were to be expected of a bucket before it is judged."""

CLOCK_OFF = 300.0
"""Seconds by which a clock may be wrong before anything is said."""


@dataclass(frozen=True)
class Silence:
    """Nothing came in the last buckets.

    Attributes:
        first: the first empty bucket.
        longest: empty buckets in a row that there have been before.
    """

    first: int
    longest: int


def silence(rows: Counts) -> Silence | None:
    """Whether predictions have stopped for longer than they ever did.

    Args:
        rows: shape (T,), predictions in each closed bucket.
    """
    busy = np.flatnonzero(rows > 0)
    if len(busy) < LEAST_KNOWN:
        return None
    longest = int(np.diff(busy).max(initial=1)) - 1
    first = int(busy[-1]) + 1
    empty = len(rows) - first
    return Silence(first, longest) if empty >= max(SHORTEST_SILENCE, longest + 1) else None


@dataclass(frozen=True, eq=False)
class Lateness:
    """Labels of the predictions of T buckets.

    Attributes:
        age_seconds: at which nine of ten labels have usually come.
        usual: share of predictions that usually have a label by then.
        share: shape (T,), that share of each bucket; NaN where it is not old enough, or too small.
        late: shape (T,), where it is less than half of the usual.
    """

    age_seconds: float
    usual: float
    share: Floats
    late: Bools


def lateness(
    rows: Counts, ends: Counts, now: int, bucket: Counts, cell: Counts, count: Counts
) -> Lateness | None:
    """Which buckets lack labels that should be there by now; None where no usual age is known yet.

    Args:
        rows: shape (T,), predictions of each bucket.
        ends: shape (T,), of the buckets, microseconds.
        now: microseconds.
        bucket, cell, count: shape (n,), labels by the bucket of their prediction and the cell of their age in
            seconds, ascending.
    """
    of_each = quantiles(bucket, cell, count, len(rows), USUAL_AGE).value
    labelled = np.bincount(bucket, count, len(rows))
    told = np.isfinite(of_each) & (labelled >= LEAST_LABELS)
    if told.sum() < LEAST_KNOWN:
        return None
    age = float(np.median(of_each[told]))
    # Labels that belong to the usual age up to the edge of its cell are in time.
    edge = cells_of(np.array([age]))
    age = float(max(cell_edges(edge)[1][0], age))
    in_time = np.bincount(bucket, np.where(cell <= edge[0], count, 0), len(rows))
    old = (rows > 0) & (ends + int(age * 1e6) <= now)
    share = np.divide(in_time, rows, out=np.full(len(rows), np.nan), where=old)
    if old.sum() < LEAST_KNOWN:
        return None
    usual = float(np.nanmedian(share))
    judged = old & (rows * usual >= LEAST_LABELS)
    share = np.where(judged, share, np.nan)
    return Lateness(age, usual, share, judged & (np.nan_to_num(share, nan=1.0) < MISSING * usual))


@dataclass(frozen=True)
class Loss:
    """Something was dropped in each bucket of a run.

    Attributes:
        first, last: of the buckets.
        rows: how much.
        share: of all that there was to send; None: not known.
        reasons: those of most first.
    """

    first: int
    last: int
    rows: int
    share: float | None
    reasons: tuple[str, ...]


def losses(dropped: Mapping[str, Counts], came: Counts | None) -> list[Loss]:
    """Every run of buckets in which something was dropped.

    Args:
        dropped: shape (T,) by reason, how much was dropped.
        came: shape (T,), how much came in; None: not known.
    """
    if not dropped:
        return []
    found = []
    for first, last in runs(np.sum([*dropped.values()], axis=0) > 0):
        part = slice(first, last + 1)
        of_each = {reason: int(counts[part].sum()) for reason, counts in dropped.items()}
        rows = sum(of_each.values())
        share = None if came is None else rows / (rows + int(came[part].sum()))
        reasons = sorted((reason for reason in of_each if of_each[reason]), key=lambda r: (-of_each[r], r))
        found.append(Loss(first, last, rows, share, tuple(reasons)))
    return found


def wrong_clocks(offset: Floats) -> list[tuple[int, int, float]]:
    """First and last of each run of buckets in which a clock was wrong, and by how much at most.

    Args:
        offset: shape (T,), seconds; NaN: not known.
    """
    return [
        (first, last, float(max(offset[first : last + 1], key=abs)))
        for first, last in runs(np.abs(np.nan_to_num(offset)) > CLOCK_OFF)
    ]


def runs(flags: Bools) -> list[tuple[int, int]]:
    """First and last place of each run of what holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(stop) - 1) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
