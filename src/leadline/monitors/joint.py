"""From votes to verdicts: one joint p-value for each channel, Holm over channels, and the floors.

A channel is a column or a performance metric. Several statistics vote on a column; the smallest
p-value is calibrated for how many could have been as small. A verdict needs evidence *and* size: under
no change a whole check raises an alert with probability at most `rate`, whatever the columns' dependence.

    channels = column_channels(pair, names, shares=[missing_share(...), out_of_range_share(...)])
    channels += [performance_channel("accuracy", p, effect, beyond_floor)]
    decisions = decide(channels, rate=0.01)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from leadline.monitors.detectable import detectable, smallest_detectable
from leadline.monitors.shares import ShareChange, missing_share, out_of_range_share, unseen_share
from leadline.monitors.votes import (
    Channel,
    Effect,
    Vote,
    column_channels,
    performance_channel,
    vector_channel,
)
from leadline.settings import Settings

__all__ = [
    "Channel",
    "Decision",
    "Effect",
    "ShareChange",
    "Verdict",
    "Vote",
    "column_channels",
    "decide",
    "detectable",
    "holm",
    "missing_share",
    "out_of_range_share",
    "performance_channel",
    "unseen_share",
    "vector_channel",
]

Floats = npt.NDArray[np.float64]
Verdict = Literal["ok", "warning", "alert", "unknown"]

_RATE = Settings().false_alarm_rate

WARNING_FACTOR = 10.0
"""A warning is an alert's test at this many times its rate."""


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


def decide(channels: Sequence[Channel], rate: float = _RATE) -> list[Decision]:
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
    smallest = smallest_detectable(channels, rate / max(int(np.isfinite(p).sum()), 1))
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
