"""Inputs and predictions moved; what a prediction means did not."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.outcomes import outcomes
from leadline.diagnosis.rules.concept_change import SURE
from leadline.diagnosis.rules.concept_change import find as concept_change
from leadline.diagnosis.rules.version_change import find as version_change
from leadline.diagnosis.words import counted, listed, percent

_LEAST = 0.6
"""Share of the change of predictions and labels together that the predictions have to explain."""


def find(case: Case) -> list[Finding]:
    """At most one finding: inputs and predictions moved, and explain more than the labels' shares do.

    None where another version moved the predictions.
    """
    table = outcomes(case)
    if table is None or not case.moved_inputs or version_change(case):
        return []
    moved, noise = table.predictions_moved
    if moved < noise or table.by_predictions < _LEAST or table.by_predictions < table.by_labels:
        return []
    inputs = [column.name for column in case.moved_inputs]
    outputs = [column.name for column in case.moved_outputs]
    # Where labels changed, too, that they did not is only how this part is measured.
    same = "the labels for like predictions are as before, which explains"
    if table.same_concept <= SURE or concept_change(case):
        same = "that alone, with labels for like predictions as before, explains"
    return [
        Finding(
            (*inputs, *outputs),
            f"{counted(len(inputs), 'input')} moved ({listed(inputs)}) and the predictions with them; {same}"
            f" {percent(table.by_predictions)} of the change.",
            {
                "inputs_moved": float(len(inputs)),
                "predictions_distance": moved,
                "distance": table.distance,
                "p_value_same_concept": table.same_concept,
            },
            table.by_predictions,
        )
    ]


RULE = Rule(
    "covariate_shift",
    "Covariate shift",
    Scope.POPULATION,
    "Inputs and predictions moved, and P(label | prediction) is the reference's.",
    find,
)
