"""A column of the reference is not in the current table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.words import listed, named

_SHOWN = 3


def find(case: Case) -> list[Finding]:
    """One finding for all columns whose names are spelled otherwise, and one for each other missing column.

    New names in the table are told, as the column may have been renamed.
    """
    physical = case.comparison.physical
    if physical is None:
        return []
    known = {column.name for column in case.comparison.baseline.schema}
    missing = [column.name for column in case.moved if column.name not in physical]
    new = sorted(set(physical) - known)
    spelled = _spelled(missing, new)
    others = [name for name in new if name not in spelled.values()]
    hint = f" {listed(others)} {'is' if len(others) == 1 else 'are'} new in it." if others else ""
    found = [
        Finding(
            (name,),
            f"{named(name)} is not in the current table.{hint}",
            {"new_columns": ", ".join(others[:10])} if others else {},
            1.0,
        )
        for name in missing
        if name not in spelled
    ]
    if spelled:
        found.insert(0, _respelled(spelled))
    return found


def _spelled(missing: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """The new name of each missing column that differs from it in capitals, blanks and signs alone.

    A name that would be another spelling of several is none of any.
    """
    before, now = _by_letters(missing), _by_letters(new)
    return {
        names[0]: now[plain][0]
        for plain, names in before.items()
        if plain and len(names) == len(now.get(plain, ())) == 1
    }


def _by_letters(names: Sequence[str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault("".join(filter(str.isalnum, name)).casefold(), []).append(name)
    return found


def _respelled(spelled: Mapping[str, str]) -> Finding:
    pairs = [f"{named(now)} for {named(before)}" for before, now in spelled.items()]
    more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    one = len(pairs) == 1
    return Finding(
        tuple(spelled),
        f"{'A name' if one else 'Names'} of the current table {'is' if one else 'are'} spelled otherwise:"
        f" {', '.join(pairs[:_SHOWN])}{more}.",
        {"new_columns": ", ".join(list(spelled.values())[:10])},
        1.0,
    )


RULE = Rule(
    "column_missing",
    "Missing column",
    Scope.DATA,
    "The current table has no column of this name.",
    find,
)
