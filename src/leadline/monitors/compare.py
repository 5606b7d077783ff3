"""One comparison: what was counted on both sides, measured and decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace as replace_fields

from leadline.baselines.baseline import Baseline
from leadline.baselines.noise import OutcomeNoise
from leadline.digits import number, percent
from leadline.metrics import METRICS
from leadline.metrics.declare import Measured
from leadline.metrics.pair import Pair
from leadline.metrics.performance.estimate import wilson
from leadline.metrics.special import hypergeometric_log_pmf
from leadline.metrics.summary import Summary
from leadline.metrics.vectors import VectorPair, largest_shift
from leadline.monitors.by_version import timeline_by_version
from leadline.monitors.joint import (
    Channel,
    Decision,
    ShareChange,
    column_channels,
    decide,
    missing_share,
    out_of_range_share,
    unseen_share,
    vector_channel,
)
from leadline.monitors.labels import Hindsight
from leadline.monitors.outcomes import Performance, Scored, judge_performance, segment_scores
from leadline.monitors.rules import Watched, watch
from leadline.monitors.timeline import Timeline, by_windows, timeline
from leadline.monitors.views import Block, blocks, summary, vector_pair
from leadline.monitors.votes import too_few
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.grid import GridColumn, Segment
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile
from leadline.profiles.vectors import VectorAxis
from leadline.schema import Kind, Role
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

_CHANCE = 1e-3
"""A finding counts as certain when chance explains it with less than this part of a channel's rate."""

SEGMENT_ROWS = 100
"""Rows a segment needs on both sides before its columns are compared."""

_SHOWN = "shown; it follows from the scores, which are judged"

_NOT_COMPARED = {
    Kind.IDENTIFIER: "identifiers are not compared",
    Kind.TEXT: "free text is not compared",
    Kind.VECTOR: "values of this type are not compared",
    Kind.DATETIME: "times move on by themselves and are not compared",
}


@dataclass(frozen=True)
class Measurements:
    """Metrics of some columns side by side.

    Attributes:
        columns: shape (K,): positions in the grid.
        drift: drift metrics by key; values of shape (K,).
        quality, quality_reference: quality metrics by key.
        pair: the counts behind them; `now`, `before`: what quality metrics saw of both sides.
        vectors: the moments behind them, where the one column is one of vectors.
    """

    columns: Indices
    drift: Mapping[str, Measured]
    quality: Mapping[str, Measured]
    quality_reference: Mapping[str, Measured]
    pair: Pair
    now: Summary
    before: Summary
    vectors: VectorPair | None = None

    def slim(self) -> Measurements:
        """The same without the arrays that metrics alone need, or have computed on their way."""
        now, before = (replace(side, edges=None) for side in (self.now, self.before))
        return replace(self, pair=replace(self.pair), now=now, before=before, vectors=None)


@dataclass(frozen=True)
class Comparison:
    """Everything that a report says, before it is put into words.

    Attributes:
        baseline, current, settings: what was compared, and how.
        physical: physical types of the current table's columns by name; None for a saved profile.
        measurements: metrics by blocks of columns.
        decisions: by column name.
        performance: values and decisions of the performance metrics.
        segments: by place on the segment axis, without the first.
        inflation: shape (K,): noise inflation of the current table, for each column of the grid.
        channels: number of channels that shared the false-alarm rate.
        timeline: both sides over time; None without times.
        monitors: what became of the declared monitors, in their order.
    """

    baseline: Baseline
    current: Profile
    settings: Settings
    physical: Mapping[str, str] | None
    measurements: Sequence[Measurements]
    decisions: Mapping[str, Decision]
    performance: Performance
    segments: Sequence[SegmentFinding]
    inflation: Floats
    channels: int
    timeline: Timeline | None = None
    monitors: Sequence[Watched] = ()


@dataclass(frozen=True)
class SegmentFinding:
    """One segment on both sides; shown, without a vote.

    Attributes:
        segment: column and value.
        rows_reference, rows_current: rows in it.
        scores: performance metrics within it.
        largest: position of the column that moved most within it, or None.
        metric, value: by which distance, and how far.
    """

    segment: Segment
    rows_reference: int
    rows_current: int
    scores: Mapping[str, Scored]
    largest: int | None
    metric: str
    value: float


@dataclass(frozen=True)
class Noise:
    """Noise inflation of both sides (reference, current): of columns and missing shares (K,), of outcomes."""

    columns: tuple[Floats, Floats]
    missing: tuple[Floats, Floats]
    outcomes: tuple[OutcomeNoise, OutcomeNoise]

    @classmethod
    def of(cls, baseline: Baseline, current: Profile) -> Noise:
        (m, before), (n, now) = ((side.rows, side.seconds) for side in (baseline.profile, current))
        return cls(
            (baseline.inflation(m, before), baseline.inflation(n, now)),
            (baseline.missing_inflation(m, before), baseline.missing_inflation(n, now)),
            (baseline.outcome_inflation(m, before), baseline.outcome_inflation(n, now)),
        )


@dataclass
class _Findings:
    """Certain findings and reasons, by column."""

    certain: dict[str, list[str]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    def sure(self, name: str, text: str) -> None:
        self.certain.setdefault(name, []).append(text)


def compare(
    baseline: Baseline,
    current: Profile,
    settings: Settings,
    physical: Mapping[str, str] | None,
    hindsight: Hindsight | None = None,
) -> Comparison:
    """Measure and decide. Pure: the same counts and settings give the same comparison.

    Args:
        baseline: of the reference.
        current: profile on the baseline's grid.
        settings: options in force.
        physical: physical types of the current table's columns by name; None when unknown.
        hindsight: how labels came that are all there by now, see `timeline`.
    """
    # What is no finite number at the values at hand is told as such, with a reason, where it is reported.
    with np.errstate(all="ignore"):
        return _compare(baseline, current, settings, physical, hindsight)


def _compare(
    baseline: Baseline,
    current: Profile,
    settings: Settings,
    physical: Mapping[str, str] | None,
    hindsight: Hindsight | None = None,
) -> Comparison:
    grid = baseline.grid
    noise = Noise.of(baseline, current)
    ours, theirs = baseline.whole, current.collapse()
    over_time: Timeline | None
    if settings.by_version:
        over_time = timeline_by_version(baseline, current, settings, partial(_decisions, settings))
        in_windows, current = current.by_version(), current.over_versions()
    else:
        in_windows = current = current.over_versions()
        over_time = timeline(baseline, current, settings, hindsight)
    labels_late = "" if over_time is None else over_time.labels_late
    measurements, channels = [], []
    notes: dict[int, str] = {}
    for block in blocks(ours, theirs, *noise.columns):
        part = _measure(block, ours, theirs, physical)
        channels += _channels(part, ours, noise, settings, physical, labels_late)
        notes |= _notes(part, grid.columns, settings.false_alarm_rate)
        measurements.append(part.slim())
    corrected = None if over_time is None else over_time.performed_now.unbiased
    performance = judge_performance(baseline, theirs, settings, noise.outcomes, corrected)
    every = [*channels, *performance.channels]
    decided = decide(every, settings.false_alarm_rate)
    if over_time is not None and over_time.decides:
        decided = [
            by_windows(decision, over_time, certain=bool(channel.certain))
            for decision, channel in zip(decided, every, strict=True)
        ]
    few = too_few(ours.rows, theirs.rows, "row")
    columns = {
        channel.name: _settle(decision, grid.columns[k], channel, few, notes.get(k, ""))
        for channel, decision in zip(channels, decided[: len(channels)], strict=True)
        for k in (grid.index[channel.name],)
    }
    return Comparison(
        baseline,
        current,
        settings,
        physical,
        measurements,
        columns,
        performance.decided(decided[len(channels) :]),
        [
            _segment(place, baseline, theirs, scores)
            for place, scores in enumerate(segment_scores(baseline, theirs, settings, noise.outcomes), 1)
        ],
        noise.columns[1],
        sum(bool(np.isfinite(decision.p_value)) for decision in decided),
        over_time,
        watch(baseline, in_windows, settings, over_time, physical),
    )


def _decisions(settings: Settings, baseline: Baseline, current: Profile) -> list[Decision]:
    """The decisions on two tables without their times."""
    found = _compare(baseline, current, replace_fields(settings, window=None, monitors=()), None)
    performed = [scored.decision for scored in found.performance.scores.values()]
    return [*found.decisions.values(), *(decision for decision in performed if decision is not None)]


def _segment(
    place: int, baseline: Baseline, current: Profile, scores: Mapping[str, Scored]
) -> SegmentFinding:
    """What moved most within a segment, and how the model did there."""
    ours, theirs = baseline.whole.segment(place), current.segment(place)
    ones = np.ones(len(baseline.grid.columns))
    largest: tuple[float, str, int | None] = (0.0, "", None)
    if min(ours.rows, theirs.rows) >= SEGMENT_ROWS:
        for block in blocks(ours, theirs, ones, ones):
            key = "kolmogorov_smirnov" if block.pair.ordered else "total_variation"
            values = np.nan_to_num(METRICS[key].compute(block.pair).value)
            row = int(values.argmax())
            name = baseline.grid.columns[int(block.columns[row])].name
            if values[row] > largest[0] and name != current.grid.segments[place - 1][0]:
                largest = float(values[row]), key, int(block.columns[row])
    return SegmentFinding(
        current.grid.segments[place - 1],
        ours.rows,
        theirs.rows,
        scores,
        largest[2],
        largest[1],
        largest[0],
    )


def _measure(
    block: Block, reference: Profile, current: Profile, physical: Mapping[str, str] | None
) -> Measurements:
    columns = reference.grid.columns
    axis = columns[block.columns[0]].axis
    before = summary(reference, block.cells, block.before, {})
    now = summary(current, block.cells, block.now, physical or {})
    kind = Kind.NUMERIC if isinstance(axis, NumericAxis) else Kind.CATEGORICAL
    drift: dict[str, Measured] = {}
    vectors = vector_pair(block, reference, current) if isinstance(axis, VectorAxis) else None
    if vectors is not None:
        kind = Kind.VECTOR
        drift = {m.key: m.compute(vectors) for m in METRICS.family("drift") if kind in m.kinds}
    elif axis is not None:
        drift = {m.key: m.compute(block.pair) for m in METRICS.family("drift") if kind in m.kinds}
    kinds = {columns[k].kind for k in block.columns} if axis is None else {kind}
    quality = [m for m in METRICS.family("quality") if kinds & m.kinds]
    return Measurements(
        block.columns,
        drift,
        {m.key: m.compute(now) for m in quality},
        {m.key: m.compute(before) for m in quality},
        block.pair,
        now,
        before,
        vectors,
    )


def _channels(
    part: Measurements,
    reference: Profile,
    noise: Noise,
    settings: Settings,
    physical: Mapping[str, str] | None,
    labels_late: str,
) -> list[Channel]:
    grid = reference.grid
    columns = [grid.columns[k] for k in part.columns]
    names = [column.name for column in columns]
    before, now = part.before, part.now
    findings = _Findings()
    filled = ((part.pair.reference > 0).sum(-1) > 1) & ((part.pair.current > 0).sum(-1) == 1)
    for row, column in enumerate(columns):
        constant = filled[row] and _became_constant(part, row, now, settings.false_alarm_rate)
        _look_at(row, column, part, constant, settings, physical, findings)
        if labels_late and column.role is Role.LABEL:
            findings.unknown[column.name] = labels_late
    shares = _shares(columns, part, before, now, *(side[part.columns] for side in noise.missing))
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
    return [replace(c, votes=(), certain=()) if c.name in silent else c for c in channels]


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


def _notes(part: Measurements, columns: Sequence[GridColumn], rate: float) -> dict[int, str]:
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


def _settle(decision: Decision, column: GridColumn, channel: Channel, few: str, note: str) -> Decision:
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
