"""Options of a model's judgements beyond those of its baseline."""

from __future__ import annotations

from typing import Any

import msgspec

from leadline.stores.metadata.database import Database, Transaction

TABLES = """
    CREATE TABLE options (model TEXT PRIMARY KEY, revision BIGINT, set_at BIGINT, options TEXT)
"""


class SetOptions(msgspec.Struct, frozen=True):
    """Options as they were set; revision 0: never."""

    revision: int = 0
    set_at: int = 0
    options: dict[str, Any] = {}


class Options:
    """Options by model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, own: Transaction, model: str, options: dict[str, Any], now: int) -> None:
        """Put options in the place of those before."""
        own.do(
            "INSERT INTO options VALUES (?, 1, ?, ?) ON CONFLICT (model) DO UPDATE SET"
            " revision = options.revision + 1, set_at = excluded.set_at, options = excluded.options",
            [model, now, msgspec.json.encode(options).decode()],
        )

    def of(self, model: str) -> SetOptions:
        """The options of a model."""
        found = self._database.all("SELECT revision, set_at, options FROM options WHERE model = ?", [model])
        if not found:
            return SetOptions()
        revision, set_at, options = found[0]
        return SetOptions(revision, set_at, msgspec.json.decode(options))
