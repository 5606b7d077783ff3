"""What is known of each model: its baseline."""

from __future__ import annotations

import msgspec

from leadline.stores.metadata.database import Database

TABLES = """
    CREATE TABLE baselines (model TEXT PRIMARY KEY, revision BIGINT, set_at BIGINT, content BLOB)
"""


class SetBaseline(msgspec.Struct, frozen=True):
    """Which baseline of a model it is, from 1 on, and when it was set."""

    revision: int
    set_at: int


class Models:
    """Baselines by model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set_baseline(self, model: str, content: bytes, now: int) -> None:
        """Put a baseline in the place of the one before."""
        with self._database.transaction() as own:
            own.do(
                "INSERT INTO baselines VALUES (?, 1, ?, ?) ON CONFLICT (model) DO UPDATE SET"
                " revision = baselines.revision + 1, set_at = excluded.set_at, content = excluded.content",
                [model, now, content],
            )

    def rewrite_baseline(self, model: str, content: bytes) -> None:
        """Put the same baseline in another form in its place, as of the same moment."""
        with self._database.transaction() as own:
            own.do(
                "UPDATE baselines SET revision = revision + 1, content = ? WHERE model = ?", [content, model]
            )

    def baselines(self) -> dict[str, SetBaseline]:
        """Models with a baseline, without what is in it."""
        found = self._database.all("SELECT model, revision, set_at FROM baselines ORDER BY model")
        return {model: SetBaseline(*rest) for model, *rest in found}

    def baseline(self, model: str) -> bytes | None:
        """The saved baseline of a model."""
        found = self._database.all("SELECT content FROM baselines WHERE model = ?", [model])
        return found[0][0] if found else None
