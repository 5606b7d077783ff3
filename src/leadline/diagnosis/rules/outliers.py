"""A few values far from all others came in; the rest is as before."""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.fits import PROVEN
from leadline.diagnosis.noise import kolmogorov_mean, kolmogorov_noise, undone
from leadline.diagnosis.words import named, number, percent

_MOST = 0.25
"""More than this share of the rows are no outliers."""

_RARE = 0.1
"""Nor are values of which the reference held more: where most rows hold one value, all others lie far out."""

_VALUES = 3
"""Of fewer values none lies far from the others."""


def find(case: Case) -> list[Finding]:
    """One finding for each column in which more values lie beyond the fences than before."""
    found = []
    for column, axis in case.numeric():
        p, q = column.before.shares, column.now.shares
        far = axis.outlying | axis.outside
        if float(p[far].sum()) > _RARE or np.count_nonzero(column.before.counts) < _VALUES:
            continue
        gain = float(q[far].sum() - p[far].sum())
        noise = kolmogorov_noise(column.harmonic)
        if not 0.005 <= gain <= _MOST or gain * column.now.size < 10:
            continue
        came = np.where(far, np.maximum(q - p, 0.0), 0.0)
        part = float(came.sum())
        predicted = (1 - part) * p + came
        left = float(np.abs(np.cumsum(q - predicted)).max())
        share = undone(column.distance, left, kolmogorov_mean(column.harmonic))
        if column.decision.decided_by == "out_of_range_share" and left <= noise:
            share = 1.0  # the shares beyond the range are the effect, and all of it
        if share < PROVEN or left > noise:
            continue
        found.append(
            Finding(
                (column.name,),
                f"{named(column.name)}: {percent(float(q[far].sum()))} of the values lie far out"
                f" ({percent(float(p[far].sum()))} before), between {number(column.now.minimum)} and"
                f" {number(column.now.maximum)}; the others are as before.",
                {
                    "far_before": float(p[far].sum()),
                    "far_now": float(q[far].sum()),
                    "minimum": column.now.minimum,
                    "maximum": column.now.maximum,
                    "distance": column.distance,
                    "distance_left": left,
                },
                share,
            )
        )
    return found


RULE = Rule(
    "outliers",
    "Values far out",
    Scope.DATA,
    "More values lie beyond the reference's fences or range; without them nothing moved.",
    find,
)
