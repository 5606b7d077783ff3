"""A feature by day, over any time of which counts are kept."""

from __future__ import annotations

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.errors import DataError
from leadline.profiles.arrays import SPECIALS
from leadline.schedule import DAY, HOUR, Width, floor
from leadline.server.judging.counting import grid_name
from leadline.server.judging.features import FeatureOverTime, over_time
from leadline.server.judging.judge import moment
from leadline.stores.contract import RowStore
from leadline.stores.packed import arrays

_READ = ("cells", "specials", "rows")
_DAYS = Width(1, "day")
_LONGEST = DAY + HOUR
"""Microseconds of a day on which the clocks go back."""


def by_day(
    store: RowStore, model: str, baseline: Baseline, feature: str, since: int, until: int
) -> FeatureOverTime:
    """A feature by the days of the buckets that begin in [since, until); days without rows are left out.

    Args:
        store: with the counts.
        model: whose.
        baseline: with a calendar.
        feature: a column of its grid.
        since, until: moments.

    Raises:
        DataError: the column is unknown, or not counted into cells.
    """
    grid, calendar = baseline.grid, baseline.calendar
    assert calendar is not None
    k = grid.index.get(feature)
    if k is None:
        raise DataError("no such feature", where=model, found=feature)
    kept = store.fewest(model, grid_name(baseline), since, until, _LONGEST, samples=False)
    starts = floor(np.array([one.start for one in kept], np.int64), _DAYS, calendar.place)
    days, place = np.unique(starts, return_inverse=True)
    own = slice(int(grid.offsets[k]), int(grid.offsets[k + 1]))
    cells = np.zeros((len(days), own.stop - own.start), np.int64)
    specials = np.zeros((len(days), len(SPECIALS)), np.int64)
    rows = np.zeros(len(days), np.int64)
    for day, one in zip(place.tolist(), kept, strict=True):
        found = {name: array[:, :, 0].sum((0, 1)) for name, array in arrays(one.content, _READ).items()}
        cells[day] += found["cells"][own]
        specials[day] += found["specials"][k]
        rows[day] += found["rows"]
    shown = over_time(model, grid.columns[k], [moment(day) for day in days.tolist()], cells, specials, rows)
    if shown is None:
        raise DataError("the feature is not counted into cells", where=model, found=feature)
    return shown
