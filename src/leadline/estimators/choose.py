"""The estimate to show: the method that fits the window, with its cautions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from leadline.estimators.calibration import LABELLED_MIN, Calibrator
from leadline.estimators.cbpe import cbpe
from leadline.estimators.domain import Domain, tell_apart
from leadline.estimators.estimated import Estimated, cautioned
from leadline.estimators.metrics import RANKINGS
from leadline.estimators.rows import Sample
from leadline.estimators.tables import ScoreTable, of_rows
from leadline.estimators.weighted import weighted
from leadline.profiles.outcomes_binary import BinaryGrid


@dataclass(frozen=True)
class Rows:
    """Rows of both sides, for one window: `grid` has the score cells; the reference is labelled."""

    grid: BinaryGrid
    reference: Sample
    window: Sample


def estimate(
    calibrator: Calibrator,
    table: ScoreTable,
    rows: Rows | None = None,
    metrics: Iterable[str] | None = None,
) -> dict[str, Estimated]:
    """Estimate performance metrics, by the method that fits.

    Without rows: by the score cells alone (`cbpe`). With rows a domain classifier looks at the inputs: where
    they moved (`Domain.shifted`), the calibration is weighted to the window. Metrics of the ranking stay
    unweighted where that leaves fewer than `LABELLED_MIN` effective reference rows of the scarcer class: too
    few to learn how the meaning of each score moved, if enough for what lies above a threshold. Where the
    reference holds too little like the window, the estimate stays unweighted, is cautioned as extrapolating,
    and its interval spans that of both.

    Args:
        calibrator: from `calibrate` on the reference's counts.
        table: windows of any leading axes without rows; one window (no leading axis) with them.
        metrics: keys of `ESTIMABLE`; None: all.
    """
    keys = None if metrics is None else list(metrics)
    plain = cbpe(calibrator, table, keys)
    if rows is None or calibrator.reason:
        return plain
    domain = tell_apart(rows.reference, rows.window)
    if not domain.shifted:
        return plain
    caution = domain.caution
    moved = weighted(rows.grid, domain, table, keys)
    if caution[()]:
        return {key: _spanning(cautioned(found, caution), moved[key]) for key, found in plain.items()}
    few = _scarcer(rows.grid, domain) < LABELLED_MIN
    return {
        key: plain[key] if (few and key in RANKINGS) or found.reason is not None else found
        for key, found in moved.items()
    }


def _scarcer(grid: BinaryGrid, domain: Domain) -> float:
    """Effective labelled reference rows of the scarcer class, weighted to the window."""
    sample = domain.reference
    table = of_rows(grid, sample.scores, None, sample.labels, domain.weights)
    rows, squares = table.labelled.sum((0, 1)), table.squares[..., :2].sum((0, 1))
    return float(np.min(np.where(squares > 0, rows**2 / np.where(squares > 0, squares, 1.0), 0.0)))


def _spanning(found: Estimated, other: Estimated) -> Estimated:
    assert found.low is not None
    assert found.high is not None
    assert other.low is not None
    assert other.high is not None
    return replace(found, low=np.fmin(found.low, other.low), high=np.fmax(found.high, other.high))
