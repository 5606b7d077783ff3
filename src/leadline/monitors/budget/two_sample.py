"""Two samples of windows: how far apart, and how surprising that is before windows can be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadline.metrics.special import f_sf
from leadline.monitors.budget.channels import VALUE, Channels, joint_of, log_weights
from leadline.monitors.budget.evidence import Evidence, Floats, Integers
from leadline.monitors.budget.policy import Policy
from leadline.monitors.budget.statistics import Cells, describe

PRIOR_WINDOWS = 8.0
"""Windows that the presumed noise between windows counts for."""

PRESUMED = 0.1
"""Presumed standard deviation between the levels of windows, in standard deviations of a row."""

CHI_SQUARED, RANK = "chi_squared", "mean_rank_shift"


@dataclass(frozen=True)
class Side:
    """Some windows together: rows of each column, and values of series, with how many windows they are.

    Attributes:
        counts: shape (T,).
        values, variance: shape (C,): mean of the series and its sampling variance; NaN unknown.
        windows: how many they count as; infinite: no noise between windows is counted for this side.
    """

    counts: Floats
    values: Floats
    variance: Floats
    windows: Floats | float

    @classmethod
    def of(cls, evidence: Evidence, chosen: Sequence[int], windows: float | None = None) -> Side:
        """Of some windows of an evidence; `windows`: how many they count as."""
        values, variance = evidence.series.values[list(chosen)], evidence.series.variance[list(chosen)]
        known = np.isfinite(values) & np.isfinite(variance)
        size = known.sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(known, values, 0).sum(0) / size
            noise = np.where(known, variance, 0).sum(0) / size**2
        together = float(len(chosen)) if windows is None else windows
        return cls(evidence.histograms.counts[list(chosen)].sum(0), mean, noise, together)


@dataclass(frozen=True)
class Gap:
    """How far a window is from a side, shape (C,) for C channels (chi-squared, ranks, series).

    Attributes:
        square: squared distance; `noise`: what rows alone make of it; `share`: how much of the noise between
            windows is in it; NaN unknown.
        effect: in the unit of the floor.
    """

    square: Floats
    noise: Floats
    share: float
    effect: Floats


class TwoSample:
    """Compares windows with others, and learns from them how windows differ while nothing is wrong.

    Channels are the chi-squared of each column, its rank shift, and each series.

    Args:
        evidence: names, cells and floors.
        counts: shape (T,): rows that say what ranks are.
        policy: floors and shares of the budget.
    """

    def __init__(self, evidence: Evidence, counts: Floats, policy: Policy) -> None:
        table = evidence.histograms
        self.columns, self.series = len(table.names), len(evidence.series.names)
        self.cells: Cells = describe(counts[None], table.offsets, table.ordered)
        self.channels = _channels(evidence, policy)
        # Noise between windows before any is known: of columns in squared sd, of series their floors.
        self.presumed = np.concatenate([np.full(2 * self.columns, PRESUMED**2), evidence.series.floor**2])
        self.learned = np.zeros(len(self.channels))
        self.seen = np.zeros(len(self.channels))

    def learn(self, gap: Gap) -> None:
        """Learn from the gap of a window that was accepted."""
        excess = (gap.square - gap.noise) / gap.share
        told = np.isfinite(excess)
        self.learned += np.where(told, excess, 0.0)
        self.seen += told

    def surprise(self, gap: Gap) -> Floats:
        """-log of the tail probability of each channel, with its weight.

        The noise between windows lies in one direction at worst: what a chi-squared then is, a sum of
        chi-squared variables, is drawn to one by its first two moments (Satterthwaite 1946). That this noise
        is known from few windows makes the tail that of Fisher's F.
        """
        columns, freedom = self.columns, self._freedom()
        spread = (PRIOR_WINDOWS * self.presumed + self.learned) / (PRIOR_WINDOWS + self.seen)
        between = np.maximum(spread, 0.1 * self.presumed) * gap.share
        row = gap.noise / freedom
        mean = gap.noise + between
        variance = 2 * (row**2 * (freedom - 1) + (row + between) ** 2)
        known = (mean / between) ** 2 * (PRIOR_WINDOWS + np.maximum(self.seen - 1, 0))
        tail = f_sf(gap.square / mean, 2 * mean**2 / variance, known)
        signed = self.channels.signed[2 * columns :]
        way = np.r_[np.zeros(2 * columns), np.where(np.abs(signed) == 1, signed, 0)]
        tail = np.where(way == 0, tail, np.where(way * gap.effect > 0, tail / 2, 1.0))
        return -np.log(np.maximum(tail, 1e-300)) + self.channels.log_weight

    def _freedom(self) -> Floats:
        """Degrees of freedom of each channel's square: of the cells, and 1."""
        used = np.diff(self.cells.offsets).astype(float) - 1
        return np.concatenate([np.maximum(used, 1), np.ones(self.columns + self.series)])

    def gap(self, one: Side, other: Side) -> Gap:
        """How far a side is from another."""
        cells = self.cells
        starts, column = cells.offsets[:-1], cells.column
        n, m = (np.add.reduceat(side.counts, starts) if len(starts) else np.zeros(0) for side in (one, other))
        with np.errstate(invalid="ignore", divide="ignore"):
            noise = 1 / n + 1 / m
            both = (one.counts + other.counts) / (n + m)[column]
            gap = one.counts / n[column] - other.counts / m[column]
            squares = _sums(np.where(both > 0, gap**2 / both, 0.0), starts)
            steps = np.abs(np.cumsum(gap))
            freedom = np.maximum(_sums((both > 0).astype(float), starts) - 1, 0)
            rank = _sums(gap * cells.rank, starts)
            ties = np.maximum(1 - _sums(both**3, starts), 1e-9) / 12
        apart = np.where(
            cells.ordered,
            np.maximum.reduceat(steps, starts) if len(starts) else steps,
            _sums(np.abs(gap), starts) / 2,
        )
        unknown = ~np.isfinite(noise) | (freedom == 0)
        difference = one.values - other.values
        square = np.concatenate(
            [
                np.where(unknown, np.nan, squares),
                np.where(unknown | ~cells.ordered, np.nan, rank**2 / ties),
                difference**2,
            ]
        )
        share = float(1 / one.windows + 1 / other.windows)
        rows = np.concatenate([noise * np.maximum(freedom, 1), noise, one.variance + other.variance])
        return Gap(square, rows, share, np.concatenate([apart, apart, difference]))


def _channels(evidence: Evidence, policy: Policy) -> Channels:
    """Chi-squared of each column, its rank shift, and each series."""
    table, series = evidence.histograms, evidence.series
    columns = len(table.names)
    names = [*table.names, *table.names, *series.names]
    owners = [*table.names, *table.names, *series.source]
    sources = tuple(dict.fromkeys(owners))
    floors = [policy.column_floors.get(name, policy.drift_floor) for name in table.names]
    return Channels(
        sources,
        np.array([sources.index(owner) for owner in owners], np.intp),
        (CHI_SQUARED,) * columns + (RANK,) * columns + (VALUE,) * len(series.names),
        np.ones(len(names), np.intp),
        tuple(names),
        np.r_[np.full(2 * columns, 2), series.direction].astype(np.intp),
        np.r_[floors, floors, series.floor],
        np.ones(len(names)),
        np.full(len(names), -1),
        log_weights([*table.family, *table.family, *series.family], policy.weights),
        joint_of(sources, zip(series.source, series.family, strict=True)),
    )


def _sums(values: Floats, starts: Integers) -> Floats:
    """Sums over the cells of each column."""
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0)
