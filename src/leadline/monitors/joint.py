"""From votes to verdicts: one joint p-value for each channel, Holm over channels, and the floors.

A channel is a column or a performance metric. Several statistics vote on a column; the smallest
p-value is calibrated for how many could have been as small. A verdict needs evidence *and* size: under
no change a whole check raises an alert with probability at most `rate`, whatever the columns' dependence.

    channels = column_channels(pair, names, missing=missing_share(...), out_of_range=...)
    channels += [performance_channel("accuracy", p, effect, beyond_floor)]
    decisions = decide(channels, rate=0.01)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from leadline.metrics import nulls, special
from leadline.metrics.pair import Pair

Floats = npt.NDArray[np.float64]
Verdict = Literal["ok", "warning", "alert", "unknown"]

MIN_VALUES = 10
"""Independent values a side needs before its distribution is judged."""

WARNING_FACTOR = 10.0
"""A warning is an alert's test at this many times its rate."""

POWER = 0.8
"""Power at which `detectable` is stated."""

_RANK_SLOPE = 2.45
"""Standardised mean-rank shift by Kolmogorov-Smirnov distance of normal columns: sqrt(12) / sqrt(2)."""

_GAP_SLACK = 0.2

_SEEN = 0.6
"""Share of rows in categories of their own from which `detectable` is stated."""
_LEVELS = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
_OVERLAP = np.array([0.34, 0.7, 0.82, 0.9, 1.0, 1.0])
"""P(smallest of the three numeric votes <= t) / (3 t) at t = 10**-level, rounded up from a simulation of the
limit (`benchmarks/quality/overlap.py`)."""


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


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one channel.

    Attributes:
        name: of the channel.
        verdict: ok, warning, alert or unknown.
        reason: in words.
        decided_by: statistic that decided; "" when quiet or certain.
        effect: of that statistic; the largest distance when quiet.
        p_value: joint p-value of the votes; `p_value_adjusted`: over all channels (Holm); NaN without
            votes.
        detectable: smallest distance found with 80 % power at these sizes and this rate; NaN unknown.
        votes: as in the channel.
    """

    name: str
    verdict: Verdict
    reason: str
    decided_by: str
    effect: Effect | None
    p_value: float
    p_value_adjusted: float
    detectable: float
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class ShareChange:
    """A share of rows that may rise, for K columns; NaN p-values do not vote.

    Attributes:
        statistic: "missing_share", "unseen_share" or "out_of_range_share".
        reference, current: shares, shape (K,).
        p_value: of no rise; `least`: smallest it could have been.
        low, high: 95 % confidence interval of the rise, or None.
    """

    statistic: str
    reference: Floats
    current: Floats
    p_value: Floats
    least: Floats
    low: Floats | None = None
    high: Floats | None = None


def missing_share(
    reference_missing: npt.ArrayLike,
    reference_rows: npt.ArrayLike,
    current_missing: npt.ArrayLike,
    current_rows: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
    low: npt.ArrayLike | None = None,
    high: npt.ArrayLike | None = None,
) -> ShareChange:
    """Rise of the share of missing rows (null, NaN, empty text) of K columns.

    Args:
        reference_missing, current_missing: missing rows, shape (K,).
        reference_rows, current_rows: all rows, shape (K,) or one number.
        reference_inflation, current_inflation: noise inflation, shape (K,) or one number.
        low, high: 95 % interval of the rise, shape (K,), where the caller has one.
    """
    x, m, y, n = _arrays(reference_missing, reference_rows, current_missing, current_rows)
    return ShareChange(
        "missing_share",
        x / np.maximum(m, 1.0),
        y / np.maximum(n, 1.0),
        nulls.rising_share(x, m, y, n, reference_inflation, current_inflation),
        nulls.rising_share_least(x, m, y, n, reference_inflation, current_inflation),
        _optional(low),
        _optional(high),
    )


def out_of_range_share(
    outside: npt.ArrayLike,
    reference_values: npt.ArrayLike,
    current_values: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
    low: npt.ArrayLike | None = None,
    high: npt.ArrayLike | None = None,
) -> ShareChange:
    """Share of current values outside the reference's own minimum and maximum, of K numeric columns.

    Args:
        outside: current values below the minimum or above the maximum, shape (K,).
        reference_values, current_values: present, finite values, shape (K,).
    """
    y, m, n = _arrays(outside, reference_values, current_values)
    p = nulls.outside_range(y, m, n, reference_inflation, current_inflation)
    nothing = np.zeros(p.shape)
    share = y / np.maximum(n, 1.0)
    return ShareChange("out_of_range_share", nothing, share, p, nothing, _optional(low), _optional(high))


def unseen_share(
    unseen: npt.ArrayLike,
    current_values: npt.ArrayLike,
    reference_values: npt.ArrayLike,
    singletons: npt.ArrayLike,
    doubletons: npt.ArrayLike,
    reference_inflation: npt.ArrayLike = 1.0,
    current_inflation: npt.ArrayLike = 1.0,
    low: npt.ArrayLike | None = None,
    high: npt.ArrayLike | None = None,
) -> ShareChange:
    """Share of current values that the reference never held, of K categorical columns.

    Args:
        unseen: current rows with such a value, shape (K,); NaN where it is not decidable.
        current_values, reference_values: present values, shape (K,).
        singletons, doubletons: values that occur exactly once / twice in the reference, shape (K,).
    """
    u, n, m, one, two = _arrays(unseen, current_values, reference_values, singletons, doubletons)
    p = nulls.unseen(np.nan_to_num(u), n, m, one, two, reference_inflation, current_inflation)
    known = ~np.isnan(u)
    nothing = np.zeros(u.shape)
    expected = np.minimum(one / np.maximum(m, 1.0), 1.0)
    return ShareChange(
        "unseen_share",
        expected,
        u / np.maximum(n, 1.0),
        np.where(known, p, np.nan),
        nothing,
        _optional(low),
        _optional(high),
    )


def column_channels(
    pair: Pair,
    names: Sequence[str],
    *,
    shares: Sequence[ShareChange] = (),
    value: npt.ArrayLike | None = None,
    low: npt.ArrayLike | None = None,
    high: npt.ArrayLike | None = None,
    drift_floor: float = 0.05,
    share_floor: float = 0.005,
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
        drift_floor, share_floor: smallest effects worth an alert; a share must also double (unless its
            floor is 0).
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
    cells = ((pair.reference + pair.current) > 0).sum(-1)
    tests = _tests(pair)
    tested, seen = (cells, np.ones(count)) if ordered else nulls.tested_cells(pair)
    out = []
    for k, name in enumerate(names):
        floor = (column_floors or {}).get(name, drift_floor)
        effect = Effect(metric, float(distance[k]), float(lows[k]), float(highs[k]), floor)
        reason = (unknown or {}).get(name, "") or _too_few(float(m[k]), float(n[k]))
        votes = []
        if not reason:
            beyond = bool(distance[k] >= floor)
            votes = [Vote(key, float(p[k]), effect, beyond) for key, p in tests.items()]
        together = 0 if reason else 1 if cells[k] <= 2 and not ordered else len(tests)
        rising = [
            (share, vote) for share in shares if (vote := _share_vote(share, k, share_floor)) is not None
        ]
        least = [float(share.least[k]) for share, _ in rising]
        votes += [vote for _, vote in rising]
        out.append(
            Channel(
                name,
                tuple(replace(v, joint=_joint(v.p_value, together, least, ordered)) for v in votes),
                None if reason else effect,
                reason,
                tuple((certain or {}).get(name, ())),
                float(m[k]),
                float(n[k]),
                int(tested[k]),
                float(seen[k]),
                ordered,
            )
        )
    return out


def performance_channel(
    name: str, p_value: float, effect: Effect, beyond_floor: bool, reason: str = ""
) -> Channel:
    """A channel with one vote: a performance metric's one-sided p-value of no loss.

    A NaN p-value makes the channel unknown, with the reason.
    """
    if np.isnan(p_value):
        return Channel(name, (), unknown=reason or "no p-value")
    return Channel(name, (Vote(name, p_value, effect, beyond_floor, p_value),), effect)


def unknown_channel(name: str, reason: str, certain: Sequence[str] = ()) -> Channel:
    """A column that cannot be judged (kind, type, missing on one side), with certain findings if any."""
    return Channel(name, (), unknown=reason, certain=tuple(certain))


def decide(channels: Sequence[Channel], rate: float = 0.01) -> list[Decision]:
    """The verdict on each channel, in the same order.

    Under no change the probability of any alert (certain findings aside) is at most `rate`, that of any
    warning or alert at most ten times that: Holm (1979) over the channels that have a p-value. An alert
    needs one vote that is both significant by itself and beyond its floor.

    Args:
        channels: of all columns and performance metrics of the check.
        rate: 0 < rate < 1.
    """
    p = np.array([channel.p_value for channel in channels], np.float64)
    adjusted, multiplier = holm(p)
    smallest = _detectable(channels, rate / max(int(np.isfinite(p).sum()), 1))
    return [
        _decide(channel, float(adjusted[i]), float(multiplier[i]), float(smallest[i]), rate)
        for i, channel in enumerate(channels)
    ]


def holm(p: Floats) -> tuple[Floats, Floats]:
    """Holm's adjusted p-values, and the factor at each p-value's own rank; NaN p-values take no part."""
    adjusted, multiplier = np.full(p.shape, np.nan), np.full(p.shape, np.nan)
    finite = np.flatnonzero(np.isfinite(p))
    order = finite[np.argsort(p[finite], kind="stable")]
    factors = np.arange(len(order), 0, -1, dtype=np.float64)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    multiplier[order] = factors
    return adjusted, multiplier


def detectable(
    m: npt.ArrayLike,
    n: npt.ArrayLike,
    level: npt.ArrayLike,
    *,
    cells: npt.ArrayLike = 0,
    seen: npt.ArrayLike = 1.0,
    ordered: bool = True,
    floor: npt.ArrayLike = 0.0,
) -> Floats:
    """Smallest distance found with 80 % power, at a level for the single test.

    Kolmogorov-Smirnov (ordered): of a shift of location of a normal column, which the mean-rank shift finds
    first. Total variation: the chi-squared test's noncentrality (Patnaik's approximation) at the distance
    that spreads over half the mass. Never below what is needed to pass the floor with that power. Simulated
    power: 0.78 to 0.95, more for uneven categories.
    NaN where a side is empty, where nothing up to 1 is found, and where most categories are too rare to test.

    Args:
        m, n: independent values of both sides.
        level: rate divided by channels and votes.
        cells: categories that are tested (unordered); `seen`: their share of the rows, the others are merged.
        floor: of the effect.
    """
    m, n, level, cells = _arrays(m, n, level, cells)
    harmonic = np.sqrt(m * n / np.maximum(m + n, 1.0))
    z = float(special.normal_isf(1 - POWER))
    if ordered:
        distance = (special.normal_isf(level / 2) + z) / _RANK_SLOPE / np.maximum(harmonic, 1e-300)
    else:
        df = np.maximum(cells - 1, 1.0)
        excess = special.chi_squared_isf(level, df) - df
        # Noncentrality with mean df + x and variance 2 (df + 2 x): excess - x = z sqrt(2 df + 4 x).
        half = -excess - 2 * z * z
        x = -half + np.sqrt(np.maximum(half * half - excess**2 + 2 * z * z * df, 0.0))
        visible = np.sqrt(np.maximum(np.asarray(seen, np.float64), 1e-300))
        distance = np.sqrt(np.maximum(x, 0.0)) / 2 / np.maximum(harmonic, 1e-300) / visible
    # Noise adds to a largest gap: it passes its floor sooner than a gap at one place.
    slack = _GAP_SLACK if ordered else z / 2
    passing = np.asarray(floor, np.float64) + slack / np.maximum(harmonic, 1e-300)
    found = np.maximum(distance, passing)
    known = (m > 0) & (n > 0) & (found <= 1) & (ordered | ((cells >= 2) & (np.asarray(seen) > _SEEN)))
    return np.where(known, found, np.nan)


def _detectable(channels: Sequence[Channel], level: float) -> Floats:
    out = np.full(len(channels), np.nan)
    for ordered in (True, False):
        some = [
            i for i, c in enumerate(channels) if c.ordered is ordered and c.effect is not None and c.m > 0
        ]
        if some:
            rows = [
                (c.m, c.n, level / max(len(c.votes), 1), c.cells, c.seen, c.effect.floor or 0.0)
                for c in (channels[i] for i in some)
                if c.effect is not None
            ]
            m, n, each, cells, seen, floor = np.array(rows, np.float64).T
            out[some] = detectable(m, n, each, cells=cells, seen=seen, ordered=ordered, floor=floor)
    return out


def _decide(channel: Channel, adjusted: float, multiplier: float, smallest: float, rate: float) -> Decision:
    def made(verdict: Verdict, reason: str, vote: Vote | None) -> Decision:
        return Decision(
            channel.name,
            verdict,
            reason,
            vote.statistic if vote else "",
            vote.effect if vote else channel.effect,
            channel.p_value,
            adjusted,
            smallest,
            channel.votes,
        )

    significant: list[Vote] = []
    if channel.certain:
        return made("alert", "; ".join(channel.certain), None)
    tiers: tuple[tuple[Verdict, float], ...] = (("alert", rate), ("warning", min(WARNING_FACTOR * rate, 1.0)))
    for verdict, allowed in tiers:
        if not adjusted <= allowed:
            continue
        significant = [vote for vote in channel.votes if vote.joint * multiplier <= allowed]
        large = [vote for vote in significant if vote.beyond_floor]
        if large:
            vote = min(large, key=lambda v: v.joint)
            return made(verdict, "significant, and larger than its floor", vote)
    if channel.unknown:
        return made("unknown", channel.unknown, None)
    if significant:
        return made("ok", "significant, but smaller than its floor", None)
    return made("ok", "no significant change", None)


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


def _joint(p: float, together: int, least: Sequence[float], ordered: bool) -> float:
    """P(any vote is as small as p): the sum over the votes that can be, less the overlap of the tests."""
    if np.isnan(p):
        return float("nan")
    factor = float(together)
    if together > 1 and ordered and p > 0:
        factor *= float(np.interp(-np.log10(p), _LEVELS, _OVERLAP))
    factor += sum(1.0 for smallest in least if smallest <= p)
    return min(1.0, max(factor, 1.0) * p)


def _share_vote(share: ShareChange, k: int, floor: float) -> Vote | None:
    p = float(share.p_value[k])
    if np.isnan(p):
        return None
    before, now = float(share.reference[k]), float(share.current[k])
    low = float("nan") if share.low is None else float(share.low[k])
    high = float("nan") if share.high is None else float(share.high[k])
    effect = Effect(share.statistic, now - before, low, high, floor, "share")
    large = now - before >= floor and (now >= 2 * before or floor == 0)
    return Vote(share.statistic, p, effect, large)


def _too_few(m: float, n: float) -> str:
    for side, size in (("reference", m), ("current table", n)):
        if size == 0:
            return f"no value in the {side}"
        if size < MIN_VALUES:
            return f"too few independent values in the {side}: {size:.0f}, {MIN_VALUES} needed"
    return ""


def _distance(pair: Pair) -> Floats:
    if pair.current.shape[-1] == 0:
        return np.full(pair.current.shape[:-1], np.nan)
    gap = pair.p - pair.q
    return np.abs(np.cumsum(gap, -1)).max(-1) if pair.ordered else np.abs(gap).sum(-1) / 2


def _arrays(*values: npt.ArrayLike) -> list[Floats]:
    return [
        np.asarray(v, np.float64) for v in np.broadcast_arrays(*(np.asarray(x, np.float64) for x in values))
    ]


def _optional(x: npt.ArrayLike | None) -> Floats | None:
    return None if x is None else np.asarray(x, np.float64)
