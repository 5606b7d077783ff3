"""More values are missing than before."""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.case import Case
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.noise import kolmogorov_mean, variation_mean
from leadline.diagnosis.words import named, percent

_SURE = 4.0
"""Standard errors by which the share has to have risen."""


def find(case: Case) -> list[Finding]:
    """One finding for each alerted column whose share of missing values rose and decided the alert.

    The values that are left tell how much of the change it is: where they moved too, by less.
    """
    found = []
    for column in case.moved_inputs or case.moved_outputs:
        before, now = column.before, column.now
        # A saved profile tells no types; only a table can lack the column as a whole.
        absent = case.comparison.physical is not None and column.physical[1] is None
        if now.rows <= 0 or before.rows <= 0 or absent or now.unreadable:
            continue
        p, q = before.missing_share, now.missing_share
        pooled = (before.missing + now.missing) / (before.rows + now.rows)
        error = np.sqrt(pooled * (1 - pooled) * (before.inflation / before.rows + now.inflation / now.rows))
        floor = case.comparison.settings.floors.share
        if q - p < max(floor, _SURE * error):
            continue
        left = column.distance if np.isfinite(column.distance) else 0.0
        noise = kolmogorov_mean(column.harmonic)
        if not np.isfinite(column.before.mean):
            noise = variation_mean((before.shares + now.shares) / 2, column.harmonic)
        others = float(np.sqrt(left * left - noise * noise)) if left > 2 * noise else 0.0
        found.append(
            Finding(
                (column.name,),
                f"{named(column.name)}: {percent(q)} of the values are missing, {percent(p)} were before.",
                {"missing_before": p, "missing_now": q, "distance_of_the_rest": left},
                (q - p) / (q - p + others),
            )
        )
    return found


RULE = Rule(
    "missing_values",
    "Missing values",
    Scope.DATA,
    "The share of null, NaN or empty values rose by more than chance and its floor.",
    find,
)
