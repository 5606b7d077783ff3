"""The change, or the loss of performance, sits in one segment; the others are as before."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.places import Split, splits
from leadline.diagnosis.words import listed, named, number, percent
from leadline.monitors.compare import SegmentFinding
from leadline.monitors.outcomes import Scored

_MOST = 0.6
"""A segment with more of the rows than this is nearly the whole."""

_LEAST = 0.7
"""Share of the distance that undoing the segment has to take away."""

_QUIET = 0.3
"""In the other segments the distance is at most this part of the one's."""


def find(case: Case) -> list[Finding]:
    """One finding for each segment that explains columns with most of the whole effect, or the loss."""
    found = []
    for cut in splits(case):
        total = sum(split.column.effect for split in cut)
        for place, value in enumerate(cut[0].values):
            told = [(split, split.without(place)) for split in cut if _alone(split, place)]
            told = [(split, share) for split, share in told if share >= _LEAST]
            carried = sum(split.column.effect for split, _ in told)
            if told and carried >= total / 2:
                found.append(_finding(told, place, value))
    told_already = {finding.evidence["segment"] for finding in found}
    return found + [loss for loss in _losses(case) if loss.evidence["segment"] not in told_already]


def _losses(case: Case) -> list[Finding]:
    """Segments that lost performance while no other of their column did, by the first metric that alerts."""
    if not case.performance_alerts:
        return []
    key = next(
        key
        for key, scored in case.comparison.performance.scores.items()
        if scored.decision is not None and scored.decision.verdict == "alert"
    )
    found = []
    for _, group in itertools.groupby(case.comparison.segments, lambda finding: finding.segment[0]):
        known = [finding for finding in group if _judged(finding.scores.get(key))]
        known.sort(key=lambda finding: -_loss(finding.scores[key]))
        if len(known) > 1 and _apart(*(finding.scores[key] for finding in known[:2])):
            weight = known[0].rows_current / max(case.comparison.current.rows, 1)
            if weight <= _MOST:
                found.append(_lost(known[0], known[1].scores[key], key, weight))
    return found


def _judged(scored: Scored | None) -> bool:
    return scored is not None and bool(np.isfinite([scored.change.low, scored.change.high]).all())


def _loss(scored: Scored) -> float:
    """By how much the metric became worse; negative where it became better."""
    return float(scored.change.change) * (1 if scored.metric.worse == "higher" else -1)


def _apart(worst: Scored, next_worst: Scored) -> bool:
    """The worst lost clearly, the next and so all others hardly, and not by more than chance may bring."""
    low, high = float(worst.change.low), float(worst.change.high)
    lost = low > 0 if worst.metric.worse == "higher" else high < 0
    others = float(next_worst.change.low), float(next_worst.change.high)
    return lost and _loss(next_worst) <= _QUIET * _loss(worst) and others[0] <= 0 <= others[1]


def _lost(worst: SegmentFinding, next_worst: Scored, key: str, weight: float) -> Finding:
    scored = worst.scores[key]
    by, value = worst.segment
    before, now = float(scored.reference.value), float(scored.current.value)
    return Finding(
        (),
        f"The loss sits where {named(by)} is {named(value)} ({percent(weight)} of the rows):"
        f" {scored.metric.title} went from {number(before)} to {number(now)} there, and changed by no more"
        " than by chance elsewhere.",
        {
            "segment": f"{by} = {value}",
            "rows_share": weight,
            "metric": key,
            "reference": before,
            "current": now,
            "loss_elsewhere": max(_loss(next_worst), 0.0),
        },
        None,
    )


def _alone(split: Split, place: int) -> bool:
    weight = split.weights[1][place]
    distances = split.distances()
    others = max((d for s, d in enumerate(distances) if s != place), default=0.0)
    return bool(0 < weight <= _MOST and distances[place] > 0 and others <= _QUIET * distances[place])


def _finding(told: Sequence[tuple[Split, float]], place: int, value: str) -> Finding:
    first = told[0][0]
    names = tuple(split.column.name for split, _ in told)
    effects = [split.column.effect for split, _ in told]
    share = sum(effect * share for effect, (_, share) in zip(effects, told, strict=True)) / sum(effects)
    distances = first.distances()
    others = max(d for s, d in enumerate(distances) if s != place)
    weight = float(first.weights[1][place])
    elsewhere = f"by {number(others)} at most" if others > 0 else "no more than by chance"
    return Finding(
        names,
        f"{listed(names)} moved only where {named(first.by)} is {named(value)} ({percent(weight)} of the"
        f" rows): {named(names[0])} by {number(distances[place])} there, {elsewhere} elsewhere.",
        {
            "segment": f"{first.by} = {value}",
            "rows_share": weight,
            "distance_within": float(distances[place]),
            "distance_elsewhere": float(others),
        },
        share,
    )


RULE = Rule(
    "one_segment",
    "One segment",
    Scope.PLACE,
    "The distance, or the loss of performance, is large within one segment and near 0 in all others.",
    find,
)
