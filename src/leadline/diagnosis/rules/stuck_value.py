"""A column that does not vary any more, or only between a few values."""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.rules.spikes import STUCK, spikes
from leadline.diagnosis.words import named, number, percent
from leadline.profiles.numeric import NumericAxis

_FEW, _MANY = 10, 100
"""Distinct values of a column that is stuck now and then, and of one that was free before."""


def find(case: Case) -> list[Finding]:
    """One finding for each column that one value fills, or a handful in place of hundreds."""
    found = []
    for column, spike in spikes(case):
        if spike.part < STUCK:
            continue
        found.append(
            Finding(
                (column.name,),
                f"{named(column.name)} is {spike.words} in {percent(spike.now)} of the rows"
                f" ({percent(spike.before)} before): it is stuck.",
                {"value": spike.value, "value_before": spike.before, "value_now": spike.now},
                max(spike.share, spike.part),
            )
        )
    named_already = {name for finding in found for name in finding.columns}
    found += [_few(c) for c in case.suspects if c.name not in named_already and _holds_few(c)]
    return found


def _holds_few(column: Column) -> bool:
    """A handful of values in rows that held hundreds, and not because they were rounded: gaps differ."""
    if not column.comparable or not isinstance(column.axis, NumericAxis):
        return False
    few = column.now.distinct <= _FEW and column.before.distinct >= _MANY
    return few and column.now.values >= _FEW * column.now.distinct and not _even(column)


def _even(column: Column) -> bool:
    """The few values are evenly spaced, as rounding leaves them."""
    axis = column.axis
    assert isinstance(axis, NumericAxis)
    filled = np.flatnonzero(column.now.counts)
    if len(filled) < 3 or len(filled) != column.now.distinct:
        return False
    means = axis.centre + axis.scale * column.now.sums[filled] / column.now.counts[filled]
    gaps = np.diff(means)
    steps = gaps / gaps.min()
    return bool(np.abs(steps - np.rint(steps)).max() < 0.01)


def _few(column: Column) -> Finding:
    return Finding(
        (column.name,),
        f"{named(column.name)} holds {counted(column.now.distinct)} now, {number(column.before.distinct)}"
        " before: it is stuck for stretches of time.",
        {"distinct_before": column.before.distinct, "distinct_now": column.now.distinct},
        1.0,
    )


def counted(values: float) -> str:
    """`1 value`, `5 values`."""
    return f"{number(values)} value{'' if values == 1 else 's'}"


RULE = Rule(
    "stuck_value",
    "Stuck at one value",
    Scope.DATA,
    "One value holds nearly all rows, or a handful do where hundreds were.",
    find,
)
