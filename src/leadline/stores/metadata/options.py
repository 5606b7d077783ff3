"""Options of a model's judgements beyond those of its baseline, and the budget of all models together."""

from __future__ import annotations

from typing import Any

import msgspec

from leadline.stores.metadata.database import Database, Transaction

TABLES = """
    CREATE TABLE options (model TEXT PRIMARY KEY, revision BIGINT, set_at BIGINT, options TEXT);
    CREATE TABLE fleet (name TEXT PRIMARY KEY, revision BIGINT, set_at BIGINT, fleet TEXT)
"""


class SetOptions(msgspec.Struct, frozen=True):
    """Options as they were set; revision 0: never."""

    revision: int = 0
    set_at: int = 0
    options: dict[str, Any] = {}


class Fleet(msgspec.Struct, frozen=True):
    """The budget of all models together.

    Attributes:
        budget: such as `4/30d`; None: each model has its own.
        weights: of the models that have another one than 1.
    """

    budget: str | None = None
    weights: dict[str, float] = {}


_ALL = "all"
"""Name of the one fleet."""


class Options:
    """Options by model, and of the fleet."""

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

    def all(self) -> dict[str, dict[str, Any]]:
        """The options of every model that has some."""
        found = self._database.all("SELECT model, options FROM options")
        return {model: msgspec.json.decode(options) for model, options in found}

    def put_fleet(self, own: Transaction, fleet: Fleet, now: int) -> None:
        """Put the budget of the fleet in the place of that before."""
        own.do(
            "INSERT INTO fleet VALUES (?, 1, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " revision = fleet.revision + 1, set_at = excluded.set_at, fleet = excluded.fleet",
            [_ALL, now, msgspec.json.encode(fleet).decode()],
        )

    def fleet(self) -> Fleet:
        """The budget of the fleet."""
        found = self._database.all("SELECT fleet FROM fleet WHERE name = ?", [_ALL])
        return msgspec.json.decode(found[0][0], type=Fleet) if found else Fleet()
