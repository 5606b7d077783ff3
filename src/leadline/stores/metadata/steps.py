"""How tables of an older version become those of now: one script for each version, never changed later.

A table that an older version lacks needs no step: it is made when the database is opened.
"""

from __future__ import annotations

_TO_2 = r"""
    CREATE TABLE channels (
        id INTEGER PRIMARY KEY, name TEXT, kind TEXT, settings TEXT, secret TEXT, routing TEXT,
        digest_at BIGINT, created_at BIGINT);
    INSERT INTO channels (name, kind, settings, secret, routing, created_at)
        SELECT 'webhook ' || id, 'webhook',
            '{"url":"' || replace(replace(url, '\', '\\'), '"', '\"') || '"}', secret, '{}', created_at
        FROM webhooks ORDER BY id;
    DROP TABLE messages;
    DROP TABLE webhooks;
    DROP TABLE alerts;
    DROP TABLE judgements;
    ALTER TABLE tokens ADD COLUMN models TEXT;
    ALTER TABLE tokens ADD COLUMN expires_at BIGINT;
    ALTER TABLE tokens ADD COLUMN used_at BIGINT
"""
# Judgements and alerts follow from the rows, and are made again when the server starts.

STEPS: tuple[str, ...] = (_TO_2,)
"""What makes tables of each version of those of the one before, the first one those of version 1."""
