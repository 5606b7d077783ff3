"""Labels depend on the inputs in another way than in the reference."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.concept import Split
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.outcomes import outcomes
from leadline.diagnosis.rules.label_shift import find as label_shift
from leadline.diagnosis.words import number, percent
from leadline.metrics.performance.estimate import Estimate

_LEAST = 0.7
"""Share of the change of predictions and labels together that P(label | prediction) has to explain."""

SURE = 1e-4
"""Largest p-value of "labels depend on predictions, or on inputs, as before"."""

_PART = 0.2
"""Smallest part of the change of performance that is told of, where inputs moved, too."""


def find(case: Case) -> list[Finding]:
    """At most one finding: labels or errors changed for like predictions, or for like inputs."""
    if case.moved_inputs or case.moved_outputs:
        return _besides(case)
    if case.comparison.performance.task == "regression":
        return _errors(case)
    table = outcomes(case)
    if table is None or table.same_concept > SURE or table.by_concept < _LEAST:
        return []
    moved, _ = table.predictions_moved
    before = table.p / table.p.sum(1, keepdims=True).clip(1e-300)
    now = table.q / table.q.sum(1, keepdims=True).clip(1e-300)
    gap = float((table.q.sum(1) * abs(now - before).sum(1) / 2).sum())
    return [
        Finding(
            tuple(c.name for c in case.moved),
            "Inputs and predictions are as before, but the labels for like predictions changed, by"
            f" {percent(gap)} on average: {_meaning(case)}.",
            {
                "label_change_within_predictions": gap,
                "predictions_distance": moved,
                "distance": table.distance,
                "p_value_same_concept": table.same_concept,
            },
            table.by_concept,
        )
    ]


def _meaning(case: Case) -> str:
    """What follows; scores that told good from bad, and are no better than chance, may be of other rows."""
    ranked = case.comparison.performance.scores.get("roc_auc")
    if ranked is not None and ranked.change.high < 0 and _is_chance(ranked.current):
        return (
            f"the predictions say nothing of the labels any more ({ranked.metric.title}"
            f" {number(float(ranked.current.value))}), as where those of different rows were joined"
        )
    return "what the model learned does not hold any more"


def _is_chance(area: Estimate) -> bool:
    """An area under the ROC curve that chance gives, too."""
    return area.low is not None and area.high is not None and bool(area.low <= 0.5 <= area.high)


def _besides(case: Case) -> list[Finding]:
    """Inputs moved, and with those of the reference performance would have changed, too.

    A change of the labels' shares alone is another cause, and changes P(label | inputs) by itself.
    """
    if not case.performance_alerts or label_shift(case):
        return []
    found = case.concept
    if found.reason or found.caution or not found.p_value <= SURE:
        return []
    scores = case.comparison.performance.scores
    worse = {
        key: split
        for key, split in found.splits.items()
        if _loss(split.concept.low, split.concept.high, scores[key].metric.worse) > 0
    }
    if not worse:
        return []
    key = max(worse, key=lambda key: _share(worse[key]))
    split, scored = worse[key], scores[key]
    share = _share(split)
    if share < _PART:
        return []
    before = float(scored.reference.value)
    return [
        Finding(
            (),
            f"Beside the inputs, the labels for like inputs changed: with the reference's inputs"
            f" {scored.metric.title} would have gone from {number(before)} to"
            f" {number(before + split.concept.value)}, which is {percent(share)} of what moved it.",
            {
                "label_change_for_like_inputs": found.size.value,
                f"{key}_change": split.realised.value,
                f"{key}_change_by_concept": split.concept.value,
                "p_value_same_concept": found.p_value,
            },
            share,
        )
    ]


def _loss(low: float, high: float, worse: str) -> float:
    """The least loss that an interval of a change holds."""
    return low if worse == "higher" else -high


def _share(split: Split) -> float:
    """Part of both parts' movement that is the concept's."""
    parts = abs(split.concept.value), abs(split.covariate.value)
    return parts[0] / max(sum(parts), 1e-300)


def _errors(case: Case) -> list[Finding]:
    """A regression's errors grew while inputs and predictions stand still."""
    if not case.performance_alerts:
        return []
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
    "P(label | prediction) moved and nothing else did, or P(label | inputs) did where inputs moved, too.",
    find,
)
