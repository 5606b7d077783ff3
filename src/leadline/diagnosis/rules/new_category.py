"""Values that the reference never held."""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.fits import PROVEN
from leadline.diagnosis.noise import undone, variation_mean, variation_noise
from leadline.diagnosis.rules.spelling import respelled
from leadline.diagnosis.words import named, percent

_ALL = 0.985
"""Of a greater part there are hardly any others."""


def find(case: Case) -> list[Finding]:
    """One finding for each column in which unseen values explain the change."""
    found = []
    for column, axis in case.categorical():
        unseen = column.now.unseen
        if not axis.complete or not unseen > 0:
            continue
        p, q = column.before.shares, column.now.shares
        part = float(q[-1])
        came = np.zeros(len(q))
        came[-1] = part
        predicted = (1 - part) * p + came
        left = float(np.abs(q - predicted).sum() / 2)
        share = undone(column.distance, left, variation_mean(predicted, column.harmonic))
        if column.decision.decided_by == "unseen_share" and left <= variation_noise(
            predicted, column.harmonic
        ):
            share = 1.0
        if share < PROVEN or part < case.comparison.settings.floors.share:
            continue
        kinds = max(column.now.distinct - np.count_nonzero(q[:-1]), 1.0)
        spelling = respelled(column, axis)
        what = f": they are known ones {spelling[0]} ({spelling[1]})" if spelling else ""
        others = "; the others have the same mix as before" if part < _ALL else ""
        found.append(
            Finding(
                (column.name,),
                f"{named(column.name)}: {percent(part)} of the values were never seen in the reference{what}"
                f"{others}.",
                {
                    "unseen_share": part,
                    "unseen_values": float(kinds),
                    **({"spelling": spelling[0]} if spelling else {}),
                    "distance": column.distance,
                    "distance_left": left,
                },
                share,
            )
        )
    return found


RULE = Rule(
    "new_category",
    "New category",
    Scope.DATA,
    "Values that the reference never held came in; the mix of the others is the reference's.",
    find,
)
