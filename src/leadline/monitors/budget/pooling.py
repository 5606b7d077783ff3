"""Windows of unequal volume: the law of their noise, and pooling of those too small to be judged alone.

The squared distance of a window to its baseline has the expectation a + b / n: a is how much windows differ
whatever their size, b the noise of counting n rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.monitors.budget.evidence import Evidence, Floats, Integers

SMALL = 4.0
"""A window is too small where its counting noise exceeds this many times what a typical window shows."""


@dataclass(frozen=True, eq=False)
class VolumeLaw:
    """Variance a + b / n of each column.

    Attributes:
        a, b: shape (K,), not negative; in units of the squared distance to the baseline.
        typical: median rows of a reference window.
    """

    a: Floats
    b: Floats
    typical: float

    def ratio(self, rows: Floats) -> Floats:
        """Variance at these rows over the variance of a typical window: shape rows.shape + (K,), above 0."""
        at_typical = self.a + self.b / self.typical
        at_rows = self.a + self.b / np.maximum(rows, 1.0)[..., None]
        return np.where(at_typical > 0, at_rows / np.where(at_typical > 0, at_typical, 1.0), 1.0)

    @property
    def fewest_rows(self) -> float:
        """Rows below which a window waits for the next ones: b / n > 4 max(a, b / typical), median column."""
        noise = np.maximum(self.a, self.b / self.typical)
        bounds = self.b[noise > 0] / (SMALL * noise[noise > 0])
        return float(np.median(bounds)) if bounds.size else 0.0


def fit_volume_law(squared: Floats, rows: Floats, counting: Floats | float = 0.0) -> VolumeLaw:
    """a and b by least squares on relative errors.

    Windows of nearly equal volume say nothing of b, and b = 0 would let every smaller window look strange;
    but rows cannot be counted with less noise than that of independent ones.

    Args:
        squared: shape (W, K): chi-squared distances of the windows to their baselines; NaN unknown.
        rows: shape (W,), above 0.
        counting: shape (K,): the least b.
    """
    typical = float(np.median(rows)) if len(rows) else 1.0
    x = (typical / rows)[:, None]
    known = np.isfinite(squared)
    y = np.where(known, squared, 0.0)
    mean = y.sum(0) / np.maximum(known.sum(0), 1)
    a, b = mean / 2, mean / 2
    for _ in range(3):
        # The spread of a squared distance grows with its mean, so errors are taken relative to the fit.
        weight = known / np.maximum(a + b * x, 1e-12 + 1e-6 * mean) ** 2
        a, b = _line(x, y, weight, np.asarray(counting) / typical)
    return VolumeLaw(a, b * typical, typical)


def _line(x: Floats, y: Floats, weight: Floats, least: Floats) -> tuple[Floats, Floats]:
    """Weighted least squares of y on a + b x for each column: a not below 0, nor b below `least`, unless all
    of y is less.
    """
    total = np.maximum(weight.sum(0), 1e-300)
    mean_x, mean_y = (weight * x).sum(0) / total, (weight * y).sum(0) / total
    spread = (weight * (x - mean_x) ** 2).sum(0)
    slope = (weight * (x - mean_x) * (y - mean_y)).sum(0) / np.where(spread > 0, spread, 1.0)
    only_noise = (weight * x * y).sum(0) / np.maximum((weight * x * x).sum(0), 1e-300)
    a = mean_y - slope * mean_x
    b = np.where(a < 0, only_noise, slope)
    b = np.where(b < least, np.minimum(least, only_noise), b)
    return np.maximum(mean_y - b * mean_x, 0.0), np.maximum(b, 0.0)


@dataclass(frozen=True, eq=False)
class Units:
    """Windows with rows, the small ones joined: what is compared.

    Attributes:
        first, last: shape (U,): windows of the evidence that a unit begins and ends with.
        rows: shape (U,), above 0.
        waiting: first window of the unit that is not full yet; the number of windows where there is none.
    """

    first: Integers
    last: Integers
    rows: Floats
    waiting: int


def pool(rows: Floats, fewest: float) -> Units:
    """Join each small window with the next ones until there are `fewest` rows.

    What a unit is depends on no later window, so windows that come one by one make the same units.
    """
    first, last, sums = [], [], []
    start, total = None, 0.0
    for window, count in enumerate(rows.tolist()):
        if count == 0:
            continue
        start = window if start is None else start
        total += count
        if total >= fewest:
            first.append(start)
            last.append(window)
            sums.append(total)
            start, total = None, 0.0
    waiting = len(rows) if start is None else start
    return Units(np.array(first, np.intp), np.array(last, np.intp), np.array(sums), waiting)


@dataclass(frozen=True, eq=False)
class Pooled:
    """Numbers of some units, ready to be compared.

    Attributes:
        rows: shape (U,).
        counts: shape (U, T).
        mix: shape (U, G + 1): share of a unit's rows in each season slot; the last for slots never seen.
        values, variance: shape (U, C); NaN unknown.
    """

    rows: Floats
    counts: Floats
    mix: Floats
    values: Floats
    variance: Floats


def gather(evidence: Evidence, units: Units, chosen: slice, slots: Integers, seen: int) -> Pooled:
    """Sums and row-weighted means of the evidence over each of the chosen units.

    Args:
        evidence: all windows.
        units: of all windows.
        chosen: the units wanted.
        slots: shape (W,), the season slot of each window.
        seen: number of slots that the reference has.
    """
    first, last = units.first[chosen], units.last[chosen]
    if not len(first):
        empty = evidence.windows(slice(0, 0))
        return Pooled(
            empty.rows,
            empty.histograms.counts,
            np.empty((0, seen + 1)),
            empty.series.values,
            empty.series.variance,
        )
    span = slice(int(first[0]), int(last[-1]) + 1)
    with_rows = span.start + np.flatnonzero(evidence.rows[span] > 0)
    kept = span if len(with_rows) == span.stop - span.start else with_rows
    rows = np.asarray(evidence.rows[kept], float)
    one_hot = np.zeros((len(rows), seen + 1))
    one_hot[np.arange(len(rows)), np.minimum(slots[kept], seen)] = rows
    starts = np.searchsorted(with_rows, first)

    def add(values: Floats) -> Floats:
        return values if len(values) == len(starts) else np.add.reduceat(values, starts, axis=0)

    values, variance = evidence.series.values[kept], evidence.series.variance[kept]
    weight = np.where(np.isfinite(values), rows[:, None], 0.0)
    total = add(weight)
    total = np.where(total > 0, total, np.nan)
    joined = units.rows[chosen]
    return Pooled(
        joined,
        add(np.asarray(evidence.histograms.counts[kept], float)),
        add(one_hot) / joined[:, None],
        add(np.where(weight > 0, values, 0.0) * weight) / total,
        add(np.where(weight > 0, variance, 0.0) * weight**2) / total**2,
    )
