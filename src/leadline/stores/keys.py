"""Which keys of batches a table may hold: 64-bit hashes of them in memory, eight bytes each.

An index of the database would stay in its memory whole, ten times the size, and stop it when that is full.
The table itself is read only where a hash is known, which is when a batch comes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

_RECENT = 65_536
"""Hashes that are kept apart until they are sorted in."""


class Keys:
    """A set of hashes that grows.

    Args:
        hashes: to begin with, in any order.
    """

    def __init__(self, hashes: Hashes) -> None:
        self._sorted: Hashes = np.sort(hashes)
        self._recent: set[int] = set()

    def __len__(self) -> int:
        return len(self._sorted) + len(self._recent)

    def known(self, hashes: Sequence[int]) -> list[bool]:
        """Whether each was added."""
        wanted = np.array(hashes, np.uint64)
        places = np.searchsorted(self._sorted, wanted)
        inside = places < len(self._sorted)
        found = np.zeros(len(wanted), np.bool_)
        found[inside] = self._sorted[places[inside]] == wanted[inside]
        return [one or value in self._recent for one, value in zip(found.tolist(), hashes, strict=True)]

    def add(self, hashes: Iterable[int]) -> None:
        """Add some."""
        self._recent.update(hashes)
        if len(self._recent) > _RECENT:
            recent = np.sort(np.fromiter(self._recent, np.uint64, len(self._recent)))
            self._sorted = np.insert(self._sorted, np.searchsorted(self._sorted, recent), recent)
            self._recent = set()
