"""A signed request with the message as JSON."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from leadline.server.alerting.deliver.parcel import ChannelKind, Parcel, Way
from leadline.server.alerting.deliver.targets import check_url, post


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where messages are posted.

    Attributes:
        url: http(s)://host[:port][/path].
    """

    url: Annotated[str, Meta(max_length=2000)]


def check(settings: WebhookSettings, secret: str, private: bool) -> None:
    """The address is one, and may be used."""
    check_url(settings.url, private, "settings.url")


def send(settings: WebhookSettings, parcel: Parcel, way: Way) -> str | None:
    """Post a message with its signature."""
    headers = {
        "Idempotency-Key": quote(parcel.key, safe="/ :"),
        "Leadline-Signature": signature(way.secret, way.now, parcel.body),
    }
    return post(settings.url, parcel.body, headers, way.private)


def signature(secret: str, now: int, body: bytes) -> str:
    """The header `Leadline-Signature`: the time in seconds, and an HMAC-SHA256 of `TIME.BODY`."""
    seconds = now // 1_000_000
    found = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={found}"


KIND = ChannelKind("webhook", "Webhook", WebhookSettings, "signs messages", check, send, makes_secret=True)
