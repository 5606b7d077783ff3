"""Most common value."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.quality._result import EVERY, NO_VALUES, share
from leadline.metrics.summary import Summary


def most_common_share(summary: Summary) -> Measured:
    """Share of the most common value among the values that have a cell of their own, 0 to 1.

    Those are the values with a quarter of a percent of the reference, or the vocabulary; what the reference
    never held shares one cell, the last filled one, and does not count. NaN with a reason without values.
    """
    counts = summary.counts
    if summary.atoms is not None:
        own = summary.atoms
    else:
        place = np.arange(counts.shape[-1])
        last = np.where(counts > 0, place, -1).max(-1, initial=-1)
        own = ~((place == last[:, None]) & (summary.unseen > 0)[:, None])
    return share(np.where(own, counts, 0.0).max(-1, initial=0.0), summary.values, NO_VALUES)


METRIC = Metric(
    key="most_common_share",
    title="Most common value",
    family="quality",
    summary="Share of the most common value.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="either",
    unit="share",
    reference="Wilson (1927), JASA 22, 209-212 (interval)",
    compute=most_common_share,
)
