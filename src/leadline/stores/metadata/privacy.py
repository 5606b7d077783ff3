"""What of a model's rows may be looked at."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from leadline.stores.metadata.database import Database, Transaction

TABLES = """
    CREATE TABLE privacy (model TEXT PRIMARY KEY, privacy TEXT)
"""


class Privacy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a model's rows people may look at; whoever may only read sees none of them.

    Attributes:
        rows: single rows are shown.
        hidden: columns whose values are not shown, and by which no rows are chosen.
    """

    rows: bool = True
    hidden: Annotated[tuple[Annotated[str, Meta(max_length=500)], ...], Meta(max_length=3_000)] = ()


class Privacies:
    """Privacy by model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, own: Transaction, model: str, privacy: Privacy) -> None:
        """State that of a model."""
        own.do("DELETE FROM privacy WHERE model = ?", [model])
        own.do("INSERT INTO privacy VALUES (?, ?)", [model, msgspec.json.encode(privacy).decode()])

    def of(self, model: str) -> Privacy:
        """That of a model; the default, where none was stated."""
        found = self._database.all("SELECT privacy FROM privacy WHERE model = ?", [model])
        return msgspec.json.decode(found[0][0], type=Privacy) if found else Privacy()
