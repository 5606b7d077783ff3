"""The Kolmogorov-Smirnov distance under no change."""

from __future__ import annotations

import numpy as np

from leadline.metrics import special
from leadline.metrics.nulls.counts import Counts, Floats, guarded
from leadline.metrics.pair import Pair


@guarded
def kolmogorov_smirnov(pair: Pair) -> Floats:
    """p-value of the two-sample Kolmogorov-Smirnov distance at the cells' edges (Smirnov 1939).

    The limit law is conservative for finite samples, ties and cells (Noether 1963).
    """
    counts = Counts.of(pair)
    distance = np.abs(np.cumsum(counts.gap, -1)).max(-1)
    return counts.answer(special.kolmogorov_sf(np.sqrt(counts.harmonic) * np.round(distance, 12)))
