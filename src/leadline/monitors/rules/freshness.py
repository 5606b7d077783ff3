"""Age of the newest row."""

from __future__ import annotations

import numpy as np

from leadline.limits import Monitor
from leadline.monitors.rules.declare import NO_TIMES, Measure, Reading, Side
from leadline.schedule import HOUR


def freshness(side: Side, monitor: Monitor) -> Reading:
    """Hours from the newest row to the end of the window; to the last moment known in the last window.

    Unknown before the first row. Within the past rows are known by the bucket, and the age is at least this.
    """
    if side.until is None:
        return Reading.unknown(side, NO_TIMES)
    window, _, stops = side.filled
    newest = np.full(len(side), np.nan)
    np.fmax.at(newest, window, stops)
    if not len(window):  # the last row known anywhere
        last = side.profile.end if side.profile.end is not None else side.baseline.profile.end
        newest[:] = np.nan if last is None else last
    newest = np.fmax.accumulate(newest)
    if side.profile.end is not None:
        newest[-1:] = np.minimum(newest[-1:], side.profile.end)
    return Reading(np.maximum(side.ends - newest, 0.0) / HOUR, "no row has come yet", side.bucket / HOUR)


MEASURE = Measure(
    "freshness", "Age of the newest row", "Time from the newest row to the end of the window.", "hours",
    "higher", freshness,
)  # fmt: skip
