"""Pearson's chi-squared statistic of two samples."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Measured, Metric
from leadline.metrics.drift._result import EVERY, chi_squared_chance, result
from leadline.metrics.pair import FOLD, Pair


def chi_squared(pair: Pair) -> Measured:
    """Chi-squared statistic of the table sides x cells, without continuity correction; 0 or more.

    Numeric columns on 20 cells of equal reference mass, categorical ones on all; cells empty on both sides
    do not count. It grows with the number of rows. NaN with a reason where a side has no values.
    """
    folded = pair.fold(FOLD)
    m, n = folded.m, folded.n
    rows = folded.reference + folded.current
    parts = (folded.q - folded.p) ** 2 / np.where(rows > 0, rows, 1.0)
    return result(pair, m * n * parts.sum(-1), p_value=pair.once("chi_squared", chi_squared_chance))


METRIC = Metric(
    key="chi_squared",
    title="Chi-squared statistic",
    family="drift",
    summary="Squared differences between the shares of the cells, over what chance would give.",
    kinds=EVERY,
    range=(0.0, np.inf),
    worse="higher",
    neutral=0.0,
    reference="Pearson (1911), Biometrika 8, 250-254",
    compute=chi_squared,
)
