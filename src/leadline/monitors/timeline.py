"""Windows over time: judged by the alert budget, where the reference is long enough for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from msgspec import structs

from leadline.baselines.baseline import Baseline
from leadline.errors import ConfigurationError
from leadline.estimators import Estimated
from leadline.monitors.budget import (
    Alert,
    Calibration,
    Evidence,
    Judgement,
    Named,
    Policy,
    fit,
    judge,
)
from leadline.monitors.estimates import estimates
from leadline.monitors.evidence import evidence, fold, joined, labelled
from leadline.monitors.joint import Decision
from leadline.monitors.series import PERFORMANCE, outcomes_of
from leadline.monitors.windows import Windows, cut
from leadline.profiles.profile import Profile
from leadline.schedule import AlertRate, Calendar, Width
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]

DEFAULT_BUDGET = "1/30d"
"""The budget at which windows are shown where none is stated."""

WINDOWS_MIN = 8
"""Fewer reference windows than this tell nothing of how windows differ."""


@dataclass(frozen=True)
class Timeline:
    """What windows said.

    Attributes:
        calendar: how time is cut.
        rate: the budget.
        stated: the budget was stated; then windows decide the verdict where they are supported.
        reference, current: windows of both sides.
        before, now: what they say.
        labelled_before, labelled_now: share of the rows of each window with a label; NaN without labels.
        estimated_before, estimated_now: metrics without labels, by key.
        calibration, judgement: of the budget; None where `reason` says why.
        reason: why windows are not judged, "" where they are.
    """

    calendar: Calendar
    rate: AlertRate
    stated: bool
    reference: Windows
    current: Windows
    before: Evidence
    now: Evidence
    labelled_before: Floats
    labelled_now: Floats
    estimated_before: Mapping[str, Estimated]
    estimated_now: Mapping[str, Estimated]
    calibration: Calibration | None
    judgement: Judgement | None
    reason: str = ""

    @property
    def decides(self) -> bool:
        """The verdict follows from the windows."""
        return self.stated and self.calibration is not None and self.calibration.supported


def timeline(baseline: Baseline, current: Profile, settings: Settings) -> Timeline | None:
    """Cut both sides into windows and judge those of the current one; None without times on both sides.

    Pure: the same profiles and settings give the same alerts.
    """
    calendar = baseline.calendar
    if calendar is None or current.start is None:
        return None
    calendar = stated_calendar(calendar, settings)
    earlier, later = windows_of(baseline.profile, calendar), windows_of(current, calendar)
    columns = fold(baseline)
    ours = outcomes_of(baseline.profile, earlier, settings)
    theirs = outcomes_of(current, later, settings)
    before = evidence(baseline, baseline.profile, earlier, ours, columns, settings, calendar.place)
    now = evidence(baseline, current, later, theirs, columns, settings, calendar.place)
    rate = AlertRate.parse(settings.budget or DEFAULT_BUDGET)
    judged = int((earlier.rows > 0).sum())
    calibration, judgement, reason = None, None, ""
    if judged < WINDOWS_MIN:
        reason = f"the reference has {judged} windows of {calendar.window.words}; {WINDOWS_MIN} are needed"
    elif not len(later):
        reason = "no row of the current table has a usable time"
    else:
        calibration = fit(before, policy(rate, earlier, settings))
        judgement = judge(calibration, joined(before, now))
    return Timeline(
        calendar,
        rate,
        settings.budget is not None,
        earlier,
        later,
        before,
        now,
        labelled(earlier, ours),
        labelled(later, theirs),
        estimates(baseline, ours, settings),
        estimates(baseline, theirs, settings),
        calibration,
        judgement,
        reason,
    )


def policy(rate: AlertRate, reference: Windows, settings: Settings) -> Policy:
    """The budget in windows."""
    length = float(np.mean(reference.ends - reference.starts)) / 86_400e6
    return Policy(
        alerts=rate.alerts,
        windows=max(rate.days / length, np.nextafter(rate.alerts, np.inf)),
        mode=settings.budget_mode,
        baseline=settings.baseline,
        drift_floor=settings.floors.window,
        column_floors=dict(settings.column_floors),
    )


def stated_calendar(calendar: Calendar, settings: Settings) -> Calendar:
    """The baseline's calendar, with the width of windows that is stated now.

    Raises:
        ConfigurationError: buckets do not fill windows of that width.
    """
    if settings.window is None:
        return calendar
    width = Width.parse(settings.window)
    if width.unit != "row" and width.hours % calendar.bucket.hours:
        raise ConfigurationError(
            "the baseline's buckets do not fill such windows",
            where="window",
            found=width.words,
            accepted=f"a multiple of {calendar.bucket.words}",
            next_step="Learn the baseline again with this width.",
        )
    return structs.replace(calendar, window=width, why="stated")


def windows_of(profile: Profile, calendar: Calendar) -> Windows:
    """The windows of a profile."""
    buckets = np.array(profile.axes.buckets, np.int64)
    rows = profile.sums["rows"][:, :, 0].sum(1)
    return cut(buckets, rows, calendar.window, calendar.place, ends=(profile.start, profile.end))


def by_windows(decision: Decision, found: Timeline, *, certain: bool) -> Decision:
    """The decision that follows from the windows, for what they judge; p-values stay to be shown.

    An alert stands whenever it was raised; a warning only while it is open.

    Args:
        certain: the decision rests on a finding that needs no test, and stands outside the budget.
    """
    if certain or found.judgement is None or decision.verdict == "unknown":
        return decision
    source, channel = decision.name, ""
    if source.startswith(f"{PERFORMANCE}/"):
        source, channel = PERFORMANCE, decision.name
    if source not in found.judgement.channels.sources:
        return decision
    hits = hits_of(found.judgement, source, channel)
    if not hits:
        return replace(decision, verdict="ok", reason="no window raised an alert", decided_by="")
    alert, named = hits[0]
    times = f"{len(hits)} alerts" if len(hits) > 1 else "an alert"
    return replace(
        decision,
        verdict=alert.tier,
        reason=f"windows raised {times}; the most surprising one by {named.statistic}",
        decided_by=named.statistic,
    )


def hits_of(judgement: Judgement, source: str, channel: str = "") -> list[tuple[Alert, Named]]:
    """The alerts, and the open warnings, that name a source (by one channel, if given); the worst first."""
    hits = [
        (alert, named)
        for alert in judgement.alerts
        for named in alert.sources
        if named.source == source and (not channel or named.channel == channel)
        if alert.tier == "alert" or alert.closed is None
    ]
    return sorted(hits, key=lambda hit: (hit[0].tier != "alert", -hit[1].surprise))


def worst_span(found: Timeline) -> tuple[int, int] | None:
    """Start and end of the alert that surprised most; None where windows do not decide, or raised none."""
    if not found.decides or found.judgement is None:
        return None
    alerts = [alert for alert in found.judgement.alerts if alert.tier == "alert" and alert.sources]
    if not alerts:
        return None
    worst = max(alerts, key=lambda alert: max(named.surprise for named in alert.sources))
    first, last = (
        min(max(at - len(found.reference), 0), len(found.current) - 1) for at in (worst.opened, worst.last)
    )
    return int(found.current.starts[first]), int(found.current.ends[last])
