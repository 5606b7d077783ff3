"""Mean-rank shift: the area under the ROC curve between both sides, minus a half."""

from __future__ import annotations

import numpy as np

from leadline.metrics import nulls
from leadline.metrics.declare import NUMERIC, Z95, Measured, Metric
from leadline.metrics.drift._result import chance, result
from leadline.metrics.pair import Pair


def mean_rank_shift(pair: Pair) -> Measured:
    """P(current > reference) + P(equal) / 2 - 1/2, from -1/2 to 1/2; above 0: current values are higher.

    It is the Mann-Whitney statistic over m n, minus a half, on all cells; rows that share a cell count as
    equal, which moves it by at most half the chance of that. 0 for a constant column; NaN with a reason where
    a side has no values.
    """
    below = pair.reference_before[..., :-1] + pair.p / 2
    value = (pair.q * below).sum(-1) - 0.5
    above = pair.current_before[..., :-1] + pair.q / 2
    m, n = np.maximum(pair.m_effective, 1.0), np.maximum(pair.n_effective, 1.0)
    spread_n = (pair.q * (below - 0.5 - value[..., None]) ** 2).sum(-1) / n
    spread_m = (pair.p * (above - 0.5 + value[..., None]) ** 2).sum(-1) / m
    reach = Z95 * np.sqrt(spread_n + spread_m)
    shared = np.where(pair.is_atom, 0.0, pair.p * pair.q).sum(-1) / 2
    return result(
        pair,
        value,
        low=np.maximum(value - reach, -0.5),
        high=np.minimum(value + reach, 0.5),
        p_value=chance(pair, nulls.mean_rank_shift),
        bin_error=shared,
    )


METRIC = Metric(
    key="mean_rank_shift",
    title="Mean-rank shift",
    family="drift",
    summary="Chance that a current value exceeds a reference value, minus a half.",
    kinds=NUMERIC,
    range=(-0.5, 0.5),
    worse="either",
    neutral=0.0,
    reference="Mann, Whitney (1947), Ann. Math. Statist. 18, 50-60; DeLong et al. (1988), Biometrics 44, 837",
    compute=mean_rank_shift,
)
