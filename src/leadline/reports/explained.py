"""What the rows of an alert's own days say of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from leadline.diagnosis import Explained
from leadline.reports.causes import cause_result
from leadline.reports.distributions import distribution
from leadline.reports.moments import dates
from leadline.reports.record import ColumnResult, Distribution, TimelineAlert
from leadline.reports.segments import hits_of


def with_causes(alerts: Sequence[TimelineAlert], explained: Sequence[Explained]) -> list[TimelineAlert]:
    """Alerts with their likely causes and the segments that they hit, as far as they were explained."""
    found = [*alerts]
    for one in explained:
        segments = hits_of(one) if one.alerts else None
        for at, causes in one.alerts.items():
            found[at] = structs.replace(found[at], causes=[*map(cause_result, causes)], segments=segments)
    return found


def in_own_days(columns: Sequence[ColumnResult], explained: Sequence[Explained]) -> list[ColumnResult]:
    """Columns that moved, with what is drawn of each in the days of the worst alert that names it.

    What no alert names is drawn of the days of the worst one.

    Args:
        explained: the worst first; what is of all current rows is left out.
    """
    dated = [(one, one.days) for one in explained if one.days is not None]
    found = [*columns]
    for place, column in enumerate(columns):
        if dated and column.verdict in ("alert", "warning"):
            own, days = next((each for each in dated if column.name in each[0].named), dated[0])
            shares = _drawn(column.name, own)
            if shares is not None:
                found[place] = structs.replace(column, explained=shares, explained_dates=dates(days))
    return found


def _drawn(name: str, explained: Explained) -> Distribution | None:
    grid = explained.comparison.baseline.grid
    position = grid.index[name]
    for part in explained.comparison.measurements:
        rows = (part.columns == position).nonzero()[0]
        if len(rows):
            return distribution(grid.columns[position].axis, part, int(rows[0]))
    return None
