"""Gain and lift of the highest scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate, bounded_interval, estimate
from leadline.metrics.performance.ranking import Ranking, ranking
from leadline.metrics.performance.views import BinaryCounts

TOP = 0.1
"""Share of the rows, the highest scores first, that gain and lift look at."""


def gain(counts: BinaryCounts) -> Estimate:
    """Share of the positives among the tenth of labelled rows with the highest scores, 0..1; shape (...).

    The row at the border and ties across it count in part. NaN without a positive or a negative label.
    """
    r = ranking(counts)
    return _gain(counts, r) if isinstance(r, Ranking) else r


def lift(counts: BinaryCounts) -> Estimate:
    """Prevalence within the tenth of rows with the highest scores over the prevalence of all, 0..10."""
    r = ranking(counts)
    if not isinstance(r, Ranking):
        return r
    g = _gain(counts, r)
    error, low, high, bin_error = (
        None if x is None else x / TOP for x in (g.standard_error, g.low, g.high, g.bin_error)
    )
    return Estimate(
        value=g.value / TOP,
        standard_error=error,
        low=low,
        high=high,
        bin_error=bin_error,
        reason=g.reason,
        size=g.size,
        skewness=g.skewness,
    )


def _gain(counts: BinaryCounts, r: Ranking) -> Estimate:
    p, n = r.positive, r.negative
    m = p + n
    need = TOP * m.sum(-1, keepdims=True)
    before = np.cumsum(m, -1) - m
    with np.errstate(divide="ignore", invalid="ignore"):
        taken = np.clip(np.where(m > 0, (need - before) / m, 0.0), 0.0, 1.0)
        value = (p * taken).sum(-1) / r.p[..., 0]
        split = (taken > 0) & (taken < 1) & ~r.tied
        part = taken * m
        most, least = np.minimum(p, part), np.maximum(0.0, part - n)
        off = np.maximum(most - p * taken, p * taken - least)
        bin_error = np.where(split, off, 0.0).sum(-1) / r.p[..., 0]
        variance = _variance(r, taken, value)
    error = np.sqrt(variance * counts.inflation)
    low, high = bounded_interval(value, error, r.size)
    return estimate(value, error, r.size, r.problems, low=low, high=high, bin_error=bin_error)


def _variance(r: Ranking, taken: Any, value: Any) -> Any:
    """Delta method; the border moves with the sample, by the prevalence there."""
    m = r.positive + r.negative
    rank = (np.cumsum(m, -1) - m / 2) / m.sum(-1, keepdims=True)
    near = np.abs(rank - TOP) <= TOP / 4
    local = (r.positive * near).sum(-1) / np.maximum((m * near).sum(-1), 1e-300)
    local = (local / r.p[..., 0])[..., None]
    border = -local * (taken - TOP)
    slope_positive = (taken - value[..., None]) / r.p + border
    return (r.positive_squares * slope_positive**2 + r.negative_squares * border**2).sum(-1)


GAIN = Metric(
    key="gain",
    title="Gain, top decile",
    family="performance",
    summary="Share of all positives among the tenth of rows with the highest scores.",
    tasks=frozenset({"binary"}),
    range=(0.0, 1.0),
    worse="lower",
    unit="share",
    reference="Piatetsky-Shapiro and Masand, KDD (1999)",
    compute=gain,
)

LIFT = Metric(
    key="lift",
    title="Lift, top decile",
    family="performance",
    summary="How many times more positives than average the tenth of rows with the highest scores holds.",
    tasks=frozenset({"binary"}),
    range=(0.0, 10.0),
    worse="lower",
    reference="Piatetsky-Shapiro and Masand, KDD (1999)",
    compute=lift,
)
