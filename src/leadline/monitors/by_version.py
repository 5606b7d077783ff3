"""Both sides over the versions of the model: the reference as one window, each version as another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.errors import ConfigurationError
from leadline.monitors.evidence import evidence
from leadline.monitors.labels import latest, usual
from leadline.monitors.timeline import DEFAULT_BUDGET, Look, Timeline, lateness, stated_calendar, windows_of
from leadline.monitors.versions import Compare, compared, judgement
from leadline.monitors.windows import by_version, together
from leadline.profiles.profile import Axes, Profile
from leadline.schedule import AlertRate, instant
from leadline.schema import Role
from leadline.settings import Settings


def timeline_by_version(
    baseline: Baseline, current: Profile, settings: Settings, compare: Compare
) -> Timeline:
    """Judge each version of the current table.

    Pure, as `timeline`. Versions may be served at the same time.

    Args:
        current: counted by version.
        compare: two tables without their times.

    Raises:
        ConfigurationError: the current rows have no times, or were not counted by version.
    """
    calendar = baseline.calendar
    if calendar is None or current.axes.versions == Axes().versions:
        raise ConfigurationError(
            "the rows were not counted by version",
            where="window",
            found="version",
            next_step="Name their `version` and `timestamp` columns, and learn the baseline, or count the "
            "profile, with `window: version`.",
        )
    calendar = stated_calendar(calendar, settings)
    look = Look(baseline, settings, calendar)
    flat = current.by_version()
    ours = look.at(baseline.profile, together(baseline.profile))
    theirs = look.at(flat, by_version(current, calendar.bucket, calendar.place))
    cut = look.at(baseline.profile, windows_of(baseline.profile, calendar))
    labels = usual(cut.profile, cut.windows, cut.outcomes, calendar)
    known_at = latest(flat, theirs.windows) if settings.as_of is None else instant(settings.as_of)
    did = look.performed(ours, labels, latest(cut.profile, cut.windows))
    does = look.performed(theirs, labels, known_at)
    before, now = (
        evidence(baseline, side.profile, side.windows, performed, look.columns, (), settings, calendar.place)
        for side, performed in ((ours, did), (theirs, does))
    )
    windows = theirs.windows
    parts = [
        replace(current.version(name), start=int(start), end=int(end) - 1)
        for name, start, end in zip(windows.names, windows.starts, windows.ends, strict=True)
    ]
    waiting = frozenset(column.name for column in baseline.grid.columns if column.role is Role.LABEL)
    provisional = np.asarray(does.maturity.provisional, bool).tolist()
    timeless = replace(baseline, calendar=None)
    versions = compared(timeless, parts, windows.names, provisional, waiting, compare)
    found = judgement(versions, windows, len(ours.windows)) if versions else None
    return Timeline(
        calendar,
        AlertRate.parse(settings.budget or DEFAULT_BUDGET),
        settings.budget is not None,
        ours.windows,
        windows,
        before,
        now,
        did,
        does,
        labels,
        lateness(labels, settings),
        judgement=found,
        reason="" if versions else "the current table has no rows",
        harms=() if found is None else (None,) * len(found.alerts),
        versions=versions,
    )
