"""A column of the reference is not in the current table."""

from __future__ import annotations

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.words import listed, named


def find(case: Case) -> list[Finding]:
    """One finding for each missing column; new names in the table are told, as it may have been renamed."""
    physical = case.comparison.physical
    if physical is None:
        return []
    known = {column.name for column in case.comparison.baseline.schema}
    new = sorted(set(physical) - known)
    hint = f" {listed(new)} {'is' if len(new) == 1 else 'are'} new in it." if new else ""
    return [
        Finding(
            (column.name,),
            f"{named(column.name)} is not in the current table.{hint}",
            {"new_columns": ", ".join(new[:10])} if new else {},
            1.0,
        )
        for column in case.moved
        if column.name not in physical
    ]


RULE = Rule(
    "column_missing",
    "Missing column",
    Scope.DATA,
    "The current table has no column of this name.",
    find,
)
