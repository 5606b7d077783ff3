"""Small facts about models, alerts, channels and access: one database, a topic a file.

What belongs together shares a transaction: a judgement, what it makes of the alerts, and the messages that
tell of it are there together or not at all.
"""

from __future__ import annotations

from pathlib import Path

from leadline.stores.metadata import (
    alerts,
    audit,
    channels,
    events,
    judgements,
    maintenance,
    models,
    options,
    policies,
    privacy,
    retention,
    runbooks,
    tokens,
    users,
)
from leadline.stores.metadata.database import Database, SQLite, prepare
from leadline.stores.metadata.postgresql import PREFIXES, PostgreSQL
from leadline.stores.metadata.steps import STEPS

TOPICS = (
    models,
    alerts,
    channels,
    judgements,
    tokens,
    events,
    maintenance,
    runbooks,
    users,
    audit,
    options,
    retention,
    privacy,
    policies,
)
"""Each brings its `TABLES` as they are now, those that it refers to before it."""


class Metadata:
    """All topics of one database.

    Args:
        where: path of a file, which is made where there is none, or postgresql://[user@][host]/name.

    Attributes:
        models, alerts, channels, judgements, tokens, events, maintenance, runbooks, users,
            audit, options, retention, privacy, policies: the topics.

    Raises:
        DataError: it is no such file, or one of a later version.
        RetryableError: the database cannot be reached, or another server uses it.
    """

    def __init__(self, where: str | Path) -> None:
        self.database: Database = opened(where)
        try:
            named = getattr(self.database, "where", str(where))
            prepare(self.database, [topic.TABLES for topic in TOPICS], STEPS, named)
        except BaseException:
            self.database.close()
            raise
        self.models = models.Models(self.database)
        self.alerts = alerts.Alerts(self.database)
        self.channels = channels.Channels(self.database)
        self.judgements = judgements.Judgements(self.database)
        self.tokens = tokens.Tokens(self.database)
        self.users = users.Users(self.database)
        self.audit = audit.Audit(self.database)
        self.events = events.Events(self.database)
        self.maintenance = maintenance.Maintenances(self.database)
        self.options = options.Options(self.database)
        self.retention = retention.Retentions(self.database)
        self.privacy = privacy.Privacies(self.database)
        self.policies = policies.Policies(self.database)
        self.runbooks = runbooks.Runbooks(self.database)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def opened(where: str | Path) -> Database:
    """The database of a file, or of an address; see `Metadata`."""
    if isinstance(where, str) and where.startswith(PREFIXES):
        return PostgreSQL(where)
    return SQLite(where)
