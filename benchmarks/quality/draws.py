"""Pairs of samples, drifted and not, drawn without any code of the library."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Sampler = Callable[[np.random.Generator, int], Floats]

CELLS = 256


def _zero_inflated(rng: np.random.Generator, size: int) -> Floats:
    return np.where(rng.random(size) < 0.95, 0.0, rng.lognormal(size=size))


NUMERIC: dict[str, Sampler] = {
    "normal": lambda rng, size: rng.normal(size=size),
    "lognormal": lambda rng, size: rng.lognormal(sigma=2.0, size=size),
    "cauchy": lambda rng, size: rng.standard_cauchy(size),
    "rounded": lambda rng, size: np.round(rng.normal(size=size), 1),
    "cents": lambda rng, size: np.round(rng.lognormal(3.0, 1.0, size), 2),
    "zero_inflated": _zero_inflated,
    "poisson": lambda rng, size: rng.poisson(1.0, size).astype(float),
    "offset": lambda rng, size: 1e9 + rng.normal(size=size),
}

DISCRETE: dict[str, Floats] = {
    "poisson": np.exp(-1.0) / np.cumprod([1.0, 1, 2, 3, 4, 5, 6, 7, 8]),
    "rare_values": np.array([0.001, 0.001, 0.996, 0.001, 0.001]),
    "half_tied": np.concatenate([np.full(50, 0.005), [0.5], np.full(50, 0.005)]),
    "top_coded": np.concatenate([np.full(90, 0.01), [0.1]]),
}

LEVELS = (2, 5, 20, 100, 500)


def categories(levels: int, even: bool) -> Floats:
    """Probabilities of a categorical column: even, or falling as 1 / rank (Zipf)."""
    weights = np.ones(levels) if even else 1.0 / np.arange(1, levels + 1)
    return weights / weights.sum()


def equal_mass_cells(reference_rows: int) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Reference counts, spacings and atoms of cells with order statistics of the reference as edges.

    Small references have one cell for each value, and cells between them.
    """
    m = reference_rows
    if m <= CELLS:
        counts = np.zeros(2 * m + 1)
        counts[1::2] = 1
        return counts, 1 - counts, counts > 0
    even = np.arange(CELLS) * m // CELLS
    tail = m // CELLS // 2 ** np.arange(1, 64)
    tail = tail[tail > 0]
    ranks = np.unique(np.concatenate([even, tail, m - 1 - tail, [0, m - 1]]))
    counts = np.concatenate([[0], np.diff(ranks), [m - ranks[-1]]]).astype(float)
    spacings = counts.copy()
    spacings[0] = 1
    return counts, spacings, np.zeros(len(counts), bool)


def continuous_counts(
    rng: np.random.Generator, m: int, n: int, pairs: int
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Counts of undrifted continuous pairs: current counts are exactly Dirichlet-multinomial."""
    counts, spacings, atoms = equal_mass_cells(m)
    mass = rng.standard_gamma(spacings, (pairs, len(spacings)))
    mass /= mass.sum(1, keepdims=True)
    current = rng.multinomial(n, mass).astype(float)
    shape = current.shape
    return np.broadcast_to(counts, shape), current, np.broadcast_to(atoms, shape)


def fixed_counts(
    rng: np.random.Generator, m: int, n: int, pairs: int, probabilities: Floats
) -> tuple[Floats, Floats]:
    """Counts of undrifted pairs on cells that do not depend on the data."""
    reference = rng.multinomial(m, probabilities, pairs).astype(float)
    return reference, rng.multinomial(n, probabilities, pairs).astype(float)


def pool_unseen(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    """What a vocabulary of the reference's values leaves: all other current rows share the last cell."""
    fresh = np.where(reference == 0, current, 0.0).sum(1, keepdims=True)
    known = np.where(reference == 0, 0.0, current)
    return np.hstack([reference, np.zeros_like(fresh)]), np.hstack([known, fresh])
