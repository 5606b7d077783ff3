"""The weekly digest: everything of the week, once, to whoever wants it."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from leadline.schedule import instant
from leadline.server.alerting.digest import digest, lines, noisy
from leadline.stores.metadata.alerts import Alert
from leadline.stores.metadata.judgements import Judgement

DAY = 86_400_000_000
ALERT = Alert(
    0, "credit", "windows", "open", 0, 0, ("income",), "income moved.", "", 0, 0, monitors=("windows",)
)


def keep(live: Any, *alerts: Alert) -> None:
    with live.service.metadata.database.transaction() as own:
        for alert in alerts:
            live.service.metadata.alerts.write(own, alert)


def test_a_digest_says_what_the_week_brought(live: Any) -> None:
    now = live.clock()
    summary = {"expected": 1.5, "observed": 3}
    for model in ("credit", "demand"):
        judged = Judgement(model, 1, now, "d", "ok", "h", msgspec.json.encode(summary), b"{}")
        live.service.metadata.judgements.keep(judged, lambda own: None)
    keep(
        live,
        replace(ALERT, first_at=now - 2 * DAY, changed_at=now - 2 * DAY),
        replace(ALERT, first_at=now - 30 * DAY, changed_at=now - 20 * DAY, state="resolved"),
        replace(ALERT, first_at=now - 30 * DAY, changed_at=now - DAY, state="resolved", sentence="ended."),
        replace(ALERT, first_at=now - DAY, changed_at=now - DAY, tier="warning", sentence="perhaps."),
        replace(
            ALERT, first_at=now - DAY, changed_at=now - DAY, tier="warning", sentence="no harm.",
            harm="Harmless, for the digest: ROC AUC 0.87 to 0.87.",
        ),
    )  # fmt: skip
    found = live.ask("GET", "/api/v1/digest").document
    assert [line["sentence"] for line in found["alerts"]] == ["ended.", "income moved."]
    assert [line["sentence"] for line in found["warnings"]] == ["perhaps."]
    assert [line["sentence"] for line in found["harmless"]] == ["no harm."]
    assert found["budgets"] == [
        {"model": name, "expected": 1.5, "observed": 3} for name in ("credit", "demand")
    ]
    assert found["quiet"] == 1
    assert len(live.ask("GET", "/api/v1/digest?days=30").document["alerts"]) == 3
    for days in (0, 91, "x"):
        assert live.ask("GET", f"/api/v1/digest?days={days}").status == 400


def test_it_comes_once_a_week_at_its_hour(live: Any, receiving: Any) -> None:
    receiver, other = receiving(200), receiving(200)
    for one, wanted in ((receiver, {"weekday": 0, "hour": 9, "zone": "Europe/Berlin"}), (other, None)):
        document = {
            "name": one.url, "kind": "webhook", "settings": {"url": one.url}, "routing": {"digest": wanted},
        }  # fmt: skip
        assert live.ask("POST", "/api/v1/channels", document).status == 201
    keep(live, replace(ALERT, first_at=live.clock(), changed_at=live.clock()))
    live.clock.now = instant("2026-06-01T08:59+02:00")
    live.service.deliverer.round()
    assert receiver.came == []
    for moment, come in (("2026-06-01T09:00", 1), ("2026-06-05T09:00", 1), ("2026-06-08T09:00", 2)):
        live.clock.now = instant(f"{moment}+02:00")
        live.service.deliverer.round()
        live.service.deliverer.round()
        assert len(receiver.came) == come
    (first, second) = receiver.documents
    assert first["event"] == "digest"
    assert first["subject"] == "Leadline: 1 alert, 0 warnings this week"
    assert any("income moved." in line for line in first["lines"])
    assert first["key"] != second["key"]
    assert other.came == []


def test_a_server_that_was_away_tells_one_digest_and_not_all_it_missed(live: Any, receiving: Any) -> None:
    receiver = receiving(200)
    document = {"name": "a", "kind": "webhook", "settings": {"url": receiver.url}, "routing": {"digest": {}}}
    live.ask("POST", "/api/v1/channels", document)
    live.clock.now += 100 * DAY
    live.service.deliverer.round()
    live.service.deliverer.round()
    assert len(receiver.came) == 1


@pytest.mark.parametrize(
    ("answers", "is_noisy"),
    [
        ([], False),
        ([False], False),
        ([False, False], True),
        ([False, True], False),
        ([False, False, True], True),
    ],
)
def test_a_monitor_is_noisy_by_its_answers(answers: list[bool], is_noisy: bool) -> None:
    number = itertools.count(1)
    alerts = [replace(ALERT, id=next(number), useful=answer) for answer in [*answers, None, None]]
    found = noisy(alerts)
    assert bool(found) == is_noisy
    if found:
        assert (found[0].alerts, found[0].not_useful) == (len(alerts), answers.count(False))


def test_a_quiet_week_is_said_to_be_one(live: Any) -> None:

    assert lines(digest(live.service.metadata, live.clock())) == [
        "2026-05-25 to 2026-06-01",
        "",
        "No alerts.",
    ]
