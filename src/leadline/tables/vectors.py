"""Columns of lists of numbers, such as embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Vectors:
    """A list of numbers for each row; lists may differ in length.

    Attributes:
        numbers: of all lists, any real dtype.
        starts: shape (rows,): where the list of each row begins; arbitrary where the row is null.
        lengths: shape (rows,): of each list; 0 where the row is null.
    """

    numbers: npt.NDArray[Any]
    starts: Ints
    lengths: Ints

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def even(cls, numbers: npt.NDArray[Any], rows: int, length: int) -> Vectors:
        """Lists of one length that lie one after the other."""
        return cls(numbers, np.arange(rows, dtype=np.int64) * length, np.full(rows, length, np.int64))

    @classmethod
    def joined(cls, parts: Iterable[Vectors]) -> Vectors:
        """The rows of all parts, in order."""
        listed = list(parts)
        before = np.cumsum([0, *(len(part.numbers) for part in listed)])
        return cls(
            np.concatenate([part.numbers for part in listed]),
            np.concatenate([part.starts + first for part, first in zip(listed, before, strict=False)]),
            np.concatenate([part.lengths for part in listed]),
        )

    def take(self, rows: npt.NDArray[Any] | slice) -> Vectors:
        """The rows that a mask, an array of row numbers or a slice chooses; numbers are not copied."""
        return Vectors(self.numbers, self.starts[rows], self.lengths[rows])

    def matrix(self, length: int) -> tuple[Floats, Booleans]:
        """Lists of one length side by side, shape (rows, length), and which rows they are.

        Rows with a list of another length hold NaN.
        """
        fits = self.lengths == length
        if length == 0 or not fits.any():
            return np.full((len(self), length), np.nan), fits
        first = int(self.starts[0])
        if fits.all() and np.array_equal(self.starts, first + length * np.arange(len(self))):
            whole = self.numbers[first : first + length * len(self)]
            return whole.reshape(len(self), length).astype(np.float64), fits
        found = np.full((len(self), length), np.nan)
        found[fits] = self.numbers[self.starts[fits][:, None] + np.arange(length)]
        return found, fits


def of_objects(values: Sequence[Any] | npt.NDArray[Any], valid: Booleans | None) -> Vectors | None:
    """Lists, tuples and arrays of numbers; None where some value is no list of numbers.

    Args:
        values: of the rows.
        valid: shape (rows,), False where null; None: all valid.
    """
    try:
        lists = [
            np.asarray(value) if valid is None or valid[i] else np.zeros(0) for i, value in enumerate(values)
        ]
    except (TypeError, ValueError):  # lists of lists of different lengths
        return None
    if any(x.ndim != 1 or (x.dtype.kind not in "biuf" and len(x)) for x in lists):
        return None
    lengths = np.array([len(x) for x in lists], np.int64)
    numbers = np.concatenate([x for x in lists if len(x)]) if lengths.any() else np.zeros(0)
    return Vectors(numbers, np.cumsum(lengths) - lengths, lengths)
