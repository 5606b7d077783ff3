"""Maximum mean discrepancy of a window's rows by random Fourier features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.metrics.products import product
from leadline.monitors.multivariate.compared import Compared, Found, WindowRows
from leadline.monitors.multivariate.coordinates import Floats, Rows

FREQUENCIES = 128
LOOKED_AT = 500
"""Rows whose distances give the bandwidth."""

FLOOR = 0.01
SEED = 20_267


@dataclass(frozen=True)
class Fourier:
    """Random features of a Gaussian kernel: cosines and sines of `rows @ frequencies`, of length 1 together.

    Source: Rahimi and Recht, NIPS (2007).
    """

    frequencies: Rows

    @classmethod
    def of(cls, rows: Rows) -> Fourier:
        """With the median distance of some rows as bandwidth (Gretton et al., JMLR 13, 2012)."""
        some = rows[:: len(rows) // LOOKED_AT + 1].astype(np.float64)
        squares = (some**2).sum(1)
        apart = squares[:, None] + squares - 2 * some @ some.T
        width = float(np.sqrt(max(np.median(apart[np.triu_indices(len(some), 1)]), 1e-12)))
        rng = np.random.default_rng(SEED)
        return cls((rng.normal(size=(rows.shape[1], FREQUENCIES)) / width).astype(np.float32))

    def mean(self, rows: Rows) -> Floats:
        """Shape (2 * FREQUENCIES,)."""
        angle = product(rows, self.frequencies)
        found = np.concatenate([np.cos(angle).mean(0), np.sin(angle).mean(0)]).astype(np.float64)
        return found / np.sqrt(FREQUENCIES)

    def means(self, side: WindowRows) -> Floats:
        """Shape (U, 2 * FREQUENCIES)."""
        found = [self.mean(side.of_window(u)) for u in range(len(side))]
        return np.array(found).reshape(len(side), 2 * FREQUENCIES)


def mmd(compared: Compared) -> list[Found]:
    """Root of the unbiased squared distance between the mean features of a window and of the reference.

    0 where the estimate of the square is not above 0. Each reference window counts the same.

    Source: Gretton et al., JMLR 13 (2012), equation 3.
    """
    fourier, ours = compared.reference.once("mmd", _learned)
    theirs = ours if compared.current is compared.reference else fourier.means(compared.current)
    size, current_size = compared.reference.size, compared.current.size.astype(np.float64)
    values = np.full(len(theirs), np.nan)
    # Features have length 1, so this takes the rows' distances to themselves out of the squares.
    own = ((theirs**2).sum(1) * current_size - 1) / (current_size - 1)
    for part in compared.parts():
        mean = ours[part.rest].mean(0)
        noise = ((1 - (ours[part.rest] ** 2).sum(1)) / (size[part.rest] - 1)).sum() / part.rest.sum() ** 2
        square = own[part.windows] - 2 * theirs[part.windows] @ mean + mean @ mean - noise
        values[part.windows] = np.sqrt(np.maximum(square, 0.0))
    return [Found("mmd", values, np.full(len(values), np.nan), 1, FLOOR)]


def _learned(reference: WindowRows) -> tuple[Fourier, Floats]:
    """Features, and their means in the windows of the reference."""
    fourier = Fourier.of(reference.rows)
    return fourier, fourier.means(reference)
