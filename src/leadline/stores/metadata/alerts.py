"""Living alerts: what they are now, every step that led there, and what was found when they opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

import msgspec

from leadline.stores.metadata.database import Database, Row, Transaction, kept_words

State = Literal["open", "acknowledged", "snoozed", "resolved"]

Tier = Literal["alert", "warning"]

TABLES = """
    CREATE TABLE alerts (
        id INTEGER PRIMARY KEY, model TEXT, monitor TEXT, state TEXT, opened BIGINT, last BIGINT,
        sources TEXT, sentence TEXT, harm TEXT, first_at BIGINT, changed_at BIGINT,
        tier TEXT, monitors TEXT, cause TEXT, assignee TEXT, snoozed_until BIGINT,
        settled BIGINT, maintenance TEXT, silent BIGINT, useful BIGINT);
    CREATE INDEX alerts_of_model ON alerts (model, state);
    CREATE TABLE alert_steps (
        id INTEGER PRIMARY KEY, alert BIGINT REFERENCES alerts ON DELETE CASCADE,
        at BIGINT, who TEXT, what TEXT, text TEXT);
    CREATE INDEX steps_of_alert ON alert_steps (alert);
    CREATE TABLE alert_findings (
        alert BIGINT PRIMARY KEY REFERENCES alerts ON DELETE CASCADE, opening BLOB, latest BLOB)
"""


class Alert(msgspec.Struct, frozen=True):
    """One problem of a model, as long as it lasts. Times are microseconds since 1970 UTC.

    Attributes:
        id: 0 until it is kept.
        model: whose.
        monitor: what found it, the first of `monitors`.
        state: open, acknowledged by a person, snoozed until a time, or resolved.
        opened, last: begin of the first window that shows it, end of the last one so far.
        sources: columns it names, or "performance".
        sentence: what happened; harm: what became of performance.
        first_at, changed_at: when the server found it, and when its state changed last.
        tier: "alert" is told at once, "warning" is for the digest.
        monitors: everything that tells of it.
        cause: key of its likeliest cause; "": none is known.
        assignee: who looks after it; "": nobody.
        snoozed_until: when it comes back, if it is still there; None: it is not snoozed.
        settled: a person resolved it while it was told of; it stays so until it has been over.
        maintenance: why the model was under maintenance when it opened; "": it was not.
        silent: nobody has been told of it yet, because of that.
        useful: the last answer to "was this useful?"; None: nobody said.
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
    tier: Tier = "alert"
    monitors: tuple[str, ...] = ()
    cause: str = ""
    assignee: str = ""
    snoozed_until: int | None = None
    settled: bool = False
    maintenance: str = ""
    silent: bool = False
    useful: bool | None = None


class Step(msgspec.Struct, frozen=True):
    """Something that happened to an alert.

    Attributes:
        at: microseconds since 1970.
        who: did it; "" is Leadline itself.
        what: opened, reopened, resolved, acknowledged, ...
        text: more of it, in words.
    """

    at: int
    who: str
    what: str
    text: str


_LISTS = ("sources", "monitors")
_WORDS = ("sentence", "harm", "cause", "monitor", "maintenance")
_TRUTHS = ("settled", "silent", "useful")
_COLUMNS = ", ".join(Alert.__struct_fields__)


class Alerts:
    """All alerts of all models."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, own: Transaction, model: str) -> list[Alert]:
        """All alerts of a model, in the order in which they came."""
        return [
            _alert(row)
            for row in own.all(f"SELECT {_COLUMNS} FROM alerts WHERE model = ? ORDER BY id", [model])
        ]

    def write(self, own: Transaction, alert: Alert) -> int:
        """Keep a new alert, or what an alert has become; returns its number."""
        values = _row(alert)
        del values["id"]
        if alert.id == 0:
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            found = own.all(f"INSERT INTO alerts ({names}) VALUES ({marks}) RETURNING id", [*values.values()])
            return int(found[0][0])
        names = ", ".join(f"{name} = ?" for name in values)
        own.do(f"UPDATE alerts SET {names} WHERE id = ?", [*values.values(), alert.id])
        return alert.id

    def add_step(self, own: Transaction, number: int, step: Step) -> None:
        """Keep what happened to an alert."""
        own.do(
            "INSERT INTO alert_steps (alert, at, who, what, text) VALUES (?, ?, ?, ?, ?)",
            [number, step.at, step.who, step.what, kept_words(step.text)],
        )

    def keep_findings(self, own: Transaction, number: int, findings: bytes, opening: bool) -> None:
        """Keep what was found of an alert now; when it opens, that stays beside what is found later."""
        own.do(
            "INSERT INTO alert_findings VALUES (?, ?, ?) ON CONFLICT (alert) DO UPDATE SET"
            + (" opening = excluded.opening," if opening else "")
            + " latest = excluded.latest",
            [number, findings, findings],
        )

    def findings(self, number: int, own: Transaction | None = None) -> tuple[bytes, bytes] | None:
        """What was found of an alert when it opened, and last."""
        found = (own or self._database).all(
            "SELECT opening, latest FROM alert_findings WHERE alert = ?", [number]
        )
        return (bytes(found[0][0]), bytes(found[0][1])) if found else None

    def steps(self, number: int) -> list[Step]:
        """What happened to an alert, in order."""
        found = self._database.all(
            "SELECT at, who, what, text FROM alert_steps WHERE alert = ? ORDER BY id", [number]
        )
        return [Step(*row) for row in found]

    def get(self, number: int, own: Transaction | None = None) -> Alert | None:
        """The alert of a number, as a transaction sees it."""
        found = (own or self._database).all(f"SELECT {_COLUMNS} FROM alerts WHERE id = ?", [number])
        return _alert(found[0]) if found else None

    def find(
        self,
        model: str | None = None,
        state: State | Literal["living"] | None = None,
        before: int | None = None,
        limit: int | None = None,
        tier: Tier | None = None,
        models: Collection[str] | None = None,
    ) -> list[Alert]:
        """Alerts, the latest first.

        Args:
            model, state, tier: only those; "living": all but the resolved ones.
            models: only of these.
            before: only those with a smaller number.
            limit: at most so many.
        """
        asked: dict[str, Any] = {"model = ?": model, "tier = ?": tier, "id < ?": before}
        asked["state <> ?" if state == "living" else "state = ?"] = "resolved" if state == "living" else state
        given = {clause: [value] for clause, value in asked.items() if value is not None}
        if models is not None:
            # A list of nothing is no SQL: no model has the name "".
            given[f"model IN ({', '.join('?' * (len(models) + 1))})"] = ["", *models]
        return self._where(given, limit)

    def forget(self, own: Transaction, before: int, ended: int, most: int) -> list[int]:
        """Forget alerts that were resolved before a moment, with their steps and findings.

        Those that may still be there stay, and the last one of all: no other alert gets a number that was
        told.

        Args:
            ended: and whose last window ended before this one.
            most: at most so many.

        Returns:
            Their numbers.
        """
        found = own.all(
            "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE state = 'resolved' AND settled = 0"
            f" AND changed_at < ? AND last < ? AND id < (SELECT max(id) FROM alerts) LIMIT {int(most)})"
            " RETURNING id",
            [before, ended],
        )
        return [int(number) for (number,) in found]

    def snoozed(self, until: int) -> list[Alert]:
        """Alerts that are snoozed no longer than to a moment."""
        return self._where({"state = ?": ["snoozed"], "snoozed_until <= ?": [until]})

    def silent(self) -> list[Alert]:
        """Open alerts that nobody has been told of, because of a maintenance."""
        return self._where({"state = ?": ["open"], "silent = ?": [1]})

    def lived(self, since: int, until: int) -> list[Alert]:
        """Alerts and warnings that were found before the end of a span, and not resolved before its begin."""
        return self._where({"first_at < ?": [until], "(state <> 'resolved' OR changed_at >= ?)": [since]})

    def found_since(self, since: int) -> list[Alert]:
        """Alerts found since a moment."""
        return self._where({"first_at >= ?": [since]})

    def living(self) -> dict[str, int]:
        """Number of alerts that are not resolved, by model."""
        return dict(
            self._database.all(
                "SELECT model, count(*) FROM alerts"
                " WHERE state <> 'resolved' AND tier = 'alert' GROUP BY model"
            )
        )

    def _where(self, asked: dict[str, list[Any]], limit: int | None = None) -> list[Alert]:
        where = f"WHERE {' AND '.join(asked)}" if asked else ""
        most = "" if limit is None else f"LIMIT {int(limit)}"
        values = [value for given in asked.values() for value in given]
        found = self._database.all(f"SELECT {_COLUMNS} FROM alerts {where} ORDER BY id DESC {most}", values)
        return [_alert(row) for row in found]


def _row(alert: Alert) -> dict[str, Any]:
    values = msgspec.structs.asdict(alert)
    lists = {name: msgspec.json.encode(values[name]).decode() for name in _LISTS}
    truths = {name: None if values[name] is None else int(values[name]) for name in _TRUTHS}
    words = {name: kept_words(values[name]) for name in _WORDS}
    return values | lists | truths | words


def _alert(row: Sequence[Any] | Row) -> Alert:
    values = dict(zip(Alert.__struct_fields__, row, strict=True))
    lists = {name: tuple(msgspec.json.decode(values[name])) for name in _LISTS}
    truths = {name: None if values[name] is None else bool(values[name]) for name in _TRUTHS}
    return Alert(**(values | lists | truths))
