"""The rows that profiles keep, as the estimators take them."""

from __future__ import annotations

import numpy as np

from leadline.estimators.rows import Sample
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.outcomes import RegressionGrid
from leadline.profiles.profile import Profile
from leadline.profiles.sample import UNREADABLE, sampled_columns
from leadline.schema import Role


def sampled_rows(profile: Profile, reference: Profile) -> Sample | None:
    """An even sample of a profile's rows; None where it keeps none.

    Features are those with cells: of a number the reference's mean in its cell (so both sides are rounded
    alike), of a category the number of its cell, NaN where missing or unreadable. Scores, decisions and
    labels are as the table had them: of several classes `decisions` and `labels` are codes and scores NaN.

    Args:
        profile: on the grid of the reference.
        reference: gives the means.
    """
    if profile.sample is None:
        return None
    grid, rows = profile.grid, profile.sample.even()
    numbers = reference.representatives()
    features, categorical = [], []
    for place, k in enumerate(sampled_columns(grid)):
        if grid.columns[k].role not in (Role.FEATURE, Role.SEGMENT):
            continue
        code = rows.cells[:, place].astype(np.intp)
        known = code < UNREADABLE
        values = numbers[k][np.where(known, code, 0)] if k in numbers else code.astype(np.float64)
        features.append(np.where(known, values, np.nan))
        categorical.append(isinstance(grid.columns[k].axis, CategoricalAxis))
    regression = isinstance(grid.outcome.grid, RegressionGrid)
    counted = grid.outcome.grid is not None
    return Sample(
        features=np.stack(features, -1) if features else np.empty((len(rows), 0)),
        categorical=np.array(categorical, bool),
        scores=rows.prediction if regression else rows.score,
        decisions=rows.prediction.astype(np.int16)
        if counted and not regression and grid.outcome.prediction is not None
        else None,
        labels=(rows.label if regression else rows.label.astype(np.int16)) if counted else None,
    )
