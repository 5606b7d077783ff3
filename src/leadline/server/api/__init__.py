"""The paths of the HTTP API: a topic a file, each with its `ENDPOINTS`, and one list of all."""

from __future__ import annotations

from leadline.server.api import alerts, health, ingest, models, tokens, views, webhooks
from leadline.server.api.endpoint import Endpoint

TOPICS = (health, ingest, models, alerts, webhooks, tokens, views)

ENDPOINTS: tuple[Endpoint, ...] = tuple(found for topic in TOPICS for found in topic.ENDPOINTS)
