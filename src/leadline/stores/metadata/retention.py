"""How long what is known of each model is kept, and what was told of all of them."""

from __future__ import annotations

import msgspec

from leadline.errors import DataError
from leadline.stores.metadata.database import Database, Transaction

TABLES = """
    CREATE TABLE retention (
        model TEXT PRIMARY KEY, rows_days BIGINT, labels_days BIGINT, buckets_days BIGINT,
        profiles_days BIGINT);
    CREATE TABLE retention_clock (at BIGINT);
    CREATE TABLE retention_history (messages_days BIGINT, alerts_days BIGINT, events_days BIGINT)
"""

MOST_DAYS = 36_600
"""Longest time that can be stated."""


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days for which parts of what is known of a model are kept, from when they came and happened.

    Attributes:
        rows_days: rows with all their values.
        labels_days: what a late label needs of a row: id, time, version, segment, score, prediction, label.
        buckets_days: counts by bucket, which may be an hour; after that by day. Of how it served, too.
        profiles_days: counts. Of how it served, too.
    """

    rows_days: int = 90
    labels_days: int = 180
    buckets_days: int = 400
    profiles_days: int = 1_100

    def checked(self) -> Retention:
        """Itself.

        Raises:
            DataError: what is made of something would be kept for a shorter time than that.
        """
        days = msgspec.structs.astuple(self)
        if days[0] < 1 or days[-1] > MOST_DAYS or list(days) != sorted(days):
            raise DataError(
                "not a retention",
                found=", ".join(f"{name} {value}" for name, value in msgspec.structs.asdict(self).items()),
                accepted=f"1 <= rows_days <= labels_days <= buckets_days <= profiles_days <= {MOST_DAYS}",
            )
        return self


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days for which what was told is kept.

    Attributes:
        messages_days: messages that were delivered, of alerts that are over, digests and tests.
        alerts_days: alerts that are over, with their steps, findings and messages.
        events_days: events that people told, and maintenance, once they are past.
    """

    messages_days: int = 90
    alerts_days: int = 1_100
    events_days: int = 1_100

    def checked(self) -> History:
        """Itself.

        Raises:
            DataError: something would be kept for no time, or messages for longer than their alerts.
        """
        days = msgspec.structs.asdict(self)
        if min(days.values()) < 1 or max(days.values()) > MOST_DAYS or self.messages_days > self.alerts_days:
            raise DataError(
                "not a retention",
                found=", ".join(f"{name} {value}" for name, value in days.items()),
                accepted=f"1 to {MOST_DAYS} days, messages_days <= alerts_days",
            )
        return self


class Retentions:
    """Retention by model, and of what was told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, model: str) -> Retention:
        """That of a model; the default, where none was stated."""
        found = self._database.all(
            "SELECT rows_days, labels_days, buckets_days, profiles_days FROM retention WHERE model = ?",
            [model],
        )
        return Retention(*found[0]) if found else Retention()

    def keep(self, model: str, retention: Retention) -> None:
        """State that of a model."""
        with self._database.transaction() as own:
            own.do("DELETE FROM retention WHERE model = ?", [model])
            own.do(
                "INSERT INTO retention VALUES (?, ?, ?, ?, ?)", [model, *msgspec.structs.astuple(retention)]
            )

    def all(self) -> dict[str, Retention]:
        """That of each model for which one was stated."""
        found = self._database.all(
            "SELECT model, rows_days, labels_days, buckets_days, profiles_days FROM retention ORDER BY model"
        )
        return {model: Retention(*days) for model, *days in found}

    def history(self) -> History:
        """How long what was told is kept; the default, where nothing was stated."""
        found = self._database.all("SELECT messages_days, alerts_days, events_days FROM retention_history")
        return History(*found[0]) if found else History()

    def keep_history(self, own: Transaction, history: History) -> None:
        """State how long what was told is kept."""
        own.do("DELETE FROM retention_history")
        own.do("INSERT INTO retention_history VALUES (?, ?, ?)", msgspec.structs.astuple(history))

    def clock(self, now: int, step: int) -> int:
        """The time that decides what is old: the server's, but at most a step ahead of the last time.

        So a clock that jumps ahead and back, takes little with it.
        """
        with self._database.transaction() as own:
            known = own.all("SELECT at FROM retention_clock")
            last = known[0][0] if known else now
            found = min(now, last + step)
            if not known or found > last:
                own.do("DELETE FROM retention_clock")
                own.do("INSERT INTO retention_clock VALUES (?)", [found])
            return found
