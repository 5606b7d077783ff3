"""How long what is known of each model is kept."""

from __future__ import annotations

import msgspec

from leadline.errors import DataError
from leadline.stores.metadata.database import Database

TABLES = """
    CREATE TABLE retention (
        model TEXT PRIMARY KEY, rows_days BIGINT, labels_days BIGINT, buckets_days BIGINT,
        profiles_days BIGINT);
    CREATE TABLE retention_clock (at BIGINT)
"""

MOST_DAYS = 36_600
"""Longest time that can be stated."""


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days for which parts of what is known of a model are kept, from when they came and happened.

    Attributes:
        rows_days: rows with all their values.
        labels_days: what a late label needs of a row: id, time, version, segment, score, prediction, label.
        buckets_days: counts by bucket, which may be an hour; after that by day.
        profiles_days: counts.
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


class Retentions:
    """Retention by model."""

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
