"""Standard deviation."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import NUMERIC, Measured, Metric, reasons
from leadline.metrics.quality._result import FAR, FEW, NOT_NUMERIC, absent, chosen, far
from leadline.metrics.summary import Summary


def standard_deviation(summary: Summary) -> Measured:
    """Standard deviation of the finite values (divisor n - 1), in the column's unit.

    NaN with a reason with fewer than two values, and where a value is more than 2**20 scales from the centre.
    """
    if summary.total is None or summary.squares is None or summary.scale is None:
        return absent(summary.rows, NOT_NUMERIC)
    beyond = far(summary)
    known = (summary.values > 1) & ~beyond
    n = np.where(known, summary.values, 2.0)
    spread = np.maximum(summary.squares / n - (summary.total / n) ** 2, 0.0) * n / (n - 1)
    return Measured(
        value=chosen(known, summary.scale * np.sqrt(spread)),
        bin_error=chosen(known, np.zeros(n.shape)),
        reason=None if known.all() else np.where(beyond, FAR, reasons(n.shape, ~known, FEW)),
    )


METRIC = Metric(
    key="standard_deviation",
    title="Standard deviation",
    family="quality",
    summary="Standard deviation of the finite values.",
    kinds=NUMERIC,
    range=(0.0, np.inf),
    worse="either",
    unit="value",
    reference="Bessel (1816): n - 1 as divisor",
    compute=standard_deviation,
)
