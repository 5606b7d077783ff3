"""What the rules about linear maps share."""

from __future__ import annotations

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.fits import Fitter
from leadline.profiles.numeric import NumericAxis
from leadline.schema import Role

_OWN = 2
"""With more columns than this moved at once, a map is no explanation of one of them by itself."""

_BEYOND = 0.01
"""Share of values beyond the reference's range from which the rows cannot merely have been chosen anew."""


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
