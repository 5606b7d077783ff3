"""Where alerts are told, and the messages that wait for it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from leadline.stores.metadata.database import Database, Row, Transaction, kept_words

TABLES = """
    CREATE TABLE channels (
        id INTEGER PRIMARY KEY, name TEXT, kind TEXT, settings TEXT, secret TEXT, routing TEXT,
        digest_at BIGINT, created_at BIGINT);
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY, key TEXT, channel BIGINT REFERENCES channels ON DELETE CASCADE, alert BIGINT,
        model TEXT, happened TEXT, cause TEXT, escalated BIGINT, body BLOB,
        created_at BIGINT, tries BIGINT DEFAULT 0, next_at BIGINT, delivered_at BIGINT, problem TEXT,
        parcel TEXT, UNIQUE (key, channel));
    CREATE INDEX messages_due ON messages (next_at) WHERE delivered_at IS NULL;
    CREATE INDEX messages_of_alert ON messages (alert)
"""


class Channel(msgspec.Struct, frozen=True):
    """A way to people.

    Attributes:
        id: 0 until it is kept.
        name: for people.
        kind: "mail", "webhook", ...
        settings: of its kind, as JSON.
        secret: a text, or "env:NAME"; "": none.
        routing: what is told there and when, as JSON.
        digest_at: when the next digest is due, microseconds since 1970; None: it wants none.
        created_at: when it was made.
    """

    id: int
    name: str
    kind: str
    settings: str
    secret: str
    routing: str
    digest_at: int | None
    created_at: int


class Load(msgspec.Struct, frozen=True):
    """What waits for a channel: messages, what the last try met, and when one was taken last."""

    undelivered: int = 0
    problem: str | None = None
    delivered_at: int | None = None


class Message(msgspec.Struct, frozen=True):
    """Something that is told on a channel.

    Attributes:
        key: names what is told: the same is told there once.
        channel, alert: their numbers; alert 0: it is about none.
        model: "" for none.
        happened: "opened", "resolved", ..., "digest", "test".
        cause: key of the likeliest cause, or "".
        escalated: it is told only if nobody acknowledges the alert before.
        body: JSON.
        next_at: when it is to be sent, microseconds since 1970.
        id: 0 until it is kept.
        tries: so far.
        parcel: what it is sent with; None: not yet known.
    """

    key: str
    channel: int
    alert: int
    model: str
    happened: str
    cause: str
    escalated: bool
    body: bytes
    next_at: int
    id: int = 0
    tries: int = 0
    parcel: str | None = None


class Delivery(msgspec.Struct, frozen=True):
    """What became of a message. Times are microseconds since 1970."""

    channel: str
    kind: str
    happened: str
    created_at: int
    next_at: int
    tries: int
    delivered_at: int | None
    problem: str | None


_CHANNEL = ", ".join(Channel.__struct_fields__)
_MESSAGE = ", ".join(Message.__struct_fields__)


class Channels:
    """All channels and their messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, own: Transaction, channel: Channel) -> int:
        """Tell things there from now on; returns its number."""
        values = msgspec.structs.asdict(channel)
        del values["id"]
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        found = own.all(f"INSERT INTO channels ({names}) VALUES ({marks}) RETURNING id", [*values.values()])
        return int(found[0][0])

    def change(self, own: Transaction, channel: Channel) -> None:
        """Put what a channel has become in its place."""
        values = msgspec.structs.asdict(channel)
        number = values.pop("id")
        names = ", ".join(f"{name} = ?" for name in values)
        own.do(f"UPDATE channels SET {names} WHERE id = ?", [*values.values(), number])

    def plan_digest(self, own: Transaction, channel: Channel, at: int | None) -> bool:
        """When the next digest is due; whether that of a channel is still the one that was known."""
        return bool(
            own.do(
                "UPDATE channels SET digest_at = ? WHERE id = ? AND digest_at = ?",
                [at, channel.id, channel.digest_at],
            )
        )

    def remove(self, own: Transaction, number: int) -> bool:
        """Tell nothing more there; whether there was one."""
        return bool(own.do("DELETE FROM channels WHERE id = ?", [number]))

    def all(self, own: Transaction | None = None) -> list[Channel]:
        """All channels, as a transaction sees them."""
        found = (own or self._database).all(f"SELECT {_CHANNEL} FROM channels ORDER BY id")
        return [Channel(*row) for row in found]

    def get(self, number: int, own: Transaction | None = None) -> Channel | None:
        """The channel of a number, as a transaction sees it."""
        found = (own or self._database).all(f"SELECT {_CHANNEL} FROM channels WHERE id = ?", [number])
        return Channel(*found[0]) if found else None

    def loads(self) -> dict[int, Load]:
        """What waits, by channel."""
        found = self._database.all("""
            SELECT id,
                (SELECT count(*) FROM messages WHERE channel = channels.id AND delivered_at IS NULL),
                (SELECT problem FROM messages WHERE channel = channels.id AND delivered_at IS NULL
                 AND problem IS NOT NULL ORDER BY next_at DESC LIMIT 1),
                (SELECT max(delivered_at) FROM messages WHERE channel = channels.id)
            FROM channels
        """)
        return {number: Load(*rest) for number, *rest in found}

    def tell(self, own: Transaction, message: Message, now: int) -> None:
        """Keep a message that waits, unless there is one of that key for the channel already."""
        own.do(
            "INSERT INTO messages (key, channel, alert, model, happened, cause, escalated, body, next_at,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                kept_words(message.key), message.channel, message.alert, message.model, message.happened,
                kept_words(message.cause),
                int(message.escalated), message.body, message.next_at, now,
            ],
        )  # fmt: skip

    def withdraw(self, own: Transaction, alert: int, now: int, *, escalated: bool = False) -> None:
        """Forget the messages of an alert whose time has not come yet.

        Args:
            escalated: only those that are told if nobody acknowledges.
        """
        own.do(
            "DELETE FROM messages WHERE alert = ? AND delivered_at IS NULL AND tries = 0 AND next_at > ?"
            + (" AND escalated = 1" if escalated else ""),
            [alert, now],
        )

    def heard(self, own: Transaction, alert: int) -> set[int]:
        """Numbers of the channels that have been told of an alert, or are about to be."""
        found = own.all("SELECT DISTINCT channel FROM messages WHERE alert = ?", [alert])
        return {int(row[0]) for row in found}

    def due(self, now: int) -> list[Message]:
        """Messages that are to be sent by now, in the order in which they came."""
        found = self._database.all(
            f"SELECT {_MESSAGE} FROM messages WHERE delivered_at IS NULL AND next_at <= ?"
            " ORDER BY id LIMIT 1000",
            [now],
        )
        return [_message(row) for row in found]

    def living(self, channel: int) -> list[Message]:
        """The last message that a channel took of each alert that lives, where it says that it does."""
        found = self._database.all(
            f"SELECT {_MESSAGE} FROM messages WHERE happened IN ('opened', 'reopened') AND id IN ("
            " SELECT max(messages.id) FROM messages JOIN alerts ON alerts.id = messages.alert"
            " WHERE channel = ? AND delivered_at IS NOT NULL AND alerts.state <> 'resolved'"
            " GROUP BY messages.alert) ORDER BY id",
            [channel],
        )
        return [_message(row) for row in found]

    def pack(self, numbers: Sequence[int], parcel: str) -> None:
        """Send messages together, under one name."""
        with self._database.transaction() as own:
            for number in numbers:
                own.do("UPDATE messages SET parcel = ? WHERE id = ?", [parcel, number])

    def delivered(self, numbers: Sequence[int], now: int) -> None:
        """Messages were taken."""
        with self._database.transaction() as own:
            for number in numbers:
                own.do(
                    "UPDATE messages SET delivered_at = ?, tries = tries + 1, problem = NULL WHERE id = ?",
                    [now, number],
                )

    def failed(self, numbers: Sequence[int], next_at: int, problem: str) -> None:
        """Messages were not taken, and are to be sent again."""
        with self._database.transaction() as own:
            for number in numbers:
                own.do(
                    "UPDATE messages SET tries = tries + 1, next_at = ?, problem = ? WHERE id = ?",
                    [next_at, kept_words(problem), number],
                )

    def deliveries(self, alert: int) -> list[Delivery]:
        """What became of the messages of an alert, in the order in which they were made."""
        found = self._database.all(
            "SELECT name, kind, happened, messages.created_at, next_at, tries, delivered_at, problem"
            " FROM messages JOIN channels ON channels.id = channel WHERE alert = ? ORDER BY messages.id",
            [alert],
        )
        return [Delivery(*row) for row in found]

    def forget(self, own: Transaction, before: int, most: int) -> int:
        """Forget messages that were delivered before a moment, of alerts that are over; returns how many.

        The last one of each channel stays: it says when something was delivered there.

        Args:
            most: at most so many.
        """
        return own.do(
            "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE delivered_at < ?"
            " AND alert NOT IN (SELECT id FROM alerts WHERE state <> 'resolved' OR settled <> 0)"
            " AND id NOT IN (SELECT max(id) FROM messages WHERE delivered_at IS NOT NULL GROUP BY channel)"
            f" LIMIT {int(most)})",
            [before],
        )

    def forget_alert(self, own: Transaction, alert: int) -> None:
        """Forget all messages of an alert."""
        own.do("DELETE FROM messages WHERE alert = ?", [alert])

    def undelivered(self) -> int:
        """Number of messages that wait."""
        return int(self._database.all("SELECT count(*) FROM messages WHERE delivered_at IS NULL")[0][0])


def _message(row: Row) -> Message:
    values = dict(zip(Message.__struct_fields__, row, strict=True))
    return Message(**(values | {"escalated": bool(values["escalated"]), "body": bytes(values["body"])}))
