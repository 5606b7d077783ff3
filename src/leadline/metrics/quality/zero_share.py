"""Zeros."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import NUMERIC, Measured, Metric
from leadline.metrics.quality._result import NO_VALUES, NOT_NUMERIC, absent, share
from leadline.metrics.summary import Summary


def zero_share(summary: Summary) -> Measured:
    """Share of finite values that are exactly zero, 0 to 1.

    NaN with a reason without values, and where zero shares a cell with other values.
    """
    if summary.edges is None or summary.atoms is None:
        return absent(summary.rows, NOT_NUMERIC)
    low, high = summary.edges[:, :-1], summary.edges[:, 1:]
    here = (low <= 0) & ((high > 0) | (summary.atoms & (low == 0)))
    own = here & summary.atoms & (low == 0)
    mixed = np.where(here & ~own, summary.counts, 0.0).sum(-1) > 0
    return share(
        np.where(mixed, np.nan, np.where(own, summary.counts, 0.0).sum(-1)), summary.values, NO_VALUES
    )


METRIC = Metric(
    key="zero_share",
    title="Zeros",
    family="quality",
    summary="Share of values that are zero.",
    kinds=NUMERIC,
    range=(0.0, 1.0),
    worse="either",
    unit="share",
    reference="Wilson (1927), JASA 22, 209-212 (interval)",
    compute=zero_share,
)
