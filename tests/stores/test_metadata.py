"""The small facts: what belongs together is there together, also after the process has ended."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import ConfigurationError, DataError, RetryableError
from leadline.stores.metadata import Metadata, opened
from leadline.stores.metadata.alerts import Alert, Step
from leadline.stores.metadata.channels import Channel, Message
from leadline.stores.metadata.database import kept_words, prepare, unkept
from leadline.stores.metadata.events import Event
from leadline.stores.metadata.judgements import Judgement
from leadline.stores.metadata.models import SetBaseline
from leadline.stores.metadata.postgresql import translated
from leadline.stores.metadata.retention import Retention


def test_only_the_digest_of_a_token_is_in_the_file(tmp_path: Path) -> None:
    from leadline.server.access.gate import digest, new_token

    metadata, token = Metadata(tmp_path / "m"), new_token()
    with metadata.database.transaction() as own:
        number = metadata.tokens.add(own, "name", digest(token), "read", 1)
    assert metadata.tokens.of(digest(token)) is not None
    assert metadata.tokens.of(digest("another")) is None
    assert [(t.name, t.scope) for t in metadata.tokens.all()] == [("name", "read")]
    with metadata.database.transaction() as own:
        assert metadata.tokens.remove(own, number)
    assert metadata.tokens.of(digest(token)) is None
    metadata.close()
    assert token.encode() not in (tmp_path / "m").read_bytes()


def test_baselines_take_each_others_place(place: Path | str) -> None:
    metadata = Metadata(place)
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
    with pytest.raises(DataError, match="later version; found 99"):
        Metadata(tmp_path / "later")


def test_retention_is_what_was_stated_last(place: Path | str) -> None:
    metadata = Metadata(place)
    assert metadata.retention.of("m") == Retention()
    metadata.retention.keep("m", Retention(1, 2, 3, 4))
    metadata.retention.keep("m", Retention(5, 6, 7, 8))
    metadata.close()
    again = Metadata(place)
    assert again.retention.of("m") == Retention(5, 6, 7, 8)
    assert again.retention.of("another") == Retention()
    again.close()


def test_what_fails_leaves_nothing(place: Path | str) -> None:
    metadata = Metadata(place)

    def fail() -> None:
        with metadata.database.transaction() as own:
            own.do("DELETE FROM retention_clock")
            own.do("INSERT INTO retention_clock VALUES (?)", [7])
            raise KeyError("something")

    with pytest.raises(KeyError):
        fail()
    assert metadata.database.all("SELECT at FROM retention_clock") == []
    metadata.close()


def test_tables_of_an_older_version_are_brought_forward(place: Path | str) -> None:
    """Known tables by steps, new ones by themselves; all of it or nothing."""
    first = ["CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)"]
    now = [
        "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, size BIGINT)",
        "CREATE TABLE more (x TEXT)",
    ]
    steps = ["ALTER TABLE things ADD COLUMN size BIGINT; UPDATE things SET size = 1"]
    database = opened(place)
    prepare(database, first, [], "here")
    with database.transaction() as own:
        own.do("INSERT INTO things (name) VALUES (?)", ["old"])
    with pytest.raises(Exception, match=r"nothing"):
        prepare(database, now, [steps[0] + "; SELECT * FROM nothing"], "here")
    for _ in range(2):
        prepare(database, now, steps, "here")
    assert database.all("SELECT id, name, size FROM things") == [(1, "old", 1)]
    assert database.all("SELECT x FROM more") == []
    assert database.all("SELECT version FROM schema_version") == [(2,)]
    with pytest.raises(DataError, match="later version; found 2; accepted: up to 1"):
        prepare(database, first, [], "here")
    database.close()


VERSION_1 = Path(__file__).parent / "metadata_1.sql"
"""The tables of version 1, with a row in some."""


def test_the_first_version_becomes_what_is_made_now(tmp_path: Path) -> None:
    """The same tables with the same columns, whichever way, and nothing is lost."""
    with sqlite3.connect(tmp_path / "old") as connection:
        connection.executescript(VERSION_1.read_text())
    connection.close()
    old, new = Metadata(tmp_path / "old"), Metadata(tmp_path / "new")
    assert _columns(old) == _columns(new)
    assert old.models.baseline("credit") == b"content"
    (channel,) = old.channels.all()
    assert (channel.kind, channel.secret) == ("webhook", "secret")
    assert json.loads(channel.settings) == {"url": 'https://example.org/"a"?b=\\c'}
    assert [(t.name, t.scope, t.models) for t in old.tokens.all()] == [("serving", "ingest", None)]
    assert old.alerts.find() == []
    old.close()
    new.close()


def _columns(metadata: Metadata) -> dict[str, set[str]]:
    tables = metadata.database.all("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {
        name: {row[1] for row in metadata.database.all(f"PRAGMA table_info({name})")} for (name,) in tables
    }


def test_postgresql_is_for_one_server_at_a_time(postgresql: Any) -> None:
    url = postgresql.new()
    first = Metadata(url)
    with pytest.raises(RetryableError, match="another server uses the database"):
        Metadata(url)
    first.close()
    Metadata(url).close()


def test_a_lost_connection_is_told_and_made_again(postgresql: Any) -> None:
    """What was under way is undone; the next call goes on."""
    metadata = Metadata(postgresql.new())

    def interrupted() -> None:
        with metadata.database.transaction() as own:
            own.do("INSERT INTO retention_clock VALUES (?)", [1])
            postgresql.stop()
            own.do("INSERT INTO retention_clock VALUES (?)", [2])

    with pytest.raises(RetryableError, match="the database does not answer"):
        interrupted()
    with pytest.raises(RetryableError, match="the database does not answer"):
        metadata.database.all("SELECT at FROM retention_clock")
    postgresql.start()
    assert metadata.database.all("SELECT at FROM retention_clock") == []
    metadata.retention.clock(3, 1)
    assert metadata.database.all("SELECT at FROM retention_clock") == [(3,)]
    metadata.close()


def test_a_right_that_was_taken_away_is_told(postgresql: Any) -> None:
    """As something that trying again may mend; what it was part of is undone, and goes once it may."""
    psycopg = pytest.importorskip("psycopg")
    name = postgresql.new().rpartition("/")[2]
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE keeper LOGIN")
        connection.execute(f"ALTER DATABASE {name} OWNER TO keeper")
    metadata = Metadata(postgresql.url.replace("leadline@", "keeper@").replace("/postgres", f"/{name}"))

    def grant(words: str) -> None:
        with psycopg.connect(postgresql.url.replace("/postgres", f"/{name}"), autocommit=True) as connection:
            connection.execute(f"{words} keeper")

    grant("REVOKE INSERT ON retention_clock FROM")
    with pytest.raises(RetryableError, match=r"could not do this.*permission denied"):
        metadata.retention.clock(3, 1)
    assert "permission denied" in metadata.database.outcome.problem
    grant("GRANT INSERT ON retention_clock TO")
    assert metadata.retention.clock(3, 1) == 3
    assert metadata.database.outcome.problem == ""
    metadata.close()


@pytest.mark.parametrize("name", ["zero \0 byte", "half \ud800"])
def test_what_not_every_database_can_keep_is_refused_by_each(place: Path | str, name: str) -> None:
    metadata = Metadata(place)
    with pytest.raises(DataError, match="a text that cannot be kept"):
        metadata.retention.keep(name, Retention())
    with pytest.raises(DataError, match="a text that cannot be kept"):
        metadata.retention.of(name)
    assert metadata.retention.all() == {}
    metadata.close()


@given(st.text(max_size=20))
def test_words_are_kept_but_for_what_cannot_be(text: str) -> None:
    """Hypothesis gives half characters and null characters, too."""
    words = kept_words(text)
    assert unkept(words) == ""
    assert len(words) == len(text)
    assert all(one == other or other in "\ufffd?" for one, other in zip(text, words, strict=True))
    if not unkept(text):
        assert words == text


def test_words_made_of_any_data_are_kept(place: Path | str) -> None:
    """Values of rows, names of errors and answers of other servers are in what is told."""
    metadata, odd = Metadata(place), "a \0 b"
    with metadata.database.transaction() as own:
        alert = Alert(0, "m", odd, "open", 0, 1, (odd,), odd, odd, 0, 0, monitors=(odd,), cause=odd)
        number = metadata.alerts.write(own, alert)
        metadata.alerts.add_step(own, number, Step(0, "", "opened", odd))
        metadata.events.add(own, Event(0, "m", "version", 0, odd, odd, "", 0))
        channel = metadata.channels.add(own, Channel(0, "name", "webhook", "{}", "", "{}", None, 1))
        message = Message(odd, channel, number, "m", "opened", odd, False, odd.encode(), 1)
        metadata.channels.tell(own, message, 1)
    metadata.channels.failed([1], 5, odd)
    judgement = Judgement("m", 1, 0, "", "alert", odd, odd.encode(), None)
    metadata.judgements.keep(judgement, lambda own: None)
    found = metadata.alerts.get(number)
    assert found is not None
    assert (found.sentence, found.sources) == ("a \ufffd b", (odd,))
    assert metadata.channels.due(5)[0].body == odd.encode()
    assert metadata.channels.loads()[channel].problem == "a \ufffd b"
    assert [one.headline for one in metadata.judgements.all().values()] == ["a \ufffd b"]
    # A version is seen for the first time once.
    with metadata.database.transaction() as own:
        assert metadata.events.add(own, Event(0, "m", "version", 9, odd, odd, "", 0)) == 0
    metadata.close()


@pytest.mark.parametrize("url", ["postgresql://[", "postgresql://h/d?what=1"])
def test_addresses_that_are_none(url: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises((ConfigurationError, RetryableError)) as caught:
        Metadata(url)
    assert "--metadata-url" in str(caught.value)


def test_a_password_is_not_told(postgresql: Any) -> None:
    url = postgresql.new().replace("leadline@127.0.0.1", "nobody:very-secret@127.0.0.1")
    with pytest.raises(RetryableError) as caught:
        Metadata(url)
    assert "very-secret" not in str(caught.value)


def test_statements_in_the_words_of_postgresql() -> None:
    assert translated("CREATE TABLE a (id INTEGER PRIMARY KEY, b BLOB)") == (
        "CREATE TABLE a (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, b BYTEA)"
    )
    assert translated("SELECT '5%' WHERE blob = ?") == "SELECT '5%%' WHERE blob = %s"
