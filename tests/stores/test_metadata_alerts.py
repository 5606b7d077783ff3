"""Alerts, messages and events in the database: what belongs together is there together, also after the
process has ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from leadline.stores.metadata import Metadata
from leadline.stores.metadata.alerts import Alert, Step
from leadline.stores.metadata.channels import Channel, Load, Message
from leadline.stores.metadata.database import Transaction
from leadline.stores.metadata.events import Event
from leadline.stores.metadata.judgements import Judgement

JUDGEMENT = Judgement("m", 1, 100, "digest", "alert", "headline", b"{}", b"{}")
ALERT = Alert(
    0, "m", "windows", "open", 10, 20, ("a", "performance"), "sentence", "harm", 100, 100,
    monitors=("windows", "rules"), cause="offset", useful=None,
)  # fmt: skip
CHANNEL = Channel(0, "name", "webhook", "{}", "secret", "{}", None, 1)


def message(channel: int, key: str = "k", next_at: int = 100, **more: object) -> Message:
    values = {"alert": 1, "model": "m", "happened": "opened", "cause": "", "escalated": False, "body": b"x"}
    return Message(key=key, channel=channel, next_at=next_at, **(values | more))  # type: ignore[arg-type]


def test_judgement_alerts_and_messages_are_there_together(place: Path | str) -> None:
    metadata = Metadata(place)
    with metadata.database.transaction() as own:
        first, second = (metadata.channels.add(own, replace(CHANNEL, name=str(i))) for i in range(2))

    def follows(own: Transaction) -> None:
        number = metadata.alerts.write(own, ALERT)
        metadata.alerts.add_step(own, number, Step(100, "", "opened", "sentence"))
        metadata.alerts.keep_findings(own, number, b"{}", opening=True)
        for channel in (first, second):
            metadata.channels.tell(own, message(channel), 100)

    metadata.judgements.keep(JUDGEMENT, follows)
    metadata.close()
    metadata = Metadata(place)
    assert metadata.judgements.of("m") == JUDGEMENT
    assert metadata.alerts.find() == [replace(ALERT, id=1)]
    assert metadata.alerts.living() == {"m": 1}
    assert metadata.alerts.steps(1) == [Step(100, "", "opened", "sentence")]
    assert metadata.alerts.findings(1) == (b"{}", b"{}")
    assert [(m.key, m.channel, m.body) for m in metadata.channels.due(100)] == [
        ("k", first, b"x"),
        ("k", second, b"x"),
    ]
    # What is told again under the same key is not told again.
    with metadata.database.transaction() as own:
        metadata.channels.tell(own, message(first), 100)
    assert metadata.channels.undelivered() == 2
    with metadata.database.transaction() as own:
        assert metadata.channels.remove(own, second)
        assert not metadata.channels.remove(own, second)
    assert [m.channel for m in metadata.channels.due(100)] == [first]
    metadata.close()


def test_nothing_is_kept_where_a_part_fails(place: Path | str) -> None:
    metadata = Metadata(place)

    def fails(own: Transaction) -> None:
        metadata.alerts.write(own, ALERT)
        metadata.alerts.write(own, replace(ALERT, sentence=object()))  # type: ignore[arg-type]

    with pytest.raises(Exception, match="object"):
        metadata.judgements.keep(JUDGEMENT, fails)
    assert metadata.judgements.of("m") is None
    assert metadata.alerts.find() == []
    metadata.close()


def test_alerts_are_found_by_what_they_are(place: Path | str) -> None:
    metadata = Metadata(place)
    made = [
        ALERT,
        replace(ALERT, model="n", state="snoozed", snoozed_until=500, useful=True),
        replace(ALERT, state="resolved", settled=True),
        replace(ALERT, tier="warning", silent=True),
    ]
    with metadata.database.transaction() as own:
        for alert in made:
            metadata.alerts.write(own, alert)
    alerts = metadata.alerts
    assert [a.id for a in alerts.find()] == [4, 3, 2, 1]
    assert [replace(a, id=0) for a in reversed(alerts.find())] == made
    assert [a.id for a in alerts.find(state="living", tier="alert")] == [2, 1]
    assert [a.id for a in alerts.find("m", "resolved")] == [3]
    assert [a.id for a in alerts.find(models={"n"})] == [2]
    assert alerts.find(models=set()) == []
    assert [a.id for a in alerts.find(before=3, limit=1)] == [2]
    assert [a.id for a in alerts.snoozed(500)] == [2]
    assert alerts.snoozed(499) == []
    assert [a.id for a in alerts.silent()] == [4]
    assert alerts.living() == {"m": 1, "n": 1}
    assert [a.id for a in alerts.lived(101, 200)] == [4, 2, 1], "resolved before"
    assert [a.id for a in alerts.lived(100, 200)] == [4, 3, 2, 1]
    assert alerts.lived(0, 100) == []
    metadata.close()


def test_findings_of_the_opening_stay_beside_later_ones(place: Path | str) -> None:
    metadata = Metadata(place)
    with metadata.database.transaction() as own:
        number = metadata.alerts.write(own, ALERT)
        for content, opening in ((b"1", True), (b"2", False), (b"3", False)):
            metadata.alerts.keep_findings(own, number, content, opening)
        assert metadata.alerts.findings(number, own) == (b"1", b"3")
        metadata.alerts.keep_findings(own, number, b"4", opening=True)
    assert metadata.alerts.findings(number) == (b"4", b"4")
    assert metadata.alerts.findings(99) is None
    metadata.close()


def test_messages_wait_until_they_are_due_and_are_gone_when_delivered(place: Path | str) -> None:
    metadata = Metadata(place)
    with metadata.database.transaction() as own:
        number = metadata.channels.add(own, CHANNEL)
        metadata.channels.tell(own, message(number), 50)
    channels = metadata.channels
    assert channels.due(99) == []
    (waiting,) = channels.due(100)
    channels.failed([waiting.id], 300, "status 500")
    assert channels.due(299) == []
    assert [m.tries for m in channels.due(300)] == [1]
    assert channels.loads() == {number: Load(1, "status 500", None)}
    channels.pack([waiting.id], "together")
    assert [m.parcel for m in channels.due(300)] == ["together"]
    channels.delivered([waiting.id], 301)
    assert channels.due(10**9) == []
    assert channels.undelivered() == 0
    assert channels.loads() == {number: Load(0, None, 301)}
    (delivery,) = channels.deliveries(1)
    assert (delivery.channel, delivery.tries, delivery.delivered_at) == ("name", 2, 301)
    metadata.close()


def test_only_what_has_not_begun_to_be_told_is_withdrawn(place: Path | str) -> None:
    metadata = Metadata(place)
    channels = metadata.channels
    with metadata.database.transaction() as own:
        numbers = [channels.add(own, replace(CHANNEL, name=str(i))) for i in range(4)]
        channels.tell(own, message(numbers[0], next_at=100), 50)
        channels.tell(own, message(numbers[1], next_at=500), 50)
        channels.tell(own, message(numbers[2], next_at=500, escalated=True), 50)
        channels.tell(own, message(numbers[3], next_at=500, alert=2), 50)
    due = {m.channel: m.id for m in channels.due(1000)}
    channels.failed([due[numbers[0]]], 700, "tried")
    with metadata.database.transaction() as own:
        channels.withdraw(own, 1, 200, escalated=True)
        assert channels.heard(own, 1) == {numbers[0], numbers[1]}
        channels.withdraw(own, 1, 200)
        assert channels.heard(own, 1) == {numbers[0]}
        assert channels.heard(own, 2) == {numbers[3]}
    metadata.close()


def test_a_version_is_an_event_once(place: Path | str) -> None:
    metadata = Metadata(place)
    seen = Event(0, "m", "version", 10, "version 8 answers", "8", "", 100)
    told = Event(0, "", "deploy", 20, "new gateway", "", "ada", 100)
    with metadata.database.transaction() as own:
        assert metadata.events.add(own, seen) == 1
        assert metadata.events.add(own, replace(seen, at=11)) == 0
        assert metadata.events.add(own, replace(seen, model="n")) > 0
        assert metadata.events.add(own, told) > 0
        assert metadata.events.add(own, told) > 0, "people may tell the same twice"
    found = metadata.events.find("m")
    assert [event.kind for event in found] == ["deploy", "deploy", "version"]
    assert [e.at for e in metadata.events.find("m", since=5, until=10)] == [10]
    assert {e.model for e in metadata.events.find(models={"n"})} == {"n", ""}
    assert metadata.events.get(1) == replace(seen, id=1)
    with metadata.database.transaction() as own:
        metadata.events.remove(own, 1)
    assert metadata.events.get(1) is None
    metadata.close()
