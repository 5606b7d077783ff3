"""Total variation distance."""

from __future__ import annotations

import numpy as np

from leadline.metrics import nulls
from leadline.metrics.declare import Floats, Measured, Metric
from leadline.metrics.drift._intervals import norm_interval
from leadline.metrics.drift._result import EVERY, chance, result
from leadline.metrics.pair import Pair


def total_variation(pair: Pair) -> Measured:
    """Half the sum of |p - q| over the cells, 0 to 1: the share of rows that would have to move.

    Numeric columns on 20 cells, categorical ones on all. NaN with a reason where a side has no values.
    """
    folded = pair.fold(20)
    change = folded.q - folded.p
    value = np.abs(change).sum(-1) / 2
    low, high = _interval(folded, value, change)
    return result(pair, value, low=low, high=high, p_value=chance(pair, nulls.total_variation))


def _interval(pair: Pair, value: Floats, change: Floats) -> tuple[Floats, Floats]:
    """Each cell's |change| is a folded normal variable: its mean at no change is sqrt(2 / pi) sd."""
    m = np.maximum(pair.m_effective, 1.0)[..., None]
    n = np.maximum(pair.n_effective, 1.0)[..., None]
    rare = np.minimum((pair.reference + pair.current), 1.0)
    cell = pair.pooled * (1 - pair.pooled) * (1 / m + 1 / n) * rare
    mean = np.sqrt(cell * (2 / np.pi)).sum(-1) / 2
    # Changes of k cells sum to 0: their sizes are correlated, fully for two cells, hardly for many.
    count = cell.sum(-1) ** 2 / np.maximum((cell**2).sum(-1), 1e-300)
    noise = np.sqrt(cell.sum(-1) * (1 - 2 / np.pi) * count / np.maximum(count - 1, 1.0)) / 2
    sign = np.sign(change)
    spread_p = 1 - (pair.p * sign).sum(-1) ** 2
    spread_q = 1 - (pair.q * sign).sum(-1) ** 2
    far = np.sqrt(np.maximum(spread_p / m[..., 0] + spread_q / n[..., 0], 0.0)) / 2
    # Cells that did not change keep their noise however far the others moved.
    size = np.abs(change)
    kept = (np.sqrt(size**2 + cell * (2 / np.pi)) - size).sum(-1) / 2
    truth = np.maximum(value - kept, 0.0)
    excess = np.maximum(kept - (np.sqrt(truth**2 + mean**2) - truth), 0.0)
    low, high = norm_interval(np.maximum(value - excess, 0.0), mean, noise, far, 1.0)
    return low, np.maximum(high, value)


METRIC = Metric(
    key="total_variation",
    title="Total variation",
    family="drift",
    summary="Share of rows that would have to change cell to make both sides equal.",
    kinds=EVERY,
    range=(0.0, 1.0),
    worse="higher",
    neutral=0.0,
    unit="share",
    reference="Levin, Peres (2017), Markov Chains and Mixing Times, chapter 4",
    compute=total_variation,
)
