"""Performance of windows without their labels, where counts are enough for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.baselines.baseline import Baseline
from leadline.estimators import ESTIMABLE, Estimated, calibrate, cbpe, of_counts
from leadline.metrics.performance.views import BinaryCounts
from leadline.monitors.outcomes import VOTING
from leadline.monitors.series import whole_outcomes
from leadline.settings import Settings


def estimates(baseline: Baseline, outcomes: Any, settings: Settings) -> Mapping[str, Estimated]:
    """The metrics that vote, by window, as if no label of the windows were known; by metric key.

    Of binary models with a score: each score cell stands for the probability that it has in the reference.
    Nothing for other models, whose estimates need rows.

    Args:
        outcomes: of the windows, see `evidence.outcomes_of`.
    """
    reference = whole_outcomes(baseline, settings)
    if not isinstance(reference, BinaryCounts) or reference.cells is None or not len(outcomes.confusion):
        return {}
    calibrator = calibrate(of_counts(reference))
    if calibrator.reason:
        return {}
    keys = [key for key in VOTING["binary"] if key in ESTIMABLE]
    return cbpe(calibrator, of_counts(outcomes).without_labels(), keys)
