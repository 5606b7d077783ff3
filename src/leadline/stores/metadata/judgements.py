"""What was last said of each model, in one transaction with what that makes of its alerts."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from leadline.stores.metadata.alerts import Alert, Alerts
from leadline.stores.metadata.channels import Channels, Event
from leadline.stores.metadata.database import Database

TABLES = """
    CREATE TABLE judgements (
        model TEXT PRIMARY KEY, revision BIGINT, judged_at BIGINT, digest TEXT,
        verdict TEXT, headline TEXT, summary BLOB, report BLOB)
"""


class Judgement(msgspec.Struct, frozen=True):
    """What was last said of a model.

    Attributes:
        model: whose.
        revision: judgements so far.
        judged_at: when, microseconds since 1970.
        digest: of the baseline and of the buckets that were judged.
        verdict, headline: of the report.
        summary: what a list of models shows of it, as JSON.
        report: the record as JSON; None where it was not asked for.
    """

    model: str
    revision: int
    judged_at: int
    digest: str
    verdict: str
    headline: str
    summary: bytes
    report: bytes | None


class Judgements:
    """The last judgement of each model."""

    def __init__(self, database: Database, alerts: Alerts, channels: Channels) -> None:
        self._database, self._alerts, self._channels = database, alerts, channels

    def of(self, model: str) -> Judgement | None:
        """What was last said of a model."""
        found = self._database.all("SELECT * FROM judgements WHERE model = ?", [model])
        return Judgement(*found[0]) if found else None

    def all(self) -> dict[str, Judgement]:
        """What was last said of each model, without the report."""
        found = self._database.all(
            "SELECT model, revision, judged_at, digest, verdict, headline, summary, NULL FROM judgements"
        )
        return {row[0]: Judgement(*row) for row in found}

    def keep(
        self, judgement: Judgement, changes: Callable[[list[Alert]], list[tuple[Alert, Event | None]]]
    ) -> int:
        """Keep a judgement, the alerts that it changes, and what is to be told of them, to every channel.

        Args:
            judgement: the latest of its model.
            changes: makes of all alerts of the model those that change, with what is to be told.

        Returns:
            How many events there are.
        """
        with self._database.transaction() as own:
            alerts = changes(self._alerts.known(own, judgement.model))
            own.do("DELETE FROM judgements WHERE model = ?", [judgement.model])
            own.do(
                "INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(judgement)
            )
            for alert, event in alerts:
                self._alerts.write(own, alert)
                if event is not None:
                    self._channels.tell(own, event, judgement.judged_at)
        return sum(event is not None for _, event in alerts)
