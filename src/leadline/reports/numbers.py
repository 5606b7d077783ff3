"""Plain numbers of a record, and why some are missing."""

from __future__ import annotations

import math

EXTREME = "no finite number at values as extreme as these"
"""Why a value is missing that is not finite."""


def number(value: float) -> float | None:
    """The number, or None where it is not finite."""
    return float(value) if math.isfinite(value) else None
