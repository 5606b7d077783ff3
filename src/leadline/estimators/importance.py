"""Importance weighting: the performance of the reference rows, weighted to look like the window."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from leadline.estimators.cbpe import expected
from leadline.estimators.declare import Method
from leadline.estimators.domain import Domain
from leadline.estimators.estimated import Estimated, cautioned, unavailable, with_interval
from leadline.estimators.metrics import ESTIMABLE
from leadline.estimators.tables import Filled, ScoreTable
from leadline.estimators.weighted import weighted_calibrator
from leadline.metrics.performance.estimate import effective_size
from leadline.profiles.outcomes_binary import BinaryGrid


def importance(
    grid: BinaryGrid, domain: Domain, table: ScoreTable, metrics: Iterable[str] | None = None
) -> dict[str, Estimated]:
    """Metrics of the weighted reference, as an estimate of the window's.

    The interval adds the noise of the window's own labels to that of the weighted reference (its Bayesian
    bootstrap). Arguments as in `weighted`; the window's labels play no part.

    Source: Shimodaira, J. Stat. Plan. Inference 90 (2000).
    """
    keys = list(ESTIMABLE if metrics is None else metrics)
    calibrator = weighted_calibrator(grid, domain)
    if calibrator.reason:
        return {key: unavailable((), calibrator.reason, "importance") for key in keys}
    outcomes = expected(calibrator, table.without_labels())
    realised = Filled(calibrator.drawn_table, np.zeros(calibrator.drawn_table.unlabelled.shape))
    size = effective_size(outcomes.rows, outcomes.rows * outcomes.filled.weight, table.inflation)
    out = {}
    for key in keys:
        metric = ESTIMABLE[key]
        values = metric.value(realised)
        slope = metric.sensitivity(outcomes.filled, metric.value(outcomes.filled))
        labels, _ = outcomes.spread(np.where(np.isfinite(slope), slope, 0.0), metric.by_decision)
        error = np.sqrt(labels + np.nanvar(values[1:], ddof=1))
        found = with_interval(metric.metric, np.asarray(values[0]), error, size, "importance")
        out[key] = cautioned(found, domain.caution)
    return out


METHOD = Method(
    key="importance",
    title="Importance weighting",
    summary="Measures the performance of the reference, weighted to look like the window.",
    assumes="Labels depend on the inputs as in the reference, which holds rows like the window's.",
    needs_rows=True,
    tasks=frozenset({"binary"}),
    reference="Shimodaira, J. Stat. Plan. Inference 90 (2000)",
)
