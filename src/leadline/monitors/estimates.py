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
from leadline.monitors.series import ESTIMATED_PERFORMANCE, SeriesChannel
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
    found: Mapping[str, Estimated],
    where: npt.NDArray[np.bool_],
    settings: Settings,
) -> list[SeriesChannel]:
    """The estimates as channels of the budget: how scores moved in the direction of lost performance.

    They vary from window to window with the rows only, so that they are far steadier than what labels say.
    What extrapolates is unknown.

    Args:
        known: see `calibrator`; with None there is no channel.
        outcomes: of the windows.
        found: see `estimates`.
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
                _trusted(found[key], where) if key in found else np.full(len(where), np.nan),
                variance[key],
                1 if metric.worse == "higher" else -1,
                performance_floor(metric, usual, settings),
            )
        )
    return out


def _trusted(found: Estimated, where: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    chosen = where if found.caution is None else where & (found.caution == "")
    return np.where(chosen, found.value, np.nan)
