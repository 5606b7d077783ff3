"""A part of the rows holds one and the same value, taken evenly from all others."""

from __future__ import annotations

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.rules.spikes import STUCK, Spike, spikes
from leadline.diagnosis.words import named, percent

_ALIKE = 0.2
"""Two shares of rows that differ by less than this part are of the same rows."""


def find(case: Case) -> list[Finding]:
    """One finding for each column with such a value."""
    found = []
    for column, spike in spikes(case):
        if spike.part >= STUCK:
            continue
        filled = _filled(column, spike)
        missing = column.before.missing_share, column.now.missing_share
        instead = (
            f"where values were missing: {percent(missing[0])} were before, {percent(missing[1])} are now"
            if filled
            else "taken evenly from all other values, as a default is"
        )
        evidence: dict[str, float | str] = {
            "value": spike.value,
            "value_before": spike.before,
            "value_now": spike.now,
            "distance": spike.distance,
            "distance_left": spike.left,
        }
        if filled:
            evidence |= {"missing_before": missing[0], "missing_now": missing[1]}
        found.append(
            Finding(
                (column.name,),
                f"{named(column.name)} is {spike.words} in {percent(spike.now)} of the rows"
                f" ({percent(spike.before)} before), {instead}.",
                evidence,
                spike.share,
            )
        )
    return found


def _filled(column: Column, spike: Spike) -> bool:
    """As many rows as came to hold the value are missing no more."""
    came = spike.part * (1 - column.now.missing_share)
    return abs(column.before.missing_share - column.now.missing_share - came) <= _ALIKE * came


RULE = Rule(
    "default_value",
    "A default in place of values",
    Scope.DATA,
    "One value took rows evenly from everywhere; without it the distribution is the reference's.",
    find,
)
