"""One budget for all series of a model: a threshold from what was before, and the alerts above it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadline.monitors.budget.alerts import NAMING_SLACK, Ledger
from leadline.monitors.budget.surprise import TAIL
from leadline.monitors.budget.threshold import Threshold, allowed, by_replay
from leadline.monitors.operations.series import Series
from leadline.monitors.operations.surprise import CHANNELS, Surprise, surprise

Floats = npt.NDArray[np.float64]

CLOSE_AFTER = 3
"""Quiet steps in a row after which an alert closes."""

BACK = 0.5
"""Part of the way back to what was usual when the alert began, short of which it lasts."""


@dataclass(frozen=True)
class Led:
    """A series that an alert names, at the step of the alert at which it surprised most.

    Attributes:
        key: of the series.
        channel: "level", "slow" or "jump".
        value, usual: what it was, and what was expected, in its unit.
        surprise: -log of the tail probability.
        step: when.
    """

    key: str
    channel: str
    value: float
    usual: float
    surprise: float
    step: int


@dataclass(frozen=True)
class Alert:
    """From the step that opened it to that after whose quiet it closed.

    Attributes:
        opened: step that opened it.
        last: latest step over the threshold.
        closed: step at which it closed; None while it is open.
        led: what it names, the most surprising first.
    """

    opened: int
    last: int
    closed: int | None
    led: tuple[Led, ...]


@dataclass(frozen=True, eq=False)
class Judgement:
    """What is said of T steps of C series.

    Attributes:
        alerts: in order of their beginning.
        usual: shape (T, C): what was expected, in the units of the series; NaN where nothing can be said.
        low, high: shape (T, C): values between them open no alert by themselves; NaN before the first
            threshold.
        judged_from: first step that could open an alert; None: too little history.
        threshold: the latest; None before the first.
    """

    alerts: tuple[Alert, ...]
    usual: Floats
    low: Floats
    high: Floats
    judged_from: int | None
    threshold: Threshold | None


def judge(
    series: Sequence[Series],
    seasons: Sequence[int],
    rate: float,
    least: int,
) -> Judgement:
    """Judge every step by the steps before it.

    The threshold is taken anew after each of the longest seasons: the smallest at which a replay of all steps
    so far raises no more alerts than the budget allows. What has been told of already takes part in that
    replay by its number, not by its size: so it can use up the budget, and yet never makes the next one of
    its kind look usual.

    What is expected comes to whatever lasts. An alert does not end by that: a series that can only be worse
    one way has to come back half of the way. Another level of one that is as usual either way (traffic) may
    be how it is from now on.

    Args:
        series: all of one length, one value a step; series of one group alert together.
        seasons: lengths of the seasons that they may have, in steps, the longest last; at least one.
        rate: false alerts allowed for each step.
        least: values that a series needs before it is judged.
    """
    if not series or not len(series[0].values):
        empty = np.empty((0, len(series)))
        return Judgement((), empty, empty, empty, None, None)
    found = surprise(series, seasons)
    values = np.stack([one.scaled() for one in series], axis=1)
    heard = _worth_telling(series, values, found, least)
    groups = list(dict.fromkeys(one.group for one in series))
    group = np.array([groups.index(one.group) for one in series])
    by_series = heard.max(2)
    loud = np.stack([by_series[:, group == place].max(1) for place in range(len(groups))], axis=1)
    first = _first(values, least)
    lasting = _Lasting(series, group, by_series, values, found.expected.location)
    walk = _walk(loud, first, seasons[-1], rate, lasting)
    alerts = tuple(
        _alert(walk, number, series, group, heard, values, found) for number in range(len(walk.ledger.spells))
    )
    usual = found.expected.location
    reach = found.scale * np.maximum(
        found.start[:, :, 0] + found.tail[:, :, 0] * (walk.thresholds[:, None] + np.log(1 - TAIL)), 0.0
    )
    return Judgement(
        alerts,
        _unscaled(series, usual),
        _unscaled(series, usual - reach),
        _unscaled(series, usual + reach),
        first,
        walk.latest,
    )


def _worth_telling(series: Sequence[Series], values: Floats, found: Surprise, least: int) -> Floats:
    """Surprises of channels, shape (T, C, channels); -inf where a change is small or for the better,
    or hardly anything is known of the series."""
    change = values - found.expected.location
    large = np.empty(values.shape, bool)
    for place, one in enumerate(series):
        if one.transform == "log":
            moved, floor = change[:, place], math.log1p(one.floor)
        else:
            usual = one.unscaled(found.expected.location[:, place])
            moved, floor = one.unscaled(values[:, place]) - usual, one.floor
        worse = {"up": moved, "down": -moved, "both": np.abs(moved)}[one.worse]
        large[:, place] = worse >= floor
    known = np.cumsum(np.isfinite(values), axis=0) > least
    heard = found.values
    return np.where((large & known)[:, :, None] & np.isfinite(heard), heard, -np.inf)


def _first(values: Floats, least: int) -> int | None:
    """The first step at which some series is judged."""
    known = np.cumsum(np.isfinite(values), axis=0).max(axis=1)
    first = int(np.searchsorted(known, least)) + 1
    return first if first < len(values) else None


@dataclass(frozen=True, eq=False)
class _Walk:
    """The alert logic after all steps.

    Attributes:
        ledger: with the alerts.
        owner: shape (T, G): the alert that a group belonged to after a step; -1: none.
        thresholds: shape (T,); NaN before the first.
        latest: threshold.
    """

    ledger: Ledger
    owner: npt.NDArray[np.intp]
    thresholds: Floats
    latest: Threshold | None


class _Lasting:
    """How far the series of open alerts are from what was usual when those began.

    Args:
        series: C of them; group: shape (C,), of each.
        heard: shape (T, C), surprises. values, usual: shape (T, C), on the scale on which changes add.
    """

    def __init__(
        self,
        series: Sequence[Series],
        group: npt.NDArray[np.intp],
        heard: Floats,
        values: Floats,
        usual: Floats,
    ) -> None:
        self._way = np.array([{"up": 1.0, "down": -1.0, "both": np.nan}[one.worse] for one in series])
        self._group, self._heard, self._values, self._usual = group, heard, values, usual
        self._limits: dict[int, Floats] = {}

    def begin(self, now: int, group: int, threshold: float) -> None:
        """Keep where the series of a group stand that an alert begins to name."""
        named = (self._group == group) & (self._heard[now] > threshold - NAMING_SLACK)
        half = self._usual[now] + (1 - BACK) * (self._values[now] - self._usual[now])
        self._limits[group] = np.where(named, half, np.nan)

    def lasts(self, now: int, group: int) -> bool:
        """Whether one of them is still more than half as far from what was usual."""
        beyond = self._way * (self._values[now] - self._limits[group])
        return bool((np.nan_to_num(beyond, nan=-1.0) >= 0).any())


def _walk(loud: Floats, first: int | None, every: int, rate: float, lasting: _Lasting) -> _Walk:
    steps = len(loud)
    ledger = Ledger(math.inf, CLOSE_AFTER)
    owner = np.full(loud.shape, -1, np.intp)
    thresholds = np.full(steps, np.nan)
    latest = None
    for now in range(steps if first is None else first, steps):
        if latest is None or now % every == 0:
            latest = _threshold(loud[:now], owner[:now], len(ledger.spells), rate)
            ledger.threshold = latest.value
        thresholds[now] = ledger.threshold
        row = loud[now]
        over = np.flatnonzero(row > ledger.threshold - NAMING_SLACK)
        known = dict(ledger.owner)
        still = {source: math.inf for source in known if lasting.lasts(now, source)}
        ledger.step(now, {int(source): float(row[source]) for source in over} | still)
        for source, alert in ledger.owner.items():
            owner[now, source] = alert
            if known.get(source) != alert:
                lasting.begin(now, source, ledger.threshold)
    return _Walk(ledger, owner, thresholds, latest)


def _threshold(loud: Floats, owner: npt.NDArray[np.intp], told: int, rate: float) -> Threshold:
    quiet = np.where(owner >= 0, -np.inf, loud)
    limit = allowed("default", len(loud), rate)
    found = by_replay(quiet, max(limit - told, 0) if limit >= 0 else -1, rate, CLOSE_AFTER)
    tail = _tail(quiet, rate)
    return found if found.value >= tail else Threshold(tail, 0, True)


def _tail(quiet: Floats, rate: float) -> float:
    """Where the tail of all steps together reaches the rate of the budget.

    No threshold is lower, so that taking out what was told of cannot draw thresholds down for ever. The tail
    is taken between quantiles: a few large values among many change nothing.
    """
    loudest = np.max(quiet, axis=1)
    loudest = loudest[np.isfinite(loudest)]
    if len(loudest) < 2:
        return -math.inf
    start, far = np.quantile(loudest, [TAIL, FAR])
    share = len(loudest) / len(quiet)
    if share * (1 - TAIL) <= rate:
        return -math.inf
    return float(
        start + (far - start) / math.log((1 - TAIL) / (1 - FAR)) * math.log(share * (1 - TAIL) / rate)
    )


FAR = 0.98
"""Quantile up to which the tail of all steps is looked at."""


def _alert(
    walk: _Walk,
    number: int,
    series: Sequence[Series],
    group: npt.NDArray[np.intp],
    heard: Floats,
    values: Floats,
    found: Surprise,
) -> Alert:
    spell = walk.ledger.spells[number]
    steps, sources = np.nonzero(walk.owner == number)
    led = []
    for source in np.unique(sources).tolist():
        own = steps[(sources == source) & (steps <= spell.last)]
        for place in np.flatnonzero(group == source).tolist():
            inside = heard[own, place]
            step, channel = np.unravel_index(int(np.argmax(inside)), inside.shape)
            at = int(own[step])
            if inside[step, channel] > walk.thresholds[at] - NAMING_SLACK:
                one, here = series[place], slice(at, at + 1)
                usual = float(one.unscaled(found.expected.location[here, place], here)[0])
                value = float(one.unscaled(values[here, place], here)[0])
                led.append(
                    Led(one.key, CHANNELS[int(channel)], value, usual, float(inside[step, channel]), at)
                )
    ordered = tuple(sorted(led, key=lambda one: (-one.surprise, one.key)))
    return Alert(spell.opened, spell.last, spell.closed, ordered)


def _unscaled(series: Sequence[Series], scaled: Floats) -> Floats:
    return np.stack([one.unscaled(scaled[:, place]) for place, one in enumerate(series)], axis=1)
