"""Staleness: the ages of the model, of the data it was trained on, and of the newest label."""

from __future__ import annotations

import numpy as np

from leadline.limits import Monitor
from leadline.monitors.rules.declare import NO_TIMES, Floats, Measure, Reading, Side
from leadline.profiles.arrays import EMPTY_TEXT, NAN, NULL, VERSION_PREFIX
from leadline.profiles.profile import Profile
from leadline.schedule import HOUR, instant
from leadline.schema import Role

DAY = 24 * HOUR


def model_age(side: Side, monitor: Monitor) -> Reading:
    """Days since `since`, or since the first row of the newest version that has come by then.

    A version that is there from the first row on is at least so old.
    """
    if side.until is None:
        return Reading.unknown(side, NO_TIMES)
    if monitor.since is not None:
        return _since(side, np.full(len(side), float(instant(monitor.since))))
    firsts: dict[str, float] = {}
    for profile in (side.baseline.profile, side.profile):
        for version, first in _first_rows(profile).items():
            firsts[version] = min(first, firsts.get(version, first))
    if not firsts:
        return Reading.unknown(side, "no column holds the model's version, and `since` is not stated")
    begun = np.sort(list(firsts.values()))
    place = np.searchsorted(begun, side.ends) - 1
    return _since(side, np.where(place >= 0, begun[np.maximum(place, 0)], np.nan))


def training_data_age(side: Side, monitor: Monitor) -> Reading:
    """Days since `since`, or since the reference's last row: it stands for the data of the training."""
    last = side.baseline.profile.end if monitor.since is None else instant(monitor.since)
    if side.until is None or last is None:
        return Reading.unknown(side, NO_TIMES)
    return _since(side, np.full(len(side), float(last)))


def label_age(side: Side, monitor: Monitor) -> Reading:
    """Days from the newest row with a label to the end of the window, to the precision of a bucket.

    Unknown before the first label.
    """
    if side.until is None:
        return Reading.unknown(side, NO_TIMES)
    place = next((k for k, column in enumerate(side.profile.grid.columns) if column.role is Role.LABEL), None)
    if place is None:
        return Reading.unknown(side, "no column holds labels")
    absent = side.profile.sums["specials"][:, 0, 0, place][:, [NULL, NAN, EMPTY_TEXT]].sum(-1)
    known = (side.profile.sums["rows"][:, 0, 0] > absent) & (side.windows.of_bucket >= 0)
    stops = np.array(side.profile.axes.buckets, np.float64)[known] + side.bucket
    newest = np.full(len(side), np.nan)
    np.fmax.at(newest, side.windows.of_bucket[known], stops)
    newest = np.fmax.accumulate(np.minimum(newest, side.ends))
    return Reading((side.ends - newest) / DAY, "no row has a label", side.bucket / DAY)


def _since(side: Side, begun: Floats) -> Reading:
    age = (side.ends - begun) / DAY
    return Reading(np.where(age >= 0, age, np.nan), "it begins after the window")


def _first_rows(profile: Profile) -> dict[str, float]:
    """First moment of the first bucket with rows of each version; of buckets without a time, nothing."""
    starts = np.array(profile.axes.buckets, np.float64)
    if profile.start is None:
        return {}
    found = {}
    for name, array in profile.sums.items():
        if name.startswith(VERSION_PREFIX):
            here = np.flatnonzero((array[:, 0, 0] > 0) & (starts > profile.start - 366 * DAY))
            if len(here):
                found[name.removeprefix(VERSION_PREFIX)] = max(float(starts[here[0]]), float(profile.start))
    return found


MODEL = Measure(
    "model_age", "Age of the model", "Time since the model's version began.", "days", "higher", model_age
)
TRAINING_DATA = Measure(
    "training_data_age", "Age of the training data", "Time since the last row of the training data.", "days",
    "higher", training_data_age,
)  # fmt: skip
LABELS = Measure(
    "label_age", "Age of the newest label", "Time from the newest row with a label to the end of the window.",
    "days", "higher", label_age,
)  # fmt: skip
