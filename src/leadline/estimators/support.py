"""Whether a window is still inside what the reference knows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadline.digits import percent
from leadline.estimators.tables import Floats, ScoreTable

EXTRAPOLATING = "extrapolating: "
"""How every caution about support begins."""

EFFECTIVE_MIN = 0.1
"""Effective share of the reference below which few of its rows speak for the window."""

UNSUPPORTED_MAX = 0.05
"""Share of a window's rows that may lie where the reference has none."""

FOLDS = 100
"""Groups of score cells, of about equal mass in the reference, in which the window is compared."""


def score_support(reference: ScoreTable, table: ScoreTable) -> npt.NDArray[np.object_]:
    """Cautions about the scores of windows, shape (...): "" where the reference has scores like them.

    Two things are looked at: rows in score cells without any labelled reference row, beyond the share of new
    cells that the reference itself leads one to expect (Good, Biometrika 40, 1953: the share of its rows that
    are alone in their cell); and the effective share of the reference when it is weighted to the
    window's scores, (sum w)^2 / sum w^2.
    """
    known, here = reference.mass, table.mass
    with np.errstate(divide="ignore", invalid="ignore"):
        single = known[reference.squares.sum((-1, -2)) >= known**2].sum() / known.sum()
        fresh = (here * (known == 0)).sum(-1) / here.sum(-1) - single
        p = folded(known, known, FOLDS) / known.sum()
        q = folded(here, known, FOLDS) / here.sum(-1, keepdims=True)
        effective = 1 / np.where(p > 0, q**2 / p, 0.0).sum(-1)
    return cautions(effective, fresh)


def folded(cells: Floats, reference: Floats, groups: int) -> Floats:
    """Sums of cells (..., C) over at most `groups` neighbourhoods of about equal reference mass (C,)."""
    place = (np.cumsum(reference) - reference / 2) / reference.sum() * groups
    group = np.minimum(place, groups - 1).astype(np.intp)
    return np.add.reduceat(cells, np.flatnonzero(np.diff(group, prepend=-1)), -1)


def cautions(effective: Floats, unsupported: Floats) -> npt.NDArray[np.object_]:
    """What to say of an effective share of the reference, and of a share of unsupported window rows."""
    effective, unsupported = np.broadcast_arrays(effective, unsupported)
    out = np.full(effective.shape, "", object)
    for index in np.ndindex(effective.shape):
        if unsupported[index] > UNSUPPORTED_MAX:
            share = percent(float(unsupported[index]))
            out[index] = f"{EXTRAPOLATING}{share} of the rows lie where the reference has hardly any"
        elif effective[index] < EFFECTIVE_MIN:
            share = percent(float(effective[index]))
            out[index] = f"{EXTRAPOLATING}only {share} of the reference is like this window"
    return out
