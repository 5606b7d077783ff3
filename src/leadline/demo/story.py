"""What a demo tells of itself, a line at a time: faults, alerts with their causes, what is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from leadline.demo.faults import OPERATIONS, Fault
from leadline.demo.state import Demo
from leadline.server.alerting.findings import Findings
from leadline.server.judging.judge import moment
from leadline.server.service import Service
from leadline.stores.metadata.alerts import Alert


@dataclass
class Story:
    """Looks at a demo's server and tells what is new.

    Args:
        service, demo: what is looked at.
        say: takes a line.
    """

    service: Service
    demo: Demo
    say: Callable[[str], None]
    _known: dict[int, Alert] = field(default_factory=dict)
    _active: frozenset[str] = frozenset()

    def tell(self) -> None:
        """What is new since the last time."""
        active = frozenset(self.demo.since())
        for fault in self.demo.faults:
            if (fault.name in active) != (fault.name in self._active):
                what = fault.description if fault.name in active else "ended"
                self._say(self.demo.clock(), fault.model, f"fault {fault.name}: {what}")
        self._active = active
        for alert in reversed(self.service.metadata.alerts.find()):
            before = self._known.get(alert.id)
            if alert != before:
                self._known[alert.id] = alert
                self._tell_alert(alert, before)

    def _tell_alert(self, alert: Alert, before: Alert | None) -> None:
        if is_digest(alert):
            if before is None or before.tier != alert.tier:
                self._say(alert.opened, alert.model, f"digest: {alert.sentence} {alert.harm}")
            return
        if alert.tier != "alert":
            return
        if before is None or before.tier != "alert":
            self._say(alert.opened, alert.model, f"ALERT {alert.id}: {alert.sentence} {alert.harm}".rstrip())
        elif before.state == "resolved" != alert.state:
            self._say(alert.changed_at, alert.model, f"ALERT {alert.id} is back: {alert.sentence}")
        if alert.cause and (before is None or before.cause != alert.cause):
            for cause in findings(self.service, alert).causes:
                if cause.key == alert.cause:
                    self._say(
                        alert.changed_at, alert.model, f"  why {alert.id}: {cause.title}. {cause.sentence}"
                    )
                    break
        if alert.state == "resolved" and (before is None or before.state != "resolved"):
            self._say(alert.changed_at, alert.model, f"resolved {alert.id}: {alert.sentence}")

    def _say(self, at: int, model: str, text: str) -> None:
        self.say(f"{moment(at)[:16].replace('T', ' ')}  {model}  {text}")


def is_digest(alert: Alert) -> bool:
    """It moved and is known to do no harm: for the digest, not for anybody at once."""
    return alert.tier == "warning" and alert.harm.startswith("Harmless")


def findings(service: Service, alert: Alert) -> Findings:
    """What is known of an alert by now."""
    found = service.metadata.alerts.findings(alert.id)
    return Findings() if found is None else msgspec.json.decode(found[1], type=Findings)


def tells(service: Service, alert: Alert, fault: Fault) -> bool:
    """An alert, or a line of the digest, says what a fault's declaration expects of it."""
    if alert.model != fault.model:
        return False
    said = " ".join(
        [*alert.sources, alert.sentence, *(found.sentence for found in findings(service, alert).evidence)]
    ).lower()
    if not all(name.lower() in said for name in fault.names):
        return False
    if fault.expected == "quiet":
        return is_digest(alert)
    if alert.tier != "alert":
        return False
    return OPERATIONS in alert.monitors if OPERATIONS in fault.causes else alert.cause in fault.causes
