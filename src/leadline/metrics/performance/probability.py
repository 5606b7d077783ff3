"""Sums over rows whose scores are probabilities: what log loss and Brier score share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadline.metrics.performance.estimate import Estimate, log_interval, mean_of, unavailable
from leadline.metrics.performance.views import BinaryCounts, MulticlassCounts

OUTSIDE = "scores outside 0..1 are no probabilities"


def mean_loss(counts: BinaryCounts | MulticlassCounts, name: str, most: float = np.inf) -> Estimate:
    """Mean of one counted loss over the labelled rows with scores; NaN where a score lies outside 0..1.

    Args:
        most: largest possible loss, at which the interval ends.
    """
    if counts.sums is None or counts.sums_squares is None:
        return unavailable(counts.confusion.shape[:-2], "there is no score")
    outcomes = slice(0, 2) if isinstance(counts, BinaryCounts) else slice(None)

    def total(which: str, squared: bool) -> np.ndarray:
        source = counts.sums_squares if squared else counts.sums
        assert source is not None
        return source[which][..., outcomes].sum(-1)

    counted, squares = _labelled(counts)
    outside = counts.status["score_outside"] > 0
    mean = mean_of(
        total=total(name, False),
        second=total(f"{name}2", True),
        third=total(f"{name}3", False),
        weighted_first=total(name, True),
        counted=counted,
        counted_squares=squares,
        inflation=counts.inflation,
        problems=[(counted == 0, "no labelled row has a score"), (outside, OUTSIDE)],
    )
    low, high = log_interval(mean.value, mean.standard_error, mean.size, mean.skewness)
    return replace(mean, low=low, high=np.minimum(high, most))


def _labelled(counts: BinaryCounts | MulticlassCounts) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(counts, BinaryCounts):
        assert counts.cells is not None
        assert counts.cells_squares is not None
        return counts.cells[..., :2].sum((-1, -2)), counts.cells_squares[..., :2].sum((-1, -2))
    assert counts.ranks is not None
    assert counts.ranks_squares is not None
    return counts.ranks.sum(-1), counts.ranks_squares.sum(-1)
