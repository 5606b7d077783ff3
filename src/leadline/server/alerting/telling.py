"""Keeping what becomes of alerts, with the messages that tell of it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec.structs import replace

from leadline.reports.record import ReportRecord
from leadline.server.alerting import digest, lifecycle, routing
from leadline.server.alerting.alerts import joined
from leadline.server.alerting.findings import Findings, Told, findings, with_former
from leadline.server.alerting.lifecycle import Change, Happened
from leadline.server.alerting.notice import notice
from leadline.server.alerting.routing import Routing
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.alerts import Alert, Step
from leadline.stores.metadata.channels import Message
from leadline.stores.metadata.database import Transaction

GATHERING = 30_000_000
"""Microseconds for which a message waits for others of the same cause; see `deliver`."""

# msgspec learns a type when it is first used, which two threads must not do at a time.
_FINDINGS = msgspec.json.Decoder(Findings)
_ROUTING = msgspec.json.Decoder(Routing)


@dataclass
class Telling:
    """What becomes of alerts.

    Attributes:
        metadata: where they are kept.
        url: where people reach the server; "": not known.
        gathering: microseconds for which a message waits for others of the same cause.
    """

    metadata: Metadata
    url: str = ""
    gathering: int = GATHERING

    def judged(
        self, own: Transaction, model: str, problems: Sequence[Told], record: ReportRecord, now: int
    ) -> None:
        """Keep what a judgement makes of the alerts of its model."""
        known = self.metadata.alerts.known(own, model)
        maintenance = self.metadata.maintenance.all(own)
        for change in lifecycle.changed(known, joined(problems, known), model, now, maintenance):
            self._keep(own, change, record, now)

    def _keep(self, own: Transaction, change: Change, record: ReportRecord, now: int) -> None:
        number = self.metadata.alerts.write(own, change.alert)
        alert = replace(change.alert, id=number)
        opening = any(what in ("opened", "reopened") for what, _ in change.steps)
        for what, text in change.steps:
            self.metadata.alerts.add_step(own, number, Step(now, "", what, text))
        if change.problem is not None and (opening or not change.problem.over):
            self._keep_findings(own, number, findings(record, change.problem), opening)
        if change.tell is not None:
            self.tell(own, alert, change.tell, now)

    def _keep_findings(self, own: Transaction, number: int, found: Findings, opening: bool) -> None:
        found = with_former(found, self.known(number, own)[1])
        self.metadata.alerts.keep_findings(own, number, msgspec.json.encode(found), opening)

    def known(self, number: int, own: Transaction | None = None) -> tuple[Findings, Findings]:
        """What was found of an alert when it opened, and last."""
        kept = self.metadata.alerts.findings(number, own)
        return (
            (Findings(), Findings())
            if kept is None
            else (_FINDINGS.decode(kept[0]), _FINDINGS.decode(kept[1]))
        )

    def tell(self, own: Transaction, alert: Alert, happened: Happened, now: int) -> None:
        """Messages to the channels that an event of an alert is for.

        That it is over is told where it was told that it is there; what still waited to be told is not told
        any more.
        """
        good = happened in ("resolved", "lowered")
        if good:
            self.metadata.channels.withdraw(own, alert.id, now)
        heard = self.metadata.channels.heard(own, alert.id)
        body = b""
        key = f"{alert.model}/{alert.monitor}/{alert.id}/{self._steps(own, alert)}/{happened}"
        for channel in self.metadata.channels.all(own):
            wanted = _ROUTING.decode(channel.routing)
            if good and channel.id not in heard:
                continue
            if happened != "lowered" and not routing.wants(wanted, alert):
                continue
            wait = 0 if good else wanted.after_minutes * routing.MINUTE
            if wait and alert.state == "acknowledged":
                continue
            body = body or self._body(own, alert, happened, key)
            message = Message(
                key=key,
                channel=channel.id,
                alert=alert.id,
                model=alert.model,
                happened=happened,
                cause=alert.cause,
                escalated=wait > 0,
                body=body,
                next_at=routing.told_at(wanted, now + (wait or self.gathering)),
            )
            self.metadata.channels.tell(own, message, now)

    def _body(self, own: Transaction, alert: Alert, happened: Happened, key: str) -> bytes:
        found = self.known(alert.id, own)[1]
        steps = self.metadata.runbooks.of(alert.model, own)
        return msgspec.json.encode(notice(alert, happened, found, key, steps, self.link(alert.id)))

    def link(self, number: int) -> str:
        """The page of an alert."""
        return f"{self.url.rstrip('/')}/alerts/{number}" if self.url else ""

    def _steps(self, own: Transaction, alert: Alert) -> int:
        return int(own.all("SELECT count(*) FROM alert_steps WHERE alert = ?", [alert.id])[0][0])

    def wake(self, now: int) -> list[str]:
        """Tell of what was snoozed until now, of what goes on after a maintenance, and the digests due.

        Returns:
            The models whose alerts these are.
        """
        digest.due(self.metadata, now, self.url)
        due: list[tuple[Alert, Literal["woke", "told"], Happened]]
        due = [(alert, "woke", "reopened") for alert in self.metadata.alerts.snoozed(now)]
        silent = self.metadata.alerts.silent()
        windows = self.metadata.maintenance.all() if silent else []
        due += [
            (alert, "told", "opened")
            for alert in silent
            if not any(window.covers(alert.model, alert.opened, alert.last, now) for window in windows)
        ]
        return [alert.model for alert, what, happened in due if self._wake(alert.id, now, what, happened)]

    def _wake(self, number: int, now: int, what: Literal["woke", "told"], happened: Happened) -> bool:
        with self.metadata.database.transaction() as own:
            alert = self.metadata.alerts.get(number, own)
            # Somebody may have been faster.
            if alert is None or alert.state != ("snoozed" if what == "woke" else "open"):
                return False
            alert = replace(alert, state="open", snoozed_until=None, silent=False, changed_at=now)
            self.metadata.alerts.write(own, alert)
            self.metadata.alerts.add_step(own, number, Step(now, "", what, ""))
            self.tell(own, alert, happened, now)
        return True
