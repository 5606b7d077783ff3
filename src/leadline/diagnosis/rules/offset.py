"""All values, or a part of them, shifted by a constant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.fits import Fit, Fitter, levels
from leadline.diagnosis.rules.maps import fitter, own_column
from leadline.diagnosis.words import distance, named, number, rows
from leadline.profiles.numeric import NumericAxis

_APART = 2.0
"""A shift of a part of the rows has to set that part apart by this many deviations."""


def find(case: Case) -> list[Finding]:
    """One finding for each column whose change is undone by a shift."""
    found = []
    for column, axis in case.numeric():
        fit = _best(fitter(case, column, axis), column, axis) if own_column(case, column) else None
        if fit is not None:
            found.append(_finding(column, fit))
    return found


def _best(fits: Fitter, column: Column, axis: NumericAxis) -> Fit | None:
    before, now = column.before, column.now
    shifts = [now.mean - before.mean]
    shifts += [fits.now.quantile(level) - fits.before.quantile(level) for level in levels()]
    far = [sign * step * axis.scale for step in 2.0 ** np.arange(1, 12) for sign in (1, -1)]
    shifts += [shift for shift in (_of_part(fits, column, step) for step in far) if np.isfinite(shift)]
    # Whole numbers stay whole: only the exact shift puts each on another.
    trials = [shift for shift in dict.fromkeys([*shifts, *np.rint(shifts).tolist()]) if shift]
    if not trials:
        return None
    best = _nearest(fits, trials)
    for width in (0.05, 0.01):
        around = best + width * axis.scale * np.linspace(-1, 1, 11)
        best = _nearest(fits, [best, *around.tolist()])
    # A round shift stands where it fits as well: people add 1, 100 or 1900.
    rounded = float(f"{best:.3g}")
    candidates = [fits.fit(1.0, shift) for shift in (rounded, best)]
    proven = [fit for fit in candidates if fit.proven and _is_clear(fit, column)]
    if len(proven) == 2 and proven[0].misfit <= proven[1].misfit + 0.5:
        return proven[0]
    return min(proven, key=lambda fit: fit.misfit, default=None)


def _nearest(fits: Fitter, shifts: Sequence[float]) -> float:
    """The first of the shifts that fit best."""
    return min(fits.fits((1.0, shift) for shift in shifts), key=lambda fit: fit.misfit).offset


def _of_part(fits: Fitter, column: Column, shift: float) -> float:
    """The shift that the exact means imply for the part that a first guess of the shift finds."""
    part = fits.part(1.0, shift)
    return (column.now.mean - column.before.mean) / part if part > 0 else float("nan")


def _is_clear(fit: Fit, column: Column) -> bool:
    return fit.part == 1 or abs(fit.offset) >= _APART * column.before.deviation


def _finding(column: Column, fit: Fit) -> Finding:
    way = "higher" if fit.offset > 0 else "lower"
    return Finding(
        (column.name,),
        f"{named(column.name)} is {number(abs(fit.offset))} {way} than before in {rows(fit.part)}; undoing"
        f" that takes the distance from {distance(fit.distance)} to {distance(fit.left)}.",
        {
            "offset": fit.offset,
            "rows_share": fit.part,
            "distance": fit.distance,
            "distance_left": fit.left,
        },
        fit.share,
    )


RULE = Rule(
    "offset",
    "Shift by a constant",
    Scope.DATA,
    "A constant moves the reference's distribution onto the current one, in all rows or in a part of them.",
    find,
)
