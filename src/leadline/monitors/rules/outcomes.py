"""Performance by window: realised, estimated without labels, and metrics of the user's own."""

from __future__ import annotations

import numpy as np

from leadline.limits import Monitor
from leadline.metrics.declare import Metric
from leadline.metrics.performance.estimate import Estimate
from leadline.metrics.performance.ratio import ratio
from leadline.metrics.performance.views import view
from leadline.monitors.estimates import calibrator, estimates
from leadline.monitors.labels.correction import realised
from leadline.monitors.outcomes import counted
from leadline.monitors.rules.declare import Reading, Side, enough
from leadline.monitors.series import outcomes_of
from leadline.profiles.grid import RATIO_PREFIX
from leadline.profiles.outcomes import decode


def performance(metric: Metric, side: Side, monitor: Monitor) -> Reading:
    """A performance metric, where enough rows have labels; early labels are corrected for their bias."""
    outcome = side.profile.grid.outcome
    if outcome.task is None:
        return Reading.unknown(side, outcome.reason)
    if outcome.task not in metric.tasks:
        return Reading.unknown(side, f"no metric of a {outcome.task} model")
    outcomes = outcomes_of(side.profile, side.windows, side.settings)
    if side.performed is None:
        return _kept(side, monitor, metric.compute(outcomes))
    found = _kept(side, monitor, realised(metric, outcomes, side.performed.maturity))
    return Reading(np.where(side.performed.early, np.nan, found.values), found.reason)


def own(key: str, side: Side, monitor: Monitor) -> Reading:
    """A metric of the user's own."""
    plans = side.profile.grid.ratios
    place = next((i for i, plan in enumerate(plans) if plan.name == key), None)
    if place is None:
        return Reading.unknown(side, "it was not counted when the baseline was learned")
    arrays = side.windows.each(counted(side.profile, f"{RATIO_PREFIX}{place}/"))
    return _kept(side, monitor, ratio(view(decode(plans[place].grid, arrays))))


def estimated(key: str, side: Side, monitor: Monitor) -> Reading:
    """A performance metric as if no label were known."""
    if side.performed is not None and monitor.segment is None:
        found = side.performed.estimated
    else:
        outcomes = outcomes_of(side.profile, side.windows, side.settings)
        found = estimates(calibrator(side.baseline, side.settings), outcomes)
    if key not in found:
        return Reading.unknown(side, "it cannot be estimated from the counts of windows")
    return enough(side, monitor, side.rows, found[key].value, found[key].reason)


def _kept(side: Side, monitor: Monitor, found: object) -> Reading:
    if not isinstance(found, Estimate) or found.value.shape != (len(side),):
        return Reading.unknown(side, "it is not one number")
    return enough(side, monitor, np.broadcast_to(found.size, found.value.shape), found.value, found.reason)
