"""The votes on each column, and the probability that under no change any of them is as small.

A share is judged at 1.5 times the level of a statistic of the distribution, of which there are three. The
joint p-value of a vote is the union bound over all votes at the level at which it was found, with what each
of them really attains there: the three overlap, and discrete shares attain less than the level, or nothing
where no count could be so surprising (Tarone 1990).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.metrics import nulls
from leadline.metrics.declare import Measured
from leadline.metrics.pair import Pair
from leadline.metrics.vectors import VectorPair
from leadline.monitors.shares import ShareChange
from leadline.settings import Floors

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MIN_VALUES = 10
"""Independent values a side needs before its distribution is judged."""

SHARE_WEIGHT = 1.5
"""Level of a share's vote, by that of a statistic of the distribution."""

FRECHET_FLOOR = 2.0
"""Floor of the Frechet distance, by that of the discrepancy: where all vectors shift alike, both are reached
at a tenth of their spread."""

_FLOORS = Floors()
_LEVELS = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
_OVERLAP = np.array([0.34, 0.7, 0.82, 0.9, 1.0, 1.0])
"""P(smallest of the three votes on a distribution <= t) / (3 t) at t = 10**-level, rounded up from a
simulation of numeric columns (`benchmarks/quality/overlap.py`); of 3 to 100 categories it is at most 0.62,
0.72 and 0.81 at the levels 1 to 3."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The size of a change, in the statistic that is compared with the floor.

    Attributes:
        metric: key of the metric ("kolmogorov_smirnov", "total_variation", "missing_share", ...).
        value: distance, or rise of the share.
        low, high: 95 % confidence interval; NaN where none was given.
        floor: the smallest value worth an alert; None: none applies.
        unit: "" or "share".
    """

    metric: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    floor: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Vote:
    """One statistic of a channel.

    Attributes:
        statistic: metric key, or the share's name.
        p_value: under no change, for these sizes.
        effect: what is compared with the floor.
        beyond_floor: the effect is worth an alert.
        joint: probability that, under no change, any vote of the channel is as small as this one.
    """

    statistic: str
    p_value: float
    effect: Effect
    beyond_floor: bool
    joint: float = float("nan")


@dataclass(frozen=True, slots=True)
class Channel:
    """What takes part in the false-alarm rate: a column, or a performance metric.

    Attributes:
        name: of the column or metric.
        votes: statistics that could be judged, in order of interest; may be empty.
        effect: largest distance, shown when the channel is quiet; None where none exists.
        unknown: why the distribution cannot be judged; "" when it can.
        certain: reasons for an alert that need no test (type changed, became constant, a fixed limit).
        m, n: independent values of reference and current.
        cells: tested cells, `seen`: the share of rows in those that hold one value, `ordered`: whether they
            are: for `detectable`.
    """

    name: str
    votes: tuple[Vote, ...]
    effect: Effect | None = None
    unknown: str = ""
    certain: tuple[str, ...] = ()
    m: float = 0.0
    n: float = 0.0
    cells: int = 0
    seen: float = 1.0
    ordered: bool = True

    @property
    def p_value(self) -> float:
        """Joint p-value of the votes; NaN without votes."""
        return min((vote.joint for vote in self.votes), default=float("nan"))


def column_channels(
    pair: Pair,
    names: Sequence[str],
    *,
    shares: Sequence[ShareChange] = (),
    value: npt.ArrayLike | None = None,
    low: npt.ArrayLike | None = None,
    high: npt.ArrayLike | None = None,
    drift_floor: float = _FLOORS.drift,
    share_floor: float = _FLOORS.share,
    column_floors: Mapping[str, float] | None = None,
    certain: Mapping[str, Sequence[str]] | None = None,
    unknown: Mapping[str, str] | None = None,
) -> list[Channel]:
    """One channel for each of the K columns of a pair (all numeric, or all categorical).

    Votes: Kolmogorov-Smirnov, chi-squared and mean-rank shift (numeric), or total variation, chi-squared and
    largest cell (categorical), and the given shares. A distribution is not judged where a side has
    fewer than ten independent values; then only the shares vote, and the reason stands in `unknown`.

    Args:
        pair: counts, current of shape (K, C) (no window axis).
        names: of the columns, K of them.
        shares: from `missing_share`, `out_of_range_share`, `unseen_share`, for the same K columns.
        value, low, high: Kolmogorov-Smirnov (numeric) or total variation (categorical) with its 95 %
            interval, shape (K,), from the drift metrics; the value is computed from the pair if absent.
        drift_floor, share_floor: smallest effects worth an alert; a share must also double or rise by
            `drift_floor`, unless its own floor is 0 or it becomes all rows.
        column_floors: overrides of `drift_floor` by column.
        certain: reasons for a certain alert by column (type changed, became constant, a fixed limit).
        unknown: reasons why a column's distribution cannot be judged, by column.
    """
    count = len(names)
    ordered = pair.ordered
    metric = "kolmogorov_smirnov" if ordered else "total_variation"
    distance = _distance(pair) if value is None else np.asarray(value, np.float64)
    lows, highs = (np.full(count, np.nan) if x is None else np.asarray(x, np.float64) for x in (low, high))
    m = np.broadcast_to(pair.m_effective, (count,))
    n = np.broadcast_to(pair.n_effective, (count,))
    rows = list(zip(*(np.broadcast_to(side, (count,)).tolist() for side in (pair.m, pair.n)), strict=True))
    cells = ((pair.reference + pair.current) > 0).sum(-1)
    tested, seen = (cells, np.ones(count)) if ordered else nulls.tested_cells(pair)
    reasons = [
        (unknown or {}).get(name, "") or _too_alike(float(m[k]), float(n[k]), *rows[k])
        for k, name in enumerate(names)
    ]
    judged = np.array([not reason for reason in reasons], bool)
    tests = _tests(pair)
    p, joint = _joint_p(tests, shares, judged, (cells <= 2) & (not ordered))
    floors = [(column_floors or {}).get(name, drift_floor) for name in names]
    own = [
        (Effect(metric, *found), found[0] >= found[-1])
        for found in zip(distance.tolist(), lows.tolist(), highs.tolist(), floors, strict=True)
    ]
    sizes = [(key, own) for key in tests] + [(s.statistic, _rises(s, share_floor, floors)) for s in shares]
    votes: list[list[Vote]] = [[] for _ in names]
    for (key, effects), chances, joints in zip(sizes, p.tolist(), joint.tolist(), strict=True):
        for votes_of, (effect, large), chance, together in zip(votes, effects, chances, joints, strict=True):
            if not math.isnan(chance):
                votes_of.append(Vote(key, chance, effect, large, together))
    return [
        Channel(
            name,
            tuple(votes[k]),
            own[k][0] if judged[k] else None,
            reasons[k],
            tuple((certain or {}).get(name, ())),
            float(m[k]),
            float(n[k]),
            int(tested[k]),
            float(seen[k]),
            ordered,
        )
        for k, name in enumerate(names)
    ]


def vector_channel(
    pair: VectorPair,
    name: str,
    distance: Measured,
    moved: Measured,
    shares: Sequence[ShareChange],
    *,
    drift_floor: float,
    share_floor: float,
    certain: Sequence[str],
    unknown: str,
) -> Channel:
    """The channel of a column of vectors: the maximum mean discrepancy votes, and the given shares.

    It is also large, and shown as that, where it is the Frechet distance that passes its floor: of many
    numbers the discrepancy hardly tells how far their variances and correlations changed.

    Args:
        pair: of shape (1,).
        name: of the column.
        distance: the discrepancy with its interval and p-value.
        moved: the Frechet distance, whose floor is `FRECHET_FLOOR` times that of the discrepancy.
        shares: see `column_channels`.
        drift_floor, share_floor: smallest effects worth an alert, see `column_channels`.
        certain: reasons for a certain alert.
        unknown: why the vectors cannot be judged; "" when they can.
    """
    m, n = float(np.ravel(pair.m_effective)[0]), float(np.ravel(pair.n_effective)[0])
    reason = unknown or too_few(m, n)
    low, high = (np.nan if part is None else float(part[0]) for part in (distance.low, distance.high))
    effect = Effect("maximum_mean_discrepancy", float(distance.value[0]), low, high, drift_floor)
    assert distance.p_value is not None
    p, joint = _joint_p({effect.metric: distance.p_value}, shares, np.array([not reason]), np.zeros(1, bool))
    far = Effect("frechet", float(moved.value[0]), floor=FRECHET_FLOOR * drift_floor)
    beyond = effect.value >= drift_floor
    if not beyond and far.value >= FRECHET_FLOOR * drift_floor:
        effect, beyond = far, True
    sizes = [("maximum_mean_discrepancy", effect, beyond)]
    sizes += [(share.statistic, *_rises(share, share_floor, [drift_floor])[0]) for share in shares]
    votes = tuple(
        Vote(key, float(chance[0]), size, large, float(together[0]))
        for (key, size, large), chance, together in zip(sizes, p, joint, strict=True)
        if not math.isnan(chance[0])
    )
    return Channel(name, votes, None if reason else effect, reason, tuple(certain), m, n, ordered=False)


def performance_channel(
    name: str, p_value: float, effect: Effect, beyond_floor: bool, reason: str = ""
) -> Channel:
    """A channel with one vote: a performance metric's one-sided p-value of no loss.

    A NaN p-value makes the channel unknown, with the reason.
    """
    if np.isnan(p_value):
        return Channel(name, (), unknown=reason or "no p-value")
    return Channel(name, (Vote(name, p_value, effect, beyond_floor, p_value),), effect)


def _tests(pair: Pair) -> dict[str, Floats]:
    if not (pair.reference.any() or pair.current.any()):
        return {}
    laws = (
        (nulls.kolmogorov_smirnov, nulls.chi_squared, nulls.mean_rank_shift)
        if pair.ordered
        else (nulls.total_variation, nulls.chi_squared, nulls.largest_cell)
    )
    # The metrics of the same names have asked for these already.
    return {law.__name__: pair.once(f"p-value {law.__name__}", law) for law in laws}


def _joint_p(
    tests: Mapping[str, Floats],
    shares: Sequence[ShareChange],
    judged: Bools,
    two_cells: Bools,
) -> tuple[Floats, Floats]:
    """p-values of all votes, and P(any vote of the column is found at as small a level), shape (V, K) each.

    NaN where there is no vote.
    """
    rows = [np.where(judged, p, np.nan) for p in tests.values()] + [share.p_value for share in shares]
    p = np.array(rows, np.float64).reshape(-1, len(judged))
    weight = np.repeat([1.0, SHARE_WEIGHT], [len(tests), len(shares)])
    level = p / weight[:, None]
    with np.errstate(divide="ignore"):
        overlap = np.interp(-np.log10(level), _LEVELS, _OVERLAP)
    # The tests of two categories are one and the same.
    together = np.where(two_cells, 1.0, np.maximum(len(tests) * overlap, 1.0))
    joint = np.where(judged, together, 0.0) * level
    for share in shares:
        attained = share.attained(SHARE_WEIGHT * level)
        joint = joint + np.where(np.isnan(share.p_value), 0.0, attained)
    return p, np.minimum(joint, 1.0)


def _rises(share: ShareChange, floor: float, drift_floors: Sequence[float]) -> list[tuple[Effect, bool]]:
    """The rise of a share in each column, and whether it is worth an alert."""
    rise = share.current - share.reference
    ends = (np.full(rise.shape, np.nan) if end is None else end for end in (share.low, share.high))
    # A share above one half cannot double; one that moves rows by the distribution's floor is as large.
    far = (share.current >= 2 * share.reference) | (rise >= np.asarray(drift_floors)) | (floor == 0)
    large = ((rise >= floor) & far) | (share.current >= 1)
    return [
        (Effect(share.statistic, value, low, high, floor, "share"), beyond)
        for value, low, high, beyond in zip(*(x.tolist() for x in (rise, *ends, large)), strict=True)
    ]


def too_few(m: float, n: float, of: str = "independent value") -> str:
    """Why a side is too small to be judged; "" where it is not."""
    for side, size in (("reference", m), ("current table", n)):
        if size == 0:
            return f"no {of.split()[-1]} in the {side}"
        if size < MIN_VALUES:
            return f"too few {of}s in the {side}: {size:.0f}, {MIN_VALUES} needed"
    return ""


def _too_alike(m: float, n: float, rows: float, rows_now: float) -> str:
    """As `too_few` of independent values; where rows are enough, why they tell little, and what helps."""
    reason = too_few(m, n)
    if not reason or too_few(rows, rows_now):
        return reason
    side = "reference" if m < MIN_VALUES else "current table"
    return (
        f"rows of the {side} resemble each other: they tell less than {MIN_VALUES} independent ones would; "
        "give it more whole days or weeks, or more entities"
    )


def _distance(pair: Pair) -> Floats:
    if pair.current.shape[-1] == 0:
        return np.full(pair.current.shape[:-1], np.nan)
    gap = pair.p - pair.q
    return np.abs(np.cumsum(gap, -1)).max(-1) if pair.ordered else np.abs(gap).sum(-1) / 2
