"""Values rounded to a coarser step than before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.distribution import Distribution, snap
from leadline.diagnosis.fits import PROVEN
from leadline.diagnosis.noise import kolmogorov_mean, kolmogorov_noise, undone
from leadline.diagnosis.rules.maps import fitter
from leadline.diagnosis.words import named, number
from leadline.profiles.numeric import NumericAxis

Floats = npt.NDArray[np.float64]

_STEPS_MOST = 2_000
_FEWER = 0.2
"""A part of the distinct values that were to be expected; rounding leaves fewer."""

_WAYS = {"rounded to": 0.5, "cut down to": 0.0, "raised to": 1.0}
"""Part of a step below a multiple from which values go to that multiple."""


def find(case: Case) -> list[Finding]:
    """One finding for each column whose change is undone by a step of rounding."""
    found = []
    for column, axis in case.numeric():
        finding = _rounded(case, column, axis)
        if finding is not None:
            found.append(finding)
    return found


def _rounded(case: Case, column: Column, axis: NumericAxis) -> Finding | None:
    before, now = column.before, column.now
    expected = before.distinct * min(1.0, now.values / max(before.values, 1.0))
    if before.distinct < 30 or not now.distinct <= _FEWER * expected:
        return None
    reference = fitter(case, column, axis).before
    noise, mean = kolmogorov_noise(column.harmonic), kolmogorov_mean(column.harmonic)
    best: tuple[float, float, str, float] | None = None
    for step in _steps(column):
        if now.distinct > (now.maximum - now.minimum) / step + 1.5:
            continue
        for way, lift in _WAYS.items():
            predicted = _predicted(axis, reference, column, step, lift)
            left = float(np.abs(np.cumsum(now.shares - predicted)).max())
            share = undone(column.distance, left, mean)
            proven = share >= PROVEN and (left <= noise or share >= 0.97)
            if proven and (best is None or left < best[1]):
                best = share, left, way, step
    if best is None:
        return None
    share, left, way, step = best
    return Finding(
        (column.name,),
        f"{named(column.name)} is {way} multiples of {number(step)}: {number(now.distinct)} distinct"
        f" values, {number(before.distinct)} before.",
        {
            "step": step,
            "way": way,
            "distinct_before": before.distinct,
            "distinct_now": now.distinct,
            "distance": column.distance,
            "distance_left": left,
        },
        share,
    )


def _steps(column: Column) -> Iterator[float]:
    """Steps that people round to and that leave at least two and not too many values."""
    span = column.now.maximum - column.now.minimum
    if not span > 0:
        return
    for power in range(int(np.floor(np.log10(span))) - 3, int(np.ceil(np.log10(span))) + 1):
        for digit in (1.0, 2.0, 2.5, 5.0):
            step = digit * 10.0**power
            if 1 <= span / step <= _STEPS_MOST:
                yield step


def _predicted(
    axis: NumericAxis, reference: Distribution, column: Column, step: float, lift: float
) -> Floats:
    """Shares in the axis's cells when each value goes to a multiple of the step.

    `lift` 0.5: the nearest; 0: the next below; 1: the next above.
    """
    low = np.floor(column.before.minimum / step) - 1
    high = np.ceil(column.before.maximum / step) + 1
    multiples = np.arange(low, min(high, low + 4 * _STEPS_MOST) + 1)
    ends = (np.append(multiples, multiples[-1] + 1) - lift) * step
    mass = np.diff(reference.share_below(ends))
    places = snap(axis, multiples * step)
    cells = np.clip(np.searchsorted(axis.edges, places, "right") - 1, 0, axis.cells - 1)
    shares: Floats = np.bincount(cells, weights=mass, minlength=axis.cells).astype(np.float64)
    return shares


RULE = Rule(
    "precision_loss",
    "Rounded values",
    Scope.DATA,
    "Far fewer distinct values, and the reference rounded to a step has the current distribution.",
    find,
)
