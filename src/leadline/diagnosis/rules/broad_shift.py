"""Many features moved together: other rows, rather than a fault of one column."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.words import counted, listed

_LEAST, _PART = 3, 1 / 3


def find(case: Case) -> list[Finding]:
    """At most one finding: three features or more moved, and a third of all."""
    moved, features = case.moved_inputs, case.inputs
    if len(moved) < max(_LEAST, _PART * len(features)):
        return []
    names = tuple(column.name for column in moved)
    return [
        Finding(
            names,
            f"{len(names)} of {counted(len(features), 'feature')} moved ({listed(names)}): the rows"
            " themselves are others than before.",
            {"features_moved": float(len(names)), "features": float(len(features))},
            None,
        )
    ]


RULE = Rule(
    "broad_shift",
    "Many features moved",
    Scope.POPULATION,
    "A third of the features moved, three at least.",
    find,
)
