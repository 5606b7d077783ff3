"""Small facts about models, alerts, channels and access: one database, a topic a file.

What belongs together shares a transaction: a judgement, what it makes of the alerts, and the messages that
tell of it are there together or not at all.
"""

from __future__ import annotations

from pathlib import Path

from leadline.stores.metadata import alerts, channels, judgements, models, tokens
from leadline.stores.metadata.database import Database, SQLite, prepare

VERSION = 1
"""Of the tables; a database of another version is not opened."""

TOPICS = (models, alerts, channels, judgements, tokens)
"""Each brings its `TABLES`, those that it refers to before it."""


class Metadata:
    """All topics of one database.

    Args:
        path: of the file; it is made where there is none.

    Attributes:
        models, alerts, channels, judgements, tokens: the topics.

    Raises:
        DataError: it is no such file, or one of another version.
    """

    def __init__(self, path: str | Path) -> None:
        self.database: Database = SQLite(path)
        prepare(self.database, VERSION, [topic.TABLES for topic in TOPICS], str(path))
        self.models = models.Models(self.database)
        self.alerts = alerts.Alerts(self.database)
        self.channels = channels.Channels(self.database)
        self.judgements = judgements.Judgements(self.database, self.alerts, self.channels)
        self.tokens = tokens.Tokens(self.database)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()
