"""Problems as reports tell them, with what becomes of the alerts of a model from report to report."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from leadline.reports.record import CauseResult
from leadline.server.alerting.alerts import RULES, TABLE, WINDOWS, joined
from leadline.server.alerting.findings import Told
from leadline.server.alerting.lifecycle import changed
from leadline.stores.metadata.alerts import Alert
from leadline.stores.metadata.maintenance import Maintenance

DAY = 86_400_000_000


def problem(opened: int, last: int, *sources: str, over: bool = False, **more: Any) -> Told:
    monitor = more.pop("monitor", WINDOWS)
    return Told(
        monitor=monitor,
        opened=opened * DAY,
        last=last * DAY,
        over=over,
        sources=sources or ("a",),
        sentence="sentence",
        harm="harm",
        dated=monitor not in (TABLE, RULES),
        **more,
    )


def cause(key: str, *columns: str, **evidence: str) -> CauseResult:
    return CauseResult(key, key, [*columns], f"{key} of {columns}", {**evidence}, None)


def because(name: str, key: str, *columns: str, **evidence: str) -> Told:
    """A problem of one source with one likely cause."""
    return problem(1, 2, name, causes=(cause(key, *columns, **evidence),), cause=key)


class Life:
    """Reports one after another, and what became of the alerts."""

    def __init__(self, *maintenance: Maintenance) -> None:
        self.alerts: list[Alert] = []
        self.now = 1000 * DAY
        self.maintenance = maintenance
        self.steps: list[tuple[str, str]] = []

    def tell(self, *problems: Told) -> list[str]:
        """What is told of it, in order."""
        self.now += DAY
        found = changed(self.alerts, joined(problems, self.alerts), "m", self.now, self.maintenance)
        for change in found:
            self.steps += change.steps
            known = [a for a in self.alerts if a.id == change.alert.id]
            if known:
                self.alerts[self.alerts.index(known[0])] = change.alert
            else:
                self.alerts.append(replace(change.alert, id=len(self.alerts) + 1))
        return [change.tell for change in found if change.tell is not None]

    def put(self, **fields: Any) -> None:
        """What a person makes of the first alert."""
        self.alerts[0] = replace(self.alerts[0], **fields)

    @property
    def states(self) -> list[str]:
        return [alert.state for alert in self.alerts]
