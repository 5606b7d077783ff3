"""Constant."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Floats, Measured, Metric
from leadline.metrics.quality._result import EVERY, NO_VALUES, UNKNOWN
from leadline.metrics.summary import Summary


def constant(summary: Summary) -> Measured:
    """1 where all values are the same, else 0.

    NaN with a reason without values; and of a part of a table, whose distinct values are not known, where all
    its values share a cell that holds more than one.
    """
    counted = (summary.distinct_low == 1) & (summary.distinct_high == 1)
    value = np.where(np.isfinite(summary.distinct), counted, _by_cells(summary))
    value = np.where(summary.values > 0, value, np.nan)
    known = np.isfinite(value)
    why = np.where(summary.values > 0, UNKNOWN, NO_VALUES)
    return Measured(
        value=value,
        bin_error=np.where(known, 0.0, np.nan),
        reason=None if known.all() else np.where(known, "", why).astype(object),
    )


def _by_cells(summary: Summary) -> Floats:
    """The same from extremes, or from which cells hold values; NaN where they do not tell."""
    if summary.minimum is not None and summary.maximum is not None:
        equal = summary.minimum == summary.maximum
        return np.where(np.isfinite(summary.minimum), equal, np.nan)
    filled = summary.counts > 0
    one_value = np.zeros(filled.shape, bool) if summary.atoms is None else filled & summary.atoms
    return np.where(filled.sum(-1) > 1, 0.0, np.where(one_value.any(-1), 1.0, np.nan))


METRIC = Metric(
    key="constant",
    title="Constant",
    family="quality",
    summary="Whether there is only one value.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    unit="yes or no",
    reference="a count",
    compute=constant,
)
