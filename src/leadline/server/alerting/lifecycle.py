"""The life of alerts: what a judgement makes of them. Pure; `telling.py` keeps it and tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from leadline.diagnosis.words import listed
from leadline.server.alerting.findings import Told
from leadline.stores.metadata.alerts import Alert
from leadline.stores.metadata.maintenance import Maintenance

Happened = Literal["opened", "reopened", "resolved", "lowered"]
"""What is told of an alert; "lowered": it has become a warning, because it does no harm."""


@dataclass(frozen=True)
class Change:
    """What becomes of an alert.

    Attributes:
        alert: as it is from now on.
        steps: what happened to it, each with words of its own.
        tell: what channels hear; None: nothing.
        problem: as it is told now; None: it is told no more.
    """

    alert: Alert
    steps: tuple[tuple[str, str], ...] = ()
    tell: Happened | None = None
    problem: Told | None = None


def changed(
    known: Sequence[Alert],
    problems: Sequence[Told],
    model: str,
    now: int,
    maintenance: Sequence[Maintenance] = (),
) -> list[Change]:
    """The alerts that a judgement changes.

    A problem is that of a known alert if they name a common source at overlapping times: then the alert goes
    on, or is open again. An alert that is told no more, or has become part of another, is resolved.

    Args:
        known: all alerts of the model, in the order in which they came.
        problems: what its report tells, joined.
        model, now: whose, and when; microseconds.
        maintenance: in which nothing is told.
    """
    found: list[Change] = []
    matched: set[int] = set()
    # What people were told of goes on, rather than a warning that turns out to be part of it.
    loudest = sorted(known, key=lambda alert: alert.tier != "alert")
    for problem in problems:
        quiet = next((w for w in maintenance if w.covers(model, problem.opened, problem.last, now)), None)
        old = next((a for a in loudest if a.id not in matched and same(a, problem)), None)
        if old is None:
            # What labels tell that came too late is shown in the report, and wakes nobody.
            if not problem.late:
                found.append(_new(problem, model, now, quiet))
            continue
        matched.add(old.id)
        found += _continued(old, problem, now, quiet)
    for old in known:
        if old.id not in matched and _lives(old):
            other = next((c.alert.id for c in found if c.problem is not None and same(old, c.problem)), 0)
            found.append(_gone(old, now, other))
    return found


def _lives(alert: Alert) -> bool:
    """It has not been seen to be over."""
    return alert.state != "resolved" or alert.settled


def same(known: Alert, problem: Told) -> bool:
    """Whether a problem is that of a known alert."""
    if not set(known.sources) & set(problem.sources):
        return False
    if not problem.dated:
        return _lives(known)
    if not _lives(known):
        return problem.opened < known.last and known.opened < problem.last
    # A living alert may go on for as long as it is told of.
    return known.opened < problem.last


def _new(problem: Told, model: str, now: int, quiet: Maintenance | None) -> Change:
    alert = Alert(
        id=0,
        model=model,
        monitor=problem.monitor,
        state="resolved" if problem.over else "open",
        opened=problem.opened,
        last=problem.last,
        sources=problem.sources,
        sentence=problem.sentence,
        harm=problem.harm,
        first_at=now,
        changed_at=now,
        tier=problem.tier,
        monitors=problem.monitors,
        cause=problem.cause,
        maintenance="" if quiet is None else quiet.why,
        silent=quiet is not None,
    )
    steps = [("opened", problem.sentence)]
    if quiet is not None:
        steps.append(("maintenance", quiet.why))
    if problem.over:
        steps.append(("resolved", "It was over when it was found."))
    return Change(alert, tuple(steps), None if quiet is not None else "opened", problem)


def _continued(old: Alert, problem: Told, now: int, quiet: Maintenance | None) -> list[Change]:
    # What was a warning may have been another one: the alert that it has become knows when it began.
    louder = old.tier == "warning" and problem.tier == "alert"
    alert = replace(
        old,
        monitor=problem.monitor,
        monitors=problem.monitors,
        opened=problem.opened if louder else min(old.opened, problem.opened),
        last=max(old.last, problem.last),
        sources=problem.sources,
        sentence=problem.sentence,
        harm=problem.harm,
        # What is over has the cause that its findings name, which are those of its last day.
        cause=old.cause or problem.cause if problem.over else problem.cause or old.cause,
        tier=problem.tier,
    )
    if problem.over:
        if not _lives(old):
            return _kept(old, replace(alert, tier=old.tier), problem)
        return [_over(old, replace(alert, tier=old.tier), "", now, problem)]
    if old.settled:
        return _kept(old, alert, problem)
    if old.state == "resolved":
        return [_reopened(alert, problem, now, quiet)]
    return [_told_on(old, alert, problem, quiet)]


def _kept(old: Alert, alert: Alert, problem: Told) -> list[Change]:
    return [] if alert == old else [Change(alert, (), None, problem)]


def _told_on(old: Alert, alert: Alert, problem: Told, quiet: Maintenance | None) -> Change:
    """What is told of an alert that lives on."""
    steps: list[tuple[str, str]] = []
    tell: Happened | None = None
    new = [source for source in alert.sources if source not in old.sources]
    if new:
        steps.append(("grew", listed(new, 5)))
    if old.tier != alert.tier:
        raised = alert.tier == "alert"
        steps.append(("raised" if raised else "lowered", alert.harm or alert.sentence))
        tell = "opened" if raised else "lowered"
    if old.silent and quiet is None:
        alert = replace(alert, silent=False)
        steps.append(("told", "It goes on after the maintenance."))
        tell = "opened"
    if alert.state == "snoozed" or (alert.silent and tell == "lowered"):
        tell = None
    if alert.state == "open" and quiet is not None and tell == "opened":
        alert, tell = replace(alert, silent=True, maintenance=quiet.why), None
    return Change(alert, tuple(steps), tell, problem)


def _reopened(alert: Alert, problem: Told, now: int, quiet: Maintenance | None) -> Change:
    alert = replace(
        alert,
        state="open",
        changed_at=now,
        silent=quiet is not None,
        maintenance=quiet.why if quiet is not None else alert.maintenance,
    )
    steps = [("reopened", problem.sentence)]
    if quiet is not None:
        steps.append(("maintenance", quiet.why))
    return Change(alert, tuple(steps), None if quiet is not None else "reopened", problem)


def _gone(old: Alert, now: int, other: int) -> Change:
    """Nothing tells of it by itself. `other`: alert that has turned out to be the same problem, 0: none."""
    text = f"It is one problem with alert {other}." if other else "No report tells of it any more."
    return _over(old, old, text, now, None)


def _over(old: Alert, alert: Alert, text: str, now: int, problem: Told | None) -> Change:
    if old.state == "resolved":  # by a person, before it was over
        return Change(replace(alert, settled=False), (("over", text),), None, problem)
    alert = replace(alert, state="resolved", changed_at=now, snoozed_until=None, silent=False)
    return Change(alert, (("resolved", text),), None if old.silent else "resolved", problem)
