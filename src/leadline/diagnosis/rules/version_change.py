"""Another version of the model answers, and the predictions moved though no input did."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.words import listed, named, percent

_LEAST = 0.05
"""Smallest change of a version's share of the rows."""


def versions_moved(case: Case) -> tuple[str, float, float] | None:
    """The version that gained most, with its share before and now; None where none gained enough."""
    ours, theirs = case.comparison.baseline.whole.versions, case.comparison.current.versions
    if not ours or not theirs:
        return None
    m, n = sum(ours.values()), sum(theirs.values())
    name = max(theirs, key=lambda v: theirs[v] / n - ours.get(v, 0) / m)
    before, now = ours.get(name, 0) / m, theirs[name] / n
    return (name, before, now) if now - before >= _LEAST else None


def find(case: Case) -> list[Finding]:
    """At most one finding."""
    moved = versions_moved(case)
    outputs = tuple(column.name for column in case.moved_outputs)
    if moved is None or not outputs or case.moved_inputs:
        return []
    name, before, now = moved
    return [
        Finding(
            outputs,
            f"Version {named(name)} of the model answers {percent(now)} of the rows ({percent(before)}"
            f" before); {listed(outputs)} moved and no input did.",
            {"version": name, "rows_share_before": before, "rows_share_now": now},
            None,
        )
    ]


RULE = Rule(
    "version_change",
    "Another version of the model",
    Scope.POPULATION,
    "The versions' shares moved, and the predictions moved though no input did.",
    find,
)
