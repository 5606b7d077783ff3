"""The cells of a categorical column: the values it had, and places for those it never had."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.profiles.distinct import mix
from leadline.profiles.file import Arrays
from leadline.tables.texts import hashes, pick

VOCABULARY = 1000
"""Values of a categorical column that have a cell of their own."""

HASH_CELLS = 256
"""Keyed-hash cells that share the values beyond the vocabulary."""

_BYTE = np.uint64(56)


@dataclass(frozen=True)
class CategoricalAxis:
    """Cells of a categorical column: its most frequent values, hash cells for the rest, unseen.

    The last cell holds values that the grid never met ("unseen") when `complete`; otherwise the
    vocabulary was cut, all other values share the keyed-hash cells, and unseen is not decidable.

    Attributes:
        vocabulary: the values with a cell of their own, most frequent first.
        complete: the vocabulary holds every value that the grid was learned from.
        key: of the hash.
    """

    vocabulary: tuple[str, ...]
    complete: bool
    key: bytes = b""

    @property
    def cells(self) -> int:
        return len(self.vocabulary) + (1 if self.complete else HASH_CELLS)

    @cached_property
    def _known(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """Hashes of the vocabulary in ascending order, and the cell of each."""
        found = hashes(self.vocabulary)
        order = np.argsort(found)
        return found[order], order.astype(np.int64)

    def assign(self, values: Sequence[str]) -> npt.NDArray[np.int64]:
        """The cell of each value, shape (len(values),); told apart by their 64-bit hashes."""
        found = hashes(values)
        beyond = np.full(len(found), len(self.vocabulary), np.int64)
        if not self.complete:
            beyond += self._hashed(found)
        known, cells = self._known
        if len(known) == 0 or len(found) == 0:
            return beyond
        place = np.minimum(np.searchsorted(known, found), len(known) - 1)
        return np.where(known[place] == found, cells[place], beyond)

    def hash_cells(self, values: Sequence[str]) -> npt.NDArray[np.int64]:
        """The hash cell of each value, shape (len(values),), also of those in the vocabulary: 0..255."""
        return self._hashed(hashes(values))

    def _hashed(self, found: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        seed = hashlib.blake2b(digest_size=8, key=self.key).digest()
        return (mix(found ^ np.uint64(int.from_bytes(seed, "little"))) >> _BYTE).astype(np.int64)

    def to_state(self) -> tuple[dict[str, Any], Arrays]:
        """Plain facts and arrays (there are none), of which `from_state` makes an equal axis."""
        return {"vocabulary": self.vocabulary, "complete": self.complete, "key": self.key.hex()}, {}

    @classmethod
    def from_state(cls, facts: Mapping[str, Any], arrays: Arrays) -> CategoricalAxis:
        """The axis that `to_state` described."""
        return cls(tuple(facts["vocabulary"]), facts["complete"], bytes.fromhex(facts["key"]))

    @classmethod
    def learn(cls, values: Sequence[str], counts: npt.NDArray[np.int64], key: bytes) -> CategoricalAxis:
        """Learn the axis from distinct values and how often each occurs.

        Of more than `VOCABULARY` values the most frequent are kept, equal ones by their hash.
        """
        complete = len(values) <= VOCABULARY
        if not complete:
            kept = np.lexsort((hashes(values), -counts))[:VOCABULARY]
            values, counts = pick(values, kept), counts[kept]
        texts = list(values)
        order = sorted(range(len(texts)), key=lambda i: (-int(counts[i]), texts[i]))
        return cls(tuple(texts[i] for i in order), complete, key)
