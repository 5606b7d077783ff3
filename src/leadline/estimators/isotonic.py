"""Isotonic regression on cells: the non-decreasing probabilities that fit counted outcomes best."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def isotonic(positive: Floats, mass: Floats) -> Floats:
    """Non-decreasing means that are closest to positive / mass in squares weighted by mass; shape (..., C).

    Args:
        positive, mass: shape (..., C): sums of weights of the positive rows and of all rows of each cell, in
            the order of the score. A cell without mass takes its value from its neighbours, linearly by
            place; where no cell has mass the result is NaN. Leading axes are fitted at once.

    Source: pool adjacent violators, Ayer et al., Ann. Math. Stat. 26 (1955). A run of cells that fall pools
    as a whole whatever the order of pooling, so all runs of all leading axes pool in each round.
    """
    cells = mass.shape[-1]
    shape = np.broadcast_shapes(positive.shape, mass.shape)
    p, m = (np.broadcast_to(x, shape).reshape(-1) for x in (positive, mass))
    at = np.flatnonzero(m > 0)
    if at.size == 0:
        return np.full(shape, np.nan)
    p, m, row, first = p[at], m[at], at // cells, np.arange(at.size)
    while True:
        mean = p / m
        falls = (mean[:-1] >= mean[1:]) & (row[:-1] == row[1:])
        if not falls.any():
            break
        start = np.flatnonzero(np.concatenate([[True], ~falls]))
        p, m, row, first = np.add.reduceat(p, start), np.add.reduceat(m, start), row[start], first[start]
    fitted = np.repeat(mean, np.diff(first, append=at.size))
    return _between(fitted, at, shape)


def _between(fitted: Floats, at: npt.NDArray[np.intp], shape: tuple[int, ...]) -> Floats:
    """The fitted values at flat places `at`, and between them in their own row; NaN in rows without any."""
    cells = shape[-1]
    out = np.full(int(np.prod(shape)), np.nan)
    out[at] = fitted
    if at.size == out.size:
        return out.reshape(shape)
    rows = out.reshape(-1, cells)
    place = np.arange(cells)
    for row in rows:
        known = ~np.isnan(row)
        if known.any():
            row[~known] = np.interp(place[~known], place[known], row[known])
    return rows.reshape(shape)
