"""The threshold: as low as the replay of the reference allows within the budget."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leadline.monitors.budget.alerts import NAMING_SLACK, Record, replay
from leadline.monitors.budget.evidence import Floats
from leadline.monitors.budget.policy import Mode
from leadline.monitors.budget.surprise import TAIL

CONFIDENCE = 0.9

STEPS = 50
"""Where more alerts than these are allowed, thresholds are tried in steps of about one alert in so many."""


def allowed(mode: Mode, steps: int, rate: float) -> int:
    """Alerts that the replay of `steps` windows may raise; -1: too few windows to tell.

    Default and strict: floor((R + 1) rate) - 1. Confident: the largest N at which the rate of independent
    windows over the (N + 1)-th largest of R, a Beta(N + 1, R - N), is within the budget with 90 %.
    """
    if mode != "confident":
        return math.floor((steps + 1) * rate + 1e-9) - 1
    # P(Beta(N + 1, R - N) > rate) = P(Binomial(R, rate) <= N), summed in logarithms: R may be thousands.
    count = np.arange(1, steps + 1)
    ratios = np.log((steps - count + 1) / count) + math.log(rate) - math.log1p(-rate)
    log_terms = steps * math.log1p(-rate) + np.concatenate([[0.0], np.cumsum(ratios)])
    return int((np.cumsum(np.exp(log_terms)) <= 1 - CONFIDENCE).sum()) - 1


def windows_needed(mode: Mode, rate: float) -> int:
    """Fewest windows to be replayed for which `allowed` is not negative."""
    if mode == "confident":
        return math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - rate) - 1e-9)
    return math.ceil(1 / rate - 1e-9) - 1


def rate(mode: Mode, limit: int, steps: int) -> float:
    """Alerts for each window expected of a threshold from `steps` windows with `limit` alerts allowed."""
    return (limit + (0.5 if limit and mode != "strict" else 1.0)) / (steps + 1)


@dataclass(frozen=True)
class Threshold:
    """Surprise above which a source alerts.

    Attributes:
        value: of surprise.
        replayed: alerts (strict: flagged windows) that the reference raises at it.
        extrapolated: beyond all that the reference has seen.
    """

    value: float
    replayed: int
    extrapolated: bool


def by_replay(
    surprise: Floats, limit: int, rate: float, close_after: int, joint: frozenset[int] = frozenset()
) -> Threshold:
    """Half-way between the smallest thresholds that keep the limit and one alert less, coming from above; the
    latter where half-way keeps no limit.

    The former alone would spend the whole budget on average, and more than that for every other reference.

    Args:
        surprise: shape (R, S): the loudest channel of each source, -inf where none is worth an alert.
        limit: alerts allowed; -1: the largest surprise, or further out as the tail of all windows says.
        rate: alerts for each step.
        close_after: quiet steps after which a source leaves an alert.
        joint: sources that columns are together.
    """
    loudest = window_scores(surprise)
    if limit < 0:
        return _extrapolated(loudest, rate)
    lowest = max(float(np.median(loudest)), least(rate))
    record = Record.of(surprise, lowest - NAMING_SLACK)
    heard = np.unique(record.surprise[record.surprise > lowest])[:: -max(1, limit // STEPS)]
    kept = fewer = float(heard[0]) if heard.size else lowest
    most = 0
    for value in [*heard.tolist(), lowest]:
        alerts = len(replay(record, value, close_after, limit, joint).spells)
        most = max(most, alerts)
        if most > limit:
            break
        kept = value
        fewer = value if most < limit else fewer
    value = (kept + fewer) / 2 if limit else kept
    alerts = len(replay(record, value, close_after, joint=joint).spells)
    if alerts > limit:
        # What an alert mutes depends on the threshold, so that between two thresholds there may be more.
        value = fewer
        alerts = len(replay(record, value, close_after, joint=joint).spells)
    return Threshold(value, alerts, False)


def least(rate: float) -> float:
    """No threshold is lower: a single channel alone would exceed it at the rate of the whole budget.

    It matters where the floors leave nothing of the reference to be replayed.
    """
    return -math.log(rate)


def by_windows(loudest: Floats, limit: int, rate: float) -> Threshold:
    """The (limit + 1)-th largest score: at most `limit` windows are above it."""
    ranked = np.sort(loudest)[::-1]
    value = max(float(ranked[min(max(limit, 0), len(ranked) - 1)]), least(rate))
    return Threshold(value, int((loudest > value).sum()), limit < 0)


def _extrapolated(loudest: Floats, rate: float) -> Threshold:
    finite = loudest[np.isfinite(loudest)]
    largest = max(float(np.max(loudest)), least(rate))
    if not finite.size:
        return Threshold(largest, 0, True)
    start = float(np.quantile(finite, TAIL))
    excess = finite[finite > start] - start
    beyond = start + float(excess.mean()) * math.log((1 - TAIL) / rate) if excess.size else start
    return Threshold(max(largest, beyond), 0, True)


def window_scores(surprise: Floats) -> Floats:
    """The loudest source of each window; -inf where none is worth an alert."""
    return np.max(surprise, axis=1, initial=-np.inf)
