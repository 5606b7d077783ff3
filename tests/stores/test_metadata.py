"""The small facts: what belongs together is there together, also after the process has ended."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from leadline.errors import DataError
from leadline.stores.metadata import Metadata
from leadline.stores.metadata.alerts import Alert
from leadline.stores.metadata.channels import Event
from leadline.stores.metadata.judgements import Judgement
from leadline.stores.metadata.models import SetBaseline

JUDGEMENT = Judgement("m", 1, 100, "digest", "alert", "headline", b"{}", b"{}")
ALERT = Alert(0, "m", "windows", "open", 10, 20, ("a", "performance"), "sentence", "harm", 100, 100)


def test_judgement_alerts_and_messages_are_there_together(tmp_path: Path) -> None:
    metadata = Metadata(tmp_path / "m")
    first, second = (metadata.channels.add_webhook(f"http://host/{i}", "secret", 1) for i in range(2))
    event = Event("m/windows/10/1/opened", b"body")
    metadata.judgements.keep(JUDGEMENT, lambda known: [(ALERT, event)])
    metadata.close()
    metadata = Metadata(tmp_path / "m")
    assert metadata.judgements.of("m") == JUDGEMENT
    assert metadata.alerts.find() == [replace(ALERT, id=1)]
    assert metadata.alerts.living() == {"m": 1}
    assert [(m.key, m.url, m.body) for m in metadata.channels.due(100)] == [
        (event.key, "http://host/0", b"body"),
        (event.key, "http://host/1", b"body"),
    ]
    # The same event of a judgement that is made again is not told again.
    metadata.judgements.keep(JUDGEMENT, lambda known: [(known[0], event)])
    assert metadata.channels.undelivered() == 2
    assert metadata.channels.remove_webhook(second)
    assert not metadata.channels.remove_webhook(second)
    assert [m.url for m in metadata.channels.due(100)] == ["http://host/0"]
    assert [w.id for w in metadata.channels.webhooks()] == [first]
    metadata.close()


def test_nothing_is_kept_where_a_part_fails(tmp_path: Path) -> None:
    metadata = Metadata(tmp_path / "m")

    def fail(known: list[Alert]) -> list[tuple[Alert, Event | None]]:
        raise RuntimeError("in the midst")

    with pytest.raises(RuntimeError):
        metadata.judgements.keep(JUDGEMENT, fail)
    broken = replace(ALERT, sentence=object())  # type: ignore[arg-type]
    with pytest.raises(sqlite3.Error):
        metadata.judgements.keep(JUDGEMENT, lambda known: [(ALERT, None), (broken, None)])
    assert metadata.judgements.of("m") is None
    assert metadata.alerts.find() == []
    metadata.close()


def test_an_alert_is_acknowledged_once_and_only_while_it_is_open(tmp_path: Path) -> None:
    metadata = Metadata(tmp_path / "m")
    metadata.judgements.keep(
        JUDGEMENT, lambda known: [(ALERT, None), (replace(ALERT, state="resolved"), None)]
    )
    found = metadata.alerts.acknowledge(1, 500)
    assert found is not None
    assert (found.state, found.changed_at) == ("acknowledged", 500)
    assert metadata.alerts.acknowledge(1, 600) is None
    assert metadata.alerts.acknowledge(2, 600) is None
    assert metadata.alerts.acknowledge(99, 600) is None
    assert [a.id for a in metadata.alerts.find("m", "acknowledged")] == [1]
    assert metadata.alerts.find("another") == []
    metadata.close()


def test_messages_wait_until_they_are_due_and_are_gone_when_delivered(tmp_path: Path) -> None:
    metadata = Metadata(tmp_path / "m")
    metadata.channels.add_webhook("http://host", "secret", 1)
    metadata.judgements.keep(JUDGEMENT, lambda known: [(ALERT, Event("k", b"x"))])
    assert metadata.channels.due(99) == []
    (message,) = metadata.channels.due(100)
    metadata.channels.failed(message.id, 300, "status 500")
    assert metadata.channels.due(299) == []
    assert [m.tries for m in metadata.channels.due(300)] == [1]
    assert [(w.undelivered, w.problem) for w in metadata.channels.webhooks()] == [(1, "status 500")]
    metadata.channels.delivered(message.id, 301)
    assert metadata.channels.due(10**9) == []
    assert metadata.channels.undelivered() == 0
    metadata.close()


def test_only_the_digest_of_a_token_is_in_the_file(tmp_path: Path) -> None:
    from leadline.server.access import digest, new_token

    metadata, token = Metadata(tmp_path / "m"), new_token()
    number = metadata.tokens.add("name", digest(token), "read", 1)
    assert metadata.tokens.of(digest(token)) is not None
    assert metadata.tokens.of(digest("another")) is None
    assert [(t.name, t.scope) for t in metadata.tokens.all()] == [("name", "read")]
    assert metadata.tokens.remove(number)
    assert metadata.tokens.of(digest(token)) is None
    metadata.close()
    assert token.encode() not in (tmp_path / "m").read_bytes()


def test_baselines_take_each_others_place(tmp_path: Path) -> None:
    metadata = Metadata(tmp_path / "m")
    metadata.models.set_baseline("a", b"1", 1)
    metadata.models.set_baseline("a", b"2", 2)
    assert metadata.models.baselines() == {"a": SetBaseline(2, 2)}
    assert metadata.models.baseline("a") == b"2"
    assert metadata.models.baseline("b") is None
    metadata.close()


def test_other_files_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database" * 1000)
    with pytest.raises(DataError, match="cannot open the file"):
        Metadata(tmp_path / "text")
    Metadata(tmp_path / "later").close()
    with sqlite3.connect(tmp_path / "later") as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    connection.close()
    with pytest.raises(DataError, match="another version; found 99"):
        Metadata(tmp_path / "later")
