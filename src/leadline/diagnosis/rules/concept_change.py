"""The labels for like predictions are others, though the predictions did not move."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.outcomes import outcomes
from leadline.diagnosis.words import number, percent

_LEAST = 0.7
"""Share of the change of predictions and labels together that P(label | prediction) has to explain."""

_SURE = 1e-4
"""Largest p-value of "P(label | prediction) is the same"."""


def find(case: Case) -> list[Finding]:
    """At most one finding: inputs and predictions are as before, and labels or errors are not."""
    if case.moved_inputs or case.moved_outputs:
        return []
    if case.comparison.performance.task == "regression":
        return _errors(case)
    table = outcomes(case)
    if table is None or table.same_concept > _SURE or table.by_concept < _LEAST:
        return []
    moved, _ = table.predictions_moved
    before = table.p / table.p.sum(1, keepdims=True).clip(1e-300)
    now = table.q / table.q.sum(1, keepdims=True).clip(1e-300)
    gap = float((table.q.sum(1) * abs(now - before).sum(1) / 2).sum())
    return [
        Finding(
            tuple(c.name for c in case.moved),
            "Inputs and predictions are as before, but the labels for like predictions changed, by"
            f" {percent(gap)} on average: what the model learned does not hold any more.",
            {
                "label_change_within_predictions": gap,
                "predictions_distance": moved,
                "distance": table.distance,
                "p_value_same_concept": table.same_concept,
            },
            table.by_concept,
        )
    ]


def _errors(case: Case) -> list[Finding]:
    """A regression's errors grew while inputs and predictions stand still."""
    for key, scored in case.comparison.performance.scores.items():
        if scored.decision is None or scored.decision.verdict != "alert":
            continue
        before, now = float(scored.reference.value), float(scored.current.value)
        return [
            Finding(
                tuple(c.name for c in case.moved),
                f"Inputs and predictions are as before, but {scored.metric.title} went from {number(before)}"
                f" to {number(now)}: what the model learned does not hold any more.",
                {f"{key}_before": before, f"{key}_now": now, "p_value": float(scored.change.p_value)},
                None,
            )
        ]
    return []


RULE = Rule(
    "concept_change",
    "Concept change",
    Scope.POPULATION,
    "Inputs and predictions did not move, and P(label | prediction) did.",
    find,
)
