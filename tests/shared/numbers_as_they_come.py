"""Columns of numbers as they come, and when two counts of them are the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadline.profiles.counting import NumericCounts

Floats = npt.NDArray[np.float64]


def shapes(rng: np.random.Generator, size: int) -> dict[str, Floats]:
    """Smooth, heavy, rounded, offset, few-valued, constant."""
    return {
        "normal": rng.normal(size=size),
        "lognormal": rng.lognormal(0, 2, size),
        "cauchy": rng.standard_cauchy(size),
        "rounded": np.round(rng.normal(size=size), 1),
        "counts": rng.poisson(3, size).astype(float),
        "offset": 1e9 + rng.normal(size=size),
        "zero inflated": np.where(rng.random(size) < 0.7, 0.0, rng.lognormal(size=size)),
        "constant": np.full(size, 7.0),
        "tiny": rng.normal(size=size) * 1e-300,
        "huge": rng.normal(size=size) * 1e307,
    }


def same(a: NumericCounts, b: NumericCounts) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in a.__dataclass_fields__)
