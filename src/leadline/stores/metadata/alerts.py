"""Living alerts."""

from __future__ import annotations

from typing import Literal

import msgspec

from leadline.stores.metadata.database import Database, Row, Transaction

State = Literal["open", "acknowledged", "resolved"]

TABLES = """
    CREATE TABLE alerts (
        id INTEGER PRIMARY KEY, model TEXT, monitor TEXT, state TEXT, opened BIGINT, last BIGINT,
        sources TEXT, sentence TEXT, harm TEXT, first_at BIGINT, changed_at BIGINT);
    CREATE INDEX alerts_of_model ON alerts (model, state)
"""


class Alert(msgspec.Struct, frozen=True):
    """One problem of a model, as long as it lasts. Times are microseconds since 1970 UTC.

    Attributes:
        id: 0 until it is kept.
        model: whose.
        monitor: what found it.
        state: open, acknowledged by a person, or resolved.
        opened, last: begin of the first window that shows it, end of the last one so far.
        sources: columns it names, or "performance".
        sentence: what happened; harm: what became of performance.
        first_at, changed_at: when the server found it, and when its state changed last.
    """

    id: int
    model: str
    monitor: str
    state: State
    opened: int
    last: int
    sources: tuple[str, ...]
    sentence: str
    harm: str
    first_at: int
    changed_at: int


class Alerts:
    """All alerts of all models."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, own: Transaction, model: str) -> list[Alert]:
        """All alerts of a model, in the order in which they came."""
        return [_alert(row) for row in own.all("SELECT * FROM alerts WHERE model = ? ORDER BY id", [model])]

    def write(self, own: Transaction, alert: Alert) -> int:
        """Keep a new alert, or what an alert has become; returns its number."""
        values = msgspec.structs.asdict(alert)
        values["sources"] = msgspec.json.encode(alert.sources).decode()
        if alert.id == 0:
            del values["id"]
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            found = own.all(f"INSERT INTO alerts ({names}) VALUES ({marks}) RETURNING id", [*values.values()])
            return int(found[0][0])
        names = ", ".join(f"{name} = ?" for name in values)
        own.do(f"UPDATE alerts SET {names} WHERE id = ?", [*values.values(), alert.id])
        return alert.id

    def acknowledge(self, number: int, now: int) -> Alert | None:
        """A person has seen an alert; None: it is not open."""
        with self._database.transaction() as own:
            if not own.do(
                "UPDATE alerts SET state = 'acknowledged', changed_at = ? WHERE id = ? AND state = 'open'",
                [now, number],
            ):
                return None
            return _alert(own.all("SELECT * FROM alerts WHERE id = ?", [number])[0])

    def get(self, number: int) -> Alert | None:
        """The alert of a number."""
        found = self._database.all("SELECT * FROM alerts WHERE id = ?", [number])
        return _alert(found[0]) if found else None

    def find(
        self,
        model: str | None = None,
        state: State | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> list[Alert]:
        """Alerts, the latest first.

        Args:
            model, state: only those.
            before: only those with a smaller number.
            limit: at most so many.
        """
        asked = {"model = ?": model, "state = ?": state, "id < ?": before}
        given = {clause: value for clause, value in asked.items() if value is not None}
        where = f"WHERE {' AND '.join(given)}" if given else ""
        most = "" if limit is None else f"LIMIT {int(limit)}"
        found = self._database.all(f"SELECT * FROM alerts {where} ORDER BY id DESC {most}", [*given.values()])
        return [_alert(row) for row in found]

    def living(self) -> dict[str, int]:
        """Number of alerts that are not resolved, by model."""
        return dict(
            self._database.all("SELECT model, count(*) FROM alerts WHERE state <> 'resolved' GROUP BY model")
        )


def _alert(row: Row) -> Alert:
    number, model, monitor, state, opened, last, sources, *rest = row
    return Alert(number, model, monitor, state, opened, last, tuple(msgspec.json.decode(sources)), *rest)
