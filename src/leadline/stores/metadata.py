"""Baselines, judgements, alerts, messages and tokens: one SQLite file in WAL mode.

What belongs together shares a transaction: a judgement, what it makes of the alerts, and the messages that
tell of it are there together or not at all.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from leadline.errors import DataError

VERSION = 1
"""Of the tables; a file of another version is not opened."""

State = Literal["open", "acknowledged", "resolved"]
Scope = Literal["ingest", "read", "admin"]

_TABLES = """
    CREATE TABLE baselines (
        model TEXT PRIMARY KEY, revision INTEGER, set_at INTEGER, content BLOB) STRICT;
    CREATE TABLE judgements (
        model TEXT PRIMARY KEY, revision INTEGER, judged_at INTEGER, digest TEXT,
        verdict TEXT, headline TEXT, report BLOB) STRICT;
    CREATE TABLE alerts (
        id INTEGER PRIMARY KEY, model TEXT, monitor TEXT, state TEXT, opened INTEGER, last INTEGER,
        sources TEXT, sentence TEXT, harm TEXT, first_at INTEGER, changed_at INTEGER) STRICT;
    CREATE INDEX alerts_of_model ON alerts (model, state);
    CREATE TABLE webhooks (id INTEGER PRIMARY KEY, url TEXT, secret TEXT, created_at INTEGER) STRICT;
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY, key TEXT, webhook INTEGER REFERENCES webhooks ON DELETE CASCADE, body BLOB,
        created_at INTEGER, tries INTEGER DEFAULT 0, next_at INTEGER, delivered_at INTEGER, problem TEXT,
        UNIQUE (key, webhook)) STRICT;
    CREATE INDEX messages_due ON messages (next_at) WHERE delivered_at IS NULL;
    CREATE TABLE tokens (
        id INTEGER PRIMARY KEY, name TEXT, digest TEXT UNIQUE, scope TEXT, created_at INTEGER) STRICT;
"""


class SetBaseline(msgspec.Struct, frozen=True):
    """Which baseline of a model it is, from 1 on, and when it was set."""

    revision: int
    set_at: int


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


class Judgement(msgspec.Struct, frozen=True):
    """What was last said of a model.

    Attributes:
        model: whose.
        revision: judgements so far.
        judged_at: when, microseconds since 1970.
        digest: of the baseline and of the buckets that were judged.
        verdict, headline: of the report.
        report: the record as JSON.
    """

    model: str
    revision: int
    judged_at: int
    digest: str
    verdict: str
    headline: str
    report: bytes


class Event(msgspec.Struct, frozen=True):
    """What is told of an alert.

    Attributes:
        key: names it: monitor, window, revision and what happened.
        body: JSON.
    """

    key: str
    body: bytes


class Webhook(msgspec.Struct, frozen=True):
    """Where events are sent; `secret` signs them. `undelivered` messages wait, the last try met `problem`."""

    id: int
    url: str
    secret: str
    undelivered: int = 0
    problem: str | None = None


class Message(msgspec.Struct, frozen=True):
    """An event on its way to a webhook, after so many tries."""

    id: int
    key: str
    body: bytes
    tries: int
    url: str
    secret: str


class Token(msgspec.Struct, frozen=True):
    """Who may do what; the token itself is not kept, only its digest."""

    id: int
    name: str
    scope: Scope
    created_at: int


class Metadata:
    """The file. Every method may be called from any thread.

    Args:
        path: it is made where there is none.

    Raises:
        DataError: it is no such file, or one of another version.
    """

    def __init__(self, path: str | Path) -> None:
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            (found,) = self._connection.execute("PRAGMA user_version").fetchone()
            if found == 0:
                self._connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        except sqlite3.Error as error:
            raise DataError("cannot open the file", where=str(path), found=str(error)) from None
        if found not in (0, VERSION):
            raise DataError("a file of another version", where=str(path), found=found, accepted=str(VERSION))

    def set_baseline(self, model: str, content: bytes, now: int) -> None:
        """Put a baseline in the place of the one before."""
        with self._transaction() as own:
            own.execute(
                "INSERT INTO baselines VALUES (?1, 1, ?2, ?3) ON CONFLICT (model) DO"
                " UPDATE SET revision = revision + 1, set_at = ?2, content = ?3",
                [model, now, content],
            )

    def baselines(self) -> dict[str, SetBaseline]:
        """Models with a baseline, without what is in it."""
        found = self._all("SELECT model, revision, set_at FROM baselines ORDER BY model")
        return {model: SetBaseline(*rest) for model, *rest in found}

    def baseline(self, model: str) -> bytes | None:
        """The saved baseline of a model."""
        found = self._all("SELECT content FROM baselines WHERE model = ?", [model])
        return found[0][0] if found else None

    def judgement(self, model: str) -> Judgement | None:
        """What was last said of a model."""
        found = self._all("SELECT * FROM judgements WHERE model = ?", [model])
        return Judgement(*found[0]) if found else None

    def judgements(self) -> dict[str, Judgement]:
        """What was last said of each model, without the report."""
        found = self._all("SELECT model, revision, judged_at, digest, verdict, headline, x'' FROM judgements")
        return {row[0]: Judgement(*row) for row in found}

    def keep_judgement(
        self, judgement: Judgement, changes: Callable[[list[Alert]], list[tuple[Alert, Event | None]]]
    ) -> int:
        """Keep a judgement, the alerts that it changes, and what is to be told of them, to every webhook.

        Args:
            judgement: the latest of its model.
            changes: makes of all alerts of the model those that change, with what is to be told.

        Returns:
            How many events there are.
        """
        with self._transaction() as own:
            known = own.execute("SELECT * FROM alerts WHERE model = ? ORDER BY id", [judgement.model])
            alerts = changes([_alert(row) for row in known.fetchall()])
            own.execute(
                "INSERT OR REPLACE INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?)",
                msgspec.structs.astuple(judgement),
            )
            for alert, event in alerts:
                self._keep(own, alert)
                self._tell(own, event, judgement.judged_at)
        return sum(event is not None for _, event in alerts)

    def acknowledge(self, number: int, now: int) -> Alert | None:
        """A person has seen an alert; None: it is not open."""
        with self._transaction() as own:
            done = own.execute(
                "UPDATE alerts SET state = 'acknowledged', changed_at = ? WHERE id = ? AND state = 'open'",
                [now, number],
            )
            if done.rowcount == 0:
                return None
            return _alert(own.execute("SELECT * FROM alerts WHERE id = ?", [number]).fetchone())

    def alerts(self, model: str | None = None, state: State | None = None) -> list[Alert]:
        """Alerts, the latest first; of a model, in a state."""
        found = self._all(
            "SELECT * FROM alerts WHERE coalesce(model = ?1, ?1 IS NULL) AND coalesce(state = ?2, ?2 IS NULL)"
            " ORDER BY id DESC",
            [model, state],
        )
        return [_alert(row) for row in found]

    def living(self) -> dict[str, int]:
        """Number of alerts that are not resolved, by model."""
        return dict(self._all("SELECT model, count(*) FROM alerts WHERE state <> 'resolved' GROUP BY model"))

    def _keep(self, own: sqlite3.Connection, alert: Alert) -> None:
        values = msgspec.structs.asdict(alert) | {
            "id": alert.id or None,
            "sources": msgspec.json.encode(alert.sources).decode(),
        }
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        own.execute(f"INSERT OR REPLACE INTO alerts ({names}) VALUES ({marks})", [*values.values()])

    def _tell(self, own: sqlite3.Connection, event: Event | None, now: int) -> None:
        if event is not None:
            own.execute(
                "INSERT OR IGNORE INTO messages (key, webhook, body, created_at, next_at)"
                " SELECT ?, id, ?, ?, ? FROM webhooks",
                [event.key, event.body, now, now],
            )

    def add_webhook(self, url: str, secret: str, now: int) -> int:
        """Tell of alerts there from now on; returns its number."""
        with self._transaction() as own:
            done = own.execute(
                "INSERT INTO webhooks (url, secret, created_at) VALUES (?, ?, ?)", [url, secret, now]
            )
            return int(done.lastrowid or 0)

    def remove_webhook(self, number: int) -> bool:
        """Tell nothing more there; whether there was one."""
        with self._transaction() as own:
            return own.execute("DELETE FROM webhooks WHERE id = ?", [number]).rowcount > 0

    def webhooks(self) -> list[Webhook]:
        """All webhooks, with what waits for them."""
        found = self._all("""
            SELECT id, url, secret,
                (SELECT count(*) FROM messages WHERE webhook = webhooks.id AND delivered_at IS NULL),
                (SELECT problem FROM messages WHERE webhook = webhooks.id AND delivered_at IS NULL
                 ORDER BY next_at DESC LIMIT 1)
            FROM webhooks ORDER BY id
        """)
        return [Webhook(*row) for row in found]

    def due(self, now: int) -> list[Message]:
        """Messages that are to be sent by now, in the order in which they came."""
        found = self._all(
            "SELECT messages.id, key, body, tries, url, secret FROM messages"
            " JOIN webhooks ON webhooks.id = webhook"
            " WHERE delivered_at IS NULL AND next_at <= ? ORDER BY messages.id LIMIT 100",
            [now],
        )
        return [Message(*row) for row in found]

    def delivered(self, number: int, now: int) -> None:
        """A message was taken."""
        with self._transaction() as own:
            own.execute(
                "UPDATE messages SET delivered_at = ?, tries = tries + 1, problem = NULL WHERE id = ?",
                [now, number],
            )

    def failed(self, number: int, next_at: int, problem: str) -> None:
        """A message was not taken, and is to be sent again."""
        with self._transaction() as own:
            own.execute(
                "UPDATE messages SET tries = tries + 1, next_at = ?, problem = ? WHERE id = ?",
                [next_at, problem, number],
            )

    def undelivered(self) -> int:
        """Number of messages that wait."""
        return int(self._all("SELECT count(*) FROM messages WHERE delivered_at IS NULL")[0][0])

    def add_token(self, name: str, digest: str, scope: Scope, now: int) -> int:
        """Let whoever has the token do what the scope allows; returns its number."""
        with self._transaction() as own:
            done = own.execute(
                "INSERT INTO tokens (name, digest, scope, created_at) VALUES (?, ?, ?, ?)",
                [name, digest, scope, now],
            )
            return int(done.lastrowid or 0)

    def remove_token(self, number: int) -> bool:
        """Whether there was such a token."""
        with self._transaction() as own:
            return own.execute("DELETE FROM tokens WHERE id = ?", [number]).rowcount > 0

    def tokens(self) -> list[Token]:
        """All tokens."""
        return [
            Token(*row) for row in self._all("SELECT id, name, scope, created_at FROM tokens ORDER BY id")
        ]

    def scope(self, digest: str) -> Scope | None:
        """What the token of a digest allows; None: there is none."""
        found = self._all("SELECT scope FROM tokens WHERE digest = ?", [digest])
        return found[0][0] if found else None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _alert(row: tuple[Any, ...]) -> Alert:
    number, model, monitor, state, opened, last, sources, *rest = row
    return Alert(number, model, monitor, state, opened, last, tuple(msgspec.json.decode(sources)), *rest)
