"""Expected calibration error."""

from __future__ import annotations

import numpy as np

from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate, Floats, effective_size, estimate, unavailable
from leadline.metrics.performance.probability import OUTSIDE
from leadline.metrics.performance.views import BinaryCounts


def calibration_error(counts: BinaryCounts) -> Estimate:
    """Mean distance of score and prevalence over ten equal bins [0, 0.1), ..., [0.9, 1], 0..1; shape (...).

    Bins weigh by their labelled rows; exact. Noise alone makes it positive, so it has a standard error but no
    interval. NaN without labelled scores, and where scores lie outside 0..1.
    """
    binned = calibration_bins(counts)
    if binned is None:
        return unavailable(counts.confusion.shape[:-2], "there is no score")
    rows, positive, scores, squares = binned
    total = rows.sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = positive - scores
        value = np.abs(gap).sum(-1) / total
        share = np.where(rows > 0, positive / np.where(rows > 0, rows, 1.0), 0.0)
        within = (squares * share * (1 - share)).sum(-1)
        between = (squares * np.where(rows > 0, np.abs(gap) / np.where(rows > 0, rows, 1.0), 0.0) ** 2).sum(
            -1
        )
        spread = within + between - squares.sum(-1) * value**2
        error = np.sqrt(np.maximum(spread, 0.0) * counts.inflation) / total
        size = effective_size(total, squares.sum(-1), counts.inflation)
    problems = [
        (total == 0, "no labelled row has a score"),
        (counts.status["score_outside"] > 0, OUTSIDE),
    ]
    return estimate(value, error, size, problems)


def calibration_bins(counts: BinaryCounts) -> tuple[Floats, Floats, Floats, Floats] | None:
    """Labelled rows, positives, sums of scores, sums of squared weights in each bin, each (..., B)."""
    if counts.cells is None or counts.bin_scores is None or counts.bin_of_cell is None:
        return None
    assert counts.cells_squares is not None
    bins = counts.bin_scores.shape[-1]
    member = (counts.bin_of_cell[:, None] == np.arange(bins)).astype(np.float64)
    labelled = counts.cells[..., :2].sum(-1) @ member
    positive = counts.cells[..., 1] @ member
    squares = counts.cells_squares[..., :2].sum(-1) @ member
    return labelled, positive, counts.bin_scores, squares


METRIC = Metric(
    key="calibration_error",
    title="Calibration error",
    family="performance",
    summary="Mean distance between score and prevalence over ten equal bins of the score.",
    tasks=frozenset({"binary"}),
    range=(0.0, 1.0),
    worse="higher",
    reference="Naeini, Cooper and Hauskrecht, AAAI (2015)",
    compute=calibration_error,
)
