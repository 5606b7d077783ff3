"""What is judged of columns: the channels that vote for each, what needs no test, and what is said beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from leadline.digits import number, percent
from leadline.metrics import METRICS
from leadline.metrics.performance.estimate import wilson
from leadline.metrics.special import hypergeometric_log_pmf
from leadline.metrics.summary import Summary
from leadline.metrics.vectors import largest_shift
from leadline.monitors.joint import (
    Channel,
    Decision,
    ShareChange,
    column_channels,
    missing_share,
    out_of_range_share,
    unseen_share,
    vector_channel,
)
from leadline.monitors.measurements import Measurements
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.grid import Grid, GridColumn
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.vectors import VectorAxis
from leadline.schema import Kind, Role
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]

_CHANCE = 1e-3
"""A finding counts as certain when chance explains it with less than this part of a channel's rate."""

_SHOWN = "shown; it follows from the scores, which are judged"

_NOT_COMPARED = {
    Kind.IDENTIFIER: "identifiers are not compared",
    Kind.TEXT: "free text is not compared",
    Kind.VECTOR: "values of this type are not compared",
    Kind.DATETIME: "times move on by themselves and are not compared",
}


@dataclass
class _Findings:
    """Certain findings and reasons, by column."""

    certain: dict[str, list[str]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    def sure(self, name: str, text: str) -> None:
        self.certain.setdefault(name, []).append(text)


def channels_of(
    part: Measurements,
    grid: Grid,
    missing_noise: tuple[Floats, Floats],
    settings: Settings,
    physical: Mapping[str, str] | None,
    labels_late: str,
    unreadable: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> list[Channel]:
    """The channels of some columns, in their order.

    Args:
        part: what was measured of them.
        grid: they are columns of.
        missing_noise: shape (columns of the grid,): inflation of both sides' missing shares.
        settings: options in force.
        physical: physical types of the current table's columns by name; None when unknown.
        labels_late: why labels cannot be judged yet; "" where they can.
        unreadable: why columns of reference and current could not be read, by name.
    """
    columns = [grid.columns[k] for k in part.columns]
    names = [column.name for column in columns]
    before, now = part.before, part.now
    findings = _Findings()
    filled = ((part.pair.reference > 0).sum(-1) > 1) & ((part.pair.current > 0).sum(-1) == 1)
    for row, column in enumerate(columns):
        constant = filled[row] and _became_constant(part, row, now, settings.false_alarm_rate)
        _look_at(row, column, part, constant, settings, physical, findings)
        _look_at_unreadable(column.name, *unreadable, findings)
        if labels_late and column.role is Role.LABEL:
            findings.unknown.setdefault(column.name, labels_late)
    shares = _shares(columns, part, before, now, *(side[part.columns] for side in missing_noise))
    if part.vectors is not None:
        return [
            vector_channel(
                part.vectors,
                names[0],
                part.drift["maximum_mean_discrepancy"],
                part.drift["frechet"],
                shares,
                drift_floor=settings.column_floors.get(names[0], settings.floors.drift),
                share_floor=settings.floors.share,
                certain=findings.certain.get(names[0], ()),
                unknown=findings.unknown.get(names[0], ""),
            )
        ]
    distance = part.drift.get("kolmogorov_smirnov" if part.pair.ordered else "total_variation")
    channels = column_channels(
        part.pair,
        names,
        shares=shares,
        value=None if distance is None else distance.value,
        low=None if distance is None else distance.low,
        high=None if distance is None else distance.high,
        drift_floor=settings.floors.drift,
        share_floor=settings.floors.share,
        column_floors=settings.column_floors,
        certain=findings.certain,
        unknown=findings.unknown,
    )
    silent = {column.name for column in columns if column.role is Role.DERIVED}
    channels = [replace(c, votes=(), certain=()) if c.name in silent else c for c in channels]
    # Not even missing values are told from others there.
    return [replace(c, votes=()) if any(c.name in side for side in unreadable) else c for c in channels]


def _look_at(
    row: int,
    column: GridColumn,
    part: Measurements,
    constant: bool,
    settings: Settings,
    physical: Mapping[str, str] | None,
    findings: _Findings,
) -> None:
    """Findings about one column that need no test."""
    name, before, now = column.name, part.before, part.now
    if physical is not None and name not in physical:
        findings.unknown[name] = "the current table has no such column"
        if column.role not in (Role.LABEL, Role.LABEL_TIMESTAMP):
            findings.sure(name, "the column is missing in the current table")
        return
    if column.axis is None:
        findings.unknown[name] = _NOT_COMPARED.get(column.kind, "its role is not compared")
    if now.type_changed[row] and not before.type_changed[row] and before.rows[row] > before.null[row]:
        found = physical[name] if physical else "another type"
        findings.unknown[name] = "values of another type cannot be compared"
        findings.sure(
            name,
            f"some vectors have not {column.axis.dimension} numbers"
            if isinstance(column.axis, VectorAxis) and found in (column.physical, "another type")
            else f"the type changed from {column.physical} to {found}",
        )
    elif constant:
        findings.sure(name, "the column became constant")
    for key, limit in settings.thresholds.items():
        measured = part.drift.get(key) or part.quality.get(key)
        if measured is None:
            continue
        value = measured.value[row]
        if value < limit if METRICS[key].worse == "lower" else value > limit:
            findings.sure(name, f"{key} {number(value)} is beyond the fixed limit {number(limit)}")


def _look_at_unreadable(
    name: str, reference: Mapping[str, str], current: Mapping[str, str], findings: _Findings
) -> None:
    """A column whose values, or some of them, could not be read: it is not compared.

    That it could be read before is certain, and worth an alert.
    """
    side = "reference" if name in reference else "current table"
    why = reference.get(name) or current.get(name)
    if why is None:
        return
    findings.unknown[name] = (
        f"values of the {side} cannot be read ({why}): convert them, or leave the column out with `ignore`"
    )
    findings.certain.pop(name, None)
    if name not in reference:
        findings.sure(name, f"values of the {side} cannot be read ({why})")


def _became_constant(part: Measurements, row: int, now: Summary, rate: float) -> bool:
    """All current values, in one cell, are equal, which the reference makes nearly impossible."""
    pair = part.pair
    if now.minimum is not None and now.maximum is not None and now.minimum[row] != now.maximum[row]:
        return False
    # Several values may share one cell (unseen, hashed).
    if not pair.ordered and now.distinct[row] > 1:
        return False
    # P(the current side gets none of the pooled rows with another value), all in independent rows.
    before = pair.reference[row] / np.broadcast_to(pair.reference_inflation, len(pair.current))[row]
    m, n = before.sum(), float(np.broadcast_to(pair.n_effective, len(pair.current))[row])
    others = np.floor(m - before[pair.current[row].argmax()])
    chance = hypergeometric_log_pmf(0.0, m + n, others, n)
    return bool(chance < np.log(rate * _CHANCE / max(len(pair.current), 1)))


def _shares(
    columns: Sequence[GridColumn],
    part: Measurements,
    before: Summary,
    now: Summary,
    reference_inflation: Floats,
    current_inflation: Floats,
) -> list[ShareChange]:
    """The shares that may rise, for the columns of one block."""
    size, pair = len(columns), part.pair
    missing_before, missing_now = (s.null + s.nan + s.empty for s in (before, now))
    judged = np.array([column.role not in (Role.LABEL, Role.LABEL_TIMESTAMP) for column in columns])
    here = now.rows > 0
    inflations = reference_inflation, current_inflation
    share = missing_share(missing_before, before.rows, missing_now, now.rows, *inflations)
    sizes = before.rows / reference_inflation, now.rows / current_inflation
    shares = [_masked(share, judged & here, *sizes)]
    m, n = pair.m, np.broadcast_to(pair.n, (size,))
    designs = pair.reference_inflation, pair.current_inflation
    effective = pair.m_effective, np.broadcast_to(pair.n_effective, (size,))
    values_before, values_now = before.values, now.values
    if pair.ordered:
        # An infinity is out of any range; where the reference had some they are nothing new.
        beyond = np.where(before.infinite > 0, 0.0, now.infinite)
        change = out_of_range_share(now.outside + beyond, m, n + beyond, *designs)
        own = [isinstance(column.axis, NumericAxis) and column.axis.random_edges for column in columns]
        # A range from other rows than those that are counted is fixed: both sides may lie outside of it.
        fixed = ~np.array(own) | (before.outside > 0)
        if fixed.any():
            both = missing_share(before.outside, m, now.outside + beyond, n + beyond, *designs)
            change = _either(fixed, both, change)
        shares.append(_masked(change, (values_now + beyond > 0) & (values_before > 0), *effective))
    elif any(isinstance(column.axis, CategoricalAxis) for column in columns):
        once, twice = ((pair.reference == times).sum(-1) for times in (1, 2))
        change = unseen_share(now.unseen, n, m, once, twice, *designs)
        fixed = before.unseen > 0  # the same of a vocabulary from other rows
        if fixed.any():
            change = _either(fixed, missing_share(before.unseen, m, now.unseen, n, *designs), change)
        shares.append(_masked(change, (values_now > 0) & (values_before > 0), *effective))
    return shares


def _either(rows: npt.NDArray[np.bool_], one: ShareChange, other: ShareChange) -> ShareChange:
    """Of some columns the change by one law, of the rest by the other; each column by itself."""
    return replace(
        other,
        reference=np.where(rows, one.reference, other.reference),
        current=np.where(rows, one.current, other.current),
        p_value=np.where(rows, one.p_value, other.p_value),
        attained=lambda levels: np.where(rows, one.attained(levels), other.attained(levels)),
    )


def _masked(change: ShareChange, keep: npt.NDArray[np.bool_], m: Floats, n: Floats) -> ShareChange:
    """The change without the columns that do not vote, with a 95 % interval (Newcombe 1998, method 10)."""
    low_before, high_before = wilson(change.reference, np.maximum(m, 1e-9))
    low_now, high_now = wilson(change.current, np.maximum(n, 1e-9))
    rise = change.current - change.reference
    return replace(
        change,
        p_value=np.where(keep, change.p_value, np.nan),
        low=rise - np.hypot(change.current - low_now, high_before - change.reference),
        high=rise + np.hypot(high_now - change.current, change.reference - low_before),
    )


def notes_of(part: Measurements, columns: Sequence[GridColumn], rate: float) -> dict[int, str]:
    """What is said beside the verdict on a column, by its position.

    Of a label, which share of the rows has none; of vectors that moved beyond chance, how far their mean did
    in one direction, which may be far below the floor of all directions together.
    """
    missing = part.quality["missing_share"].value
    said = {
        int(k): f"{percent(share)} of the rows have no label"
        for k, share in zip(part.columns, missing.tolist(), strict=True)
        if columns[k].role is Role.LABEL and share > 0
    }
    if part.vectors is not None:
        p_value = part.drift["maximum_mean_discrepancy"].p_value
        if p_value is not None and p_value[0] <= rate:
            shift = float(np.ravel(largest_shift(part.vectors))[0])
            said[int(part.columns[0])] = f"in one direction their mean moved by {number(shift)} sd"
    return said


def settled(decision: Decision, column: GridColumn, channel: Channel, few: str, note: str) -> Decision:
    """A column that is not compared by design, and lost no values, is fine rather than unknown.

    `few`: why both tables are too small even for that; "" where they are not. `note`: said beside a verdict.
    """
    if column.role is Role.DERIVED:
        return replace(decision, verdict="ok", reason=_SHOWN)
    if note and decision.verdict != "unknown":
        return replace(decision, reason=f"{decision.reason}; {note}")
    if decision.verdict != "unknown" or column.axis is not None or not channel.votes:
        return decision
    if few:
        return replace(decision, reason=few)
    return replace(decision, verdict="ok", reason=f"{channel.unknown}; missing values are judged")
