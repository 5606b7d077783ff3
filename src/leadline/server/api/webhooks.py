"""Where alerts are told."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import msgspec

from leadline.server.api.endpoint import Call, Listing, Wrong, endpoint, missing


class NewWebhook(msgspec.Struct, forbid_unknown_fields=True):
    """An address that takes messages."""

    url: str


class MadeWebhook(msgspec.Struct, frozen=True):
    """A webhook, with the secret that signs its messages. It is told once."""

    id: int
    url: str
    secret: str


class ShownWebhook(msgspec.Struct, frozen=True):
    """A webhook; `undelivered` messages wait, the last try met `problem`."""

    id: int
    url: str
    undelivered: int
    problem: str | None


@endpoint("GET", "/api/v1/webhooks", "admin")
def webhooks(call: Call) -> Listing[ShownWebhook]:
    """All webhooks."""
    found = call.service.metadata.channels.webhooks()
    return Listing([ShownWebhook(w.id, w.url, w.undelivered, w.problem) for w in found])


@endpoint("POST", "/api/v1/webhooks", "admin", status=201)
def add_webhook(call: Call, body: NewWebhook) -> MadeWebhook:
    """Tell of alerts at an address from now on."""
    if not _is_url(body.url):
        raise Wrong(400, "not an address", accepted="http(s)://host[:port][/path]")
    secret = secrets.token_urlsafe(32)
    number = call.service.metadata.channels.add_webhook(body.url, secret, call.service.clock())
    return MadeWebhook(number, body.url, secret)


@endpoint("DELETE", "/api/v1/webhooks/{number}", "admin")
def remove_webhook(call: Call, number: int) -> None:
    """Tell nothing more there."""
    if not call.service.metadata.channels.remove_webhook(number):
        raise missing("webhook", number)


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    plain_text = url.isascii() and url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and plain_text


ENDPOINTS = (webhooks, add_webhook, remove_webhook)
