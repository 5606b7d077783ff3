"""Performance of windows without their labels, where counts are enough for it."""

from __future__ import annotations

from collections.abc import Mapping

from leadline.baselines.baseline import Baseline
from leadline.estimators import ESTIMABLE, Estimated, calibrate, cbpe, of_counts
from leadline.metrics.performance.views import BinaryCounts
from leadline.monitors.evidence import outcomes_of, whole_outcomes
from leadline.monitors.outcomes import VOTING
from leadline.monitors.windows import Windows
from leadline.profiles.profile import Profile
from leadline.settings import Settings


def estimates(
    baseline: Baseline, profile: Profile, windows: Windows, settings: Settings
) -> Mapping[str, Estimated]:
    """The metrics that vote, by window, as if no label of the windows were known; by metric key.

    Of binary models with a score: each score cell stands for the probability that it has in the reference.
    Nothing for other models, whose estimates need rows.
    """
    reference, counts = whole_outcomes(baseline, settings), outcomes_of(profile, windows, settings)
    if not isinstance(reference, BinaryCounts) or reference.cells is None or not len(windows):
        return {}
    calibrator = calibrate(of_counts(reference))
    if calibrator.reason:
        return {}
    keys = [key for key in VOTING["binary"] if key in ESTIMABLE]
    return cbpe(calibrator, of_counts(counts).without_labels(), keys)
