"""Columns by segment: what of a change is gone when one segment, or the mix of segments, is undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.diagnosis.case import Case, Column
from leadline.diagnosis.noise import kolmogorov_mean, undone, variation_mean
from leadline.monitors.views import side
from leadline.profiles.numeric import NumericAxis

Floats = npt.NDArray[np.float64]

_ROWS = 30
"""Rows that a segment needs on both sides to be told from the whole."""


@dataclass(frozen=True)
class Split:
    """One column cut by the values of one segment column.

    Attributes:
        column: that was cut.
        by: the segment column; `values`: its values, S of them.
        before, now: shape (S, C): counts.
    """

    column: Column
    by: str
    values: tuple[str, ...]
    before: Floats
    now: Floats

    @property
    def weights(self) -> tuple[Floats, Floats]:
        """Shares of the segments among the values, reference and current, each shape (S,)."""
        ours, theirs = self.before.sum(1), self.now.sum(1)
        return ours / max(ours.sum(), 1e-300), theirs / max(theirs.sum(), 1e-300)

    def within(self) -> tuple[Floats, Floats]:
        """Shares of the cells within each segment, shape (S, C); empty segments take the other side's."""
        p, q = (rows / np.maximum(rows.sum(1, keepdims=True), 1e-300) for rows in (self.before, self.now))
        few = np.minimum(self.before.sum(1), self.now.sum(1)) < _ROWS
        p = np.where((few & (self.before.sum(1) == 0))[:, None], q, p)
        q = np.where((few & (self.now.sum(1) == 0))[:, None], p, q)
        return p, q

    def distances(self) -> Floats:
        """Distance within each segment, less what chance brings, shape (S,)."""
        p, q = self.within()
        sizes = self.before.sum(1) * self.now.sum(1) / np.maximum((self.before + self.now).sum(1), 1e-300)
        sizes /= max(self.column.before.inflation, self.column.now.inflation)
        found = []
        for ours, theirs, size in zip(p, q, sizes, strict=True):
            far = self._distance(theirs - ours)
            pooled = (ours + theirs) / 2
            noise = kolmogorov_mean(size) if self._ordered else variation_mean(pooled, size)
            found.append(np.sqrt(max(far * far - noise * noise, 0.0)) if size >= _ROWS / 2 else 0.0)
        return np.array(found)

    def without(self, place: int) -> float:
        """Share of the column's distance that is gone when this segment is as in the reference again."""
        p, q = self.within()
        _, now = self.weights
        return self._share((now[:, None] * q).sum(0) + now[place] * (p[place] - q[place]))

    def with_mix(self) -> float:
        """The same when the segments have the reference's weights again."""
        _, q = self.within()
        before, _ = self.weights
        return self._share((before[:, None] * q).sum(0))

    @property
    def _ordered(self) -> bool:
        return isinstance(self.column.axis, NumericAxis)

    def _share(self, current: Floats) -> float:
        before, _ = self.weights
        p, _ = self.within()
        reference = (before[:, None] * p).sum(0)
        left = self._distance(current - reference)
        noise = (
            kolmogorov_mean(self.column.harmonic)
            if self._ordered
            else variation_mean((current + reference) / 2, self.column.harmonic)
        )
        return undone(self.column.distance, left, noise)

    def _distance(self, difference: Floats) -> float:
        if self._ordered:
            return float(np.abs(np.cumsum(difference)).max(initial=0.0))
        return float(np.abs(difference).sum() / 2)


def splits(case: Case) -> Sequence[Sequence[Split]]:
    """For each segment column, the columns that moved, cut by it; it is not cut by itself."""
    return case.once("splits", _splits)


def _splits(case: Case) -> Sequence[Sequence[Split]]:
    segments = case.comparison.baseline.grid.segments
    names = list(dict.fromkeys(segment[0] for segment in segments))
    found = []
    for name in names:
        places = [place for place, segment in enumerate(segments, 1) if segment[0] == name]
        values = tuple(segments[place - 1][1] for place in places)
        moved = [c for c in case.moved if c.comparable and c.name != name]
        if moved:
            found.append(_cut(case, name, values, places, moved))
    return found


def _cut(
    case: Case, name: str, values: tuple[str, ...], places: Sequence[int], moved: Sequence[Column]
) -> Sequence[Split]:
    ours, theirs = case.comparison.baseline.whole, case.current
    found = []
    for column in moved:
        position = np.array([column.position], np.int64)
        before = np.stack([side(ours.segment(place), position).counts[0] for place in places])
        now = np.stack([side(theirs.segment(place), position).counts[0] for place in places])
        found.append(Split(column, name, values, before, now))
    return found
