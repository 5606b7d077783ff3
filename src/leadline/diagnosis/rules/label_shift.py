"""The shares of the labels moved; the predictions within each label did not."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.outcomes import outcomes
from leadline.diagnosis.words import percent
from leadline.schema import Role

_LEAST = 0.7
"""Share of the change of predictions and labels together that the labels' shares have to explain."""

_FLOOR = 0.03
"""Smallest change of the labels' shares that is one."""


def find(case: Case) -> list[Finding]:
    """At most one finding: the labels moved, and explain more than the predictions do."""
    table = outcomes(case)
    if table is None:
        return []
    moved, noise = table.labels_moved
    if moved < max(noise, _FLOOR) or table.by_labels < max(_LEAST, table.by_predictions):
        return []
    before, now = table.p.sum(0), table.q.sum(0)
    top = -1 if len(table.labels) == 2 else int(abs(now - before).argmax())
    label = table.labels[top]
    columns = tuple(c.name for c in case.moved if c.role is Role.LABEL)
    columns += tuple(c.name for c in [*case.moved_outputs, *case.moved_inputs])
    way = "rose" if now[top] > before[top] else "fell"
    return [
        Finding(
            columns,
            f"The share of {label} labels {way} from {percent(before[top])} to {percent(now[top])}; within"
            f" each label the predictions are as before, which explains {percent(table.by_labels)} of the"
            " change.",
            {
                "label": label,
                "label_share_before": float(before[top]),
                "label_share_now": float(now[top]),
                "distance": table.distance,
                "p_value_within_labels": table.same_classes,
            },
            table.by_labels,
        )
    ]


RULE = Rule(
    "label_shift",
    "Label shift",
    Scope.POPULATION,
    "The labels' shares moved, and P(prediction | label) is the reference's.",
    find,
)
