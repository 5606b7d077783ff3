"""Notices, parcels of them, and a database in which messages wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from leadline.reports.record import CauseResult, Effect
from leadline.server.alerting.deliver.parcel import Parcel, parcel
from leadline.server.alerting.findings import Evidence, Findings, SegmentHit, Trend
from leadline.server.alerting.notice import Notice, notice
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.alerts import Alert
from leadline.stores.metadata.channels import Channel, Message

DAY = 86_400_000_000

ALERT = Alert(
    7, "credit", "windows", "open", 20_000 * DAY, 20_002 * DAY, ("income", "age"),
    "income moved by 0.21 (Kolmogorov-Smirnov distance).", "ROC AUC 0.87 to 0.84.", 20_002 * DAY,
    20_002 * DAY, monitors=("windows",), cause="unit_change",
)  # fmt: skip

FINDINGS = Findings(
    evidence=[
        Evidence(
            source="income", monitor="windows", sentence="income moved by 0.21", metric="kolmogorov_smirnov",
            value=0.21, surprise=31.0, threshold=14.5,
            overall=Effect("kolmogorov_smirnov", 0.2134, 0.1914, 0.2353, 0.05),
            overall_metric="Kolmogorov-Smirnov distance",
        )
    ],
    causes=[
        CauseResult("unit_change", "Change of unit", ["income"], "income is 1000 times its values.", {}, 1.0)
    ],
    segments=[SegmentHit("state", "CA", 1200, "roc_auc", "ROC AUC", -0.05, -0.07, -0.03)],
    changes=["Missing columns: purpose."],
    trend=Trend(
        "Surprise of income", "", [f"2024-09-{day:02}T00:00:00+00:00" for day in range(1, 6)],
        [1.0, None, 2.0, 20.0, 31.0], 14.5, 3,
    ),
)  # fmt: skip


@pytest.fixture
def told() -> Callable[..., Notice]:
    """A notice; keywords override fields of the alert."""

    def make(happened: str = "opened", key: str = "k", link: str = "", **fields: Any) -> Notice:
        alert = replace(ALERT, **fields)
        return notice(alert, happened, FINDINGS, key, "See https://wiki/credit.", link)  # type: ignore[arg-type]

    return make


@pytest.fixture
def packed() -> Callable[..., Parcel]:
    """A parcel of notices."""

    def make(*notices: Notice, key: str = "k") -> Parcel:
        return parcel(key, [message(0, one, key=f"{key}{i}") for i, one in enumerate(notices)])

    return make


def message(channel: int, told: Notice, key: str = "k", **fields: Any) -> Message:
    values: dict[str, Any] = {
        "alert": told.alert.id, "model": told.model, "happened": told.event, "cause": told.alert.cause,
        "escalated": False, "next_at": 100,
    }  # fmt: skip
    return Message(key=key, channel=channel, body=msgspec.json.encode(told), **(values | fields))


@pytest.fixture
def waiting(tmp_path: Path) -> Any:
    """Makes a database with a channel and messages that wait for it."""
    made: list[Metadata] = []

    def make(kind: str, settings: dict[str, Any], secret: str, *notices: Notice) -> Metadata:
        metadata = Metadata(tmp_path / "m")
        made.append(metadata)
        channel = Channel(0, "ours", kind, msgspec.json.encode(settings).decode(), secret, "{}", None, 1)
        with metadata.database.transaction() as own:
            number = metadata.channels.add(own, channel)
            for place, one in enumerate(notices):
                metadata.channels.tell(own, message(number, one, key=f"k{place}"), 50)
        return metadata

    yield make
    for metadata in made:
        metadata.close()
