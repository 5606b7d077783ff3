"""What all drift metrics share: answers for empty sides, and the shape of the result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from leadline.metrics import nulls
from leadline.metrics.declare import CATEGORICAL, NUMERIC, Floats, Measured
from leadline.metrics.pair import Pair

EVERY = NUMERIC | CATEGORICAL

NO_REFERENCE = "no reference values"
NO_CURRENT = "no current values"
NO_VALUES = "no values on either side"
CONSTANT_REFERENCE = "the reference does not vary"


def result(
    pair: Pair,
    value: Floats,
    *,
    low: Floats | None = None,
    high: Floats | None = None,
    p_value: Floats | None = None,
    bin_error: Floats | float = 0.0,
    reason: npt.NDArray[np.object_] | None = None,
) -> Measured:
    """The result, with NaN and a reason wherever a side has no values."""
    shape = pair.n.shape
    empty = pair.once("empty", _empty)
    said = np.where(empty != "", empty, "" if reason is None else reason).astype(object)
    known = said == ""

    def keep(x: Floats) -> Floats:
        return x if known.all() else np.where(known, x, np.nan)

    def keep_optional(x: Floats | None) -> Floats | None:
        return None if x is None else keep(np.broadcast_to(x, shape))

    return Measured(
        value=keep(value),
        low=keep_optional(low),
        high=keep_optional(high),
        p_value=keep_optional(p_value),
        bin_error=keep(np.broadcast_to(np.asarray(bin_error, float), shape)),
        reason=None if known.all() else said,
    )


def chance(pair: Pair, law: Callable[[Pair], Floats]) -> Floats:
    """p-values by a law of `nulls`.

    Columns without rows, which divide 0 by 0, get their reason later; tails beyond the floating range are 0.
    """
    if not ((pair.m > 0) & (pair.n > 0)).any():
        return np.full(pair.n.shape, np.nan)
    with np.errstate(all="ignore"):
        return pair.once(f"p-value {law.__name__}", law)


def chi_squared_chance(pair: Pair) -> Floats:
    """The p-value that the chi-squared and G statistics share."""
    return chance(pair, nulls.chi_squared)


def _empty(pair: Pair) -> npt.NDArray[np.object_]:
    no_m, no_n = np.broadcast_to(pair.m <= 0, pair.n.shape), pair.n <= 0
    said = np.where(no_m, np.where(no_n, NO_VALUES, NO_REFERENCE), np.where(no_n, NO_CURRENT, ""))
    return said.astype(object)
