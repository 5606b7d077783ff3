"""What is said of a model's scores and labels: what they seem to be, and which table lacks them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from leadline.monitors.compare import Comparison
from leadline.reports import words
from leadline.schema import ColumnSchema, Role
from leadline.tables.roles import role_of_name

REVERSED = 0.4
"""ROC AUC of the reference, its interval below one half, up to which scores look like the other class's."""

_PERCENT = 100.0

_OUTCOMES = (Role.PREDICTION, Role.SCORE, Role.LABEL)


def outcome_notes(comparison: Comparison) -> list[str]:
    """Sentences about scores and labels that a reader may want to mend; nothing is changed by them."""
    by_role: dict[Role, list[ColumnSchema]] = {}
    for column in comparison.baseline.schema:
        by_role.setdefault(column.role, []).append(column)
    scores = by_role.get(Role.SCORE, [])
    notes = []
    if comparison.performance.task == "binary" and len(scores) == 1:
        notes += [*_percent(comparison, scores[0].name), *_reversed(comparison, scores[0].name)]
    return notes + _in_one_table(comparison, by_role)


def _percent(comparison: Comparison, name: str) -> list[str]:
    """Scores that look like percent."""
    whole = comparison.baseline.whole
    place = comparison.baseline.grid.index[name]
    low, high = float(whole.minimum[0, 0, 0, place]), float(whole.maximum[0, 0, 0, place])
    if not (low >= 0 and 1 < high <= _PERCENT and np.isfinite(low)):
        return []
    return [
        f"the scores in {name} run from {words.number(low)} to {words.number(high)}, no probabilities: "
        "log loss, Brier score and what is estimated without labels need 0 to 1; "
        "divide them by 100 in both tables if they are percent"
    ]


def _reversed(comparison: Comparison, name: str) -> list[str]:
    """Scores that are high where the positive class is rare."""
    scored = comparison.performance.scores.get("roc_auc")
    if scored is None:
        return []
    value, high = scored.reference.value, scored.reference.high
    if high is None or not (float(value) <= REVERSED and float(high) < 0.5):
        return []
    return [
        f"the scores in {name} are low where the positive class is: ROC AUC of the reference is "
        f"{words.number(float(value))}; if they are of the other class, give 1 minus the score, "
        "or name that class with `positive`"
    ]


def _in_one_table(comparison: Comparison, by_role: Mapping[Role, list[ColumnSchema]]) -> list[str]:
    """Predictions, scores and labels that one of the tables has not."""
    if comparison.physical is None:
        return []
    known = {column.name for column in comparison.baseline.schema}
    new = [name for name in comparison.physical if name not in known]
    notes = []
    for role in _OUTCOMES:
        columns = [column.name for column in by_role.get(role, [])]
        notes += [
            f"the current table has no column {name}, the {role.value} of the reference"
            for name in columns
            if name not in comparison.physical
        ]
        notes += [
            f"the reference has no column {name}, by its name the {role.value} of the current table: "
            "it is not used; add it to the reference"
            for name in new
            if not columns and role_of_name(name) is role
        ]
    return notes
