"""Columns of vectors by window: how far each window lies from the reference without the windows around it."""

from __future__ import annotations

import numpy as np

from leadline.metrics import METRICS
from leadline.metrics.vectors import Moments, VectorPair
from leadline.monitors.budget.season import decorrelation_gap
from leadline.monitors.multivariate.compared import FOLDS, ROWS_MIN, WINDOWS_MIN, Compared
from leadline.monitors.multivariate.coordinates import Floats
from leadline.monitors.series import FAMILIES, SeriesChannel
from leadline.profiles.vectors import VectorAxis
from leadline.settings import Settings

JUDGED = ("maximum_mean_discrepancy", "frechet")
"""Metrics that are channels of the budget."""


def vectors(compared: Compared, settings: Settings) -> list[SeriesChannel]:
    """Two channels for each judged column of vectors: the discrepancy and the Frechet distance.

    Values are NaN for windows with fewer than `ROWS_MIN` vectors; there is no channel where the reference has
    fewer than `WINDOWS_MIN` windows with as many.
    """
    grid, found = compared.baseline.grid, []
    for k, part in grid.vectors.items():
        column = grid.columns[k]
        if column.role not in FAMILIES or not isinstance(column.axis, VectorAxis):
            continue
        floor = settings.column_floors.get(column.name, settings.floors.window)
        for key, values in _distances(compared, column.axis, part).items():
            name, family = f"{column.name}/{key}", FAMILIES[column.role]
            unknown = np.full(len(values), np.nan)
            found.append(SeriesChannel(name, column.name, family, values, unknown, 1, floor))
    return found


def _distances(compared: Compared, axis: VectorAxis, part: slice) -> dict[str, Floats]:
    """By metric, shape (W,)."""
    ours, theirs = compared.vectors[:, part], compared.vectors_current[:, part]
    known, judged = (np.flatnonzero(side[:, 0] >= ROWS_MIN) for side in (ours, theirs))
    if len(known) < WINDOWS_MIN:
        return {}
    values = {key: np.full(len(theirs), np.nan) for key in JUDGED}
    whole = ours[known].sum(0)
    parts = [(judged, whole)]
    if compared.vectors_current is compared.vectors:
        gap = decorrelation_gap(axis.means(ours[known])[1], np.ones((len(known), 1)))
        place = np.arange(len(known))
        parts = []
        for fold in np.array_split(place, min(FOLDS, len(known))):
            around = known[(place >= fold[0] - gap) & (place <= fold[-1] + gap)]
            parts.append((known[fold], whole - ours[around].sum(0)))
    for windows, rest in parts:
        pair = VectorPair(Moments(*axis.means(rest)), Moments(*axis.means(theirs[windows])))
        for key, value in values.items():
            value[windows] = METRICS[key].compute(pair).value
    return values
