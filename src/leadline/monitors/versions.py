"""Versions of the model as windows: each one against the baseline, and against the version before it.

Versions are too few for a replay. Each is compared as two tables are, with sizes divided by the noise
inflation of the reference, at the rate of a whole check; what differs is a warning at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from leadline.baselines.baseline import Baseline
from leadline.metrics import METRICS
from leadline.monitors.budget import Alert, Judgement, Named
from leadline.monitors.budget.channels import sources_only
from leadline.monitors.budget.evidence import Floats
from leadline.monitors.harm import Harm
from leadline.monitors.joint import Decision
from leadline.monitors.series import PERFORMANCE
from leadline.monitors.windows import THICK, Windows
from leadline.profiles.profile import Profile

TOO_FEW = "too few rows"
LEAST = 1e-300
"""Smallest tail probability that is told apart from 0."""

Compare = Callable[[Baseline, Profile], Sequence[Decision]]
"""Compares two tables without their times."""

Weigh = Callable[[Baseline, Profile, bool], Harm]
"""What became of performance from one table to another; the flag says that all labels are there."""


@dataclass(frozen=True)
class Against:
    """A version compared with something.

    Attributes:
        name: of the version that it was compared with; "" for the baseline.
        verdict: "warning" where it differs, "ok", or "unknown".
        reason: why it is not known, else "".
        decisions: on all columns and metrics; empty where it is not known.
        labels_come: all labels of both are there; else performance says nothing yet.
        harm: what became of performance, where it differs.
    """

    name: str
    verdict: Literal["ok", "warning", "unknown"]
    reason: str
    decisions: tuple[Decision, ...] = ()
    labels_come: bool = True
    harm: Harm | None = None

    @property
    def differs(self) -> tuple[Decision, ...]:
        """What differs, the most surprising first."""
        found = [decision for decision in self.decisions if decision.verdict == "alert"]
        return tuple(sorted(found, key=surprise, reverse=True))


@dataclass(frozen=True)
class Version:
    """A version of the model.

    Attributes:
        name: as it was logged.
        profile: of its rows, as of a table.
        baseline: against the baseline.
        before: against the version that was seen first before it; None: there is none with enough rows.
    """

    name: str
    profile: Profile
    baseline: Against
    before: Against | None


def surprise(decision: Decision) -> float:
    """-log of the tail probability over all channels; a finding that needs no test is as sure as can be."""
    p = decision.p_value_adjusted
    return -float(np.log(max(p, LEAST))) if np.isfinite(p) else -float(np.log(LEAST))


def source_of(decision: Decision) -> str:
    """The column of a decision, or the performance."""
    return PERFORMANCE if decision.name.startswith(f"{PERFORMANCE}/") else decision.name


def released(baseline: Baseline, version: Profile) -> Baseline:
    """A version as what others are compared with.

    The noise between blocks of rows is that of the baseline: a version alone is too short to tell.
    """
    return Baseline(version, baseline.schema, baseline.settings, baseline.inflations, baseline.sampled)


def compared(
    baseline: Baseline,
    parts: Sequence[Profile],
    names: Sequence[str],
    provisional: Sequence[bool],
    labels: frozenset[str],
    compare: Compare,
    weigh: Weigh,
) -> tuple[Version, ...]:
    """Compare each version with the baseline, and with the one before it.

    A version that later ones follow is judged as if they had not come.

    Args:
        baseline: without a calendar.
        parts: profiles of the versions, the one seen first before the others.
        names: of them.
        provisional: labels are still to come; performance then says nothing yet.
        labels: columns that wait for them, too.
        compare, weigh: two tables.
    """

    def against(name: str, reference: Baseline, part: Profile, early: bool) -> Against:
        found = _against(name, compare(reference, part), labels if early else None)
        return replace(found, harm=weigh(reference, part, not early)) if found.differs else found

    found: list[Version] = []
    last: int | None = None
    for v, part in enumerate(parts):
        if part.rows < THICK:
            found.append(Version(names[v], part, Against("", "unknown", TOO_FEW), None))
            continue
        before = None
        if last is not None:
            early = provisional[v] or provisional[last]
            before = against(names[last], released(baseline, parts[last]), part, early)
        found.append(Version(names[v], part, against("", baseline, part, provisional[v]), before))
        last = v
    return tuple(found)


def _against(name: str, decisions: Sequence[Decision], waiting: frozenset[str] | None) -> Against:
    told = [
        decision
        for decision in decisions
        if waiting is None or not (source_of(decision) == PERFORMANCE or decision.name in waiting)
    ]
    known = [decision for decision in told if decision.verdict != "unknown"]
    if not known:
        return Against(name, "unknown", "nothing in it can be judged")
    differs = any(decision.verdict == "alert" for decision in known)
    return Against(name, "warning" if differs else "ok", "", tuple(told), labels_come=waiting is None)


def judgement(versions: Sequence[Version], windows: Windows, first: int) -> Judgement:
    """What the versions say against the baseline, as windows say it.

    Args:
        versions: in the order of the windows.
        windows: of the versions.
        first: number of the reference's windows, which come before them.
    """
    decided = [version.baseline.decisions for version in versions]
    sources = tuple(dict.fromkeys(source_of(decision) for own in decided for decision in own))
    heard = np.full((len(versions), len(sources)), np.nan)
    for v, own in enumerate(decided):
        for decision in own:
            if decision.verdict == "alert" or np.isfinite(decision.p_value_adjusted):
                place = sources.index(source_of(decision))
                heard[v, place] = np.fmax(heard[v, place], surprise(decision))
    return Judgement(
        window=first + np.arange(len(windows)),
        score=_loudest(heard),
        tier=tuple(version.baseline.verdict for version in versions),
        reason=tuple(version.baseline.reason for version in versions),
        surprise=heard,
        channels=sources_only(sources),
        alerts=tuple(_alerts(versions, first)),
        skipped=float(np.mean([v.baseline.verdict == "unknown" for v in versions])) if versions else 0.0,
        state=None,
    )


def _loudest(heard: Floats) -> Floats:
    known = np.isfinite(heard)
    return np.where(known.any(1), np.where(known, heard, -np.inf).max(1, initial=-np.inf), np.nan)


def _alerts(versions: Sequence[Version], first: int) -> list[Alert]:
    """A warning for each version that differs from the baseline, open while no later version is judged."""
    judged = [v for v, version in enumerate(versions) if version.baseline.verdict != "unknown"]
    out = []
    for place, v in enumerate(judged):
        found = versions[v].baseline.differs
        if not found:
            continue
        later = judged[place + 1] if place + 1 < len(judged) else None
        closed = None if later is None else first + later
        out.append(Alert("warning", first + v, first + v, closed, tuple(named(d, first + v) for d in found)))
    return out


def named(decision: Decision, window: int) -> Named:
    """A decision as what an alert names."""
    source, effect = source_of(decision), decision.effect
    if effect is None:
        return Named(source, source, decision.decided_by, 1, 0.0, surprise(decision), window)
    size, channel = effect.value, source
    if source == PERFORMANCE:
        channel = decision.name
        key = decision.name.removeprefix(f"{PERFORMANCE}/")
        # The effect is a loss; a metric that is better when higher fell by it.
        size = size if key not in METRICS or METRICS[key].worse == "higher" else -size
    elif effect.unit == "share":
        channel = f"{source}/{effect.metric}"
    return Named(
        source, channel, decision.decided_by or effect.metric, 1, float(size), surprise(decision), window
    )
