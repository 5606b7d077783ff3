"""Means of counted quantities: what the errors of a regression share."""

from __future__ import annotations

import numpy as np

from leadline.metrics.performance.estimate import Estimate, mean_of
from leadline.metrics.performance.views import RegressionCounts

NO_PAIRS = "no row has both a label and a prediction"
CLIPPED = "some errors or labels are more than a million scales away"


def mean_error(
    counts: RegressionCounts,
    first: str,
    second: str,
    third: str | None = None,
    scale: float = 1.0,
    nonzero: bool = False,
) -> Estimate:
    """Mean of a counted quantity over the labelled rows (those with a label other than 0: `nonzero`).

    Args:
        first, second, third: names of its powers; without a third the law of the mean counts as symmetric.
        scale: the value is in this unit.
    """
    which = 1 if nonzero else 0
    counted, squares = counts.labelled[..., which], counts.labelled_squares[..., which]
    total, second_sum = counts.sums[first], counts.sums_squares[second]
    mean = np.divide(total, counted, out=np.zeros_like(total), where=counted > 0)
    symmetric = 3 * mean * second_sum - 2 * mean**3 * counted
    return mean_of(
        total=total,
        second=second_sum,
        third=symmetric if third is None else counts.sums[third],
        weighted_first=counts.sums_squares[first],
        counted=counted,
        counted_squares=squares,
        inflation=counts.inflation,
        problems=[
            (counts.rows == 0, NO_PAIRS),
            (counted == 0, "every label is 0"),
            (counts.status["clipped"] > 0, CLIPPED),
        ],
        scale=scale,
    )
