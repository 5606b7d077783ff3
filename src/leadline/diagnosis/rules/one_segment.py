"""The change sits in one segment; in the others nothing moved."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.places import Split, splits
from leadline.diagnosis.words import listed, named, number, percent

_MOST = 0.6
"""A segment with more of the rows than this is nearly the whole."""

_LEAST = 0.7
"""Share of the distance that undoing the segment has to take away."""

_QUIET = 0.3
"""In the other segments the distance is at most this part of the one's."""


def find(case: Case) -> list[Finding]:
    """One finding for each segment that explains columns with most of the whole effect."""
    found = []
    for cut in splits(case):
        total = sum(split.column.effect for split in cut)
        for place, value in enumerate(cut[0].values):
            told = [(split, split.without(place)) for split in cut if _alone(split, place)]
            told = [(split, share) for split, share in told if share >= _LEAST]
            carried = sum(split.column.effect for split, _ in told)
            if told and carried >= total / 2:
                found.append(_finding(told, place, value))
    return found


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
    "The distance is large within one segment and near 0 in all others.",
    find,
)
