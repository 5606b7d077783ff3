"""Confidence-based performance estimation: calibrated probabilities in place of outcomes."""

from __future__ import annotations

from collections.abc import Iterable

from leadline.estimators.calibration import Calibrator
from leadline.estimators.declare import Method
from leadline.estimators.estimated import Estimated, Outcomes, cautioned, measured, unavailable
from leadline.estimators.metrics import ESTIMABLE
from leadline.estimators.support import score_support
from leadline.estimators.tables import Filled, ScoreTable


def cbpe(
    calibrator: Calibrator, table: ScoreTable, metrics: Iterable[str] | None = None, method: str = "cbpe"
) -> dict[str, Estimated]:
    """Estimate performance metrics of one or more windows at once, from counts alone.

    Each unlabelled row counts as positive with the probability of its score cell; labelled rows count as what
    they are, so that the value is that of the whole window. To the value is added what the reference
    shows the expectation to be off by (`Calibrator.correction`).

    Args:
        calibrator: from `calibrate`.
        table: the windows; leading axes are kept.
        metrics: keys of `ESTIMABLE`; None: all.

    Returns:
        Estimates by key, each of shape (...). NaN with a reason where there are no rows or too few labelled
        reference rows; a caution where the scores have left those of the reference.

    Source: the method is published as CBPE, Kivimäki et al., arXiv 2407.08649 (2024); isotonic calibration:
    Zadrozny and Elkan, KDD (2002).
    """
    keys = list(ESTIMABLE if metrics is None else metrics)
    shape = table.rows.shape[:-3]
    if calibrator.reason:
        return {key: unavailable(shape, calibrator.reason, method) for key in keys}
    outcomes = expected(calibrator, table)
    caution = score_support(calibrator.table, table)
    return {key: cautioned(measured(ESTIMABLE[key], outcomes, method), caution) for key in keys}


def expected(calibrator: Calibrator, table: ScoreTable) -> Outcomes:
    """Expected outcomes of a table's unlabelled rows by its score cells alone."""
    return Outcomes(
        filled=Filled(table, table.unlabelled * calibrator.probability[:, None]),
        deviations=calibrator.refits - calibrator.probability,
        calibrator=calibrator,
    )


METHOD = Method(
    key="cbpe",
    title="Confidence-based estimation",
    summary="Counts each row as positive with the calibrated probability of its score.",
    assumes="The share of positives at each score is that of the reference.",
    needs_rows=False,
    tasks=frozenset({"binary", "multiclass"}),
    reference="Kivimäki et al., arXiv 2407.08649 (2024)",
)
