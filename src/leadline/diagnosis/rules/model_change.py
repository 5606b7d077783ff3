"""The predictions moved though no input did."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.rules.version_change import versions_moved
from leadline.diagnosis.words import listed


def find(case: Case) -> list[Finding]:
    """At most one finding; where the versions moved too, `version_change` says it."""
    outputs = tuple(column.name for column in case.moved_outputs)
    if not outputs or case.moved_inputs or not case.inputs or versions_moved(case):
        return []
    largest = max((c.distance for c in case.inputs if c.distance >= 0), default=0.0)
    return [
        Finding(
            outputs,
            f"{listed(outputs)} moved though no input did: the model, or what lies between it and this"
            " table, changed.",
            {"largest_input_distance": largest, "distance": case.moved_outputs[0].distance},
            None,
        )
    ]


RULE = Rule(
    "model_change",
    "The model changed",
    Scope.POPULATION,
    "Predictions moved, and no input did.",
    find,
)
