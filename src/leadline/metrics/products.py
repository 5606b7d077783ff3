"""Products of matrices in the thread that asks for them.

What is multiplied here is small. A BLAS that shares such products among threads takes longer than one thread
would, the more so on a busy machine, and its threads go on waiting at the expense of others.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", np.float32, np.float64)

ALONE = 2**18
"""Multiplications of one product up to which a BLAS stays in the calling thread (OpenBLAS: as many)."""


def product(rows: npt.NDArray[Number], matrix: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """`rows @ matrix`, of shapes (n, k) and (k, m)."""
    size = max(1, ALONE // max(matrix.size, 1))
    whole = len(rows) - len(rows) % size
    out = np.empty((len(rows), matrix.shape[1]), rows.dtype)
    np.matmul(_blocks(rows[:whole], size), matrix, out=_blocks(out[:whole], size))
    np.matmul(rows[whole:], matrix, out=out[whole:])
    return out


def gram(rows: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """`rows.T @ rows`, of shape (n, k)."""
    size = max(1, ALONE // max(rows.shape[1] ** 2, 1))
    whole = len(rows) - len(rows) % size
    blocks, rest = _blocks(rows[:whole], size), rows[whole:]
    return np.matmul(blocks.transpose(0, 2, 1), blocks).sum(0) + rest.T @ rest


def _blocks(rows: npt.NDArray[Number], size: int) -> npt.NDArray[Number]:
    return rows.reshape(len(rows) // size, size, rows.shape[1])
