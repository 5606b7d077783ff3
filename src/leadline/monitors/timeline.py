"""Windows over time: judged by the alert budget, where the reference is long enough for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from leadline.baselines.baseline import Baseline
from leadline.metrics import METRICS
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
from leadline.monitors.budget.channels import MOVING_AVERAGE, VALUE
from leadline.monitors.estimates_by_rows import moved
from leadline.monitors.harm import Harm, Harms, weighed
from leadline.monitors.joint import Decision
from leadline.monitors.labels import Hindsight, Usual, latest, usual
from leadline.monitors.look import Look, Side, lateness, stated_calendar, timed, windows_of
from leadline.monitors.series import JUDGED, PERFORMANCE, Performed
from leadline.monitors.versions import Version
from leadline.monitors.windows import Windows, together
from leadline.profiles.profile import Profile
from leadline.schedule import AlertRate, Calendar, instant
from leadline.settings import Settings
from leadline.turns import meanwhile

_SETTLED = 3
"""Windows from which on an open alert is explained without the one in which it began."""

DEFAULT_BUDGET = "1/30d"
"""The budget at which windows are shown where none is stated."""


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
        changing: columns whose values keep being replaced: that one is new is not judged there.
        estimated: shape (W,): current windows in which estimates of performance took part, since their labels
            had not come; None: in none.
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
    changing: tuple[str, ...] = ()
    estimated: npt.NDArray[np.bool_] | None = None

    @property
    def labels_late(self) -> str:
        """Why labels are still to come, where the windows that wait for them do not decide; else ""."""
        return "" if self.decides else self.performed_now.maturity.late

    @property
    def decides(self) -> bool:
        """The verdict follows from the windows."""
        supported = self.calibration is not None and self.calibration.supported
        return self.stated and (supported or self.first_weeks is not None or bool(self.versions))


def timeline(
    baseline: Baseline, current: Profile, settings: Settings, hindsight: Hindsight | None = None
) -> Timeline | None:
    """Cut both sides into windows and judge those of the current one; None without times on both sides.

    Pure: the same profiles and settings give the same alerts.

    Args:
        hindsight: estimates take part where labels had not come when a window ended; None: where they have
            not come by now.
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
    known_at = latest(current, theirs.windows) if as_of is None else as_of
    waited = None
    if hindsight is not None and look.known is not None:
        waited = hindsight.share(current, theirs.windows, calendar) < JUDGED
    with meanwhile(partial(look.together, ours, alone), settings.threads) as together_before:
        did = look.performed(ours, labels, latest(ours.profile, ours.windows))
        beside_before = together_before()
    hit = moved(compared, theirs.windows)
    with meanwhile(partial(look.together, theirs, compared), settings.threads) as together_now:
        does = look.performed(theirs, labels, known_at, hit, waited)
        beside_now = together_now()
    early = does.early if waited is None else does.early | waited
    # Where labels come in time they say what estimates say, and more: then the budget is theirs alone.
    late = bool((early & (theirs.windows.rows > 0)).any())
    always = np.full(len(ours.windows), True)
    before = look.evidence(ours, did, beside_before + look.estimated(ours, did, always if late else None))
    now = look.evidence(theirs, does, beside_now + look.estimated(theirs, does, early if late else None))
    found = laid_out(look, labels, (ours, theirs), (before, now), (did, does))
    if late and look.known is not None:
        found = replace(found, estimated=early)
    if len(theirs.windows) == 0:
        return replace(found, reason="no row of the current table has a usable time")
    judged = _judged(found, _training(look, alone, late), settings)
    return _weighed(judged, Harms(baseline, current, settings, look.known), compared, settings)


def laid_out(
    look: Look,
    labels: Usual,
    sides: tuple[Side, Side],
    evidence: tuple[Evidence, Evidence],
    performed: tuple[Performed, Performed],
) -> Timeline:
    """The windows of both sides and what they say, not judged yet; each pair is reference and current.

    Args:
        labels: of the reference.
    """
    return Timeline(
        calendar=look.calendar,
        rate=AlertRate.parse(look.settings.budget or DEFAULT_BUDGET),
        stated=look.settings.budget is not None,
        reference=sides[0].windows,
        current=sides[1].windows,
        before=evidence[0],
        now=evidence[1],
        performed_before=performed[0],
        performed_now=performed[1],
        labels=labels,
        lateness=lateness(labels, look.settings),
        changing=look.changing,
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
    if timed(profile):
        return None
    side = look.at(profile, together(profile))
    labels = usual(profile, side.windows, side.outcomes, look.calendar)
    performed = look.performed(side, labels, None)
    estimated = look.estimated(side, performed, np.array([True]) if late else None)
    return look.evidence(side, performed, look.together(side, alone) + estimated)


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
        reason = f"production differs from the training rows by {_titled(_statistic(skew))}"
        return replace(decision, verdict="warning", reason=reason, decided_by=_statistic(skew))
    if not hits:
        return replace(decision, verdict="ok", reason="no window raised an alert", decided_by="")
    alert, named = hits[0]
    times = f"{len(hits)} alerts" if len(hits) > 1 else "an alert"
    which = "most surprising one" if alert.closed is not None or len(hits) == 1 else "one that is open"
    return replace(
        decision,
        verdict=alert.tier,
        reason=f"windows raised {times}; the {which} by {_titled(_statistic(named))}",
        decided_by=_statistic(named),
    )


def _statistic(named: Named) -> str:
    """What was measured: of a number by window the metric, as "missing_share" of "income/missing_share"."""
    metric = named.channel.rpartition("/")[2]
    return metric if named.statistic in (VALUE, MOVING_AVERAGE) and metric in METRICS else named.statistic


def _titled(statistic: str) -> str:
    """A metric as it is shown."""
    return METRICS[statistic].title if statistic in METRICS else statistic.replace("_", " ")


def hits_of(judgement: Judgement, source: str, channel: str = "") -> list[tuple[Alert, Named]]:
    """The alerts, and the open warnings, that name a source (by one channel, if given); the worst first.

    Alerts go before warnings, what is still open before what is over, then the most surprising.
    """
    hits = [
        (alert, named)
        for alert in judgement.alerts
        for named in alert.sources
        if named.source == source and (not channel or named.channel == channel)
        if alert.tier == "alert" or alert.closed is None
    ]
    return sorted(hits, key=lambda hit: (hit[0].tier != "alert", hit[0].closed is not None, -hit[1].surprise))


def skew_of(found: Timeline, source: str, channel: str = "") -> Named | None:
    """What differs between training rows and production in a source; None: nothing, or it is not known."""
    named = () if found.first_weeks is None else found.first_weeks.skew
    return next((n for n in named if n.source == source and (not channel or n.channel == channel)), None)


Span = tuple[int, int]
"""Start and end, microseconds since 1970 UTC."""


def alerted_spans(found: Timeline) -> dict[Span, list[int]]:
    """The days that tell why there is an alert or open warning, with the positions of those that last them.

    They are its own; while it lasts, and has lasted three windows, without the one in which it began: faults
    begin within a window, whose rows are then of two kinds. Worst first: alerts before warnings, open ones
    before closed ones, then by surprise. Empty where windows do not decide, or raised none, or are versions,
    which may share their time.
    """
    if not found.decides or found.judgement is None or found.versions:
        return {}
    told = [
        (at, alert)
        for at, alert in enumerate(found.judgement.alerts)
        if alert.sources and (alert.tier == "alert" or alert.closed is None)
    ]
    told.sort(
        key=lambda one: (
            one[1].tier != "alert", one[1].closed is not None, -max(n.surprise for n in one[1].sources)
        )
    )  # fmt: skip
    spans: dict[Span, list[int]] = {}
    for at, alert in told:
        first, last = (
            min(max(window - len(found.reference), 0), len(found.current) - 1)
            for window in (alert.opened, alert.last)
        )
        if alert.closed is None and last - first + 1 >= _SETTLED:
            first += 1
        span = int(found.current.starts[first]), int(found.current.ends[last])
        spans.setdefault(span, []).append(at)
    return spans
