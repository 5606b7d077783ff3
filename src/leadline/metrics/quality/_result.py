"""What quality metrics share: Wilson's interval, and answers where there is nothing to divide by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadline.metrics.declare import Z95, Floats, Measured, reasons
from leadline.metrics.pair import CLIP
from leadline.metrics.summary import Summary
from leadline.schema import Kind

EVERY = frozenset(Kind)

NO_ROWS = "no rows"
NO_VALUES = "no values"
NOT_NUMERIC = "not a numeric column"
FEW = "fewer than two values"
FAR = "some values are more than a million scales away"
UNKNOWN = "not decidable from what was counted"


def share(hits: Floats, rows: Floats, nothing: str) -> Measured:
    """hits / rows with Wilson's (1927) interval; NaN and the reason `nothing` where rows is 0."""
    hits, rows = np.asarray(hits, float), np.asarray(rows, float)
    known = (rows > 0) & np.isfinite(hits)
    n = np.where(known, rows, 1.0)
    value = np.where(known, hits, 0.0) / n
    spread = Z95 * np.sqrt(value * (1 - value) / n + (Z95 / (2 * n)) ** 2)
    centre, norm = value + Z95**2 / (2 * n), 1 + Z95**2 / n
    said = np.where(rows > 0, np.where(np.isfinite(hits), "", UNKNOWN), nothing).astype(object)
    return Measured(
        value=np.where(known, value, np.nan),
        low=np.where(known, np.where(value <= 0, 0.0, np.maximum((centre - spread) / norm, 0.0)), np.nan),
        high=np.where(known, np.where(value >= 1, 1.0, np.minimum((centre + spread) / norm, 1.0)), np.nan),
        bin_error=np.where(known, 0.0, np.nan),
        reason=None if known.all() else said,
    )


def exact(value: Floats, nothing: str) -> Measured:
    """A value without interval; NaN gets the reason `nothing`."""
    known = np.isfinite(value)
    return Measured(
        value=value,
        bin_error=np.where(known, 0.0, np.nan),
        reason=None if known.all() else reasons(value.shape, ~known, nothing),
    )


def absent(like: Floats, why: str) -> Measured:
    """No value at all, for the same reason everywhere."""
    none = np.full(np.shape(like), np.nan)
    return Measured(value=none, bin_error=none, reason=reasons(none.shape, True, why))


def chosen(known: npt.NDArray[np.bool_], x: Floats) -> Floats:
    """x where known, else NaN."""
    return np.where(known, x, np.nan)


def far(summary: Summary) -> npt.NDArray[np.bool_]:
    """Columns with values so far away that sums clip them: what follows from their sums is not known."""
    found = np.zeros(summary.rows.shape, np.bool_)
    for end in (summary.minimum, summary.maximum):
        if end is not None and summary.centre is not None and summary.scale is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                found |= np.abs(end / summary.scale - summary.centre / summary.scale) > CLIP
    return found
