"""Numbers, times and codes in the form that `Column` promises."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_TICKS = {"s": 1_000_000, "ms": 1_000, "us": 1, "D": 86_400_000_000}
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def nothing() -> npt.NDArray[np.float64]:
    """The values of a type that cannot be judged."""
    return np.empty(0)


def microseconds(ticks: npt.NDArray[Any], unit: str) -> npt.NDArray[np.int64]:
    """Ticks of a unit (D, s, ms, us, ns) as whole microseconds, rounded down."""
    whole: npt.NDArray[np.int64] = ticks.astype(np.int64, copy=False)
    return whole // 1000 if unit == "ns" else whole if unit == "us" else whole * _TICKS[unit]


def seconds(ticks: npt.NDArray[Any], unit: str) -> npt.NDArray[np.float64]:
    """Ticks of a unit (s, ms, us, ns) as float seconds."""
    return ticks.astype(np.float64) / _PER_SECOND[unit]


def narrow(codes: npt.NDArray[Any], entries: int) -> npt.NDArray[Any]:
    """Codes in the smallest unsigned type that holds `entries` of them."""
    return codes.astype(np.min_scalar_type(max(entries - 1, 0)), copy=False)


def as_float(value: Any) -> float:
    """The nearest float of a number of any size: infinity beyond the largest, NaN where there is none."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
    except ValueError:  # a signalling NaN of the decimal sort
        return np.nan
