"""Where alerts are told, and the messages that wait for it."""

from __future__ import annotations

import msgspec

from leadline.stores.metadata.database import Database, Transaction

TABLES = """
    CREATE TABLE webhooks (id INTEGER PRIMARY KEY, url TEXT, secret TEXT, created_at BIGINT);
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY, key TEXT, webhook BIGINT REFERENCES webhooks ON DELETE CASCADE, body BLOB,
        created_at BIGINT, tries BIGINT DEFAULT 0, next_at BIGINT, delivered_at BIGINT, problem TEXT,
        UNIQUE (key, webhook));
    CREATE INDEX messages_due ON messages (next_at) WHERE delivered_at IS NULL
"""


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


class Channels:
    """Webhooks and their messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, own: Transaction, event: Event, now: int) -> None:
        """A message for every webhook, unless there is one of that event already."""
        own.do(
            "INSERT INTO messages (key, webhook, body, created_at, next_at)"
            " SELECT ?, id, ?, ?, ? FROM webhooks WHERE true ON CONFLICT DO NOTHING",
            [event.key, event.body, now, now],
        )

    def add_webhook(self, url: str, secret: str, now: int) -> int:
        """Tell of alerts there from now on; returns its number."""
        with self._database.transaction() as own:
            found = own.all(
                "INSERT INTO webhooks (url, secret, created_at) VALUES (?, ?, ?) RETURNING id",
                [url, secret, now],
            )
            return int(found[0][0])

    def remove_webhook(self, number: int) -> bool:
        """Tell nothing more there; whether there was one."""
        with self._database.transaction() as own:
            return bool(own.do("DELETE FROM webhooks WHERE id = ?", [number]))

    def webhooks(self) -> list[Webhook]:
        """All webhooks, with what waits for them."""
        found = self._database.all("""
            SELECT id, url, secret,
                (SELECT count(*) FROM messages WHERE webhook = webhooks.id AND delivered_at IS NULL),
                (SELECT problem FROM messages WHERE webhook = webhooks.id AND delivered_at IS NULL
                 ORDER BY next_at DESC LIMIT 1)
            FROM webhooks ORDER BY id
        """)
        return [Webhook(*row) for row in found]

    def due(self, now: int) -> list[Message]:
        """Messages that are to be sent by now, in the order in which they came."""
        found = self._database.all(
            "SELECT messages.id, key, body, tries, url, secret FROM messages"
            " JOIN webhooks ON webhooks.id = webhook"
            " WHERE delivered_at IS NULL AND next_at <= ? ORDER BY messages.id LIMIT 100",
            [now],
        )
        return [Message(*row) for row in found]

    def delivered(self, number: int, now: int) -> None:
        """A message was taken."""
        with self._database.transaction() as own:
            own.do(
                "UPDATE messages SET delivered_at = ?, tries = tries + 1, problem = NULL WHERE id = ?",
                [now, number],
            )

    def failed(self, number: int, next_at: int, problem: str) -> None:
        """A message was not taken, and is to be sent again."""
        with self._database.transaction() as own:
            own.do(
                "UPDATE messages SET tries = tries + 1, next_at = ?, problem = ? WHERE id = ?",
                [next_at, problem, number],
            )

    def undelivered(self) -> int:
        """Number of messages that wait."""
        return int(self._database.all("SELECT count(*) FROM messages WHERE delivered_at IS NULL")[0][0])
