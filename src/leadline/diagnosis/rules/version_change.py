"""Another version of the model answers, and the predictions moved though no input did that had not before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.declare import Finding, Rule, Scope
from leadline.diagnosis.fits import PROVEN
from leadline.diagnosis.noise import (
    kolmogorov_mean,
    kolmogorov_noise,
    part_moved,
    undone,
    variation_mean,
    variation_noise,
)
from leadline.diagnosis.words import listed, named, percent
from leadline.profiles.numeric import NumericAxis
from leadline.profiles.profile import Profile

Floats = npt.NDArray[np.float64]

LEAST = 0.05
"""Smallest change of a version's share of the rows."""

_OWN = 0.5
"""Part of the predictions' distance that what the inputs had done before has to leave."""


def gained(reference: Profile, current: Profile) -> tuple[str, float, float] | None:
    """The version that gained most, with its share before and now; None where none gained enough."""
    ours, theirs = reference.versions, current.versions
    if not ours or not theirs:
        return None
    m, n = sum(ours.values()), sum(theirs.values())
    name = max(theirs, key=lambda v: theirs[v] / n - ours.get(v, 0) / m)
    before, now = ours.get(name, 0) / m, theirs[name] / n
    return (name, before, now) if now - before >= LEAST else None


def versions_moved(case: Case) -> tuple[str, float, float] | None:
    """What `gained` says of the comparison."""
    return case.once(
        "versions_moved", lambda case: gained(case.comparison.baseline.whole, case.comparison.current)
    )


def find(case: Case) -> list[Finding]:
    """At most one finding; looked for once for all rules."""
    return case.once("version_change", _find)


def _find(case: Case) -> list[Finding]:
    moved = versions_moved(case)
    if moved is None or not case.moved_outputs:
        return []
    name, before, now = moved
    own = _own_moves(case)
    outputs = tuple(column.name for column, _ in own)
    if not outputs:
        return []
    total = sum(column.effect for column, _ in own)
    left = sum(column.effect * share for column, share in own) / total if total else 0.0
    # Rows of one version among others move no distribution by more than their share.
    most = min((now - before) / max(own[0][0].distance, 1e-300), 1.0) if own[0][0].distance > 0 else 1.0
    inputs = [column.name for column in case.moved_inputs]
    alone = f"{listed(outputs)} moved and no input did."
    if inputs:
        alone = f"{listed(outputs)} moved, and had not when {listed(inputs)} moved as much before it."
    return [
        Finding(
            outputs,
            f"Version {named(name)} of the model answers {percent(now)} of the rows ({percent(before)}"
            f" before); {alone}",
            {"version": name, "rows_share_before": before, "rows_share_now": now},
            left * most,
        )
    ]


def _own_moves(case: Case) -> list[tuple[Column, float]]:
    """Outputs that moved otherwise than with the inputs, with the part of their distance that this is.

    All of it where no input moved. Else the inputs have to be as in a mix of the reference and of the rows
    before the version came; what that mix makes of the outputs is the inputs' part.
    """
    if not case.moved_inputs:
        return [(column, 1.0) for column in case.moved_outputs]
    if case.earlier is None:
        return []
    earlier = Case(case.earlier).columns
    pairs = [_Moves(column, earlier[column.name]) for column in case.moved_inputs if column.comparable]
    pairs = [pair for pair in pairs if pair.then.comparable]
    if len(pairs) < len(case.moved_inputs):
        return []
    part = _part(pairs)
    if any(pair.undone(part) < PROVEN for pair in pairs):
        return []
    outputs = [_Moves(c, earlier[c.name]) for c in case.moved_outputs if c.comparable]
    left = [(pair.now, pair.left(part), pair) for pair in outputs if pair.then.comparable]
    return [
        (column, min(rest / column.distance, 1.0))
        for column, rest, pair in left
        if rest > pair.noise and rest >= _OWN * column.distance
    ]


class _Moves:
    """How one column moved from the reference: now, and in the rows before a version came.

    Args:
        now, then: the column in both comparisons, on the same cells.
    """

    def __init__(self, now: Column, then: Column) -> None:
        self.now, self.then = now, then
        self._ordered = isinstance(now.axis, NumericAxis)
        self.change, self.former = self._move(now), self._move(then)
        m, n = then.now.size, now.now.size
        self._harmonic = m * n / max(m + n, 1e-300)
        self._shares = (then.now.shares + now.now.shares) / 2

    @property
    def noise(self) -> float:
        """A bound of what chance makes of the distance."""
        if self._ordered:
            return kolmogorov_noise(self._harmonic)
        return variation_noise(self._shares, self._harmonic)

    def left(self, part: float) -> float:
        """The distance from a mix with this part of the rows before."""
        rest = np.abs(self.change - part * self.former)
        return float(rest.max(initial=0.0) if self._ordered else rest.sum() / 2)

    def undone(self, part: float) -> float:
        """Part of the distance that the mix explains."""
        by_chance = (
            kolmogorov_mean(self._harmonic) if self._ordered else variation_mean(self._shares, self._harmonic)
        )
        return undone(self.now.distance, self.left(part), by_chance)

    def _move(self, column: Column) -> Floats:
        moved = column.now.shares - column.before.shares
        return np.cumsum(moved) if self._ordered else moved


def _part(pairs: Sequence[_Moves]) -> float:
    """The part of the rows that are as before, 0..1, by least squares over all columns."""
    return part_moved(
        np.concatenate([pair.change for pair in pairs]), np.concatenate([pair.former for pair in pairs])
    )


RULE = Rule(
    "version_change",
    "Another version of the model",
    Scope.MODEL,
    "The versions' shares moved, and the predictions moved though no input did, or none more than it had"
    " before the version came.",
    find,
)
