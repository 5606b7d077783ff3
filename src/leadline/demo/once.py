"""The story of `leadline demo --once`: faults, from the alert and its cause to the recovery."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadline.demo.faults import Fault, fault
from leadline.demo.run import LOOK_SECONDS, Running
from leadline.demo.story import tells
from leadline.schedule import DAY
from leadline.stores.metadata.alerts import Alert

FAULTS = ("unit-change", "nulls")
"""Set off together: they are of different models."""

TOLD, OVER = 10, 40
"""Days that are judged in which a fault must be told, and in which it must be over once it has ended: windows
look back over seven days, labels come a week late, and three windows must be quiet. Not of real time, which
says how busy the machine is."""


def play(found: Running) -> str:
    """Set the faults off, end them once they are told with their causes, and wait until all is quiet.

    Returns:
        What did not happen in time, "" where all did.
    """
    faults = [fault(name) for name in FAULTS]
    # What was a warning before may become the alert.
    before = {alert.id for alert in found.service.metadata.alerts.find(tier="alert")}

    def alerts(one: Fault) -> list[Alert]:
        new = [alert for alert in found.service.metadata.alerts.find(one.model) if alert.id not in before]
        return [alert for alert in new if tells(found.service, alert, one)]

    def living(one: Fault) -> bool:
        return any(alert.state != "resolved" for alert in alerts(one))

    for one in faults:
        found.demo.set_off(one.name)
    untold = _wait(found, TOLD, lambda: [one for one in faults if not alerts(one)])
    for one in faults:
        found.demo.end(one.name)
    if untold:
        return f"not told in {TOLD} days: {_named(untold)}"
    left = _wait(found, OVER, lambda: [one for one in faults if living(one)])
    return f"not over in {OVER} days: {_named(left)}" if left else ""


def _wait(found: Running, days: int, missing: Callable[[], Sequence[Fault]]) -> Sequence[Fault]:
    """What is missing still when so many days were judged of each model, or when the demo is to end."""
    until = found.demo.clock() + days * DAY
    while (left := missing()) and _judged(found, left) < until and not found.stop.wait(LOOK_SECONDS):
        found.look()
    return left


def _judged(found: Running, faults: Sequence[Fault]) -> int:
    """The moment up to which the models of all these faults were judged."""
    known = found.service.metadata.judgements.all()
    return min(known[one.model].judged_at for one in faults)


def _named(faults: Sequence[Fault]) -> str:
    return ", ".join(one.name for one in faults)
