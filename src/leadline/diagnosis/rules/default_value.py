"""A part of the rows holds one and the same value, taken evenly from all others."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.rules.spikes import STUCK, spikes
from leadline.diagnosis.words import named, percent


def find(case: Case) -> list[Finding]:
    """One finding for each column with such a value."""
    found = []
    for column, spike in spikes(case):
        if spike.part >= STUCK:
            continue
        found.append(
            Finding(
                (column.name,),
                f"{named(column.name)} is {spike.words} in {percent(spike.now)} of the rows"
                f" ({percent(spike.before)} before), taken evenly from all other values, as a default is.",
                {
                    "value": spike.value,
                    "value_before": spike.before,
                    "value_now": spike.now,
                    "distance": spike.distance,
                    "distance_left": spike.left,
                },
                spike.share,
            )
        )
    return found


RULE = Rule(
    "default_value",
    "A default in place of values",
    Scope.DATA,
    "One value took rows evenly from everywhere; without it the distribution is the reference's.",
    find,
)
