"""How long a column repeats itself."""

from __future__ import annotations

import numpy as np

from leadline.limits import Monitor
from leadline.monitors.rules.columns import by_window
from leadline.monitors.rules.declare import Floats, Ints, Measure, Reading, Side
from leadline.profiles.categorical import CategoricalAxis


def stuck(side: Side, monitor: Monitor) -> Reading:
    """Windows in a row, up to this one, in which the column holds one and the same value, or the same counts.

    1 where nothing repeats. Two windows have the same counts when every cell, sum and extreme agrees to the
    last bit, as where a feed is sent again. Missing values are no values; windows without values are unknown
    and interrupt nothing.
    """
    k = side.profile.grid.index[monitor.column or ""]
    axis = side.profile.grid.columns[k].axis
    if axis is None or not axis.cells:
        return Reading.unknown(side, "its values are not counted")
    parts = by_window(side.profile, side.windows, k)
    cells, low, high = parts.sums["cells"], parts.minimum, parts.maximum
    filled = np.flatnonzero(cells.sum(-1) > 0)
    counted = [cells, *(parts.sums[name] for name in ("moments", "squares", "specials"))]
    same = np.ones(max(len(filled) - 1, 0), bool)
    for part in (*counted, low[:, None], high[:, None]):
        same &= (part[filled[1:]] == part[filled[:-1]]).all(-1)
    if isinstance(axis, CategoricalAxis):
        value = _only_value(cells, len(axis.vocabulary))
    else:
        value = np.where(low == high, low, np.nan)
    repeats = np.r_[False, same | (value[filled[1:]] == value[filled[:-1]])][: len(filled)]
    place = np.arange(len(filled))
    begun = np.maximum.accumulate(np.where(repeats, 0, place)) if len(filled) else place
    values = np.full(len(side), np.nan)
    values[filled] = place - begun + 1
    return Reading(values, "the column holds no values")


def _only_value(cells: Ints, names: int) -> Floats:
    """The cell that holds all values of a window; NaN where there are several, or it holds several names."""
    named = cells[:, :names]
    alone = ((cells > 0).sum(-1) == 1) & (named.sum(-1) > 0)
    return np.where(alone, named.argmax(-1) if named.shape[1] else 0, np.nan)


MEASURE = Measure(
    "stuck", "Windows in a row that repeat",
    "Windows in a row in which a column holds one and the same value, or exactly the same counts.", "windows",
    "higher", stuck, of_column=True,
)  # fmt: skip
