"""Mean."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import NUMERIC, Z95, Measured, Metric, reasons
from leadline.metrics.quality._result import FAR, NO_VALUES, NOT_NUMERIC, absent, chosen, far
from leadline.metrics.summary import Summary


def mean(summary: Summary) -> Measured:
    """Mean of the finite values, in the column's unit, with its 95 % interval (from two values on).

    NaN with a reason without values, and where a value is more than 2**20 scales from the centre.
    """
    if summary.total is None or summary.squares is None or summary.centre is None or summary.scale is None:
        return absent(summary.rows, NOT_NUMERIC)
    beyond = far(summary)
    known = (summary.values > 0) & ~beyond
    n = np.where(known, summary.values, 1.0)
    standard = summary.total / n
    spread = np.sqrt(np.maximum(summary.squares / n - standard**2, 0.0) / np.maximum(n - 1, 1.0))
    value = summary.centre + summary.scale * standard
    reach = Z95 * summary.scale * spread
    wide = known & (n > 1)
    return Measured(
        value=chosen(known, value),
        standard_error=chosen(wide, summary.scale * spread),
        low=chosen(wide, value - reach),
        high=chosen(wide, value + reach),
        bin_error=chosen(known, np.zeros(n.shape)),
        reason=None if known.all() else np.where(beyond, FAR, reasons(n.shape, ~known, NO_VALUES)),
    )


METRIC = Metric(
    key="mean",
    title="Mean",
    family="quality",
    summary="Arithmetic mean of the finite values.",
    kinds=NUMERIC,
    range=(-np.inf, np.inf),
    worse="either",
    unit="value",
    reference="Student (1908), Biometrika 6, 1-25",
    compute=mean,
)
