"""The segments come in another mix; within them nothing moved."""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.places import splits
from leadline.diagnosis.words import listed, named, percent

_LEAST = 0.7
"""Share of the distance that the reference's mix has to take away."""


def find(case: Case) -> list[Finding]:
    """One finding for each segment column whose mix explains columns with most of the whole effect.

    A part that is left by the mix is a change within segments (Simpson's paradox is the case in which both
    go different ways).
    """
    found = []
    for cut in splits(case):
        total = sum(split.column.effect for split in cut)
        told = [(split, share) for split in cut if (share := split.with_mix()) >= _LEAST]
        carried = sum(split.column.effect for split, _ in told)
        if not told or carried < total / 2:
            continue
        first = told[0][0]
        before, now = first.weights
        top = int(np.abs(now - before).argmax())
        names = tuple(split.column.name for split, _ in told)
        share = sum(split.column.effect * share for split, share in told) / carried
        found.append(
            Finding(
                (first.by, *names) if _moved(case, first.by) else names,
                f"{listed(names)} moved because the mix of {named(first.by)} did:"
                f" {named(first.values[top])} went from {percent(before[top])} to {percent(now[top])} of the"
                " rows; within its values little changed.",
                {
                    "segment": f"{first.by} = {first.values[top]}",
                    "rows_share_before": float(before[top]),
                    "rows_share_now": float(now[top]),
                },
                share,
            )
        )
    return found


def _moved(case: Case, name: str) -> bool:
    return any(column.name == name for column in case.moved_inputs)


RULE = Rule(
    "segment_mix",
    "Another mix of segments",
    Scope.PLACE,
    "With the reference's weights of the segments the distance is gone.",
    find,
)
