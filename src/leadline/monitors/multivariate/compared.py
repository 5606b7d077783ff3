"""The rows of windows beside the reference's, each window without the reference around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.metrics.products import gram
from leadline.monitors.budget.season import decorrelation_gap
from leadline.monitors.multivariate.coordinates import Coordinates, Floats, Integers, Rows
from leadline.monitors.windows import Windows
from leadline.once import Once
from leadline.profiles.profile import Profile

Sums = npt.NDArray[np.int64]
ROWS_MAX = 1_000
"""Most rows of a window that are looked at."""

ROWS_MIN = 50
"""Rows of a window below which it is unknown."""

WINDOWS_MIN = 8
"""Reference windows with enough rows below which nothing is known."""

FOLDS = 20
"""Parts of the reference that are left out in turn."""


@dataclass(frozen=True, eq=False)
class WindowRows(Once):
    """Rows of the windows that have enough of them, window by window.

    Attributes:
        window: shape (U,): these windows, ascending.
        rows: shape (n, p).
        starts: shape (U + 1,): window u's rows are starts[u]:starts[u + 1]; their order is that of a hash.
    """

    window: Integers
    rows: Rows
    starts: Integers

    @classmethod
    def of(cls, coordinates: Coordinates, profile: Profile, windows: Windows) -> WindowRows:
        """Of a profile's sample; of no window where it has none."""
        sample = profile.sample
        if sample is None or not coordinates:
            return cls(
                np.zeros(0, np.intp), np.zeros((0, len(coordinates)), np.float32), np.zeros(1, np.intp)
            )
        buckets = np.array(profile.axes.buckets, np.int64)
        window = windows.of_bucket[np.searchsorted(buckets, sample.bucket)]
        chosen = np.flatnonzero(window >= 0)
        order = chosen[np.lexsort((sample.hashes[chosen], window[chosen]))]
        size = np.bincount(window[order], minlength=len(windows))
        rank = np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size)
        enough = size >= ROWS_MIN
        order = order[(rank < ROWS_MAX) & enough[window[order]]]
        kept = np.minimum(size[enough], ROWS_MAX)
        starts = np.concatenate([[0], np.cumsum(kept)]).astype(np.intp)
        return cls(np.flatnonzero(enough), coordinates.rows(sample, order), starts)

    def __len__(self) -> int:
        return len(self.window)

    @property
    def size(self) -> Integers:
        """Shape (U,): rows looked at."""
        return np.diff(self.starts)

    def of_window(self, u: int) -> Rows:
        """Shape (rows, p)."""
        return self.rows[self.starts[u] : self.starts[u + 1]]

    @cached_property
    def means(self) -> Floats:
        """Shape (U, p)."""
        if not len(self):
            return np.zeros((0, self.rows.shape[1]))
        sums = np.add.reduceat(self.rows, self.starts[:-1], axis=0, dtype=np.float64)
        return sums / self.size[:, None]

    @cached_property
    def covariances(self) -> Floats:
        """Shape (U, p, p): within each window, about its own means."""
        p = self.rows.shape[1]
        found = np.empty((len(self), p, p))
        for u in range(len(self)):
            found[u] = gram(self.of_window(u))
        found /= self.size[:, None, None]
        found -= self.means[:, :, None] * self.means[:, None, :]
        return found


@dataclass(frozen=True, eq=False)
class Part:
    """Windows that are compared with the same reference windows.

    Attributes:
        windows: shape (m,): places among the windows compared.
        rest: shape (U,) bool: the reference windows they are compared with.
    """

    windows: Integers
    rest: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Compared(Once):
    """Windows and what they are compared with.

    Attributes:
        coordinates: of the rows.
        reference, current: rows of both sides; the same object where the reference itself is compared.
        baseline: of the reference.
        vectors, vectors_current: what was summed of columns of vectors in the windows of both sides, shapes
            (R, T) and (W, T), see `Grid.vectors`; the same object where the reference itself is compared.
    """

    coordinates: Coordinates
    reference: WindowRows
    current: WindowRows
    baseline: Baseline
    vectors: Sums
    vectors_current: Sums

    @classmethod
    def itself(cls, baseline: Baseline, windows: Windows) -> Compared:
        """The windows of a reference, each with the others."""
        coordinates = Coordinates.of(baseline)
        rows = WindowRows.of(coordinates, baseline.profile, windows)
        vectors = _vectors(baseline.profile, windows)
        return cls(coordinates, rows, rows, baseline, vectors, vectors)

    def beside(self, profile: Profile, windows: Windows) -> Compared:
        """The windows of another table with the same reference."""
        return replace(
            self,
            current=WindowRows.of(self.coordinates, profile, windows),
            vectors_current=_vectors(profile, windows),
        )

    def parts(self) -> Iterator[Part]:
        """All windows compared; those of the reference without the ones around them."""
        count = len(self.reference)
        if self.current is not self.reference:
            yield Part(np.arange(len(self.current)), np.ones(count, bool))
            return
        gap = decorrelation_gap(self.reference.means, np.ones((count, 1)))
        place = np.arange(count)
        for fold in np.array_split(place, min(FOLDS, count)):
            yield Part(fold, (place < fold[0] - gap) | (place > fold[-1] + gap))

    @cached_property
    def whole(self) -> tuple[Floats, Floats]:
        """Mean and covariance of all reference rows, each window counting the same: shapes (p,), (p, p)."""
        return self.of(np.ones(len(self.reference), bool))

    def of(self, chosen: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """The same of some reference windows."""
        means = self.reference.means[chosen]
        mean = means.mean(0)
        off = means - mean
        return mean, self.reference.covariances[chosen].mean(0) + off.T @ off / len(means)


def _vectors(profile: Profile, windows: Windows) -> Sums:
    if "vectors" not in profile.sums:
        return np.zeros((len(windows), 0), np.int64)
    return windows.sums(profile.sums["vectors"][:, 0, 0])


@dataclass(frozen=True, eq=False)
class Found:
    """One number for each window compared.

    Attributes:
        key: of the channel.
        values, variance: shape (U,).
        direction: +1 only a rise is bad, 0 both.
        floor: smallest distance from the baseline worth an alert.
    """

    key: str
    values: Floats
    variance: Floats
    direction: int
    floor: float
