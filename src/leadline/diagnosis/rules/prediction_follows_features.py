"""The predictions moved with the inputs: a consequence, not a cause of its own."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.rules.version_change import versions_moved
from leadline.diagnosis.words import listed


def find(case: Case) -> list[Finding]:
    """At most one finding: inputs and predictions moved, under the same versions of the model."""
    inputs = [column.name for column in case.moved_inputs]
    outputs = tuple(column.name for column in case.moved_outputs)
    if not inputs or not outputs or versions_moved(case):
        return []
    return [
        Finding(
            outputs,
            f"{listed(outputs)} moved together with the inputs ({listed(inputs)}), as is to be expected.",
            {"inputs_moved": float(len(inputs)), "distance": case.moved_outputs[0].distance},
            None,
        )
    ]


RULE = Rule(
    "prediction_follows_features",
    "Predictions follow the inputs",
    Scope.COINCIDENCE,
    "Inputs and predictions moved, and the model's versions did not.",
    find,
)
