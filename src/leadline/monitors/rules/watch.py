"""Every declared monitor on both tables: what it allows, what it saw, what it would have raised before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.errors import ConfigurationError, DataError
from leadline.limits import Limit, Monitor
from leadline.monitors.rules.band import Band, Raised, State, band, run
from leadline.monitors.rules.declare import TIMES, Floats, Measure, Reading, Side
from leadline.monitors.rules.measures import ESTIMATED, keys, measure
from leadline.monitors.timeline import Timeline
from leadline.monitors.windows import together
from leadline.profiles.grid import Grid
from leadline.profiles.profile import Profile
from leadline.schedule import HOUR, instant
from leadline.settings import Settings


@dataclass(frozen=True)
class Watched:
    """What became of one monitor.

    Attributes:
        monitor, measure: what was declared, and the number that it watches.
        usual: that number in the reference; NaN: unknown.
        allowed: the range that it must keep; None where it rests on a reference that is unknown.
        before, now: the number in the windows of both sides; NaN: unknown.
        alerts: in the current windows.
        replayed: alerts that the reference's own windows would have raised; None where nothing of them is
            known. `days`: how long the windows last in which the number is known; 0 without times.
        reason: why nothing could be judged, or "".
    """

    monitor: Monitor
    measure: Measure
    usual: float
    allowed: Band | None
    before: Floats
    now: Floats
    alerts: tuple[Raised, ...]
    replayed: int | None
    days: float
    reason: str

    @property
    def verdict(self) -> Literal["ok", "warning", "alert", "unknown"]:
        """The tier, where it alerted ("warning": while it is open), else "ok" or "unknown"."""
        still = any(alert.closed is None for alert in self.alerts)
        if still or (self.alerts and self.monitor.tier == "alert"):
            return self.monitor.tier
        return "unknown" if self.reason else "ok"


def check_metrics(settings: Settings, file: str | None) -> None:
    """Metrics are named where they exist, and are told of a column where they are about one.

    Args:
        file: the configuration file, for messages.

    Raises:
        ConfigurationError: a metric is unknown, lacks a column or has one too many, or its limit is a time.
    """
    known = keys(settings.metrics)
    for place, monitor in enumerate(settings.monitors):
        where = f"monitors.{place}" if file is None else f"{file}, monitors.{place}"
        if monitor.metric not in known:
            raise ConfigurationError.unknown("metric", monitor.metric, known, f"{where}.metric")
        found = measure(monitor.metric)
        if found.of_column != (monitor.column is not None):
            raise ConfigurationError(
                f"{found.key} is about a column" if found.of_column else f"{found.key} is about no column",
                where=f"{where}.column",
                found=monitor.column,
                next_step="Name one with `column`." if found.of_column else "Leave `column` out.",
            )
        for key in (monitor.condition, "clear_above", "clear_below"):
            value = getattr(monitor, key)
            if value is not None and found.unit not in TIMES and Limit.parse(value, key).unit == "h":
                raise ConfigurationError(
                    f"a time is no limit of {found.key}", where=f"{where}.{key}", found=value,
                    accepted="a number or per cent",
                )  # fmt: skip


def check_columns(settings: Settings, grid: Grid, table: str) -> None:
    """Columns and segments that monitors name are among what is counted.

    Raises:
        DataError: one of them is not.
    """
    segments = _segments(grid)
    for place, monitor in enumerate(settings.monitors):
        if monitor.column is not None and monitor.column not in grid.index:
            raise DataError.no_column(monitor.column, grid.index, table, f"monitors.{place}.column")
        if monitor.segment is not None and monitor.segment not in segments:
            raise DataError(
                "no such segment", where=f"monitors.{place}.segment", found=monitor.segment,
                accepted=segments or "segments of the columns that `segment` names",
            )  # fmt: skip


def watch(
    baseline: Baseline,
    current: Profile,
    settings: Settings,
    over_time: Timeline | None,
    physical: Mapping[str, str] | None = None,
) -> list[Watched]:
    """Judge every monitor. Pure: the same profiles and settings give the same alerts.

    Args:
        over_time: the windows of both sides; None, or without a current window: each side is one window.
        physical: physical types of the current table's columns by name; None when unknown.

    Raises:
        DataError: a column or segment is not counted.
    """
    check_columns(settings, baseline.grid, baseline.profile.name)
    if over_time is not None and not len(over_time.current):
        over_time = None
    return [
        _watched(monitor, baseline, current, settings, over_time, physical) for monitor in settings.monitors
    ]


def _watched(
    monitor: Monitor,
    baseline: Baseline,
    current: Profile,
    settings: Settings,
    over_time: Timeline | None,
    physical: Mapping[str, str] | None,
) -> Watched:
    found = measure(monitor.metric)
    place = 0 if monitor.segment is None else _segments(baseline.grid)[monitor.segment]
    before, now = (
        _side(profile, baseline, settings, over_time, place) for profile in (baseline.profile, current)
    )
    earlier = found.compute(before, monitor)
    if monitor.column is not None and physical is not None and monitor.column not in physical:
        later = Reading.unknown(now, "the current table has no such column")
    else:
        later = found.compute(now, monitor)
    usual = _usual(found, before, earlier, monitor)
    allowed = band(monitor, found, usual)
    if allowed is None:
        reason = (
            "of 0 in the reference no per cent can be taken" if usual == 0 else "unknown in the reference"
        )
        return Watched(monitor, found, usual, None, earlier.values, later.values, (), None, 0.0, reason)
    seen_before, seen = _seen(earlier, allowed, exact_end=False), _seen(later, allowed, exact_end=True)
    reason = ""
    if np.isnan(seen).all():
        coarse = not np.isnan(later.values).all()
        reason = f"time is known in steps of {later.resolution:g} {found.unit}" if coarse else later.reason
    replayed = None
    if not np.isnan(seen_before).all():
        replayed = len(_run(monitor, seen_before, allowed).alerts)
    lasting = (before.windows.ends - before.windows.starts)[~np.isnan(seen_before)]
    return Watched(
        monitor,
        found,
        usual,
        allowed,
        seen_before,
        seen,
        _run(monitor, seen, allowed).alerts,
        replayed,
        0.0 if over_time is None else float(lasting.sum()) / (24 * HOUR),
        reason or ("no window" if not len(seen) else ""),
    )


def _run(monitor: Monitor, values: Floats, allowed: Band) -> State:
    return run(values, allowed, monitor.windows, monitor.clear_after)


def _seen(reading: Reading, allowed: Band, *, exact_end: bool) -> Floats:
    """The values that tell on which side of the limit they lie."""
    values = reading.values
    blind = (values <= allowed.high) & (allowed.high < reading.resolution)
    if exact_end:
        blind[-1:] = False
    return np.where(blind, np.nan, values)


def _usual(found: Measure, before: Side, reading: Reading, monitor: Monitor) -> float:
    """The number in the reference."""
    if found.usual == "whole":
        whole = replace(before, windows=together(before.profile), performed=None)
        realised = measure(monitor.metric.removeprefix(ESTIMATED))
        return float(realised.compute(whole, monitor).values[0])
    known = reading.values[~np.isnan(reading.values)]
    return float(np.median(known)) if len(known) else float("nan")


def _side(
    profile: Profile, baseline: Baseline, settings: Settings, over_time: Timeline | None, place: int
) -> Side:
    theirs = profile is not baseline.profile
    until = profile.end
    if theirs and settings.as_of is not None:
        until = max(instant(settings.as_of), until or 0)
    own, bucket, performed = _segment(profile, place), 0, None
    if over_time is None:
        windows = together(own)
    else:
        windows = over_time.current if theirs else over_time.reference
        performed = over_time.performed_now if theirs else over_time.performed_before
        bucket = over_time.calendar.bucket.hours * HOUR
    return Side(baseline, _segment(baseline.whole, place), own, windows, settings, bucket, until, performed)


def _segment(profile: Profile, place: int) -> Profile:
    """One segment; of all rows it is known which values they hold."""
    part = profile.segment(place)
    return part if place else replace(part, distinct=profile.distinct)


def _segments(grid: Grid) -> dict[str, int]:
    """Places on the segment axis by `column=value`."""
    return {f"{column}={value}": place for place, (column, value) in enumerate(grid.segments, 1)}
