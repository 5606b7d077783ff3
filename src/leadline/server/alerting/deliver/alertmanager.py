"""Prometheus Alertmanager, by its API version 2: alerts there begin and end with ours."""

from __future__ import annotations

import base64
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from leadline.schedule import DAY
from leadline.server.alerting.deliver.parcel import ChannelKind, Parcel, Way
from leadline.server.alerting.deliver.targets import check_url, post
from leadline.server.alerting.notice import Notice, lines
from leadline.server.judging.judge import moment

REPEATS = 300_000_000
"""Microseconds after which what lives is sent again: Alertmanager forgets everything when it restarts."""

LASTS = DAY
"""Microseconds after which an alert ends there if nothing more is heard of it."""


class AlertmanagerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where Alertmanager is.

    Attributes:
        url: http(s)://host[:port][/prefix], without /api/v2.
        user: name for basic authentication, "" for none: then the secret is a bearer token.
        labels: further labels of every alert.
    """

    url: Annotated[str, Meta(max_length=2000)]
    user: Annotated[str, Meta(max_length=200)] = ""
    labels: Annotated[
        dict[Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")], Annotated[str, Meta(max_length=200)]],
        Meta(max_length=20),
    ] = msgspec.field(default_factory=dict)


def check(settings: AlertmanagerSettings, secret: str, private: bool) -> None:
    """The address is one, and may be used."""
    check_url(settings.url, private, "settings.url")


def send(settings: AlertmanagerSettings, parcel: Parcel, way: Way) -> str | None:
    """Post the alerts; what is of no alert is told as one that ends within the hour."""
    alerts = [_alert(notice, settings, way.now) for notice in parcel.notices]
    if parcel.text is not None:
        alerts = [_text(parcel, settings, way.now)]
    url = f"{settings.url.rstrip('/')}/api/v2/alerts"
    return post(url, msgspec.json.encode(alerts), _authorization(settings, way.secret), way.private)


def _authorization(settings: AlertmanagerSettings, secret: str) -> dict[str, str]:
    if settings.user:
        pair = base64.b64encode(f"{settings.user}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def _alert(notice: Notice, settings: AlertmanagerSettings, now: int) -> dict[str, Any]:
    """Labels name the alert: they are the same when it ends."""
    alert = notice.alert
    labels = {"alertname": "LeadlineAlert", "model": alert.model, "alert": str(alert.id)}
    return {
        "labels": settings.labels | labels,
        "annotations": {
            "summary": notice.subject,
            "description": "\n".join(lines(notice)),
            "severity": alert.tier,
            "cause": alert.cause,
        },
        "startsAt": alert.first_at,
        "endsAt": moment(now + LASTS if notice.event in ("opened", "reopened") else now),
        "generatorURL": notice.link,
    }


def _text(parcel: Parcel, settings: AlertmanagerSettings, now: int) -> dict[str, Any]:
    assert parcel.text is not None
    labels = {"alertname": f"Leadline{parcel.text.event.capitalize()}", "key": parcel.key}
    return {
        "labels": settings.labels | labels,
        "annotations": {"summary": parcel.subject, "description": "\n".join(parcel.text.lines)},
        "startsAt": moment(now),
        "endsAt": moment(now + 3_600_000_000),
        "generatorURL": parcel.text.link,
    }


KIND = ChannelKind(
    "alertmanager",
    "Prometheus Alertmanager",
    AlertmanagerSettings,
    "token, or the user's password",
    check,
    send,
    repeats_after=REPEATS,
)
