"""Segments: how the model does in each, and those that a change has hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from leadline.diagnosis import Explained
from leadline.monitors.compare import Comparison
from leadline.reports.numbers import number
from leadline.reports.outcomes import score
from leadline.reports.record import Effect, SegmentHit, SegmentResult

MOST_HIT = 5
"""Segments that are named as hit at most."""


class Titled(Protocol):
    """What must be known of a metric: a declaration, or what a record says of it."""

    @property
    def title(self) -> str: ...
    @property
    def worse(self) -> str: ...


def segments_of(comparison: Comparison) -> list[SegmentResult]:
    """The segments, the largest first within each column."""
    columns = comparison.baseline.grid.columns
    totals = max(comparison.baseline.profile.rows, 1), max(comparison.current.rows, 1)
    return [
        SegmentResult(
            column=found.segment[0],
            value=found.segment[1],
            rows_reference=found.rows_reference,
            rows_current=found.rows_current,
            share_reference=found.rows_reference / totals[0],
            share_current=found.rows_current / totals[1],
            performance={key: score(scored) for key, scored in found.scores.items()},
            largest=None if found.largest is None else columns[found.largest].name,
            largest_effect=None
            if found.largest is None
            else Effect(metric=found.metric, value=number(found.value)),
        )
        for found in comparison.segments
        if found.rows_reference + found.rows_current
    ]


def hits(segments: Sequence[SegmentResult], metrics: Mapping[str, Titled]) -> list[SegmentHit]:
    """Segments in which performance is worse for certain, hit hardest first.

    Args:
        metrics: those that may tell it, by key.
    """
    found = [hit for segment in segments if (hit := _hit(segment, metrics)) is not None]
    return sorted(found, key=lambda hit: -abs(hit.change))[:MOST_HIT]


def _hit(segment: SegmentResult, metrics: Mapping[str, Titled]) -> SegmentHit | None:
    """The first metric by which performance in a segment is worse for certain."""
    for key, value in segment.performance.items():
        low, high = value.change_low, value.change_high
        metric = metrics.get(key)
        if value.change is None or low is None or high is None or metric is None:
            continue
        if (metric.worse == "lower" and high < 0) or (metric.worse == "higher" and low > 0):
            return SegmentHit(
                segment.column,
                segment.value,
                segment.rows_current,
                key,
                metric.title,
                value.change,
                low,
                high,
            )
    return None


def hits_of(explained: Explained) -> list[SegmentHit] | None:
    """The segments that the days of an alert have hit; None while labels of these days are still to come."""
    if explained.labels_to_come:
        return None
    scores = explained.comparison.performance.scores
    return hits(segments_of(explained.comparison), {key: scored.metric for key, scored in scores.items()})
