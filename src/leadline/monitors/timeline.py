"""Windows over time: judged by the alert budget, where the reference is long enough for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import structs

from leadline.baselines.baseline import Baseline
from leadline.errors import ConfigurationError
from leadline.estimators import Calibrator
from leadline.monitors import multivariate
from leadline.monitors.budget import (
    FEWEST,
    Alert,
    Calibration,
    Evidence,
    FirstWeeks,
    Judgement,
    Named,
    Policy,
    begin,
    fit,
    joined,
    judge,
)
from leadline.monitors.estimates import best_known, calibrator, channels, estimates
from leadline.monitors.estimates_by_rows import ByRows, moved
from leadline.monitors.evidence import Fold, evidence, fold
from leadline.monitors.harm import Harm, Harms, weighed
from leadline.monitors.joint import Decision
from leadline.monitors.labels import Usual, latest, maturity, unbiased, usual
from leadline.monitors.series import PERFORMANCE, Performed, outcomes_of, realised_metrics
from leadline.monitors.versions import Version
from leadline.monitors.windows import Windows, cut, together, untimed
from leadline.profiles.profile import Axes, Profile
from leadline.schedule import AlertRate, Calendar, Width, instant, span
from leadline.settings import Settings

Floats = npt.NDArray[np.float64]

DEFAULT_BUDGET = "1/30d"
"""The budget at which windows are shown where none is stated."""

ON_TIME = 0.99
"""Share of the reference's labels that come within the lateness limit where none is stated."""


@dataclass(frozen=True)
class Timeline:
    """What windows said.

    Attributes:
        calendar: how time is cut.
        rate: the budget.
        stated: the budget was stated; then windows decide the verdict where they are supported.
        reference, current: windows of both sides.
        before, now: what they say.
        performed_before, performed_now: the model's performance in them.
        labels: what the reference says of how labels come.
        lateness: microseconds after the end of a window for which its late labels may open an alert; None:
            no limit is known.
        calibration, judgement: of the budget; None where `reason` says why.
        reason: why windows are not judged, "" where they are.
        first_weeks: how windows were judged before the budget could; None where the reference is long enough.
        harms: what each alert of the judgement means for the model's performance; None for warnings.
        told_apart: of windows in which alerts name the inputs together: by which columns they are told from
            the reference, with their shares of the distance, largest first.
        versions: where each version of the model is a window: how it compares.
    """

    calendar: Calendar
    rate: AlertRate
    stated: bool
    reference: Windows
    current: Windows
    before: Evidence
    now: Evidence
    performed_before: Performed
    performed_now: Performed
    labels: Usual
    lateness: int | None
    calibration: Calibration | None = None
    judgement: Judgement | None = None
    reason: str = ""
    first_weeks: FirstWeeks | None = None
    harms: tuple[Harm | None, ...] = ()
    told_apart: Mapping[int, Sequence[tuple[str, float]]] = field(default_factory=dict)
    versions: tuple[Version, ...] = ()

    @property
    def labels_late(self) -> bool:
        """Labels are still to come, and the windows that wait for them do not decide."""
        return not self.decides and bool(self.performed_now.maturity.provisional.any())

    @property
    def decides(self) -> bool:
        """The verdict follows from the windows."""
        supported = self.calibration is not None and self.calibration.supported
        return self.stated and (supported or self.first_weeks is not None or bool(self.versions))


def timeline(baseline: Baseline, current: Profile, settings: Settings) -> Timeline | None:
    """Cut both sides into windows and judge those of the current one; None without times on both sides.

    Pure: the same profiles and settings give the same alerts.
    """
    calendar = baseline.calendar
    if calendar is None or current.start is None:
        return None
    calendar = stated_calendar(calendar, settings)
    as_of = None if settings.as_of is None else instant(settings.as_of)
    look = Look(baseline, settings, calendar)
    ours = look.at(baseline.profile, windows_of(baseline.profile, calendar))
    theirs = look.at(current, windows_of(current, calendar, as_of))
    labels = usual(ours.profile, ours.windows, ours.outcomes, calendar)
    alone = multivariate.Compared.itself(baseline, ours.windows)
    compared = alone.beside(current, theirs.windows)
    did = look.performed(ours, labels, latest(ours.profile, ours.windows))
    known_at = latest(current, theirs.windows) if as_of is None else as_of
    does = look.performed(theirs, labels, known_at, moved(compared, theirs.windows))
    # Where labels come in time they say what estimates say, and more: then the budget is theirs alone.
    late = bool((does.early & (theirs.windows.rows > 0)).any())
    always = np.full(len(ours.windows), True)
    before = look.evidence(ours, did, alone, always if late else None)
    now = look.evidence(theirs, does, compared, does.early if late else None)
    found = Timeline(
        calendar,
        AlertRate.parse(settings.budget or DEFAULT_BUDGET),
        settings.budget is not None,
        ours.windows,
        theirs.windows,
        before,
        now,
        did,
        does,
        labels,
        lateness(labels, settings),
    )
    if len(theirs.windows) == 0:
        return replace(found, reason="no row of the current table has a usable time")
    judged = _judged(found, _training(look, alone, late), settings)
    return _weighed(judged, Harms(baseline, current, settings, look.known), compared, settings)


@dataclass(frozen=True, eq=False)
class _Side:
    """One table in windows, with the outcomes that were counted in them."""

    profile: Profile
    windows: Windows
    outcomes: Any


@dataclass(frozen=True, eq=False)
class Look:
    """What windows of either side are looked at with; what it takes of the baseline is made once."""

    baseline: Baseline
    settings: Settings
    calendar: Calendar

    @cached_property
    def columns(self) -> Fold:
        return fold(self.baseline)

    @cached_property
    def known(self) -> Calibrator | None:
        return calibrator(self.baseline, self.settings)

    def at(self, profile: Profile, windows: Windows) -> _Side:
        return _Side(profile, windows, outcomes_of(profile, windows, self.settings))

    @cached_property
    def by_rows(self) -> ByRows:
        return ByRows(self.baseline)

    def performed(
        self,
        side: _Side,
        labels: Usual,
        known_at: int | None,
        moved: npt.NDArray[np.bool_] | None = None,
    ) -> Performed:
        """The model's performance in the windows.

        Args:
            labels: of the reference.
            known_at: as of when labels are there.
            moved: shape (W,): windows whose inputs moved; their estimates take rows. None: none takes any.
        """
        outcomes = side.outcomes
        mature = maturity(labels, side.profile, side.windows, outcomes, self.calendar, known_at)
        realised = realised_metrics(self.baseline.grid.outcome.task, outcomes, mature)
        estimated, best = estimates(self.known, outcomes), best_known(self.known, outcomes, mature)
        if moved is not None:
            counted = side.profile, side.windows, outcomes
            estimated, best = self.by_rows.improved(
                self.known, counted, realised, (estimated, best), mature.labels, moved
            )
        return Performed(mature, realised, estimated, best, unbiased(outcomes, mature))

    def evidence(
        self,
        side: _Side,
        performed: Performed,
        compared: multivariate.Compared,
        estimated: npt.NDArray[np.bool_] | None,
    ) -> Evidence:
        """What the windows say to the budget.

        Args:
            compared: rows of the windows with those of the reference.
            estimated: shape (W,): where estimates take part; None: they are no channels.
        """
        beside = multivariate.channels(compared, len(side.windows))
        beside += multivariate.vectors(compared, self.settings)
        if estimated is not None:
            beside += channels(
                self.baseline, self.known, side.outcomes, performed.estimated, estimated, self.settings
            )
        return evidence(
            self.baseline,
            side.profile,
            side.windows,
            performed,
            self.columns,
            beside,
            self.settings,
            self.calendar.place,
        )


def _judged(found: Timeline, training: Evidence | None, settings: Settings) -> Timeline:
    """With what the budget says of the current windows, or with what became of the first weeks."""
    windows = found.reference if len(found.reference) else found.current
    asked = policy(found.rate, windows, settings)
    calibration, first_weeks = _calibrated(found.before, found.now, training, asked)
    if first_weeks is not None:
        judgement = first_weeks.judgement
    else:
        assert calibration is not None
        judgement = judge(calibration, joined(found.before, found.now))
    return replace(found, calibration=calibration, judgement=judgement, first_weeks=first_weeks)


def _weighed(found: Timeline, harms: Harms, compared: multivariate.Compared, settings: Settings) -> Timeline:
    """With what the alerts mean: their harm, and by which columns inputs are told apart."""
    assert found.judgement is not None
    judgement, harm = weighed(
        found.judgement,
        harms,
        found.current,
        found.performed_now.maturity.provisional,
        (found.before.series, found.now.series),
        settings.harmless == "digest",
    )
    together = {
        named.window
        for alert in judgement.alerts
        for named in alert.sources
        if named.source == multivariate.SOURCE
    }
    told: dict[int, list[tuple[str, float]]] = {}
    if together:
        first = len(found.reference)
        told_by = multivariate.told_apart_by(compared, (at - first for at in sorted(together)))
        told = {window + first: columns for window, columns in told_by.items()}
    return replace(found, judgement=judgement, harms=harm, told_apart=told)


def _calibrated(
    before: Evidence, now: Evidence, training: Evidence | None, asked: Policy
) -> tuple[Calibration | None, FirstWeeks | None]:
    """What the reference's windows support; where they are too few, what became of the first weeks."""
    if int((before.rows > 0).sum()) >= FEWEST:
        calibration = fit(before, asked)
        if not calibration.too_short:
            return calibration, None
    found = begin(training, before, now, asked)
    return found.calibration, found


def _training(look: Look, alone: multivariate.Compared, late: bool) -> Evidence | None:
    """The rows of a reference without times, as one window; None where it has times."""
    profile = look.baseline.profile
    if _timed(profile):
        return None
    side = look.at(profile, together(profile))
    labels = usual(profile, side.windows, side.outcomes, look.calendar)
    return look.evidence(side, look.performed(side, labels, None), alone, np.array([True]) if late else None)


def _timed(profile: Profile) -> bool:
    return profile.axes.buckets != Axes().buckets


def lateness(labels: Usual, settings: Settings) -> int | None:
    """Microseconds after the end of a window for which its late labels may open an alert; None: unknown."""
    if settings.label_lateness is not None:
        return span(settings.label_lateness)
    if labels.curve is None or labels.curve.reason:
        return None
    found = labels.curve.pooled_within(ON_TIME)
    return round(found) if np.isfinite(found) else None


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
    if settings.width is None:
        return calendar
    width = Width.parse(settings.width)
    if width.unit != "row" and width.hours % calendar.bucket.hours:
        raise ConfigurationError(
            "the baseline's buckets do not fill such windows",
            where="window",
            found=width.words,
            accepted=f"a multiple of {calendar.bucket.words}",
            next_step="Learn the baseline again with this width.",
        )
    return structs.replace(calendar, window=width, why="stated")


def windows_of(profile: Profile, calendar: Calendar, until: int | None = None) -> Windows:
    """The windows of a profile, up to a moment after its last row if one is given; none without times."""
    if not _timed(profile):
        return untimed()
    buckets = np.array(profile.axes.buckets, np.int64)
    rows = profile.sums["rows"][:, :, 0].sum(1)
    last = profile.end if profile.end is None or until is None else max(profile.end, until)
    return cut(buckets, rows, calendar.window, calendar.place, ends=(profile.start, last), until=until)


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
    skew = skew_of(found, source, channel)
    if not hits and skew is not None:
        reason = f"production differs from the training rows by {skew.statistic}"
        return replace(decision, verdict="warning", reason=reason, decided_by=skew.statistic)
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


def skew_of(found: Timeline, source: str, channel: str = "") -> Named | None:
    """What differs between training rows and production in a source; None: nothing, or it is not known."""
    named = () if found.first_weeks is None else found.first_weeks.skew
    return next((n for n in named if n.source == source and (not channel or n.channel == channel)), None)


def worst_span(found: Timeline) -> tuple[int, int] | None:
    """Start and end of the alert that surprised most, else of the open warning; None where windows do not
    decide, or raised none, or are versions, which may share their time.
    """
    if not found.decides or found.judgement is None or found.versions:
        return None
    told = [a for a in found.judgement.alerts if a.sources and (a.tier == "alert" or a.closed is None)]
    if not told:
        return None
    worst = max(told, key=lambda a: (a.tier == "alert", max(named.surprise for named in a.sources)))
    first, last = (
        min(max(at - len(found.reference), 0), len(found.current) - 1) for at in (worst.opened, worst.last)
    )
    return int(found.current.starts[first]), int(found.current.ends[last])
