"""What is to be done when a model alerts, in its owners' words."""

from __future__ import annotations

from leadline.stores.metadata.database import Database, Transaction

TABLES = """
    CREATE TABLE runbooks (model TEXT PRIMARY KEY, text TEXT)
"""


class Runbooks:
    """One for a model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, own: Transaction, model: str, text: str) -> None:
        """Put a text, or where it stands, in the place of the one before; "" takes it away."""
        own.do("DELETE FROM runbooks WHERE model = ?", [model])
        if text:
            own.do("INSERT INTO runbooks VALUES (?, ?)", [model, text])

    def of(self, model: str, own: Transaction | None = None) -> str:
        """The text of a model; "": none."""
        found = (own or self._database).all("SELECT text FROM runbooks WHERE model = ?", [model])
        return str(found[0][0]) if found else ""
