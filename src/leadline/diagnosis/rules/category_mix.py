"""The known categories of a column come in another mix."""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.noise import undone, variation_mean
from leadline.diagnosis.words import named, percent

_MOST = 5
"""Categories that are named at most."""

_LEAST = 0.5
"""Smallest share of the distance that the named ones have to carry."""


def find(case: Case) -> list[Finding]:
    """One finding for each column of which a few categories carry the change."""
    found = []
    for column, axis in case.categorical():
        names = len(axis.vocabulary)
        p, q = column.before.shares, column.now.shares
        change = q[:names] - p[:names]
        order = np.argsort(-np.abs(change), kind="stable")
        for count in range(1, _MOST + 1):
            chosen = order[:count]
            left = float(np.abs(q - p).sum() / 2 - np.abs(change[chosen]).sum() / 2)
            share = undone(column.distance, left, variation_mean((p + q) / 2, column.harmonic))
            if share >= 0.9:
                break
        if share < _LEAST:
            continue
        said = [
            f"{named(axis.vocabulary[k])} {'rose' if change[k] > 0 else 'fell'} from {percent(p[k])} to"
            f" {percent(q[k])}"
            for k in chosen[:3]
        ]
        evidence = {f"change of {axis.vocabulary[k]}": float(change[k]) for k in chosen}
        found.append(
            Finding(
                (column.name,),
                f"{named(column.name)} has another mix of known values: {', '.join(said)}.",
                {**evidence, "distance": column.distance},
                share,
            )
        )
    return found


RULE = Rule(
    "category_mix",
    "Another mix of categories",
    Scope.POPULATION,
    "A few known categories carry most of the distance.",
    find,
)
