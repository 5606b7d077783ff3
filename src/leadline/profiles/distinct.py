"""How many distinct values, and how many repeated ones, from a sample of values chosen by their hash.

A value is kept when its 64-bit hash lies below a threshold. While few values are kept the threshold is
"all" and the answer exact; when more than `LIMIT` are kept it is halved, as often as needed. The state does
not depend on the order of the rows, and two states merge (Giroire 2009; Bar-Yossef et al. 2002). Every
row of a kept value is counted, so that a column without repeats is known to have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

LIMIT = 1024
"""Most hashes that are kept."""

_FIRST, _CHUNK = 1 << 14, 1 << 16
"""Numbers that are hashed together: fewer as long as all are kept, which shows how few are needed."""

MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
"""Odd: multiplication by it is one to one."""

_K2 = np.uint64(0x94D049BB133111EB)
_S1, _S2, _HALF = np.uint64(30), np.uint64(27), np.uint64(32)
_Z = 1.959963984540054


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
        if len(hashes) > 4 * LIMIT:
            # Where a part chosen by a lower threshold overflows, the whole need not be sorted.
            trial = shift + (len(hashes) // (4 * LIMIT)).bit_length()
            chosen = hashes < _bound(trial)
            found = cls._of_all(hashes[chosen], None if rows is None else rows[chosen], trial)
            if found.shift > trial:
                return found
        return cls._of_all(hashes, rows, shift)

    @classmethod
    def _of_all(cls, hashes: Hashes, rows: Ints | None, shift: int) -> Distinct:
        kept, counts = _grouped(hashes, rows)
        while len(kept) > LIMIT:
            shift += 1
            few = int(np.searchsorted(kept, _bound(shift)))
            kept, counts = kept[:few], counts[:few]
        return cls(shift, kept, counts)

    def merge(self, other: Distinct) -> Distinct:
        """The sample of both together."""
        return Distinct.together([self, other])

    @classmethod
    def together(cls, parts: Sequence[Distinct]) -> Distinct:
        """The sample of all parts together; there is one at least."""
        if len(parts) == 1:
            return parts[0]
        shift = max(part.shift for part in parts)
        # What does not reach the threshold need not be sorted.
        few = [
            len(part.hashes) if shift == 0 else int(np.searchsorted(part.hashes, _bound(shift)))
            for part in parts
        ]
        hashes, rows = (
            np.concatenate([getattr(part, name)[:size] for part, size in zip(parts, few, strict=True)])
            for name in ("hashes", "rows")
        )
        return cls.of(hashes, rows, shift)

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

    def repeated_interval(self) -> tuple[float, float]:
        """The 95 % interval of `repeated_share`; NaN without rows, and both equal while shift is 0.

        What shares the upper half of its hash was chosen together: the variance of the ratio is that between
        such groups (Cochran 1977, section 9A). Wilson's interval takes its size from it, and where no row is
        repeated from the number of groups.
        """
        share = self.repeated_share()
        if self.shift == 0 or np.isnan(share):
            return share, share
        _, values = _runs(self.hashes >> _HALF)
        starts = np.cumsum(values) - values
        off = values - (1 - share) * np.add.reduceat(self.rows, starts)
        left_out = 1 - 2.0**-self.shift
        variance = left_out * float(np.sum(off**2)) / float(self.rows.sum()) ** 2
        size = share * (1 - share) / variance if variance else len(values) / left_out
        middle = (share + _Z**2 / (2 * size)) / (1 + _Z**2 / size)
        half = _Z * np.sqrt(share * (1 - share) / size + (_Z / (2 * size)) ** 2) / (1 + _Z**2 / size)
        return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


EMPTY = Distinct(0, np.zeros(0, np.uint64), np.zeros(0, np.int64))


class Sampler:
    """The sample of numbers that come in parts, in any order.

    Values in ascending order cost least, since equal ones then lie side by side.
    """

    def __init__(self) -> None:
        self._state = EMPTY
        self._hashes: list[Hashes] = []
        self._rows: list[Ints] = []
        self._waiting = 0

    @property
    def shift(self) -> int:
        """Of the sample so far: hashes from 2**(64 - shift) on are not kept."""
        return self._state.shift

    def add(self, values: npt.NDArray[Any]) -> None:
        """Add finite numbers, which are told apart by value (-0.0 is 0.0)."""
        start = 0
        while start < len(values):
            stop = start + (_CHUNK if self._state.shift else _FIRST)
            hashes = hash_numbers(values[start:stop])
            if self._state.shift:
                hashes = hashes[hashes < _bound(self._state.shift)]
            self._append(*_runs(hashes))
            start = stop

    def add_hashes(self, hashes: Hashes, rows: Ints | None = None) -> None:
        """Add hashes, each of some rows; of one row by default."""
        if rows is None:
            rows = np.ones(len(hashes), np.int64)
        if self._state.shift:
            keep = hashes < _bound(self._state.shift)
            hashes, rows = hashes[keep], rows[keep]
        self._append(hashes, rows)

    def merge(self, part: Distinct) -> None:
        """Add the sample of some numbers."""
        self._absorb()
        self._state = self._state.merge(part)

    def result(self) -> Distinct:
        """The sample of everything so far."""
        self._absorb()
        return self._state

    def _append(self, hashes: Hashes, rows: Ints) -> None:
        if len(hashes) == 0:
            return
        self._hashes.append(hashes)
        self._rows.append(rows)
        self._waiting += len(hashes)
        if self._waiting >= 4 * LIMIT:
            self._absorb()

    def _absorb(self) -> None:
        state = self._state
        hashes = np.concatenate([state.hashes, *self._hashes])
        rows = np.concatenate([state.rows, *self._rows])
        self._state = Distinct.of(hashes, rows, state.shift)
        self._hashes, self._rows, self._waiting = [], [], 0


def hash_numbers(values: npt.NDArray[Any]) -> Hashes:
    """A 64-bit hash of each number, by its value as a float64; its upper bits are the good ones.

    Whole numbers that no float64 holds, as ids of 64 bits are, are told apart by their own bits.
    One multiplication by an odd number (Knuth, TAOCP 3, section 6.4): one to one, and the upper bits
    depend on all others. `mix` makes all bits good.
    """
    # 0 is its own hash, so it is in every sample: one value more than chance would choose, of more than
    # LIMIT / 2, where the interval is twenty times as wide. Rows and entities are hashed with salt and `mix`.
    # Saved samples hold these hashes: others would not merge with them.
    values = np.asarray(values)
    numbers = np.asarray(values, np.float64) + 0.0
    found = numbers.view(np.uint64)
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        beyond = 2.0 ** (64 if values.dtype.kind == "u" else 63)
        inside = numbers < beyond
        lost = ~inside | (np.where(inside, numbers, 0).astype(values.dtype) != values)
        if lost.any():
            found[lost] = values[lost].astype(np.uint64)
    found *= MULTIPLIER
    return found


def beyond_floats(dtype: np.dtype[Any], low: float, high: float) -> bool:
    """Whole numbers of this type between these ends may be such that no float64 holds."""
    return dtype.kind in "iu" and dtype.itemsize == 8 and max(-low, high) > 2.0**53


def mix(bits: Hashes) -> Hashes:
    """Scatter 64-bit words over all 64-bit words, one to one, the upper bits evenly.

    Two rounds of fold and multiply, as in the finaliser of SplitMix64 (Steele, Lea and Flood 2014), whose
    last fold only serves the lower bits.
    """
    h = bits ^ (bits >> _S1)
    h *= MULTIPLIER
    h ^= h >> _S2
    h *= _K2
    return h


def _grouped(hashes: Hashes, rows: Ints | None) -> tuple[Hashes, Ints]:
    """Sorted distinct hashes and their rows. (`np.unique` hashes integers, and is many times slower.)"""
    if rows is None:
        return _runs(np.sort(hashes))
    order = hashes.argsort()
    ordered, length = _runs(hashes[order])
    starts = np.cumsum(length) - length
    return ordered, np.add.reduceat(rows[order], starts) if len(starts) else length


def _runs(hashes: Hashes) -> tuple[Hashes, Ints]:
    """The hash of each run of equal ones, and how long the run is."""
    if len(hashes) == 0:
        return hashes, np.zeros(0, np.int64)
    last = np.empty(len(hashes), bool)
    last[-1] = True
    np.not_equal(hashes[1:], hashes[:-1], out=last[:-1])
    stops = last.nonzero()[0]
    length = stops + 1
    length[1:] -= length[:-1].copy()
    return hashes[stops], length


def _bound(shift: int) -> np.uint64:
    return np.uint64(1 << (64 - shift))
