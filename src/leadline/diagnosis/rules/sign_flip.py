"""Values with the opposite sign, in all rows or in a part of them."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.rules.maps import fitter, own_column
from leadline.diagnosis.words import distance, named, rows


def find(case: Case) -> list[Finding]:
    """One finding for each column whose change is undone by turning the sign."""
    found = []
    for column, axis in case.numeric():
        fit = fitter(case, column, axis).fit(-1.0, 0.0)
        if not (fit.proven and own_column(case, column)):
            continue
        found.append(
            Finding(
                (column.name,),
                f"{named(column.name)} has the opposite sign in {rows(fit.part)}; undoing that takes the"
                f" distance from {distance(fit.distance)} to {distance(fit.left)}.",
                {"rows_share": fit.part, "distance": fit.distance, "distance_left": fit.left},
                fit.share,
            )
        )
    return found


RULE = Rule(
    "sign_flip",
    "Opposite sign",
    Scope.DATA,
    "The mirrored reference has the current distribution, in all rows or in a part of them.",
    find,
)
