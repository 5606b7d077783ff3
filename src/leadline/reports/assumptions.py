"""What a verdict rests on, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from leadline.diagnosis.words import listed
from leadline.monitors.compare import Comparison
from leadline.profiles.arrays import NULL
from leadline.reports import phrases, words
from leadline.reports.outcome_notes import outcome_notes
from leadline.schema import ColumnSchema, Kind, Note, Role

_TIMED = ("budget", "window", "time_zone", "as_of", "label_lateness")
"""Options that are about times."""

_DECIDING = ("positive", "threshold")
"""Options that are about labels and scores."""


def assumptions_of(comparison: Comparison) -> list[str]:
    """What the verdict rests on."""
    baseline = comparison.baseline
    out = []
    roles: Mapping[Role, ColumnSchema] = {c.role: c for c in baseline.schema}
    if baseline.inflations:
        largest = float(np.max(comparison.inflation))
        sorts = [
            f"of {phrases.duration(part.seconds)}" if part.seconds else "of entities"
            for part in baseline.inflations[:1]
        ]
        out.append(
            f"rows resemble each other within blocks {sorts[0]}: "
            f"sizes are divided by up to {words.number(largest)}"
            if largest > 1
            else f"rows look independent: blocks {sorts[0]} differ no more than chance"
        )
    elif Role.TIMESTAMP in roles or Role.ENTITY in roles:
        few = "too few blocks in the reference to measure how rows depend"
        out.append(f"rows are taken as independent ({few})")
    else:
        perhaps = _noted(baseline.schema, Note.MAY_BE_TIME)
        such = f", such as {listed(perhaps)}," if perhaps else ""
        out.append(f"rows are taken as independent (name a timestamp{such} or entity column to drop this)")
    unused = [key for key in _TIMED if getattr(comparison.settings, key) is not None]
    if unused and baseline.calendar is None:
        out.append(f"{listed(unused, 9)} stated, but not used without times: name a timestamp column")
    outcome = [key for key in _DECIDING if getattr(comparison.settings, key) is not None]
    if outcome and not {Role.LABEL, Role.SCORE} & set(roles):
        out.append(f"{listed(outcome)} stated, but not used without labels and scores: name their columns")
    when = roles.get(Role.TIMESTAMP)
    if when is not None and when.kind is not Kind.DATETIME:
        out.append(f"the timestamp column {when.name} holds no times, and is not used as one")
    elif when is not None:
        if Note.ONLY_TIME in when.notes:
            out.append(f"{when.name} is taken for the time of the prediction: it is the only column of times")
        out += _without_time(comparison, when.name)
    if baseline.grid.weight_unit:
        out.append("rows are weighted; tests are approximate")
        lost = [side.left_out for side in (baseline.profile, comparison.current)]
        if any(lost):
            why = "left out for a weight that is negative, missing or infinite"
            out.append(f"{_rows_of_sides(lost[0], lost[1], 'is', 'are')} {why}")
    if baseline.sampled:
        out.append(f"{words.count(baseline.sampled)} reference rows taught the grid and are not counted")
    found = [column for column in baseline.schema if column.role is not Role.DERIVED]
    written = _noted(found, Note.NUMBERS_AS_TEXT)
    if written:
        out.append(f"the texts of {listed(written, 8)} are numbers, and are not compared: convert them")
    times = _noted(found, Note.NUMBERS_OF_TIMES)
    if times:
        out.append(
            f"the numbers of {listed(times, 8)} read as times, and are compared as numbers: "
            "state their kind as datetime if they are times"
        )
    nested = _noted(found, Note.NESTED)
    if nested:
        out.append(f"the values of {listed(nested, 8)} have parts, and are not compared: make them columns")
    changing = () if comparison.timeline is None else comparison.timeline.changing
    if changing:
        out.append(
            f"the values of {listed(changing, 8)} keep being replaced in the reference: over time none is "
            "judged for being new"
        )
    out += outcome_notes(comparison)
    inferred = sum(not column.stated for column in found)
    roleless = (Role.FEATURE, Role.IGNORED)
    named = [c.name for c in found if not (c.stated or c.role in roleless or Note.ONLY_TIME in c.notes)]
    by_name = f" (by name: {', '.join(named[:8])}{', ...' if len(named) > 8 else ''})" if named else ""
    out.append(f"roles and kinds of {inferred} of {len(found)} columns are inferred{by_name}")
    return out


def _noted(columns: Sequence[ColumnSchema], note: Note) -> list[str]:
    """The columns of which it was noticed."""
    return [column.name for column in columns if note in column.notes]


def _without_time(comparison: Comparison, name: str) -> list[str]:
    """What is said of rows whose time is missing or cannot be read."""
    place = comparison.baseline.grid.index.get(name)
    if place is None:
        return [f"the reference has no times; windows follow {name} of the current table"]
    reference, current = (
        int(side.sums["specials"][:, :, 0, place, NULL].sum())
        for side in (comparison.baseline.profile, comparison.current)
    )
    if not reference and not current:
        return []
    return [f"{_rows_of_sides(reference, current, 'has', 'have')} no time in {name}"]


def _rows_of_sides(reference: int, current: int, one: str, more: str) -> str:
    """`12 reference and 3 current rows are`, `1 current row is`: of the sides that have such rows.

    Args:
        reference, current: rows; not both 0.
        one, more: the verb after one row, and after more.
    """
    sides = (reference, "reference"), (current, "current")
    said = " and ".join(f"{words.count(rows)} {side}" for rows, side in sides if rows)
    return f"{said} row {one}" if reference + current == 1 else f"{said} rows {more}"
