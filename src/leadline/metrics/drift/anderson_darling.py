"""Anderson-Darling statistic of two samples."""

from __future__ import annotations

import numpy as np

from leadline.metrics import nulls
from leadline.metrics.declare import NUMERIC, Floats, Measured, Metric
from leadline.metrics.drift._bounds import centred, squares
from leadline.metrics.drift._result import chance, result
from leadline.metrics.pair import Pair

_SPLIT = 1.25
"""Ties inside a cell raise the sum of its weights over that of untied rows by less than this factor."""


def anderson_darling(pair: Pair) -> Measured:
    """A squared of two samples, with midranks for ties; 0 or more, about 1 without change.

    (N - 1) m n / N^2 times the sum over values of h (F - G)^2 / (H (1 - H) - h / 4), where h is the value's
    share of all N = m + n rows, and F, G and H count half of the value. SciPy's `anderson_ksamp`
    reports (A^2 - 1) / sigma_N of the same A^2. On all cells; inside a cell that holds several values
    F - G is taken as linear, and `bin_error` bounds what any other order and ties could give. NaN with a
    reason where a side has no values.
    """
    m, n = pair.m, pair.n
    total = np.maximum(m + n, 1.0)
    factor = ((total - 1) * m * n / total**2)[..., None]
    rows = pair.reference + pair.current
    row = 1 / total[..., None]
    edge = np.zeros((*rows.shape[:-1], rows.shape[-1] + 1))
    np.cumsum(pair.pooled, -1, out=edge[..., 1:])
    np.minimum(edge, 1.0, out=edge)
    a, b = edge[..., :-1], edge[..., 1:]
    inside = np.clip(edge, row, np.maximum(1 - row, row))
    log_below, log_above = np.log(inside), np.log(np.maximum(1 - inside, row))
    d = pair.difference
    tie = np.maximum(3 * a + b - (a + b) ** 2, 0.0)
    exact = (d[..., :-1] + d[..., 1:]) ** 2 * (b - a) / np.maximum(tie, 1e-15)
    smallest, largest = squares(pair)
    least, most = _weights(edge, log_below - log_above, tie, row)
    low = factor * np.where(pair.is_atom, exact, smallest * least)
    high = factor * np.where(pair.is_atom, exact, largest * most)
    smooth = factor * np.where(pair.is_atom, exact, _linear(edge, log_below, log_above, d))
    value, error = centred(smooth, low, high)
    return result(pair, value, p_value=chance(pair, nulls.anderson_darling), bin_error=error)


def _weights(edge: Floats, logits: Floats, tie: Floats, row: Floats) -> tuple[Floats, Floats]:
    """Least and largest sum of the weights of a cell's rows, over all ways in which they may be tied."""
    a, b = edge[..., :-1], edge[..., 1:]
    share = b - a
    middle = np.clip(0.5, a, b)
    least = share / np.maximum(middle * (1 - middle), 1e-300)
    at_edge = 4 * edge * (1 - edge)
    inner = np.minimum(np.minimum(at_edge[..., :-1], at_edge[..., 1:]), tie)
    ends = np.where(a < row / 2, 4 / np.maximum(1 - b, row), 0.0)
    ends = ends + np.where(b > 1 - row / 2, 4 / np.maximum(a, row), 0.0)
    most = np.minimum(share * 4 / np.maximum(inner, 1e-300), ends + _SPLIT * np.diff(logits, axis=-1))
    return least, np.where(share > 0, most, 0.0)


def _linear(edge: Floats, log_below: Floats, log_above: Floats, d: Floats) -> Floats:
    """Integral of (F - G)^2 / (H (1 - H)) over each cell, with F - G linear in H."""
    a, b = edge[..., :-1], edge[..., 1:]
    slope = np.diff(d, axis=-1) / np.maximum(b - a, 1e-300)
    at_zero = d[..., :-1] - slope * a
    at_one = d[..., 1:] + slope * (1 - b)
    logs = at_zero**2 * np.diff(log_below, axis=-1) - at_one**2 * np.diff(log_above, axis=-1)
    return np.where(b > a, np.maximum(logs - slope**2 * (b - a), 0.0), 0.0)


METRIC = Metric(
    key="anderson_darling",
    title="Anderson-Darling statistic",
    family="drift",
    summary="Squared distance between the distribution functions, weighted towards the tails.",
    kinds=NUMERIC,
    range=(0.0, np.inf),
    worse="higher",
    neutral=0.0,
    reference="Pettitt (1976), Biometrika 63, 161-168; Scholz, Stephens (1987), JASA 82, 918-924",
    compute=anderson_darling,
)
