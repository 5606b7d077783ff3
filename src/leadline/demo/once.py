"""The story of `leadline demo --once`: faults, from the alert and its cause to the recovery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from leadline.demo.faults import Fault, fault
from leadline.demo.run import LOOK_SECONDS, Running
from leadline.demo.story import tells
from leadline.stores.metadata.alerts import Alert

FAULTS = ("unit-change", "nulls")
"""Set off together: they are of different models."""

SECONDS = 300.0
"""Real time in which all must be told, and as long again until all are over."""


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

    for one in faults:
        found.demo.set_off(one.name)
    missing = _wait(found, lambda: [one for one in faults if not alerts(one)])
    for one in faults:
        found.demo.end(one.name)
    if missing:
        return f"not told in {SECONDS:g} s: {_named(missing)}"
    missing = _wait(
        found, lambda: [one for one in faults if any(alert.state != "resolved" for alert in alerts(one))]
    )
    return f"not over in {SECONDS:g} s: {_named(missing)}" if missing else ""


def _wait(found: Running, missing: Callable[[], Sequence[Fault]]) -> Sequence[Fault]:
    """What is missing still when the time is over, or when the demo is to end."""
    until = monotonic() + SECONDS
    while (left := missing()) and monotonic() < until and not found.stop.wait(LOOK_SECONDS):
        found.look()
    return left


def _named(faults: Sequence[Fault]) -> str:
    return ", ".join(one.name for one in faults)
