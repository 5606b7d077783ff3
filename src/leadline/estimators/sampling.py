"""How much an estimate varies with the rows that a window happens to hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from leadline.estimators.calibration import Calibrator
from leadline.estimators.metrics import ESTIMABLE, Estimable
from leadline.estimators.tables import NONE, Filled, Floats, ScoreTable
from leadline.metrics.performance.estimate import effective_size

STEP = 1e-4
"""Part of the reference's rows that is added to one score cell to see by how much a metric moves."""

AT_ONCE = 64
"""Score cells looked at together."""


def sampling_variance(
    calibrator: Calibrator, table: ScoreTable, metrics: Iterable[str]
) -> Mapping[str, Floats]:
    """Variance of estimates between windows of independent rows with the scores of the reference.

    It is that of the values, not of their errors: the calibration is the same for all windows, and no label
    is drawn. The infinitesimal jackknife: by how much a metric moves with one more row of each score cell,
    squared, in the mean over the reference's rows (Jaeckel 1972; Efron, SIAM CBMS 38, 1982).

    Args:
        calibrator: from `calibrate`; with a reason (too few labels) all is NaN.
        table: the windows; their numbers of rows count.
        metrics: keys of `ESTIMABLE`.

    Returns:
        By key, shape (...); NaN for windows without rows.
    """
    size = effective_size(table.total, table.squares.sum((-1, -2, -3)), table.inflation)
    rows = np.where(size > 0, size, np.nan)
    return {key: _of_one_row(calibrator, ESTIMABLE[key]) / rows for key in metrics}


def _of_one_row(calibrator: Calibrator, metric: Estimable) -> float:
    """The variance in windows of a single row."""
    if calibrator.reason:
        return float("nan")
    reference = calibrator.table.without_labels()
    reference = replace(reference, squares=reference.rows, inflation=1.0)
    share = reference.mass / reference.total
    filled = np.flatnonzero(share > 0)
    usual = metric.value(_expected(calibrator, reference, reference.rows))
    moved = np.empty(len(filled))
    for start in range(0, len(filled), AT_ONCE):
        cells = filled[start : start + AT_ONCE]
        rows = np.repeat(reference.rows[None], len(cells), 0)
        rows[np.arange(len(cells)), cells] *= 1 + STEP / share[cells][:, None, None]
        moved[start : start + AT_ONCE] = metric.value(_expected(calibrator, reference, rows))
    influence = (moved - usual) * (1 + STEP) / STEP
    centred = influence - share[filled] @ influence
    return float(share[filled] @ centred**2)


def _expected(calibrator: Calibrator, reference: ScoreTable, rows: Floats) -> Filled:
    table = replace(reference, rows=rows, squares=rows)
    return Filled(table, rows[..., NONE] * calibrator.probability[:, None])
