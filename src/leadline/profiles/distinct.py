"""How many distinct values, and how many repeated ones, from a sample of values chosen by their hash.

A value is kept when its 64-bit hash lies below a threshold. While few values are kept the threshold is
"all" and the answer exact; when more than `LIMIT` are kept it is halved, as often as needed. The state does
not depend on the order of the rows, and two states merge (Giroire 2009; Bar-Yossef et al. 2002). Every
row of a kept value is counted, so that a column without repeats is known to have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

LIMIT = 1024
"""Most hashes that are kept."""

_CHUNK = 1 << 14
_K1, _K2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S1, _S2 = np.uint64(30), np.uint64(27)


@dataclass(frozen=True)
class Distinct:
    """Hashes of the kept values, and how many rows hold each.

    Attributes:
        shift: a hash h is kept when h < 2**(64 - shift).
        hashes: shape (n,), sorted, unique, n <= LIMIT.
        rows: shape (n,), rows with each value.
    """

    shift: int
    hashes: Hashes
    rows: Ints

    @classmethod
    def of(cls, hashes: Hashes, rows: Ints | None = None, shift: int = 0) -> Distinct:
        """The sample of an array of hashes (any order, repeats allowed), each standing for some rows."""
        kept, counts = _grouped(hashes, rows)
        while len(kept) > LIMIT:
            shift += 1
            few = int(np.searchsorted(kept, _bound(shift)))
            kept, counts = kept[:few], counts[:few]
        return cls(shift, kept, counts)

    def merge(self, other: Distinct) -> Distinct:
        """The sample of both together."""
        shift = max(self.shift, other.shift)
        hashes = np.concatenate([self.hashes, other.hashes])
        rows = np.concatenate([self.rows, other.rows])
        if shift:
            keep = hashes < _bound(shift)
            hashes, rows = hashes[keep], rows[keep]
        return Distinct.of(hashes, rows, shift)

    def estimate(self) -> tuple[float, float, float]:
        """Number of distinct values with its 95 % interval; exact, all three equal, while shift is 0."""
        count = float(len(self.hashes))
        if self.shift == 0:
            return count, count, count
        share = 2.0**-self.shift
        value, error = count / share, 1.96 * np.sqrt(count * (1 - share)) / share
        return value, max(count, value - error), value + error

    def repeated_share(self) -> float:
        """Share of rows whose value another row held before; NaN without rows. Exact while shift is 0."""
        rows = int(self.rows.sum())
        return 1.0 - len(self.hashes) / rows if rows else float("nan")


EMPTY = Distinct(0, np.zeros(0, np.uint64), np.zeros(0, np.int64))


def of_numbers(values: npt.NDArray[Any]) -> Distinct:
    """The sample of numbers: finite values are told apart by value (-0.0 is 0.0)."""
    state = EMPTY
    waiting: list[Hashes] = []
    size = 0
    for start in range(0, len(values), _CHUNK):
        hashes = hash_numbers(values[start : start + _CHUNK])
        if state.shift:
            hashes = hashes[hashes < _bound(state.shift)]
        waiting.append(hashes)
        size += len(hashes)
        if size >= 4 * LIMIT:
            state, waiting, size = _absorb(state, waiting), [], 0
    return _absorb(state, waiting)


def of_sorted(ordered: npt.NDArray[np.float64]) -> Distinct:
    """The sample of finite numbers in ascending order."""
    if len(ordered) == 0:
        return EMPTY
    first = np.empty(len(ordered), bool)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    if np.count_nonzero(first) > len(ordered) // 2:
        return of_numbers(ordered)
    starts = np.flatnonzero(first)
    rows = np.diff(starts, append=len(ordered)).astype(np.int64)
    return Distinct.of(hash_numbers(ordered[starts]), rows)


def _absorb(state: Distinct, waiting: list[Hashes]) -> Distinct:
    if not waiting:
        return state
    hashes = np.concatenate(waiting)
    if state.shift:
        hashes = hashes[hashes < _bound(state.shift)]
    return state.merge(Distinct.of(hashes, shift=state.shift))


def hash_numbers(values: npt.NDArray[Any]) -> Hashes:
    """A 64-bit hash of each number, by its value as a float64; its upper bits are the good ones.

    One multiplication by an odd number (Knuth, TAOCP 3, section 6.4): one to one, and the upper bits
    depend on all others. `mix` makes all bits good.
    """
    found = (np.asarray(values, dtype=np.float64) + 0.0).view(np.uint64)
    found *= _K1
    return found


def mix(bits: Hashes) -> Hashes:
    """Scatter 64-bit words over all 64-bit words, one to one, the upper bits evenly.

    Two rounds of fold and multiply, as in the finaliser of SplitMix64 (Steele, Lea and Flood 2014), whose
    last fold only serves the lower bits.
    """
    h = bits ^ (bits >> _S1)
    h *= _K1
    h ^= h >> _S2
    h *= _K2
    return h


def _grouped(hashes: Hashes, rows: Ints | None) -> tuple[Hashes, Ints]:
    """Sorted distinct hashes and their rows. (`np.unique` hashes integers, and is many times slower.)"""
    if len(hashes) == 0:
        return hashes, np.zeros(0, np.int64)
    if rows is None:
        ordered = np.sort(hashes)
    else:
        order = np.argsort(hashes)
        ordered, rows = hashes[order], rows[order]
    first = np.empty(len(ordered), bool)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    starts = np.flatnonzero(first)
    if rows is None:
        counts = np.diff(starts, append=len(ordered)).astype(np.int64)
    else:
        counts = np.add.reduceat(rows, starts)
    return ordered[starts], counts


def _bound(shift: int) -> np.uint64:
    return np.uint64(1 << (64 - shift))
