"""Messages come at least once, whatever the receiver does first; many of one cause come as one."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from msgspec.structs import replace

from leadline.errors import RetryableError
from leadline.server.alerting.deliver import alertmanager, sending
from leadline.server.alerting.deliver.sending import Deliverer
from leadline.stores.metadata.alerts import Alert

NOW = 1_700_000_000_000_000

ALERT = Alert(0, "credit", "windows", "open", 0, 0, ("income",), "income moved.", "", 0, 0)


def sender(metadata: Any, now: Any = lambda: NOW) -> Deliverer:
    """One that works when it is told to."""
    made = Deliverer(metadata, now, private=True)
    made.close()
    made._stopping.clear()
    return made


def test_a_receiver_that_fails_first_has_the_message_in_the_end(
    receiving: Any, waiting: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0)
    receiver = receiving(500, 302, 404, 429, 200)
    metadata = waiting("webhook", {"url": receiver.url}, "secret", told())
    running = Deliverer(metadata, lambda: NOW, private=True)
    running.wake()
    assert receiver.enough.wait(30)
    running.close()
    assert metadata.channels.undelivered() == 0
    assert len(receiver.came) == 5
    assert len({body for _, body in receiver.came}) == 1
    assert {headers["Idempotency-Key"] for headers, _ in receiver.came} == {"k0"}


def test_the_signature_is_that_of_time_and_body(receiving: Any, waiting: Any, told: Any) -> None:
    receiver = receiving(200)
    sender(waiting("webhook", {"url": receiver.url}, "secret", told()), lambda: NOW + 999_999).round()
    headers, body = receiver.came[0]
    time, _, found = headers["Leadline-Signature"].partition(",v1=")
    assert time == "t=1700000000"
    assert found == hmac.new(b"secret", b"1700000000." + body, hashlib.sha256).hexdigest()


def test_a_secret_of_the_environment_signs_too(
    receiving: Any, waiting: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = receiving(200)
    metadata = waiting("webhook", {"url": receiver.url}, "env:LEADLINE_TEST_SECRET", told())
    deliverer = sender(metadata)
    deliverer.round()
    assert receiver.came == []
    assert "no such variable" in metadata.channels.loads()[1].problem
    monkeypatch.setenv("LEADLINE_TEST_SECRET", "from outside")
    deliverer._clock = lambda: NOW + 10_000_000
    deliverer.round()
    headers, body = receiver.came[0]
    time, _, found = headers["Leadline-Signature"].partition(",v1=")
    signed = time.removeprefix("t=").encode() + b"." + body
    assert found == hmac.new(b"from outside", signed, hashlib.sha256).hexdigest()


def test_pauses_grow_to_an_hour_and_a_failure_is_shown(waiting: Any, told: Any) -> None:
    metadata = waiting("webhook", {"url": "http://127.0.0.1:1/nobody"}, "s", told())
    now, pauses = NOW, []
    deliverer = sender(metadata, lambda: now)
    for _ in range(15):
        deliverer.round()
        (due,) = metadata.database.all("SELECT next_at FROM messages")[0]
        pauses.append((due - now) // 1_000_000)
        now = due
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]
    load = metadata.channels.loads()[1]
    assert load.undelivered == 1
    assert "refused" in (load.problem or "")


def test_a_storm_of_one_cause_is_one_message_also_when_it_is_sent_again(
    receiving: Any, waiting: Any, told: Any
) -> None:
    receiver = receiving(500, 200)
    notices = [told(model=f"model {i}", id=i) for i in range(5)]
    metadata = waiting("webhook", {"url": receiver.url}, "s", *notices)
    now = NOW
    deliverer = sender(metadata, lambda: now)
    deliverer.round()
    (number,) = [channel.id for channel in metadata.channels.all()]
    with metadata.database.transaction() as own:
        late = deliverer_message(number, told(model="late", id=9))
        metadata.channels.tell(own, late, now)
    now += 60_000_000
    deliverer.round()
    storms = [d for d in receiver.documents if "models" in d]
    assert [s["models"] for s in storms] == [[f"model {i}" for i in range(5)]] * 2
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.came[:2]}) == 1
    assert storms[0]["cause"] == "unit_change"
    assert len(storms[0]["notices"]) == 5
    assert [d["model"] for d in receiver.documents if "models" not in d] == ["late"]
    assert metadata.channels.undelivered() == 0


def deliverer_message(channel: int, notice: Any) -> Any:
    import msgspec

    from leadline.stores.metadata.channels import Message

    return Message(
        "late", channel, notice.alert.id, notice.model, notice.event, notice.alert.cause, False,
        msgspec.json.encode(notice), 100,
    )  # fmt: skip


@pytest.mark.parametrize("differs", ["cause", "happened", "unknown", "one model"])
def test_what_differs_is_told_apart(receiving: Any, waiting: Any, told: Any, differs: str) -> None:
    receiver = receiving(200)
    notices = [told(model=f"model {i}") for i in range(2)]
    notices.append({
        "cause": told(model="x", cause="offset"),
        "happened": told("resolved", model="x"),
        "unknown": told(model="x", cause=""),
        "one model": told(model="model 0"),
    }[differs])  # fmt: skip
    if differs == "unknown":
        notices = [told(model=f"model {i}", cause="") for i in range(5)]
    sender(waiting("webhook", {"url": receiver.url}, "s", *notices)).round()
    assert [d["model"] for d in receiver.documents] == [n.model for n in notices]


def test_a_channel_that_is_gone_takes_its_messages_with_it(waiting: Any, told: Any) -> None:
    metadata = waiting("webhook", {"url": "http://127.0.0.1:1/"}, "s", told())
    with metadata.database.transaction() as own:
        metadata.channels.remove(own, 1)
    sender(metadata).round()
    assert metadata.channels.undelivered() == 0


def test_alertmanager_hears_again_of_what_lives(receiving: Any, waiting: Any, told: Any) -> None:
    receiver = receiving(200)
    url = f"http://127.0.0.1:{receiver.port}"
    metadata = waiting("alertmanager", {"url": url}, "", told(id=1), told(id=2))
    with metadata.database.transaction() as own:
        for number in (1, 2):
            assert metadata.alerts.write(own, replace(ALERT, id=0)) == number
    now = NOW
    deliverer = sender(metadata, lambda: now)
    deliverer.round()  # what is due, and what lives, at once: after a start nobody knows what was forgotten
    deliverer.round()
    alerts = [sorted(alert["labels"]["alert"] for alert in document) for document in receiver.documents]
    assert alerts == [["1"], ["2"], ["1", "2"]]
    with metadata.database.transaction() as own:
        metadata.alerts.write(own, replace(ALERT, id=1, state="resolved"))
    now += alertmanager.REPEATS - 1
    deliverer.round()
    assert len(receiver.documents) == 3
    now += 1
    deliverer.round()
    assert [alert["labels"]["alert"] for alert in receiver.documents[-1]] == ["2"]
    assert len(receiver.documents) == 4


@pytest.mark.parametrize("status", [200, 500])
def test_what_became_of_a_message_is_refused_until_it_is_kept_or_the_message_is_gone(
    receiving: Any, waiting: Any, told: Any, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, however often it is tried. That a receiver takes nothing is no matter of a store."""
    receiver = receiving(status)
    metadata = waiting("webhook", {"url": receiver.url}, "secret", told())
    deliverer = sender(metadata)
    connection = metadata.database._connection
    connection.execute("PRAGMA query_only = 1")
    for _ in range(3):
        deliverer.round()
    assert "readonly" in deliverer.refused
    said = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(said) == 1
    assert said[0].startswith("what became of 'k0' could not be kept; it is tried again: RetryableError")
    connection.execute("PRAGMA query_only = 0")
    if status == 200:
        with metadata.database.transaction() as own:
            metadata.channels.remove(own, 1)
    deliverer.round()
    assert deliverer.refused == ""


def test_a_storm_whose_name_cannot_be_kept_waits_and_is_refused(
    receiving: Any, waiting: Any, told: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Under no name that stays its messages could come twice."""
    receiver = receiving(200)
    storm = [told(model=f"model {i}") for i in range(sending.STORM)]
    metadata = waiting("webhook", {"url": receiver.url}, "secret", *storm)
    metadata.database._connection.execute("PRAGMA query_only = 1")
    deliverer = sender(metadata)
    for _ in range(3):
        deliverer.round()
    assert "readonly" in deliverer.refused
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert receiver.came == []
    metadata.database._connection.execute("PRAGMA query_only = 0")
    deliverer.round()
    assert deliverer.refused == ""
    assert len(receiver.came) == 1


@pytest.mark.parametrize("status", [200, 500])
def test_nobody_hears_the_same_again_while_nothing_can_be_kept(
    receiving: Any, waiting: Any, told: Any, status: int
) -> None:
    """A database that takes nothing knows of no delivery; the next look must not send again."""
    receiver = receiving(status)
    metadata = waiting("webhook", {"url": receiver.url}, "secret", told())
    deliverer = sender(metadata)
    metadata.database._connection.execute("PRAGMA query_only = 1")
    for _ in range(5):
        deliverer.round()
    assert len(receiver.came) == 1
    metadata.database._connection.execute("PRAGMA query_only = 0")
    deliverer.round()
    assert len(receiver.came) == 1
    assert metadata.channels.undelivered() == (status != 200)


def test_what_one_channel_is_told_does_not_keep_the_others_waiting(
    receiving: Any, waiting: Any, told: Any
) -> None:
    """Though nothing of it can be kept, and nothing became due by itself."""

    def fails(now: int) -> None:
        raise RetryableError("the disk is full")

    receiver = receiving()
    metadata = waiting("webhook", {"url": receiver.url}, "secret", told(), told(cause=""))
    made = Deliverer(metadata, lambda: NOW, private=True, before=fails)
    made.close()
    made._stopping.clear()
    metadata.database._connection.execute("PRAGMA query_only = 1")
    made.round()
    assert len(receiver.came) == 2
