"""Cramer-von Mises statistic of two samples."""

from __future__ import annotations

import numpy as np

from leadline.metrics import nulls
from leadline.metrics.declare import NUMERIC, Measured, Metric
from leadline.metrics.drift._bounds import centred, squares
from leadline.metrics.drift._result import chance, result
from leadline.metrics.pair import Pair


def cramer_von_mises(pair: Pair) -> Measured:
    """Anderson's T: m n / (m + n)^2 times the sum of (F - G)^2 over all rows of both sides; 0 or more.

    It grows with the number of rows. On all cells; inside a cell that holds several values F - G is taken as
    linear, and `bin_error` bounds what any other order of its rows could give. At tied values F and G
    include the tie. Without ties this is SciPy's `cramervonmises_2samp`. NaN with a reason where a side has
    no values.
    """
    m, n = pair.m, pair.n
    factor = (m * n / np.maximum(m + n, 1.0) ** 2)[..., None]
    rows = pair.reference + pair.current
    start, end = pair.difference[..., :-1], pair.difference[..., 1:]
    smooth = rows * (start**2 + start * end + end**2) / 3 + (end**2 - start**2) / 2
    smooth = smooth + (end - start) ** 2 / (6 * np.maximum(rows, 1.0))
    smallest, largest = squares(pair)
    exact = rows * end**2
    low = factor * np.where(pair.is_atom, exact, rows * smallest)
    high = factor * np.where(pair.is_atom, exact, rows * largest)
    value, error = centred(np.where(pair.is_atom, exact, smooth) * factor, low, high)
    return result(pair, value, p_value=chance(pair, nulls.cramer_von_mises), bin_error=error)


METRIC = Metric(
    key="cramer_von_mises",
    title="Cramer-von Mises statistic",
    family="drift",
    summary="Sum over all rows of the squared distance between the two distribution functions.",
    kinds=NUMERIC,
    range=(0.0, np.inf),
    worse="higher",
    neutral=0.0,
    reference="Anderson (1962), Ann. Math. Statist. 33, 1148-1159",
    compute=cramer_von_mises,
)
