"""Performance of windows without their labels, where counts are enough for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.estimators import ESTIMABLE, Calibrator, Estimated, blended, calibrate, cbpe, of_counts
from leadline.estimators.sampling import sampling_variance
from leadline.metrics import METRICS
from leadline.metrics.performance.views import BinaryCounts
from leadline.monitors.labels import Maturity
from leadline.monitors.outcomes import VOTING, performance_floor, whole_outcomes
from leadline.monitors.series import ESTIMATED_PERFORMANCE, Performed, SeriesChannel
from leadline.settings import Settings

KEYS = tuple(key for key in VOTING["binary"] if key in ESTIMABLE)


def calibrator(baseline: Baseline, settings: Settings) -> Calibrator | None:
    """What the reference's scores stand for: how often the outcome was positive at each.

    None where performance cannot be estimated from counts: without scores of a binary model, and without
    enough labels.
    """
    reference = whole_outcomes(baseline.whole, settings)
    if not isinstance(reference, BinaryCounts) or reference.cells is None:
        return None
    found = calibrate(of_counts(reference))
    return None if found.reason else found


def estimates(known: Calibrator | None, outcomes: Any) -> Mapping[str, Estimated]:
    """The metrics that vote, by window, as if no label of the windows were known; by metric key.

    Args:
        known: see `calibrator`; with None nothing is estimated.
        outcomes: of the windows, see `series.outcomes_of`.
    """
    if known is None or not len(outcomes.confusion):
        return {}
    return cbpe(known, of_counts(outcomes).without_labels(), KEYS)


def best_known(known: Calibrator | None, outcomes: Any, maturity: Maturity) -> Mapping[str, Estimated]:
    """The same metrics by window from all that is known: labels that have come, and estimates of the others.

    Args:
        known: see `calibrator`.
        outcomes: of the windows.
        maturity: of the windows; it tells which labels are still to come at a score.
    """
    if known is None or not len(outcomes.confusion):
        return {}
    come = maturity.arrived
    if come is not None:
        come = np.moveaxis(come, 0, -1) * maturity.coverage
    return blended(known, of_counts(outcomes), KEYS, come)


def channels(
    baseline: Baseline,
    known: Calibrator | None,
    outcomes: Any,
    performed: Performed,
    where: npt.NDArray[np.bool_],
    settings: Settings,
) -> list[SeriesChannel]:
    """The estimates as channels of the budget: how scores moved in the direction of lost performance.

    They vary from window to window with the rows only, so that they are far steadier than what labels say.
    Those from rows, where inputs moved, are not: their fits bring noise that no window of the reference has,
    and what is unusual is learned there. So counts are judged, and where rows say that they extrapolate
    nothing is.

    Args:
        known: see `calibrator`; with None there is no channel.
        outcomes: of the windows.
        performed: what is known of the windows' performance.
        where: shape (W,): the windows in which they take part.
        settings: floors.
    """
    if known is None:
        return []
    reference = whole_outcomes(baseline.whole, settings)
    variance = sampling_variance(known, of_counts(outcomes), KEYS)
    out = []
    for key in KEYS:
        metric = METRICS[key]
        usual = float(metric.compute(reference).value)
        out.append(
            SeriesChannel(
                f"{ESTIMATED_PERFORMANCE}/{key}",
                ESTIMATED_PERFORMANCE,
                "performance",
                _trusted(performed, key, where),
                variance[key],
                1 if metric.worse == "higher" else -1,
                performance_floor(metric, usual, settings),
            )
        )
    return out


def _trusted(performed: Performed, key: str, where: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    if key not in performed.counted:
        return np.full(len(where), np.nan)
    for found in (performed.counted[key], performed.estimated[key]):
        if found.caution is not None:
            where = where & (found.caution == "")
    return np.where(where, performed.counted[key].value, np.nan)
