"""One comparison: what was counted on both sides, measured and decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace as replace_fields

from leadline.baselines.baseline import Baseline
from leadline.baselines.noise import OutcomeNoise
from leadline.metrics import METRICS
from leadline.monitors.by_version import timeline_by_version
from leadline.monitors.columns import channels_of, notes_of, settled
from leadline.monitors.joint import (
    Decision,
    decide,
)
from leadline.monitors.labels import Hindsight
from leadline.monitors.measurements import Measurements, measure
from leadline.monitors.outcomes import Performance, Scored, judge_performance, segment_scores
from leadline.monitors.rules import Watched, watch
from leadline.monitors.timeline import Timeline, by_windows, timeline
from leadline.monitors.views import blocks
from leadline.monitors.votes import too_few
from leadline.profiles.grid import Segment
from leadline.profiles.profile import Profile
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

SEGMENT_ROWS = 100
"""Rows a segment needs on both sides before its columns are compared."""


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
        part = measure(block, ours, theirs, physical)
        channels += channels_of(
            part, grid, noise.missing, settings, physical, labels_late, (ours.unreadable, theirs.unreadable)
        )
        notes |= notes_of(part, grid.columns, settings.false_alarm_rate)
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
        channel.name: settled(decision, grid.columns[k], channel, few, notes.get(k, ""))
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
