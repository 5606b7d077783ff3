"""Slack, Teams, PagerDuty and a hundred more, by Apprise (the `notify` extra)."""

from __future__ import annotations

from typing import Any

import msgspec

from leadline.errors import ConfigurationError, MissingExtraError
from leadline.server.alerting.deliver.parcel import ChannelKind, Parcel, Way
from leadline.server.alerting.deliver.render import text
from leadline.server.alerting.deliver.targets import check_host


class AppriseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing: the secret is Apprise's address of the service, as "slack://..."; tokens are in it."""


def check(settings: AppriseSettings, secret: str, private: bool) -> None:
    """Apprise knows the address, and it may be used.

    Raises:
        MissingExtraError: Apprise is not installed.
    """
    _service(secret, private)


def send(settings: AppriseSettings, parcel: Parcel, way: Way) -> str | None:
    """Pass the message on as plain text."""
    apprise = _apprise()
    made = apprise.Apprise()
    made.add(_service(way.secret, way.private))
    kinds = {"opened": "warning", "reopened": "warning", "resolved": "success", "lowered": "success"}
    kind = kinds.get(parcel.notices[0].event, "info") if parcel.notices else "info"
    try:
        taken = made.notify(body=text(parcel), title=parcel.subject, notify_type=kind, body_format="text")
    except Exception as error:  # whatever a service's own code raises
        return f"{type(error).__name__}: {error}"
    return None if taken else "the service did not take it"


def _service(secret: str, private: bool) -> Any:
    found = _apprise().Apprise.instantiate(secret, suppress_exceptions=True)
    if found is None:
        raise ConfigurationError(
            "not an address that Apprise knows", where="secret",
            accepted='its own addresses, such as "slack://TOKEN_A/TOKEN_B/TOKEN_C/#channel"',
        )  # fmt: skip
    # Of hosted services the first part of the address is a token, which no name server needs to see.
    if getattr(found, "host", None) and any("{host}" in template for template in found.templates):
        check_host(found.host, private)
    return found


def _apprise() -> Any:
    try:
        import apprise
    except ImportError:
        raise MissingExtraError.named("apprise", "notify", "a channel of the kind 'apprise'") from None
    return apprise


KIND = ChannelKind(
    "apprise", "Apprise", AppriseSettings, "Apprise's address of the service", check, send, needs_secret=True
)
