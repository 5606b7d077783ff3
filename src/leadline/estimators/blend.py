"""Labels that arrived and rows that still wait for theirs, in one value.

For classifiers nothing has to be blended: `cbpe` and the others take the labelled rows of a table as what
they are and expect outcomes of the others only, so that the value moves from estimated to realised as
labels come, row by row, for every metric. Labels that come sooner for some outcomes than for others, at the
same score, would bias the mixture as they bias the realised part; `blended` allows for that where the shares
of either class that have come are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from leadline.estimators.calibration import Calibrator
from leadline.estimators.cbpe import cbpe
from leadline.estimators.estimated import Estimated, Outcomes, cautioned, measured, with_interval
from leadline.estimators.metrics import ESTIMABLE
from leadline.estimators.support import score_support
from leadline.estimators.tables import NONE, Filled, Floats, ScoreTable
from leadline.metrics.declare import Measured
from leadline.metrics.performance import PERFORMANCE
from leadline.metrics.special import normal_sf

BLEND = "blend"
"""Key of the method in what is returned."""

_METRICS = {metric.key: metric for metric in PERFORMANCE}


def realised(table: ScoreTable, metrics: Iterable[str] | None = None) -> dict[str, Floats]:
    """Metrics of the labelled rows of windows, by key, each of shape (...); NaN where undefined."""
    table = _labelled_part(table)
    filled = Filled(table, np.zeros_like(table.unlabelled))
    return {key: ESTIMABLE[key].value(filled) for key in (ESTIMABLE if metrics is None else metrics)}


def blended(
    calibrator: Calibrator, table: ScoreTable, metrics: Iterable[str], come: Floats | None = None
) -> dict[str, Estimated]:
    """Metrics of windows whose labelled rows count as what they are and whose other rows are estimated.

    Where labels come sooner for one class, a row that still waits is rather of the other: of a score whose
    rows are positive with probability p, the waiting ones are with p (1 - c1) / (p (1 - c1) + (1 - p)
    (1 - c0)), c0 and c1 being the shares of rows of either class whose label has come (Bayes).

    Args:
        calibrator: from `calibrate`.
        table: the windows.
        metrics: keys of `ESTIMABLE`.
        come: shape (..., 2): share of negatives and of positives whose label has come by now, 0..1; None: the
            same of both.
    """
    if come is None or calibrator.reason:
        return cbpe(calibrator, table, metrics, BLEND)
    p = calibrator.probability
    negative, positive = (np.clip(1 - come[..., c, None], 1e-9, 1.0) for c in (0, 1))
    waiting = p * positive + (1 - p) * negative
    outcomes = Outcomes(
        filled=Filled(table, table.unlabelled * (p * positive / waiting)[..., None]),
        deviations=calibrator.refits - p,
        calibrator=calibrator,
        leverage=positive * negative / waiting**2,
    )
    caution = score_support(calibrator.table, table)
    return {key: cautioned(measured(ESTIMABLE[key], outcomes, BLEND), caution) for key in metrics}


def contradiction(calibrator: Calibrator, table: ScoreTable, metrics: Iterable[str]) -> dict[str, Floats]:
    """How likely the labels that arrived are, if the estimate is right: p-values by key, each of shape (...).

    Estimates the labelled rows as if they had no labels and compares. A small p-value says that labels no
    longer depend on the score as in the reference (concept drift, or labels that come sooner for one class):
    then the estimate of the rest is wrong too. NaN without labels.
    """
    keys = list(metrics)
    part = _labelled_part(table)
    known, found = realised(part, keys), cbpe(calibrator, part.without_labels(), keys)
    out = {}
    for key in keys:
        error = found[key].standard_error
        assert error is not None
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(error > 0, np.abs(known[key] - found[key].value) / error, np.nan)
        out[key] = np.where(np.isfinite(z), 2 * normal_sf(np.nan_to_num(z)), np.nan)
    return out


def blend_losses(
    key: str, estimated: Estimated, unlabelled: Floats, measured: Measured, labelled: Floats
) -> Estimated:
    """A mean loss of a window from its labelled rows as measured and its unlabelled rows as estimated.

    Args:
        key: "mae", "mse" or "rmse" (which blends its square).
        estimated: of the unlabelled rows alone; `unlabelled`: their number; shapes (...).
        measured: of the labelled rows alone, known without noise; `labelled`: their number.
    """
    power = 2.0 if key == "rmse" else 1.0
    total = labelled + unlabelled
    with np.errstate(divide="ignore", invalid="ignore"):
        free = np.where(total > 0, unlabelled / total, 1.0)
        known = np.where(labelled > 0, measured.value, 0.0) ** power
        guess = np.where(unlabelled > 0, estimated.value, 0.0) ** power
        value = ((1 - free) * known + free * guess) ** (1 / power)
        assert estimated.standard_error is not None
        error = np.where(unlabelled > 0, estimated.standard_error, 0.0) * free
        if power == 2.0:
            error = np.where(value > 0, error * np.sqrt(guess) / value, 0.0)
    found = with_interval(_METRICS[key], value, error, total, estimated.method)
    return replace(found, caution=estimated.caution, label_free_share=free)


def _labelled_part(table: ScoreTable) -> ScoreTable:
    keep = np.arange(3) != NONE
    rows = table.rows * keep
    return replace(table, rows=rows, squares=rows if table.squares is table.rows else table.squares * keep)
