"""The longest time without a row."""

from __future__ import annotations

import numpy as np

from leadline.limits import Monitor
from leadline.monitors.rules.declare import NO_TIMES, Measure, Reading, Side
from leadline.monitors.rules.freshness import freshness
from leadline.schedule import HOUR


def no_data(side: Side, monitor: Monitor) -> Reading:
    """Hours of the longest silence that reaches into the window, up to its end.

    A silence counts in whole empty buckets; a shorter one is not seen, except up to the last moment known.
    """
    if side.until is None:
        return Reading.unknown(side, NO_TIMES)
    window, starts, stops = side.filled
    longest = np.nan_to_num(freshness(side, monitor).values)
    gaps = np.maximum(starts[1:] - stops[:-1], 0.0) / HOUR
    np.maximum.at(longest, window[1:], gaps)
    return Reading(longest, "", side.bucket / HOUR)


MEASURE = Measure(
    "no_data", "Longest time without a row", "The longest time without a row, up to the end of the window.",
    "hours", "higher", no_data,
)  # fmt: skip
