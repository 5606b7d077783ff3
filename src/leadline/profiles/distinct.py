"""How many distinct values, from a sample of values chosen by their hash.

A value is kept when its 64-bit hash lies below a threshold. While few values are kept the threshold is
"all" and the answer exact; when more than `LIMIT` are kept it is halved, as often as needed. The state does
not depend on the order of the rows, and two states merge (Giroire 2009; Bar-Yossef et al. 2002).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

LIMIT = 4096
"""Most hashes that are kept."""

_CHUNK = 1 << 14
_K1, _K2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S1, _S2, _S3 = np.uint64(30), np.uint64(27), np.uint64(31)


@dataclass(frozen=True)
class Distinct:
    """Hashes of the kept values.

    Attributes:
        shift: a hash h is kept when h < 2**(64 - shift).
        hashes: shape (n,), sorted, unique, n <= LIMIT.
    """

    shift: int
    hashes: Hashes

    @classmethod
    def of(cls, hashes: Hashes, shift: int = 0) -> Distinct:
        """The sample of an array of hashes (any order, repeats allowed)."""
        kept = _sorted_unique(hashes)
        while len(kept) > LIMIT:
            shift += 1
            kept = kept[: np.searchsorted(kept, np.uint64(1 << (64 - shift)))]
        return cls(shift, kept)

    def merge(self, other: Distinct) -> Distinct:
        """The sample of both together."""
        shift = max(self.shift, other.shift)
        both = np.concatenate([self.hashes, other.hashes])
        return Distinct.of(_below(both, shift), shift)

    def estimate(self) -> tuple[float, float, float]:
        """Number of distinct values with its 95 % interval; exact, all three equal, while shift is 0."""
        count = float(len(self.hashes))
        if self.shift == 0:
            return count, count, count
        share = 2.0**-self.shift
        value, error = count / share, 1.96 * np.sqrt(count * (1 - share)) / share
        return value, max(count, value - error), value + error


EMPTY = Distinct(0, np.zeros(0, np.uint64))


def of_numbers(values: npt.NDArray[Any]) -> Distinct:
    """The sample of numbers: finite values are told apart by value (-0.0 is 0.0)."""
    state = EMPTY
    for start in range(0, len(values), _CHUNK):
        x = np.asarray(values[start : start + _CHUNK], dtype=np.float64) + 0.0
        found = _below(mix(x.view(np.uint64)), state.shift)
        if len(found):
            state = Distinct.of(np.concatenate([state.hashes, found]), state.shift)
    return state


def hash_texts(values: Iterable[str]) -> Hashes:
    """A 64-bit hash of each text, the same on every machine."""
    digests = [
        hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest() for value in values
    ]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def mix(bits: Hashes) -> Hashes:
    """Scatter 64-bit words evenly over all 64-bit words, one to one (the finaliser of SplitMix64)."""
    h = bits ^ (bits >> _S1)
    h *= _K1
    h ^= h >> _S2
    h *= _K2
    h ^= h >> _S3
    return h


def _sorted_unique(hashes: Hashes) -> Hashes:
    """Like `np.unique`, which hashes integers and is 40 times slower on them."""
    ordered = np.sort(hashes)
    if len(ordered) < 2:
        return ordered
    first = np.empty(len(ordered), bool)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def _below(hashes: Hashes, shift: int) -> Hashes:
    return hashes if shift == 0 else hashes[hashes < np.uint64(1 << (64 - shift))]
