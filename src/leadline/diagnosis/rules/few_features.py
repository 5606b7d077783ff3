"""Few of many features carry the change."""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.noise import kolmogorov_mean, variation_mean
from leadline.diagnosis.words import counted, listed, percent
from leadline.profiles.numeric import NumericAxis

_FEATURES = 4
"""Of fewer features than this none are few."""

_FEW, _PART = 2, 0.1

_CARRIED = 0.5
"""Part of all movement that they carry at least: beside many small moves they are not what happened."""


def find(case: Case) -> list[Finding]:
    """At most one finding: two features, or a tenth of them, moved, and carry most of all movement."""
    moved, features = case.moved_inputs, case.inputs
    if not moved or len(features) < _FEATURES or len(moved) > max(_FEW, _PART * len(features)):
        return []
    distances = {}
    for column in features:
        if not column.comparable:
            continue
        noise = (
            kolmogorov_mean(column.harmonic)
            if isinstance(column.axis, NumericAxis)
            else variation_mean((column.before.shares + column.now.shares) / 2, column.harmonic)
        )
        distances[column.name] = float(np.sqrt(max(column.distance**2 - noise * noise, 0.0)))
    names = tuple(column.name for column in moved)
    carried = sum(distances.get(name, 0.0) for name in names)
    total = sum(distances.values())
    share = carried / total if total > 0 else 0.0
    if share < _CARRIED:
        return []
    return [
        Finding(
            names,
            f"{listed(names)} {'carries' if len(names) == 1 else 'carry'} {percent(share)} of all movement;"
            f" the other {counted(len(features) - len(moved), 'feature')} hardly moved.",
            {"features_moved": float(len(moved)), "features": float(len(features))},
            share,
        )
    ]


RULE = Rule(
    "few_features",
    "Few features",
    Scope.POPULATION,
    "At most two features, or a tenth of them, carry at least half of all movement.",
    find,
)
