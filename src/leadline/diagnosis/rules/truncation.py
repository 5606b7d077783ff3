"""Values beyond a bound are gone: moved onto the bound, or left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.fits import PROVEN
from leadline.diagnosis.noise import kolmogorov_mean, kolmogorov_noise, undone
from leadline.diagnosis.rules.maps import fitter
from leadline.diagnosis.words import named, number, percent
from leadline.profiles.numeric import NumericAxis

Floats = npt.NDArray[np.float64]

_ROWS = 20
"""Rows that were to be expected beyond the bound, where none is."""

_VALUES = 8
"""A column of fewer values has no tail to cut: a value is gone, or it is not."""


def find(case: Case) -> list[Finding]:
    """One finding for each column that ends at a bound now."""
    found = []
    for column, axis in case.numeric():
        enough = np.count_nonzero(column.before.counts) >= _VALUES
        finding = _bounded(case, column, axis) if enough else None
        if finding is not None:
            found.append(finding)
    return found


def _bounded(case: Case, column: Column, axis: NumericAxis) -> Finding | None:
    best: tuple[float, float, str, str, float] | None = None
    for side, kept, way, predicted in _trials(case, column, axis):
        left = float(np.abs(np.cumsum(column.now.shares - predicted)).max())
        share = undone(column.distance, left, kolmogorov_mean(column.harmonic))
        proven = share >= PROVEN and (left <= kolmogorov_noise(column.harmonic) or share >= 0.97)
        if proven and (best is None or share > best[0]):
            best = share, left, side, way, 1 - kept
    if best is None:
        return None
    share, left, side, way, lost = best
    low, high = number(column.now.minimum), number(column.now.maximum)
    bound = {"above": high, "below": low, "beyond": f"{low} and {high}"}[side]
    where = f"{side} {bound}" if side != "beyond" else f"below {low} or above {high}"
    what = "set to that bound" if way == "clipped" else "left out"
    evidence: dict[str, float | str] = {
        "lost_share": lost, "way": way, "distance": column.distance, "distance_left": left,
    }  # fmt: skip
    if side != "below":
        evidence["upper_bound"] = column.now.maximum
    if side != "above":
        evidence["lower_bound"] = column.now.minimum
    return Finding(
        (column.name,),
        f"{named(column.name)} has no value {where} any more, where {percent(lost)} of the reference lie:"
        f" they were {what}.",
        evidence,
        share,
    )


def _trials(case: Case, column: Column, axis: NumericAxis) -> Iterator[tuple[str, float, str, Floats]]:
    """Where the values end, the share of the reference within, how, and the shares that this predicts."""
    now = column.now
    before = fitter(case, column, axis).before
    under = float(before.share_below(np.array([now.minimum]))[0])
    over = 1 - float(before.share_below(np.array([np.nextafter(now.maximum, np.inf)]))[0])
    p = column.before.shares
    first, last = (int(np.searchsorted(axis.edges, end, "right") - 1) for end in (now.minimum, now.maximum))
    for side, below, above in (("above", 0.0, over), ("below", under, 0.0), ("beyond", under, over)):
        ends = [lost for lost in (below, above) if lost > 0]
        if not ends or min(ends) * now.size < _ROWS or (side == "beyond" and len(ends) < 2):
            continue
        inside = _inside(p, first, below, last, above)
        kept = float(inside.sum())
        if kept <= 0.05:
            continue
        # Rows that were left out by their score would be missing among the inputs, and none of them moved.
        if column.is_input or not case.inputs:
            yield side, kept, "left out", inside / kept
        if _on_the_bound(column, axis, first, below, now.minimum) and _on_the_bound(
            column, axis, last, above, now.maximum
        ):
            clipped = inside.copy()
            clipped[first] += below
            clipped[last] += above
            yield side, kept, "clipped", clipped / clipped.sum()


def _on_the_bound(column: Column, axis: NumericAxis, cell: int, lost: float, bound: float) -> bool:
    """The cell of the bound holds as much more as lies beyond, and its mean lies at the bound."""
    before, now = column.before, column.now
    if not lost:
        return True
    if not now.counts[cell] >= lost * now.values / 2:
        return False
    mean = axis.centre + axis.scale * now.sums[cell] / now.counts[cell]
    share = before.shares[cell]
    width = min(axis.edges[cell + 1], now.maximum) - max(axis.edges[cell], now.minimum)
    return bool(abs(mean - bound) <= (share / (share + lost)) * width + 1e-3 * axis.scale)


def _inside(p: Floats, first: int, below: float, last: int, above: float) -> Floats:
    """The reference's shares within the bounds; a cell that a bound cuts keeps what lies inside."""
    inside = p.copy()
    if below:
        inside[first] -= below - p[:first].sum()
        inside[:first] = 0
    if above:
        inside[last] -= above - p[last + 1 :].sum()
        inside[last + 1 :] = 0
    return np.maximum(inside, 0.0)


RULE = Rule(
    "truncation",
    "Cut at a bound",
    Scope.DATA,
    "No value lies beyond a bound where the reference had many; the reference cut there is the current side.",
    find,
)
