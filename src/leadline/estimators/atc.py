"""Average thresholded confidence: the share of rows that are surer than a learned threshold."""

from __future__ import annotations

import numpy as np

from leadline.estimators.calibration import Calibrator
from leadline.estimators.declare import Method
from leadline.estimators.estimated import NEEDS_DECISIONS, Estimated, explained, unavailable, with_interval
from leadline.estimators.metrics import ESTIMABLE
from leadline.estimators.tables import Floats, ScoreTable
from leadline.metrics.performance.estimate import effective_size


def atc(calibrator: Calibrator, table: ScoreTable) -> Estimated:
    """Estimate the accuracy of windows: a baseline for the other methods.

    The confidence of a score cell is the larger of its calibrated probabilities. The threshold is such that
    the share of reference rows above it is the reference's accuracy; rows of the cells at the threshold count
    in part.

    Args:
        calibrator: from `calibrate`, of a reference with decisions. table: windows, leading axes are kept.

    Source: Garg et al., ICLR (2022), arXiv 2201.04234.
    """
    shape = table.rows.shape[:-3]
    if calibrator.reason:
        return unavailable(shape, calibrator.reason, "atc")
    here = table.mass
    fits = np.concatenate([calibrator.probability[None], calibrator.refits])
    values = np.stack(
        [_share_above(p, rows, here) for p, rows in zip(fits, calibrator.drawn_table.rows, strict=True)]
    )
    value, refits = values[0], values[1:]
    size = effective_size(here.sum(-1), table.squares.sum((-1, -2, -3)), table.inflation)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(value * (1 - value) / size + refits.var(0, ddof=1))
    found = with_interval(ESTIMABLE["accuracy"].metric, value, error, size, "atc")
    found = explained(found, here.sum(-1) == 0, "no row has a score")
    return explained(found, ~np.isfinite(value), NEEDS_DECISIONS)


def _share_above(probability: Floats, reference: Floats, here: Floats) -> Floats:
    """Share of windows' rows (..., C) above the threshold that reference rows (C, 3, 3) set."""
    decided = reference[:, :2, :2].sum(0)
    confidence, group = np.unique(np.maximum(probability, 1 - probability), return_inverse=True)
    member = (group[:, None] == np.arange(len(confidence))).astype(np.float64)
    known = reference.sum((-1, -2)) @ member
    with np.errstate(divide="ignore", invalid="ignore"):
        wrong = (decided[0, 1] + decided[1, 0]) / decided.sum() * known.sum()
        before = np.cumsum(known) - known
        below = np.clip(np.where(known > 0, (wrong - before) / np.where(known > 0, known, 1.0), 0.0), 0, 1)
        below = np.where((known == 0) & (before < wrong), 1.0, below)
        return 1 - (here @ member) @ below / here.sum(-1)


METHOD = Method(
    key="atc",
    title="Average thresholded confidence",
    summary="Estimates accuracy as the share of rows whose confidence is above a threshold.",
    assumes="Rows above the confidence threshold of the reference stay as often right in sum.",
    needs_rows=False,
    tasks=frozenset({"binary"}),
    reference="Garg et al., ICLR (2022)",
)
