"""Means of counted quantities: what the errors of a regression share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadline.metrics.performance.estimate import NO_PAIRS, Estimate, mean_of
from leadline.metrics.performance.views import RegressionCounts

CLIPPED = "some errors or labels are more than a million scales away"


def mean_error(
    counts: RegressionCounts,
    first: str,
    second: str,
    third: str | None = None,
    scale: float = 1.0,
    nonzero: bool = False,
    range_: tuple[float, float] = (0.0, np.inf),
) -> Estimate:
    """Mean of a counted quantity over the labelled rows (those with a label other than 0: `nonzero`).

    Args:
        first, second, third: names of its powers; without a third the law of the mean counts as symmetric.
        scale: the value is in this unit.
        range_: of possible values, in that unit.
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
        range_=range_,
    )


def with_cells(found: Estimate, counts: RegressionCounts, power: int) -> Estimate:
    """A mean of |error|^power with the cells of |error|, from which its permutation law follows.

    A few large errors make the mean's own law too light in its tail.
    """
    low, high = counts.absolute_edges[:-1], counts.absolute_edges[1:]
    wide = high > 4 * low
    middle = np.where(wide, np.sqrt(low * np.minimum(high, 4 * low)), (low + high) / 2)
    total = counts.absolute.sum(-1, keepdims=True)
    shares = np.divide(counts.absolute, total, out=np.zeros_like(counts.absolute), where=total > 0)
    slopes = np.broadcast_to((middle / counts.error_scale) ** power, shares.shape)
    return replace(found, shares=shares, slopes=slopes)
