"""Plain numbers of a record, and why some are missing."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

EXTREME = "no finite number at values as extreme as these"
"""Why a value is missing that is not finite."""


def number(value: float) -> float | None:
    """The number, or None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def numbers(values: npt.NDArray[np.float64]) -> list[float | None]:
    """The numbers of an array of shape (n,), None where one is not finite."""
    finite = np.isfinite(values).tolist()
    return [value if known else None for value, known in zip(values.tolist(), finite, strict=True)]
