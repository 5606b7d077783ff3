"""The range that a monitor allows, and the alerts that follow when its number leaves it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from leadline.limits import Limit, Monitor
from leadline.monitors.rules.declare import Floats, Measure


@dataclass(frozen=True)
class Band:
    """What is allowed: low <= value <= high. An alert closes within the narrower range of `clear_*`."""

    low: float = -math.inf
    high: float = math.inf
    clear_low: float = -math.inf
    clear_high: float = math.inf

    def beyond(self, value: float) -> float:
        """How far a value lies outside, negative within."""
        return max(self.low - value, value - self.high)

    def is_clear(self, value: float) -> bool:
        """The value is far enough inside for an alert to close."""
        return self.clear_low <= value <= self.clear_high


def band(monitor: Monitor, measure: Measure, usual: float) -> Band | None:
    """The range that a monitor allows.

    Args:
        usual: the number in the reference; NaN: unknown.

    Returns:
        None where it rests on a reference that is unknown, or on per cent of 0.
    """
    condition, limit = monitor.condition, monitor.limit
    low, high = -math.inf, math.inf
    if condition == "below":
        low = measure.amount(limit)
    elif condition == "above":
        high = measure.amount(limit)
    else:
        distance = limit.amount * abs(usual) if limit.unit == "%" else measure.amount(limit)
        if not math.isfinite(usual) or distance <= 0:
            return None
        low = usual - distance if condition != "rises_by" else low
        high = usual + distance if condition != "falls_by" else high
    clear_low, clear_high = low, high
    if monitor.clear_above is not None:
        clear_low = max(low, measure.amount(Limit.parse(monitor.clear_above, "clear_above")))
    if monitor.clear_below is not None:
        clear_high = min(high, measure.amount(Limit.parse(monitor.clear_below, "clear_below")))
    return Band(low, high, clear_low, clear_high)


@dataclass(frozen=True)
class Raised:
    """An alert of a monitor, in positions of windows.

    Attributes:
        since: the first of the windows in a row that opened it; `opened`: the last of them.
        last: the latest window beyond the limit.
        closed: the window in which it closed; None while it is open.
        worst: the window that lies furthest outside, and `value` there.
    """

    since: int
    opened: int
    last: int
    closed: int | None
    worst: int
    value: float


@dataclass(frozen=True)
class State:
    """Where a monitor stands after some windows.

    Attributes:
        alerts: all so far; the last one may be open.
        streak: windows in a row that speak for the next change.
        since, worst, value: the first and the worst of those that speak for opening.
    """

    alerts: tuple[Raised, ...] = ()
    streak: int = 0
    since: int = 0
    worst: int = 0
    value: float = math.nan

    @property
    def open(self) -> bool:
        """An alert is open."""
        return bool(self.alerts) and self.alerts[-1].closed is None


def step(state: State, at: int, value: float, allowed: Band, enough: int, calm: int) -> State:
    """The state after one more window.

    Args:
        at: its position. value: the number; NaN: unknown, which changes nothing.
        enough: windows in a row beyond the limit that open an alert.
        calm: windows in a row that are clear and close it.
    """
    if math.isnan(value):
        return state
    if state.open:
        return _while_open(state, at, value, allowed, calm)
    if allowed.beyond(value) <= 0:
        return replace(state, streak=0)
    if not state.streak or allowed.beyond(value) > allowed.beyond(state.value):
        state = replace(state, worst=at, value=value)
    state = replace(state, streak=state.streak + 1, since=state.since if state.streak else at)
    if state.streak < enough:
        return state
    alert = Raised(state.since, at, at, None, state.worst, state.value)
    return State((*state.alerts, alert))


def _while_open(state: State, at: int, value: float, allowed: Band, calm: int) -> State:
    alert = state.alerts[-1]
    if allowed.beyond(value) > 0:
        alert = replace(alert, last=at)
        if allowed.beyond(value) > allowed.beyond(alert.value):
            alert = replace(alert, worst=at, value=value)
    streak = state.streak + 1 if allowed.is_clear(value) else 0
    if streak >= calm:
        alert, streak = replace(alert, closed=at), 0
    return State((*state.alerts[:-1], alert), streak)


def run(values: Floats, allowed: Band, enough: int, calm: int) -> State:
    """The state after all windows, in order."""
    state = State()
    for at, value in enumerate(np.asarray(values, np.float64).tolist()):
        state = step(state, at, value, allowed, enough, calm)
    return state
