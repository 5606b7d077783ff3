"""A column holds values of another type."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.words import named, percent


def find(case: Case) -> list[Finding]:
    """One finding for each alerted column of another type, or with values that cannot be read as before."""
    found = []
    for part in case.comparison.measurements:
        for row, position in enumerate(part.columns):
            name = case.comparison.baseline.grid.columns[int(position)].name
            column = case.columns[name]
            changed = part.now.type_changed[row] and not part.before.type_changed[row]
            if not (column.alerted and changed) or column.now.rows <= 0:
                continue
            was, now = column.physical
            unreadable = column.now.unreadable / column.now.rows
            text = f"from {was} to {now}" if now is not None and now != was else f"in part; it was {was}"
            # Truth values in place of texts can be read as before: as the texts "true" and "false".
            others = f"; {percent(unreadable)} of the values are of another type than before"
            found.append(
                Finding(
                    (name,),
                    f"{named(name)} changed its type {text}{others if unreadable else ''}.",
                    {"type_before": was, "type_now": now or "unknown", "unreadable_share": unreadable},
                    1.0,
                )
            )
    return found


RULE = Rule(
    "type_change",
    "Another type",
    Scope.DATA,
    "The table's type differs, or values cannot be read as numbers or texts as they were.",
    find,
)
