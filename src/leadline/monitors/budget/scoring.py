"""Windows against their baselines: standardised statistics of reference and new windows alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from leadline.monitors.budget.evidence import Booleans, Floats, Integers
from leadline.monitors.budget.operators import Operator, merged
from leadline.monitors.budget.pooling import Pooled, VolumeLaw
from leadline.monitors.budget.statistics import (
    Cells,
    Distances,
    distances,
    joined,
    merged_shares,
    proportions,
)
from leadline.monitors.budget.surprise import LARGEST

MEMORY = 12
"""Windows in a moving average; older ones would weigh less than 1.5 % together."""

HALF_MEMORY = MEMORY // 2
"""Windows on either side that share most of their moving average."""

KERNEL: Floats = 0.3 * np.power(0.7, np.arange(MEMORY, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class Baselines:
    """Where baselines come from: operators on the units themselves, or on stored means of season slots.

    Attributes:
        operators: by scale, of m targets.
        series: of the last units given, as many as moving averages take.
        columns, numbers: stored baselines (N, T) and (N, C), NaN unknown; None: the units themselves.
    """

    operators: Mapping[int, Operator]
    series: Operator
    columns: Floats | None = None
    numbers: Floats | None = None


@dataclass(frozen=True, eq=False)
class Compared:
    """Statistics of m units in some channels that follow one another: shapes (m, c), NaN unknown.

    Attributes:
        statistic: as it is standardised.
        effect: in units that people know, signed where the channel is.
        sampling: sampling variance of the statistic, 0 unknown; shape (m, c) or (1, 1).
        shares: units on either side that share windows with a unit.
        columns: number of columns, where the last channel is the mean over them; 0 for series.
    """

    statistic: Floats
    effect: Floats
    sampling: Floats
    shares: int
    columns: int


def compare(
    units: Pooled, count: int, baselines: Baselines, cells: Cells, law: VolumeLaw, smooth: bool
) -> Iterator[Compared]:
    """Compare the last `count` of the units with their baselines, in the order of the channels.

    Args:
        units: those units, behind as many earlier ones as their merged windows and baselines reach back.
        count: m.
        baselines: what they are compared with.
        cells: of all columns.
        law: noise by volume.
        smooth: whether the series have moving averages.
    """
    for scale in baselines.operators if len(cells.ordered) else ():
        yield _columns(units, count, baselines, scale, cells, law)
    yield from _series(units, count, baselines, smooth)


def _columns(
    units: Pooled, count: int, baselines: Baselines, scale: int, cells: Cells, law: VolumeLaw
) -> Compared:
    operator, reach = baselines.operators[scale], count + scale - 1
    # Reference windows have fewer windows in their baselines than new ones, and so the noisier baselines.
    ratio = merged(law.ratio(units.rows[-reach:]), scale)[-count:] + scale * operator.noise()
    found = []
    for columns, span, block in cells.blocks(len(units.rows)):
        shares, known = proportions(units.counts[:, span], block)
        if baselines.columns is None:
            expected = operator.averages(shares, known, block.column)
        else:
            expected = operator.averages(*_stored(baselines.columns[:, span]))
        recent, part = merged_shares(shares[-reach:], known[-reach:], scale, block)
        recent, part = recent[-count:], part[-count:]
        # A mean of fewer windows is noisier.
        noise = ratio[:, columns] / np.where(part > 0, part, 1.0)
        found.append(distances(recent, expected, part > 0, noise, block))
    return _side_by_side(joined(found), cells, scale)


def _stored(baseline: Floats) -> tuple[Floats, Booleans]:
    known = np.isfinite(baseline)
    return np.where(known, baseline, 0.0), known


def _side_by_side(found: Distances, cells: Cells, scale: int) -> Compared:
    """In the order in which channels are laid out, with a place for the mean of columns behind."""
    largest = np.max(np.nan_to_num(found.effect), axis=1)[:, None]
    place = np.full(largest.shape, np.nan)
    statistic = np.hstack([found.distance, found.chi_squared, found.rank, found.level, place])
    effect = np.hstack(
        [found.effect, found.effect, found.effect[:, cells.ordered], found.level_effect, largest]
    )
    return Compared(statistic, effect, np.zeros((1, 1)), scale - 1, len(cells.ordered))


def _series(units: Pooled, count: int, baselines: Baselines, smooth: bool) -> Iterator[Compared]:
    variance, apart = np.nan_to_num(units.variance), _apart(units, baselines)
    yield Compared(apart[-count:], apart[-count:], variance[-count:], 0, 0)
    if smooth:
        reach = count + MEMORY - 1
        average, noise = (side[-count:] for side in moving_average(apart[-reach:], variance[-reach:]))
        yield Compared(average, average, noise, HALF_MEMORY, 0)


def _apart(units: Pooled, baselines: Baselines) -> Floats:
    """The series less their baselines, of the units that have one."""
    known = np.isfinite(units.values)
    base, base_known = np.where(known, units.values, 0.0), known
    if baselines.numbers is not None:
        base, base_known = _stored(baselines.numbers)
    averages = baselines.series.averages(base, base_known)
    return units.values[-len(averages) :] - averages


def moving_average(values: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Exponentially weighted means over the last MEMORY known values, and their sampling variances."""
    known = np.isfinite(values)

    def back(numbers: Floats, kernel: Floats) -> Floats:
        padded = np.zeros((len(numbers) + MEMORY - 1, *numbers.shape[1:]))
        padded[MEMORY - 1 :] = np.where(known, numbers, 0.0)
        step, *rest = padded.strides
        # As `sliding_window_view`, which takes many times longer where there is little to do.
        stretches = np.ndarray((*numbers.shape, MEMORY), float, padded, 0, (step, *rest, step))
        return stretches @ kernel[::-1]

    weight = back(np.ones(values.shape), KERNEL)
    safe = np.where(known, weight, np.nan)  # an unknown value has no average of its own
    return back(values, KERNEL) / safe, np.nan_to_num(back(variance, KERNEL**2) / safe**2)


def standardised(
    compared: Compared, mean: Floats, deviation: Floats, sampling: Floats, signed: Integers
) -> Floats:
    """How many standard deviations each statistic is from its mean, in the bad direction: shape (m, c).

    A deviation is never below what sampling alone would do, in the reference and in this window.

    Args:
        compared: m units.
        mean, deviation: shape (c,) or (m, c).
        sampling: shape (c,): mean sampling variance in the reference.
        signed: shape (c,): sign of each channel.
    """
    extra = np.maximum(compared.sampling - sampling, 0.0)
    total = np.sqrt(np.maximum(deviation**2, sampling) + extra)
    off = compared.statistic - mean
    # A number that never varied, of unknown variance: any move is beyond all that was seen, none is none.
    beyond = np.where(np.isnan(off), np.nan, np.sign(off) * LARGEST)
    z = np.divide(off, total, out=beyond, where=total > 0)
    z = np.clip(np.where(signed == 0, np.abs(z), np.where(signed == -1, -z, z)), -LARGEST, LARGEST)
    if compared.columns:
        z[:, -1] = _mean_of_columns(z[:, : 2 * compared.columns])
    return z


def _mean_of_columns(z: Floats) -> Floats:
    """Scaled mean of the distances and chi-squared distances of all columns known."""
    z = np.ascontiguousarray(z)  # rows of a table that lies column by column are added in another order
    known = np.isfinite(z)
    count = known.sum(1)
    total = np.where(known, z, 0.0).sum(1)
    return np.where(count > 0, total / np.sqrt(np.maximum(count, 1)) / 2, np.nan)


def worth(effect: Floats, signed: Integers, floor: Floats) -> Booleans:
    """Where the effect, in the bad direction, reaches its floor: shape (m, c)."""
    bad = np.where(signed == 0, np.abs(effect), np.where(signed == -1, -effect, effect))
    return bad >= floor
