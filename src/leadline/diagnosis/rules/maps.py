"""What the rules about linear maps share."""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.fits import Fit, Fitter
from leadline.monitors.views import side
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile
from leadline.schema import Role

_OWN = 2
"""With more columns than this moved at once, a map is no explanation of one of them by itself."""

_BEYOND = 0.01
"""Share of values beyond the reference's range from which the rows cannot merely have been chosen anew."""

_STEADY, _CHANCE = 0.35, 2.5
"""A map holds from its first row on: by how much of the change the means of both halves of the rows differ at
most, and the standard errors below which chance does that."""


def fitter(case: Case, column: Column, axis: NumericAxis) -> Fitter:
    """The column's fitter, built once for all rules."""
    return case.once(f"fitter/{column.name}", lambda case: Fitter(column, axis))


def own_column(case: Case, column: Column) -> bool:
    """The change is the column's own: its values left the range they had, or hardly any other moved.

    A change of the population, of labels above all, moves many columns, and each of them may look like a
    shift or a scale of itself. Rows of another kind leave the range of many columns at once.
    """
    beyond = case.once("beyond", lambda case: sum(map(_left_its_range, case.suspects)))
    if _left_its_range(column) and beyond <= _OWN:
        return True
    labels = any(other.role is Role.LABEL for other in case.moved)
    return len(case.suspects) <= _OWN and not labels


def _left_its_range(column: Column) -> bool:
    return column.now.outside > _BEYOND * column.now.values + column.before.outside


def holds(case: Case, column: Column, fit: Fit) -> bool:
    """The map is proven and, where it is one of all rows, moved the later ones no farther than the first.

    What grows while it is judged is no change of a unit, though some factor fits all of it together.
    """
    return fit.proven and (
        fit.part < 1 or not case.once(f"growing/{column.name}", lambda c: _grows(c, column))
    )


def _grows(case: Case, column: Column) -> bool:
    current = case.comparison.current
    rows = current.sums["rows"][:, :, 0].sum(1)
    middle = int(np.searchsorted(np.cumsum(rows), rows.sum() / 2)) + 1
    if not 0 < middle < len(rows):
        return False
    starts = [*current.axes.buckets, current.axes.buckets[-1] + 1]
    parts = [current.between(starts[a], starts[b]) for a, b in ((0, middle), (middle, len(rows)))]
    before, first, second = (
        _mean(profile, column.position) for profile in (case.comparison.baseline.whole, *parts)
    )
    assert isinstance(column.axis, NumericAxis)
    spread = max(column.before.deviation, column.now.deviation) / column.axis.scale
    noise = spread * np.sqrt(4 / max(column.now.size, 1.0))
    apart = abs(second - first)
    return bool(apart > _STEADY * abs((first + second) / 2 - before) and apart > _CHANCE * noise)


def _mean(profile: Profile, column: int) -> float:
    """Of the finite values, standardised as the column's axis does; NaN without any."""
    found = side(profile.collapse(), np.array([column]))
    rows = float(found.counts.sum())
    return float(found.sums.sum()) / rows if found.sums is not None and rows else float("nan")
