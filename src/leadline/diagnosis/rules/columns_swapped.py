"""Two columns were exchanged, in all rows or in a part of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

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
from leadline.diagnosis.words import distance, named, rows
from leadline.profiles.categorical import CategoricalAxis
from leadline.profiles.numeric import NumericAxis

Floats = npt.NDArray[np.float64]

_COLUMNS_MOST = 60
"""Pairs are looked at among the columns that moved most."""

_QUIET_MOST = 20
"""Columns that moved without an alert, and may be the other one of a pair."""


_FULL = 0.85
"""A column that moved besides seems exchanged in this part of its rows, at least, when all of them were."""

_LEAST = 0.6
"""Share of each distance that an exchange of all rows undoes where the columns moved besides; of both
together it undoes as much as any proof has to."""

_CHANCE = 0.5
"""Where many columns look like others, some do so mutually: no exchange is told where chance alone may be
expected to bring more of them than this."""

_APART = 0.9
"""Share of the other one's values in one cell of the column, beyond which they are not told apart."""

_ROWS = 30
"""Fewest rows with a value on either side."""


@dataclass(frozen=True)
class _Likeness:
    """How far a column's rows hold the values of another one's reference.

    Attributes:
        part: of the rows.
        share: of the distance that this undoes; `left`: distance that it leaves.
        exact: nothing but noise is left, of rows enough to tell.
        telling: the column's cells tell the other one's values apart; where nearly all of them lie in one, as
            below all that the column ever was, any column of such values looks alike.
    """

    part: float
    share: float
    left: float
    exact: bool
    telling: bool


@dataclass(frozen=True)
class _Pair:
    """Two columns, each of which looks like the other."""

    columns: tuple[Column, Column]
    there: _Likeness
    back: _Likeness

    @property
    def share(self) -> float:
        return min(self.there.share, self.back.share)

    @property
    def exact(self) -> bool:
        return self.there.exact and self.back.exact

    @property
    def names(self) -> tuple[str, str]:
        one, other = self.columns
        return one.name, other.name

    def is_exchange(self) -> bool:
        """The same rows of both were exchanged; all of them, where the columns moved besides."""
        there, back = self.there, self.back
        if self.exact:
            return abs(there.part - back.part) <= 0.1
        return min(there.part, back.part) >= _FULL and (there.share + back.share) / 2 >= PROVEN


def find(case: Case) -> list[Finding]:
    """One finding for each pair, best first; a column is part of one pair only."""
    found: list[Finding] = []
    taken: set[str] = set()
    for pair in sorted(_unambiguous(_pairs(case)), key=lambda pair: -pair.share):
        if not taken & set(pair.names):
            taken.update(pair.names)
            found.append(_finding(pair))
    return found


def _pairs(case: Case) -> Sequence[_Pair]:
    """Exchanges, unless so many columns look like others that chance may have brought them.

    Of columns that alert a share p looks like another one that does and not the other way round: in p squared
    of the pairs chance does both.
    """
    found: list[_Pair] = []
    alerting = alike = 0
    for one, other in _candidates(case):
        both = one.alerted and other.alerted
        alerting += both
        there = _looks_like(one, other)
        if there is None:
            continue
        back = _looks_like(other, one)
        if back is not None and (pair := _Pair((one, other), there, back)).is_exchange():
            found.append(pair)
        else:
            alike += both and there.telling
    return found if alike * alike <= _CHANCE * alerting else []


def _unambiguous(pairs: Sequence[_Pair]) -> Sequence[_Pair]:
    """Of many columns that are alike any two may look exchanged: what is not exact is told of two alone."""
    often = Counter(name for pair in pairs for name in pair.names)
    return [pair for pair in pairs if pair.exact or max(often[name] for name in pair.names) == 1]


def _finding(pair: _Pair) -> Finding:
    (one, other), there, back = pair.columns, pair.there, pair.back
    part = (there.part + back.part) / 2 if pair.exact else 1.0
    nearly = "" if pair.exact else ", or nearly so"
    return Finding(
        pair.names,
        f"{named(one.name)} and {named(other.name)} are exchanged in {rows(part)}: each now has the values"
        f" that the other had{nearly}; undoing that takes their distances from {distance(one.distance)} and"
        f" {distance(other.distance)} to {distance(there.left)} and {distance(back.left)}.",
        {
            "rows_share": part,
            f"distance of {one.name}": one.distance,
            f"distance of {other.name}": other.distance,
            f"distance left of {one.name}": there.left,
            f"distance left of {other.name}": back.left,
        },
        pair.share,
    )


def _candidates(case: Case) -> Iterator[tuple[Column, Column]]:
    """Pairs of which at least one column alerts, that one first: few rows may hide the other's change."""
    alerting = [c for c in case.moved[:_COLUMNS_MOST] if _comparable(c)]
    yield from combinations(alerting, 2)
    quiet = [c for c in case.inputs if _comparable(c) and not c.alerted]
    quiet.sort(key=lambda c: (-c.distance, c.name))
    for one in alerting:
        if one.is_input:
            yield from ((one, other) for other in quiet[:_QUIET_MOST])


def _comparable(column: Column) -> bool:
    """Both sides have values on the same cells, be they few in independent rows."""
    enough = min(column.before.values, column.now.values) >= _ROWS
    return column.axis is not None and column.distance > 0 and enough


def _looks_like(column: Column, other: Column) -> _Likeness | None:
    """The column as the other, None where that undoes too little."""
    if isinstance(column.axis, NumericAxis) and isinstance(other.axis, NumericAxis):
        before, now = column.distributions
        change = now.below - before.below
        target = other.distributions[0].below_edges(column.axis)
        full, largest = target - before.below, float(np.diff(target, prepend=0.0).max())
        noise, mean = kolmogorov_noise(column.harmonic), kolmogorov_mean(column.harmonic)
        part, gap = _part(change, full)
        left = float(np.abs(gap).max())
    elif isinstance(column.axis, CategoricalAxis) and isinstance(other.axis, CategoricalAxis):
        if not (column.axis.complete and other.axis.complete) or not _known_values(column, other):
            return None
        p, q = column.before.shares, column.now.shares
        target = np.zeros(len(p))
        cells = column.axis.assign(other.axis.vocabulary)
        np.add.at(target, cells, other.before.shares[: len(cells)])
        part, gap = _part(q - p, target - p)
        largest = float(target.max())
        left = float(np.abs(gap).sum() / 2)
        mixed = part * target + (1 - part) * p
        noise, mean = variation_noise(mixed, column.harmonic), variation_mean(mixed, column.harmonic)
    else:
        return None
    share = undone(column.distance, left, mean)
    exact = column.comparable and share >= PROVEN and (left <= noise or share >= 0.97)
    if not (column.alerted and column.comparable):
        # What it moved is within what chance does: the distances themselves tell how much of it is gone.
        share = 1 - left / column.distance
    if part < 0.05 or share < (PROVEN if exact else _LEAST):
        return None
    return _Likeness(part, share, left, exact, largest < _APART)


def _part(change: Floats, full: Floats) -> tuple[float, Floats]:
    part = part_moved(change, full)
    return part, change - part * full


def _known_values(column: Column, other: Column) -> bool:
    """The column's new values are values of the other's reference, by their hashes."""
    now, before = column.now.sample, other.before.sample
    own = column.before.sample
    if now.shift or before.shift or own.shift:
        return True
    new = np.setdiff1d(now.hashes, own.hashes)
    return bool(np.isin(new, before.hashes).mean() >= 0.9) if len(new) else True


RULE = Rule(
    "columns_swapped",
    "Exchanged columns",
    Scope.DATA,
    "Each of two columns has the distribution that the other had in the reference.",
    find,
)
