"""The paths of the HTTP API: a topic a file, each with its `ENDPOINTS`, and one list of all."""

from __future__ import annotations

from leadline.server.api import (
    alerts,
    audit,
    channels,
    compare,
    data,
    events,
    explore,
    handling,
    health,
    ingest,
    maintenance,
    models,
    onboarding,
    openapi,
    options,
    policies,
    session,
    tokens,
    users,
    views,
)
from leadline.server.api.endpoint import Endpoint

TOPICS = (
    health,
    ingest,
    models,
    options,
    onboarding,
    compare,
    explore,
    policies,
    alerts,
    handling,
    events,
    channels,
    data,
    maintenance,
    tokens,
    session,
    users,
    audit,
    openapi,
    views,
)

ENDPOINTS: tuple[Endpoint, ...] = tuple(found for topic in TOPICS for found in topic.ENDPOINTS)
