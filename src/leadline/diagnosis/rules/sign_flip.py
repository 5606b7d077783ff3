"""Values with the opposite sign, or probabilities of the other class, in all rows or in a part of them."""

from __future__ import annotations

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.rules.maps import fitter, own_column
from leadline.diagnosis.words import distance, named, rows
from leadline.schema import Role


def find(case: Case) -> list[Finding]:
    """One finding for each column whose change is undone by turning the sign, or a probability around."""
    found = []
    for column, axis in case.numeric():
        # A map of a probability stays within its range: that other columns rest is the proof of its own.
        turns = column.role is Role.SCORE and not case.moved_inputs and _is_probability(column)
        fits = fitter(case, column, axis)
        fit = fits.fit(-1.0, 1.0) if turns else fits.fit(-1.0, 0.0)
        if not (fit.proven and (turns or own_column(case, column))):
            continue
        what = "is 1 minus its former values" if turns else "has the opposite sign"
        why = ", as the probability of the other class is" if turns else ""
        found.append(
            Finding(
                (column.name,),
                f"{named(column.name)} {what} in {rows(fit.part)}{why}; undoing that takes the distance from"
                f" {distance(fit.distance)} to {distance(fit.left)}.",
                {"rows_share": fit.part, "distance": fit.distance, "distance_left": fit.left},
                fit.share,
            )
        )
    return found


def _is_probability(column: Column) -> bool:
    sides = column.before, column.now
    return all(side.minimum >= 0 and side.maximum <= 1 for side in sides)


RULE = Rule(
    "sign_flip",
    "Opposite sign",
    Scope.DATA,
    "The mirrored reference has the current distribution, in all rows or in a part of them; a probability is"
    " mirrored at one half.",
    find,
)
