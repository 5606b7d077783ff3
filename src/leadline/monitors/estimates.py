"""Performance of windows without their labels, where counts are enough for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.estimators import ESTIMABLE, Calibrator, Estimated, blended, calibrate, cbpe, of_counts
from leadline.metrics.performance.views import BinaryCounts
from leadline.monitors.labels import Maturity
from leadline.monitors.outcomes import VOTING
from leadline.monitors.series import whole_outcomes
from leadline.settings import Settings

KEYS = tuple(key for key in VOTING["binary"] if key in ESTIMABLE)


def estimates(baseline: Baseline, outcomes: Any, settings: Settings) -> Mapping[str, Estimated]:
    """The metrics that vote, by window, as if no label of the windows were known; by metric key.

    Of binary models with a score: each score cell stands for the probability that it has in the reference.
    Nothing for other models, whose estimates need rows.

    Args:
        outcomes: of the windows, see `evidence.outcomes_of`.
    """
    calibrator = _calibrator(baseline, outcomes, settings)
    return {} if calibrator is None else cbpe(calibrator, of_counts(outcomes).without_labels(), KEYS)


def best_known(
    baseline: Baseline, outcomes: Any, maturity: Maturity, settings: Settings
) -> Mapping[str, Estimated]:
    """The same metrics by window from all that is known: labels that have come, and estimates of the others.

    Args:
        outcomes: of the windows.
        maturity: of the windows; it tells which labels are still to come at a score.
    """
    calibrator = _calibrator(baseline, outcomes, settings)
    if calibrator is None:
        return {}
    come = maturity.arrived
    if come is not None:
        come = np.moveaxis(come, 0, -1) * maturity.coverage
    return blended(calibrator, of_counts(outcomes), KEYS, come)


def _calibrator(baseline: Baseline, outcomes: Any, settings: Settings) -> Calibrator | None:
    """What the reference's scores stand for; None where nothing can be estimated by window."""
    reference = whole_outcomes(baseline, settings)
    if not isinstance(reference, BinaryCounts) or reference.cells is None or not len(outcomes.confusion):
        return None
    found = calibrate(of_counts(reference))
    return None if found.reason else found
