"""Both sides over the versions of the model: the reference as one window, each version as another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.errors import ConfigurationError
from leadline.monitors.budget import Judgement
from leadline.monitors.harm import Harm, Harms, doubted, for_digest
from leadline.monitors.labels import latest, usual
from leadline.monitors.look import Look, stated_calendar, windows_of
from leadline.monitors.timeline import Timeline, laid_out
from leadline.monitors.versions import Compare, Version, compared, judgement
from leadline.monitors.windows import Windows, by_version, together
from leadline.profiles.arrays import Axes
from leadline.profiles.profile import Profile
from leadline.schedule import instant
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
    provisional = np.asarray(does.maturity.provisional, bool).tolist()
    versions = _compared(look, current, theirs.windows, provisional, compare)
    found = laid_out(
        look, labels, (ours, theirs), (look.evidence(ours, did), look.evidence(theirs, does)), (did, does)
    )
    if not versions:
        return replace(found, reason="the current table has no rows")
    judged = judgement(versions, theirs.windows, len(ours.windows))
    if settings.harmless == "digest":
        versions = _for_digest(found, judged, versions, baseline)
    harms = tuple(versions[alert.opened - len(ours.windows)].baseline.harm for alert in judged.alerts)
    return replace(found, judgement=judged, harms=harms, versions=versions)


def _compared(
    look: Look, current: Profile, windows: Windows, provisional: Sequence[bool], compare: Compare
) -> tuple[Version, ...]:
    """The versions, each compared with the baseline and with the one before it."""
    baseline = replace(look.baseline, calendar=None)
    parts = [
        replace(current.version(name), start=int(start), end=int(end) - 1)
        for name, start, end in zip(windows.names, windows.starts, windows.ends, strict=True)
    ]
    labels = frozenset(column.name for column in baseline.grid.columns if column.role is Role.LABEL)

    def weigh(reference: Baseline, part: Profile, labels_come: bool) -> Harm:
        # What scores stand for is known of the baseline; of another version its labels may be few.
        known = look.known if reference is baseline else None
        harms = Harms(reference, part, look.settings, known)
        start, end = part.start or 0, (part.end or 0) + 1
        return harms.between(start, end, end if labels_come else start)

    return compared(baseline, parts, windows.names, provisional, labels, compare, weigh)


def _for_digest(
    found: Timeline, judged: Judgement, versions: Sequence[Version], baseline: Baseline
) -> tuple[Version, ...]:
    """The versions; of those whose alert is for the digest, their harm says so."""
    out = list(versions)
    for alert in judged.alerts:
        place = alert.opened - len(found.reference)
        own = versions[place].baseline
        shares, span = (found.before.series, found.now.series), slice(place, place + 1)
        if own.harm is not None:
            harm = doubted(own.harm, alert, baseline)
            harm = replace(harm, digest=for_digest(alert, harm, shares, span))
            out[place] = replace(versions[place], baseline=replace(own, harm=harm))
    return tuple(out)
