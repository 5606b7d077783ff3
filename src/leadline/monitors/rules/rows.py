"""Rows of each window."""

from __future__ import annotations

import numpy as np

from leadline.limits import Monitor
from leadline.monitors.rules.declare import Measure, Reading, Side


def rows(side: Side, monitor: Monitor) -> Reading:
    """Number of rows, 0 where there are none; unknown in a window that the table begins or ends within."""
    return Reading(
        np.where(side.windows.partial, np.nan, side.rows), "the table begins or ends within the window"
    )


MEASURE = Measure("rows", "Rows", "Number of rows in the window.", "rows", "either", rows)
