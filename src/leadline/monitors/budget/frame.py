"""What windows are compared with, learned from the reference; scores of its windows and of new ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadline.monitors.budget import season
from leadline.monitors.budget.channels import DISTANCE, MOVING_AVERAGE, Channels, lay_out
from leadline.monitors.budget.evidence import Booleans, Evidence, Floats, Integers
from leadline.monitors.budget.operators import (
    Allowed,
    Seasonal,
    Stored,
    everything,
    just_before,
    leave_block_out,
    merged,
    overlap_of,
)
from leadline.monitors.budget.policy import Policy
from leadline.monitors.budget.pooling import Pooled, Units, VolumeLaw, fit_volume_law, gather, pool
from leadline.monitors.budget.scoring import MEMORY, Baselines, Compared, compare, standardised, worth
from leadline.monitors.budget.statistics import Cells, counting_noise, describe, proportions
from leadline.monitors.budget.surprise import (
    STILL,
    UNHEARD,
    Tail,
    fit_tail,
    reference_surprise,
    spread,
    spread_without_block,
    steadied,
)
from leadline.monitors.budget.trend import SpreadTrend, spread_trend

WINDOWS_FOR_SCALE: Mapping[int, int] = {1: 0, 3: 45, 7: 56}
"""Windows from which a scale takes part; other scales from eight times their length."""

SLOT_LENGTH = 4
"""A rolling baseline has at least this many windows for each season slot."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What windows are compared with.

    Attributes:
        season, season_reason: name of the slots, and why these.
        slots: number of slots of the season.
        gap: windows left out on both sides of the one judged.
        law: noise by volume.
        scales: numbers of windows merged.
        cells: of all columns.
        channels: all that is scored.
        rolling: length of the rolling baseline; 0: the baseline is fixed.
        columns, numbers: the fixed baselines by slot: shapes (slots + 1, T) and (slots + 1, C), NaN unknown.
        overlap: shape (slots + 1, slots + 1): how much these baselines share.
        baseline_reason: why fixed or rolling.
        growth: how much farther apart distant windows are than near ones, geometric mean of the columns.
        moving: the reference keeps moving: distant windows are too far apart, or a spread has a trend.
    """

    season: str
    season_reason: str
    slots: int
    gap: int
    law: VolumeLaw
    scales: tuple[int, ...]
    cells: Cells
    channels: Channels
    rolling: int
    columns: Floats
    numbers: Floats
    overlap: Floats
    baseline_reason: str
    growth: float
    moving: bool

    @property
    def reach(self) -> int:
        """Units before a window that its score depends on."""
        own = max(max(self.scales) - 1, MEMORY - 1)
        # A baseline may stay what it was for as long as it is.
        return own + self.gap + 2 * self.rolling if self.rolling else own

    @property
    def smooth(self) -> bool:
        """Whether series have moving averages."""
        return MOVING_AVERAGE in self.channels.statistic

    def slot_of(self, evidence: Evidence) -> Integers:
        """Season slot of each window."""
        if self.season == season.NO_SEASON:
            return np.zeros(len(evidence), np.intp)
        return np.asarray(evidence.slot_candidates[self.season], np.intp)


@dataclass(frozen=True, eq=False)
class Usual:
    """What is usual: mean, standard deviation, sampling variance and tail of each channel, shapes (C,).

    Attributes:
        still: distances of columns that never moved.
    """

    mean: Floats
    deviation: Floats
    sampling: Floats
    tail: Tail
    still: Booleans


@dataclass(frozen=True, eq=False)
class Scores:
    """m units in all channels: shapes (m, C).

    Attributes:
        surprise: NaN unknown.
        worth: the effect reaches its floor.
        effect: in units that people know.
    """

    surprise: Floats
    worth: Booleans
    effect: Floats


def learn(reference: Evidence, policy: Policy) -> tuple[Frame, Units, Pooled]:
    """The frame of a reference, and its windows as they are compared."""
    live = np.flatnonzero(reference.rows > 0)
    whole = pool(reference.rows, 0.0)
    table = reference.histograms
    candidates = season.candidates(reference)
    single = gather(reference, whole, slice(None), np.zeros(len(reference), np.intp), 1)
    cells = describe(single.counts, table.offsets, table.ordered)
    chosen, season_reason = season.choose_season(
        {name: slots[live] for name, slots in candidates.items()}, single.counts, cells, single.values
    )
    slots = candidates[chosen]
    seen = int(slots[live].max(initial=0)) + 1
    squared = season.squared_distances(single.counts, cells, season.one_hot(slots[live], seen))
    law = fit_volume_law(squared, single.rows, counting_noise(single.counts, single.rows, cells))
    units = pool(reference.rows, law.fewest_rows)
    pooled = gather(reference, units, slice(None), slots, seen)
    gap = season.decorrelation_gap(_locations(pooled, cells), pooled.mix)
    growth = season.lag_growth(pooled.counts, cells, pooled.mix)
    moving, said = _moves(growth, spread_trend(pooled, cells, gap), table.names)
    rolling, baseline_reason = _choose_baseline(policy, moving, said, seen)
    scored = max(0, len(units.rows) - (rolling // 2 + gap if rolling else 0))
    # Merged windows share rows with each other, which the proof of the strict mode does not allow.
    scales = (1,) if policy.mode == "strict" else _scales(policy.scales, scored)
    share = single.counts.sum(0)
    share = (
        share / np.maximum(np.add.reduceat(share, table.offsets[:-1]), 1.0)[cells.column]
        if share.size
        else share
    )
    columns, numbers, overlap = _slot_baselines(pooled, cells)
    frame = Frame(
        chosen,
        season_reason,
        seen,
        gap,
        law,
        scales,
        cells,
        lay_out(table, cells, share, reference.series, scales, policy),
        rolling,
        columns,
        numbers,
        overlap,
        baseline_reason,
        growth,
        moving,
    )
    return frame, units, pooled


def _scales(wanted: tuple[int, ...], units: int) -> tuple[int, ...]:
    return tuple(sorted(scale for scale in wanted if units >= WINDOWS_FOR_SCALE.get(scale, 8 * scale)))


def _moves(growth: float, trend: SpreadTrend, names: Sequence[str]) -> tuple[bool, str]:
    """Whether the reference keeps moving, and what says so."""
    said = f"distant windows are {growth:.2f} times as far apart as near ones (limit {season.MOVING})"
    if trend.column is None:
        return growth > season.MOVING, said
    whose = "columns" if trend.column < 0 else f"`{names[trend.column]}`"
    return True, f"the spread of {whose} {'grows' if trend.rises else 'shrinks'} steadily, and {said}"


def _choose_baseline(policy: Policy, moving: bool, said: str, slots: int) -> tuple[int, str]:
    """Length of the rolling baseline (0: fixed), and why."""
    if policy.baseline == "fixed" or (policy.baseline == "auto" and not moving):
        return 0, f"asked for; {said}" if policy.baseline == "fixed" else f"the reference is steady: {said}"
    length = max(policy.rolling_windows, SLOT_LENGTH * slots)
    return (
        length,
        f"asked for; {said}" if policy.baseline == "rolling" else f"the reference keeps moving: {said}",
    )


def _locations(pooled: Pooled, cells: Cells) -> Floats:
    """Mean ranks of columns and values of series: shape (U, K + C), NaN unknown."""
    parts = [pooled.values]
    for _, span, block in cells.blocks(len(pooled.rows)):
        shares, known = proportions(pooled.counts[:, span], block)
        ranks = np.add.reduceat(shares * block.rank, block.offsets[:-1], axis=1)
        parts.append(np.where(known, ranks, np.nan))
    return np.hstack(parts)


def _slot_baselines(pooled: Pooled, cells: Cells) -> tuple[Floats, Floats, Floats]:
    slots = np.eye(pooled.mix.shape[1])
    operator = Seasonal(everything(len(slots)), pooled.mix, slots)
    parts = []
    for _, span, block in cells.blocks(len(pooled.rows)):
        shares, known = proportions(pooled.counts[:, span], block)
        parts.append(operator.averages(shares, known, block.column))
    known = np.isfinite(pooled.values)
    numbers = operator.averages(np.where(known, pooled.values, 0.0), known)
    columns = np.hstack(parts) if parts else np.empty((len(slots), 0))
    return columns, numbers, overlap_of(operator)


def score_reference(frame: Frame, pooled: Pooled) -> tuple[Usual, Floats, Booleans]:
    """What is usual for new windows; and of every unit, scored by the others, surprise and worth."""
    channels = frame.channels
    baselines = _reference_baselines(frame, pooled)
    parts = compare(pooled, len(pooled.rows), baselines, frame.cells, frame.law, frame.smooth)
    standard, worthy, means, deviations, samplings, still = [], [], [], [], [], []
    for here, part in _with_places(parts):
        signed, centred = channels.signed[here], channels.centred[here]
        natural, group, scale = channels.natural[here], channels.group[here], channels.scale[here]
        others = spread_without_block(part.statistic, centred, frame.gap + part.shares)
        every = spread(part.statistic, centred)
        known = np.isfinite(part.statistic)
        sampling = np.where(known, part.sampling, 0.0).sum(0) / np.maximum(known.sum(0), 1)
        others_deviation = steadied(others, natural, group, scale)
        standard.append(standardised(part, others.mean, others_deviation, sampling, signed))
        worthy.append(worth(part.effect, signed, channels.floor[here]))
        means.append(every.mean)
        deviations.append(steadied(every, natural, group, scale))
        samplings.append(sampling)
        farthest = np.where(known, part.statistic, 0.0).max(0, initial=0.0)
        still.append((signed == DISTANCE) & known.any(0) & (farthest <= STILL) & (part.columns > 0))
    z = np.hstack(standard)
    tail = fit_tail(z, channels.source)
    usual = Usual(
        np.concatenate(means),
        np.concatenate(deviations),
        np.concatenate(samplings),
        tail,
        np.concatenate(still),
    )
    surprise = reference_surprise(z, channels.source, frame.gap)
    surprise += channels.log_weight
    return usual, surprise, np.hstack(worthy)


def _with_places(parts: Iterable[Compared]) -> Iterator[tuple[slice, Compared]]:
    start = 0
    for part in parts:
        stop = start + part.statistic.shape[1]
        yield slice(start, stop), part
        start = stop


def _reference_baselines(frame: Frame, pooled: Pooled) -> Baselines:
    count, mix = len(pooled.rows), pooled.mix
    targets = np.arange(count)
    operators = {}
    for scale in frame.scales:
        allowed = (
            _rolling(targets, scale, frame) if frame.rolling else leave_block_out(count, scale, frame.gap)
        )
        operators[scale] = Seasonal(allowed.but(targets < scale - 1, count), mix, merged(mix, scale))
    return Baselines(operators, operators[1])


def _rolling(targets: Integers, scale: int, frame: Frame) -> Allowed:
    """The windows just before each target; none where less than half of them exist."""
    allowed = just_before(targets, scale, frame.gap, frame.rolling)
    return allowed.but(allowed.stop - allowed.start < frame.rolling / 2, 0)


def score(
    frame: Frame,
    usual: Usual,
    evidence: Evidence,
    units: Units,
    chosen: slice,
    origin: int | None = None,
) -> Scores:
    """Score new units, m of them.

    What a unit scores depends on where they begin (running sums are rounded), and not on where they end.

    Args:
        frame, usual: of the reference.
        evidence: all windows, the reference first.
        units: of all windows.
        chosen: the units to be scored, one after another.
        origin: a rolling baseline stays what it was at this unit; None: it rolls on.
    """
    start = max(chosen.start - frame.reach, 0)
    pooled = gather(evidence, units, slice(start, chosen.stop), frame.slot_of(evidence), frame.slots)
    count = chosen.stop - chosen.start
    if frame.rolling:
        baselines = _rolling_baselines(frame, pooled, count, None if origin is None else origin - start)
    else:
        baselines = _stored_baselines(frame, pooled, count)
    channels = frame.channels
    surprise, worthy, effects = [], [], []
    for here, part in _with_places(compare(pooled, count, baselines, frame.cells, frame.law, frame.smooth)):
        mean, deviation, sampling = usual.mean[here], usual.deviation[here], usual.sampling[here]
        surprise.append(standardised(part, mean, deviation, sampling, channels.signed[here]))
        worthy.append(worth(part.effect, channels.signed[here], channels.floor[here]))
        effects.append(part.effect)
    z, large = np.hstack(surprise), np.hstack(worthy)
    found = usual.tail.surprise(z) + channels.log_weight
    found = np.where(usual.still & large & np.isfinite(found), np.maximum(found, UNHEARD), found)
    return Scores(found, large, np.hstack(effects))


def _stored_baselines(frame: Frame, pooled: Pooled, count: int) -> Baselines:
    operators = {scale: Stored(merged(pooled.mix, scale)[-count:], frame.overlap) for scale in frame.scales}
    return Baselines(operators, Stored(pooled.mix, frame.overlap), frame.columns, frame.numbers)


def _rolling_baselines(frame: Frame, pooled: Pooled, count: int, origin: int | None) -> Baselines:
    mix, earlier = pooled.mix, len(pooled.mix) - count
    targets = np.arange(len(mix)) if origin is None else np.minimum(np.arange(len(mix)), origin)
    operators = {}
    for scale in frame.scales:
        allowed = _rolling(targets[-count:], scale, frame)
        operators[scale] = Seasonal(allowed, mix, merged(mix, scale)[-count:], earlier)
    recent = slice(-(count + MEMORY - 1), None)
    return Baselines(operators, Seasonal(_rolling(targets[recent], 1, frame), mix, mix[recent], earlier))
